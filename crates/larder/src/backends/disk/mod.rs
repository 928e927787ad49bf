//! Records in one file.
