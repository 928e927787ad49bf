//! The application, as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

pub struct Server {
    store: String,
    /// Where it listens; the same after a restart.
    address: String,
    process: Child,
    /// What it says on its terminal: what happens to sessions.
    says: BufReader<ChildStdout>,
}

impl Server {
    /// Starts it on a free port.
    pub fn start(store: &str) -> Self {
        Self::start_at(store, "127.0.0.1:0")
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Kills it, without a word of warning, and starts it again.
    pub fn restart(&mut self) {
        self.kill();
        *self = Self::start_at(&self.store.clone(), &self.address.clone());
    }

    /// Waits until it says this; forgets what it said before.
    pub fn await_line(&mut self, part: &str) {
        let mut line = String::new();
        while !line.contains(part) {
            line.clear();
            assert_ne!(self.says.read_line(&mut line).expect("it can be heard"), 0, "it ended before it said {part:?}");
        }
    }

    fn start_at(store: &str, listen: &str) -> Self {
        let command = &mut Command::new(program());
        command.env("STORE", store).env("LISTEN", listen).env_remove("URL").stdout(Stdio::piped());
        let mut process = command.spawn().expect("the application starts");
        let mut says = BufReader::new(process.stdout.take().expect("its output is piped"));
        let mut first = String::new();
        says.read_line(&mut first).expect("it says where it is");
        let address = first.trim().strip_prefix("Open http://").expect("it says where it is").trim_end_matches('/');
        Self { store: store.into(), address: address.into(), process, says }
    }

    fn kill(&mut self) {
        // Where it has died already there is nothing left to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Built here, so that it is never another version than the sources beside it.
fn program() -> &'static Path {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let build = &mut Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--locked", "--package", "devices"]);
        let status = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo runs");
        assert!(status.success(), "the application does not build");
    });
    static PROGRAM: OnceLock<std::path::PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let this = std::env::current_exe().expect("this test is a file");
        this.ancestors().nth(2).expect("it lies in target/debug/deps").join("devices")
    })
}
