// a backend
