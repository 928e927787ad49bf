//! The command as a user runs it: in a home of its own, with pipes for all three streams.
#![allow(clippy::unwrap_used, reason = "a test that cannot run fails")]
#![allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A home with nothing in it.
pub struct Home(TempDir);

/// What a run left behind.
pub struct Ran {
    pub code: i32,
    pub out: Vec<u8>,
    pub err: String,
}

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A home whose store holds these records, for an hour each.
    pub fn with(records: &[(&str, &str)]) -> Self {
        let home = Self::new();
        for (key, value) in records {
            home.run(["put", "--ttl", "1h", key, value]).done();
        }
        home
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Where the default store lies.
    pub fn store(&self) -> PathBuf {
        self.path().join("larder/store.larder")
    }

    pub fn command<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_larder"));
        command
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("XDG_DATA_HOME", self.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Ran {
        finish(self.command(args), b"")
    }

    pub fn run_on<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, input: impl AsRef<[u8]>, args: I) -> Ran {
        finish(self.command(args), input.as_ref())
    }

    /// Asserts that nothing was made here.
    pub fn is_untouched(&self) {
        assert_eq!(std::fs::read_dir(self.path()).unwrap().count(), 0, "nothing is created");
    }
}

/// Runs a command on this input. It may end before it has read all of that.
pub fn finish(mut command: Command, input: &[u8]) -> Ran {
    if !input.is_empty() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.spawn().unwrap();
    let ran = std::thread::scope(|scope| {
        if let Some(mut stdin) = child.stdin.take() {
            scope.spawn(move || drop(stdin.write_all(input)));
        }
        child.wait_with_output().unwrap()
    });
    let err = String::from_utf8(ran.stderr).unwrap();
    assert!(!err.contains("panicked"), "{err}");
    Ran { code: ran.status.code().unwrap(), out: ran.stdout, err }
}

impl Ran {
    /// Asserts that all was done; gives what was printed.
    #[track_caller]
    pub fn done(self) -> String {
        self.ended(0)
    }

    /// Asserts the exit code; gives what was printed on standard output.
    #[track_caller]
    pub fn ended(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}", self.err);
        String::from_utf8(self.out).unwrap()
    }

    /// Asserts that it was refused with this exit code, on standard error alone, in words that hold this.
    #[track_caller]
    pub fn refused(self, code: i32, told: &str) {
        assert_eq!(self.code, code, "{}", self.err);
        assert!(self.out.is_empty(), "data on standard output");
        assert!(self.err.starts_with("error: "), "{}", self.err);
        assert!(self.err.contains(told), "{}", self.err);
    }
}
