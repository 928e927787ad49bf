//! How a server is set up.

use std::fmt::Write as _;
use std::time::Duration;

use super::certificates::Certificates;
use super::process::Process;
use super::{Access, Server, await_true};

/// A server to be set up; [`Builder::start`] starts it.
#[derive(Debug, Default)]
#[must_use]
pub struct Builder {
    by_socket: bool,
    password: Option<String>,
    tls: bool,
    wrong_name: bool,
    lines: String,
    replica: bool,
    own_session: bool,
}

/// The file of the unix socket in the server's folder.
pub(super) const SOCKET: &str = "socket";

/// The user as whom the rig itself comes, and its password.
pub(super) const ADMIN: (&str, &str) = ("rig", "rig");

impl Builder {
    /// Lets [`Server::url`] name the unix socket instead of the port.
    pub fn unix_socket(mut self) -> Self {
        self.by_socket = true;
        self
    }

    /// Asks the default user for a password.
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self.config("requirepass", password)
    }

    /// Adds a user with the rights that the rules give, as `~* &* -@all +get` (ACL SETUSER).
    pub fn acl_user(mut self, name: &str, password: &str, rules: &str) -> Self {
        let _ = writeln!(self.lines, "user {name} on >{password} {rules}");
        self
    }

    /// Speaks TLS on the port, with a certificate for `localhost` and 127.0.0.1 of an authority of its own.
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Speaks TLS with a certificate of the same authority for another host, which a client has to refuse.
    pub fn tls_of_another_host(mut self) -> Self {
        self.wrong_name = true;
        self.tls()
    }

    /// How many databases it has (16 by itself).
    pub fn databases(self, count: u16) -> Self {
        self.config("databases", &count.to_string())
    }

    /// Sets an option of redis.conf; the last setting of an option holds.
    pub fn config(mut self, option: &str, value: &str) -> Self {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        let _ = writeln!(self.lines, "{option} \"{escaped}\"");
        self
    }

    /// Follows another server of the rig; the start waits until it has all of it.
    pub fn replica_of(mut self, master: &Server) -> Self {
        self.replica = true;
        if master.access.certificates.is_some() {
            let _ = writeln!(self.lines, "tls-replication yes\ntls-ca-cert-file \"{}\"", master.ca_path().display());
        }
        let _ = writeln!(self.lines, "replicaof 127.0.0.1 {}", master.port());
        self
    }

    /// Keeps records over a kill and a restart: each write is in the file before it is answered.
    pub fn append_only(self) -> Self {
        // The kernel outlives the process, so nothing needs to be synced; and `everysec` may hold a write back.
        self.config("appendonly", "yes").config("appendfsync", "no")
    }

    /// Keeps records as [`Builder::append_only`] does and takes so long to load each after a restart, while it answers
    /// that it is loading. Call [`Server::compact`] before the restart: only compact files are read so.
    pub fn slow_to_load(self, each: Duration) -> Self {
        // Without the second option it would answer nothing at all while it loads little.
        self.append_only()
            .config("key-load-delay", &each.as_micros().to_string())
            .config("loading-process-events-interval-bytes", "1024")
    }

    /// Runs it in a session of its own (`setsid`), as every service is: Linux shares cores between sessions first, and
    /// within one between threads.
    pub fn own_session(mut self) -> Self {
        self.own_session = true;
        self
    }

    /// Starts it and waits until it serves commands.
    ///
    /// # Panics
    /// Where `redis-server` is not installed or refuses what was asked of it.
    pub fn start(self) -> Server {
        let (user, password) = ADMIN;
        let (process, certificates) = Process::start(self.own_session, |folder| {
            let certificates = self.tls.then(|| Certificates::make(folder, self.wrong_name));
            let tls = certificates.as_ref().map_or(String::new(), Certificates::config);
            let config = format!(
                "bind 127.0.0.1\nsave \"\"\nappendonly no\ndir \"{folder}\"\nunixsocket \"{folder}/{SOCKET}\"\n\
                 logfile \"{folder}/log\"\nenable-debug-command yes\nrepl-diskless-sync-delay 0\nshutdown-timeout 0\n\
                 user {user} on >{password} ~* &* +@all\nmasteruser {user}\nmasterauth {password}\n{}{tls}",
                self.lines,
                folder = folder.display(),
            );
            (config, self.tls, certificates)
        });
        let access = Access { by_socket: self.by_socket, password: self.password, certificates };
        let server = Server { process, access, client: Default::default() };
        server.await_ready();
        if self.replica {
            await_true("the replica follows its master", || server.info("master_link_status") == "up");
        }
        server
    }
}
