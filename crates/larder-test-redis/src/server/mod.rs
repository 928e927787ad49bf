//! A `redis-server` for one test or for all of a test's file.

mod builder;
mod certificates;
mod process;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::reply::Reply;

pub use builder::Builder;
pub use certificates::Certificates;
use process::Process;

/// A running server, in a folder of its own, that is gone when this is dropped or the process ends, however it ends.
///
/// It listens on the loopback address alone and keeps nothing ([`Builder::append_only`] lets records survive a
/// restart). The rig itself talks to it by a unix socket, as a user of its own, so that passwords, certificates and
/// proxies of the test do not stand in its way.
pub struct Server {
    process: Process,
    access: Access,
    client: Mutex<Option<Client>>,
}

/// How the code under test reaches the server.
#[derive(Debug)]
struct Access {
    by_socket: bool,
    password: Option<String>,
    certificates: Option<Certificates>,
}

impl Server {
    /// A server with nothing special: TCP, no password.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// A server to be set up.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The one server of this test binary, for tests that do no harm and keep to namespaces of their own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// The URL by which the default user reaches it.
    pub fn url(&self) -> String {
        self.url_with("")
    }

    /// The same with what stands behind the place: a database, options, or both (`/3?timeout=1s`).
    pub fn url_with(&self, tail: &str) -> String {
        let login = self.access.password.as_ref().map_or(String::new(), |password| format!(":{password}@"));
        self.url_of(&login, tail)
    }

    /// The URL by which a user reaches it, with what stands behind the place.
    pub fn url_as(&self, user: &str, password: &str, tail: &str) -> String {
        self.url_of(&format!("{user}:{password}@"), tail)
    }

    fn url_of(&self, login: &str, tail: &str) -> String {
        if self.access.by_socket {
            // Behind a path a database stands among the options.
            let (database, options) = tail.split_once('?').unwrap_or((tail, ""));
            let database = database.strip_prefix('/').map(|number| format!("db={number}"));
            let options: Vec<_> =
                database.iter().map(String::as_str).chain(Some(options)).filter(|o| !o.is_empty()).collect();
            let query = if options.is_empty() { String::new() } else { format!("?{}", options.join("&")) };
            return format!("redis+unix://{login}{}{query}", self.socket_path().display());
        }
        let place = format!("{login}127.0.0.1:{}", self.port());
        match &self.access.certificates {
            None => format!("redis://{place}{tail}"),
            Some(certificates) => {
                let joint = if tail.contains('?') { '&' } else { '?' };
                format!("rediss://{place}{tail}{joint}ca={}", certificates.ca().display())
            }
        }
    }

    /// The port on the loopback address; it stays the same over a restart.
    pub fn port(&self) -> u16 {
        self.process.port()
    }

    /// The unix socket, which is there with every server.
    pub fn socket_path(&self) -> PathBuf {
        self.folder().join(builder::SOCKET)
    }

    /// The folder of its files, gone with it.
    pub fn folder(&self) -> &Path {
        self.process.folder()
    }

    /// The process of the server.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The certificates of a server with TLS.
    ///
    /// # Panics
    /// Where the server has none.
    pub fn certificates(&self) -> &Certificates {
        self.access.certificates.as_ref().expect("the server was built with `tls`")
    }

    /// The file of the authority that signed its certificate.
    pub fn ca_path(&self) -> &Path {
        self.certificates().ca()
    }

    /// Ends the process at once, as a crash of the machine's would (SIGKILL), and waits until it is gone.
    pub fn kill(&self) {
        self.process.kill();
        *self.admin() = None;
    }

    /// Starts it again after [`Server::kill`] (or kills it first), on the same port and folder, and waits until it
    /// serves.
    pub fn restart(&self) {
        self.begin_restart();
        self.await_ready();
    }

    /// Starts it again and waits only until it answers anything at all: it may still be loading.
    pub fn begin_restart(&self) {
        self.kill();
        self.process.start_again();
    }

    /// Waits until it serves commands.
    ///
    /// # Panics
    /// After a minute.
    pub fn await_ready(&self) {
        await_true(
            "the server serves commands",
            || matches!(self.try_command(&["PING"]), Ok(Reply::Status(pong)) if pong == "PONG"),
        );
    }

    /// Stops the process where it stands (SIGSTOP): it keeps its sockets open and answers nothing.
    pub fn stop_signal(&self) {
        self.process.signal(rustix::process::Signal::STOP);
    }

    /// Lets nothing else of the machine run while the process has work to do (`chrt --fifo`), so that what the server
    /// measures by the clock on the wall is its own. Answers whether we may.
    pub fn run_ahead(&self) -> bool {
        let mut command = std::process::Command::new("chrt");
        command.args(["--fifo", "--pid", "1", &self.pid().to_string()]).stderr(std::process::Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    /// Lets a stopped process go on (SIGCONT).
    pub fn continue_signal(&self) {
        self.process.signal(rustix::process::Signal::CONT);
    }

    /// Writes the file of an [append-only](Builder::append_only) server anew, and waits for it.
    pub fn compact(&self) {
        self.command(&["BGREWRITEAOF"]);
        await_true("the file is compact", || {
            self.info("aof_rewrite_in_progress") == "0" && self.info("aof_rewrite_scheduled") == "0"
        });
    }

    /// Runs a command with every right, on a connection that is kept.
    ///
    /// # Panics
    /// Where no reply comes. An error of the server's is a [`Reply::Error`].
    pub fn command<A: AsRef<[u8]>>(&self, args: &[A]) -> Reply {
        self.try_command(args).unwrap_or_else(|error| panic!("the redis-server of the test does not answer: {error}"))
    }

    /// The same, for a server that may be away.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn try_command<A: AsRef<[u8]>>(&self, args: &[A]) -> io::Result<Reply> {
        let mut kept = self.admin();
        let mut client = match kept.take() {
            Some(client) => client,
            None => self.client()?,
        };
        let reply = client.command(args)?; // a client that failed is not kept
        *kept = Some(client);
        Ok(reply)
    }

    /// A new connection with every right.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn client(&self) -> io::Result<Client> {
        self.process.client()
    }

    /// Sets one of its options while it runs.
    ///
    /// # Panics
    /// Where the server refuses it.
    pub fn set(&self, option: &str, value: &str) {
        assert_eq!(self.command(&["CONFIG", "SET", option, value]), Reply::ok(), "CONFIG SET {option}");
    }

    /// A field of INFO.
    ///
    /// # Panics
    /// Where there is none of that name.
    pub fn info(&self, field: &str) -> String {
        let info = self.command(&["INFO", "everything"]).as_text();
        let found = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        found.unwrap_or_else(|| panic!("the server tells no {field}")).trim().to_owned()
    }

    /// How often each command was called since the start or [`Server::forget_calls`], by its name in small letters
    /// (`config|get` for a part of one). The rig's own calls count too.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        let info = self.command(&["INFO", "commandstats"]).as_text();
        let call = |line: &str| {
            let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
            Some((name.to_owned(), rest.split(',').next()?.parse().ok()?))
        };
        info.lines().filter_map(call).collect()
    }

    /// Begins to count calls anew.
    pub fn forget_calls(&self) {
        self.command(&["CONFIG", "RESETSTAT"]);
    }

    /// Ends every connection but the rig's (CLIENT KILL); answers how many there were.
    pub fn kill_clients(&self) -> i64 {
        self.command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).as_integer()
    }

    fn admin(&self) -> MutexGuard<'_, Option<Client>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("port", &self.port()).finish_non_exhaustive()
    }
}

/// Looks again and again, and fails the test when it never comes true.
pub(crate) fn await_true(what: &str, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(60), "after a minute it is still not so that {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
