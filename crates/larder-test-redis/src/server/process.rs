//! The process of a server, and that it and its folder are gone afterwards.

use std::fs;
use std::io::{self, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::builder::{ADMIN, SOCKET};
use crate::client::Client;

pub(super) struct Process {
    port: u16,
    child: Mutex<Option<Child>>,
    watchdog: Mutex<Child>,
    folder: TempDir,
    own_session: bool,
}

/// Outlives the test process by a moment, however that ends: reads the server's process from a pipe (an empty line for
/// none) until the pipe closes, then ends that process and removes the folder.
const WATCHDOG: &str = r#"
trap '' INT TERM HUP
while read -r line; do pid=$line; done
[ -z "$pid" ] || kill -9 "$pid"
[ ! -e "$1" ] || rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
"#;

impl Process {
    /// Starts a server with the lines of redis.conf that are made for its folder, on whatever port is free.
    pub(super) fn start<T>(own_session: bool, configure: impl FnOnce(&Path) -> (String, bool, T)) -> (Self, T) {
        let folder = tempfile::Builder::new().prefix("larder-redis-").tempdir().expect("a folder can be made");
        let (config, tls, made) = configure(folder.path());
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is a shell");
        let mut process =
            Self { port: 0, child: Mutex::new(None), watchdog: Mutex::new(watchdog), folder, own_session };
        loop {
            process.port = free_port();
            let (plain, tls) = if tls { (0, process.port) } else { (process.port, 0) };
            let config = format!("{config}port {plain}\ntls-port {tls}\n");
            fs::write(process.folder().join("redis.conf"), config).expect("the server's folder can be written to");
            if process.spawn() {
                return (process, made);
            }
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn pid(&self) -> u32 {
        self.child().as_ref().expect("the server runs").id()
    }

    pub(super) fn client(&self) -> io::Result<Client> {
        Client::connect(&self.folder().join(SOCKET), ADMIN.0, ADMIN.1)
    }

    /// Starts it on the port it had.
    pub(super) fn start_again(&self) {
        super::await_true("the server's port is free again", || self.spawn());
    }

    pub(super) fn signal(&self, signal: Signal) {
        let pid = self.pid();
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a child has a process number");
        kill_process(pid, signal).expect("a child can be sent a signal");
    }

    pub(super) fn kill(&self) {
        if let Some(mut child) = self.child().take() {
            let _ = child.kill();
            let _ = child.wait();
            self.watch(""); // the number may soon be another's
        }
    }

    /// Whether the server came up and answers; `false` where somebody else has its port.
    fn spawn(&self) -> bool {
        let _ = fs::remove_file(self.folder().join(SOCKET)); // that of a killed server answers nobody
        let log = self.folder().join("log");
        let _ = fs::remove_file(&log);
        let mut command = Command::new(if self.own_session { "setsid" } else { "redis-server" });
        if self.own_session {
            command.arg("redis-server");
        }
        let spawned = command
            .arg(self.folder().join("redis.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.folder().join("stderr")).map_or_else(|_| Stdio::null(), Stdio::from))
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                panic!("redis-server is not installed: run scripts/test, which installs it")
            }
            Err(error) => panic!("redis-server cannot be started: {error}"),
        };
        self.watch(&child.id().to_string());
        loop {
            if self.client().is_ok() {
                *self.child() = Some(child);
                return true;
            }
            if let Ok(Some(_)) = child.try_wait() {
                self.watch("");
                let said = [log, self.folder().join("stderr")].map(|file| fs::read_to_string(file).unwrap_or_default());
                let said = said.concat();
                if said.contains("bind: Address already in use") {
                    return false;
                }
                panic!("redis-server ended as it began: {said}");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn watch(&self, pid: &str) {
        let mut watchdog = self.watchdog.lock().unwrap_or_else(PoisonError::into_inner);
        let pipe = watchdog.stdin.as_mut().expect("the pipe is open while the server is there");
        let _ = writeln!(pipe, "{pid}");
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        let watchdog = self.watchdog.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(watchdog.stdin.take());
        let _ = watchdog.wait();
    }
}

/// A port that nobody listens on now, below those that the system gives to outgoing connections: a restarted server
/// finds it free again.
fn free_port() -> u16 {
    loop {
        let port = fastrand::u16(10_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
