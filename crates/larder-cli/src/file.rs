//! Files of the user's: how they are named and how they are made.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::output::visible;

/// The name of a file, for people.
pub(crate) fn named(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

/// Where a file is written until it is whole: its name and `.part`.
pub(crate) fn part_of(whole: &Path) -> PathBuf {
    let mut part = whole.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

/// Makes a file that nobody else may read, in place of what is there.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
