//! Room kept aside for deletes on a full disk, and the name of the process that has the store open.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process;

/// Enough for the pages that a few deletes copy.
const BYTES: u64 = 256 << 10;
/// The line with the process's number, padded: it is written over in place, which needs no room.
const LINE: usize = 32;

/// A small file beside the store, `<store>.reserve`: a line with the number of the process that has the store open,
/// then bytes that do nothing but take up room. On a full disk a delete, which needs new pages before old ones are
/// free, is given that room.
#[derive(Debug)]
pub(super) struct Reserve {
    file: File,
    given: bool,
}

impl Reserve {
    /// Opens or makes the reserve of a store. The store works without one, so a failure is no more than that.
    pub(super) fn open(store: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        super::file::private(&mut options);
        let mut file = options.open(path(store))?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(format!("{:<width$}\n", process::id(), width = LINE - 1).as_bytes())?;
        let mut reserve = Self { given: file.metadata()?.len() < BYTES, file };
        reserve.refill();
        Ok(reserve)
    }

    /// The process that wrote its number there last.
    pub(super) fn process(store: &Path) -> Option<u32> {
        let mut line = [0; LINE];
        File::open(path(store)).ok()?.read_exact(&mut line).ok()?;
        std::str::from_utf8(&line).ok()?.trim().parse().ok()
    }

    /// Gives the room away.
    pub(super) fn give(&mut self) {
        self.given = true;
        // Where even that fails, so does the delete, and says so.
        let _ = self.file.set_len(LINE as u64);
    }

    /// Takes the room back where there is some; answers whether it is there.
    pub(super) fn refill(&mut self) -> bool {
        if self.given {
            match self.fill() {
                Ok(()) => self.given = false,
                Err(_) => self.give(),
            }
        }
        !self.given
    }

    fn fill(&mut self) -> io::Result<()> {
        // Bytes that no file system stores in less room than they take.
        let mut noise: u64 = 0x9E37_79B9_7F4A_7C15;
        let bytes: Vec<u8> = (LINE as u64..BYTES)
            .map(|_| {
                noise ^= noise << 13;
                noise ^= noise >> 7;
                noise ^= noise << 17;
                noise as u8
            })
            .collect();
        self.file.seek(SeekFrom::Start(LINE as u64))?;
        self.file.write_all(&bytes)?;
        self.file.sync_data() // Some file systems find out only now that there is no room.
    }
}

fn path(store: &Path) -> PathBuf {
    let mut name = OsString::from(store);
    name.push(".reserve");
    name.into()
}
