//! The backend on a Redis server.

mod connection;
mod index;
mod layout;
