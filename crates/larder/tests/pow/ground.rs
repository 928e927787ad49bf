//! A database on a real server in one of Pow's layouts, and what Pow itself does there.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use larder::term::Otp;
use larder::{Key, Pattern, Store, Term, Ttl, key};
use larder_test_redis::{Client, Reply, Server};

pub(crate) const HALF_AN_HOUR: Ttl = Ttl::After(Duration::from_secs(1800));

/// The namespace of all that is here, as Pow's sessions have it.
pub(crate) const SPACE: &str = "credentials";

/// A database that no other test uses.
pub(crate) struct Ground {
    pub(crate) server: Arc<Server>,
    database: u32,
    layout: &'static str,
    client: Mutex<Client>,
}

impl Ground {
    /// On the server of all tests.
    pub(crate) fn new(layout: &'static str) -> Self {
        static SERVER: OnceLock<Arc<Server>> = OnceLock::new();
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = SERVER.get_or_init(|| Arc::new(Server::builder().databases(1024).start()));
        Self::on(Arc::clone(server), NEXT.fetch_add(1, Ordering::Relaxed), layout)
    }

    /// On a server of its own, which can be counted and harmed.
    pub(crate) fn alone(layout: &'static str) -> Self {
        Self::on(Arc::new(Server::start()), 0, layout)
    }

    pub(crate) fn on(server: Arc<Server>, database: u32, layout: &'static str) -> Self {
        let mut client = server.client().unwrap();
        assert_eq!(client.command(&["SELECT", &database.to_string()]).unwrap(), Reply::ok());
        Self { server, database, layout, client: Mutex::new(client) }
    }

    /// A store that writes atoms as today's Erlang does.
    pub(crate) async fn store(&self) -> Store<Term> {
        self.store_with("otp=26").await
    }

    /// A store opened with further options.
    pub(crate) async fn store_with(&self, options: &str) -> Store<Term> {
        // A long deadline unless set: the machine may have other work.
        let timeout = if options.contains("timeout") { "" } else { "timeout=20s&" };
        let layout = if self.layout == "native" { "native".to_owned() } else { format!("{}&{options}", self.layout) };
        let tail = format!("/{}?layout={layout}&{timeout}ttl=30m&namespace={SPACE}", self.database);
        larder::open(&self.server.url_with(&tail)).await.unwrap().store()
    }

    /// Whether a listing by the keys' beginning goes through Pow's index.
    pub(crate) fn is_indexed(&self) -> bool {
        self.layout == "pow-indexed"
    }

    /// Runs a command behind the store's back.
    pub(crate) fn ask<A: AsRef<[u8]>>(&self, command: &[A]) -> Reply {
        self.client.lock().unwrap().command(command).unwrap()
    }

    pub(crate) fn exists(&self, stored: &[u8]) -> bool {
        self.ask(&[b"EXISTS", stored]).as_integer() == 1
    }

    /// Sends many commands and waits for all of their replies.
    pub(crate) fn ask_all<A: AsRef<[u8]>>(&self, commands: impl IntoIterator<Item = Vec<A>>) {
        let mut client = self.client.lock().unwrap();
        let commands: Vec<_> = commands.into_iter().collect();
        for some in commands.chunks(500) {
            some.iter().for_each(|command| client.send(command).unwrap());
            for _ in some {
                assert!(!matches!(client.reply().unwrap(), Reply::Error(_)));
            }
        }
    }

    /// What the module of Pow's first guide does for a record.
    pub(crate) fn seed_puts(&self, otp: Otp, key: &Key, value: &Term, millis: u64) {
        let value = value.to_etf(otp).unwrap();
        let reply = self.ask(&[b"SET", &stored(otp, key)[..], &value, b"PX", millis.to_string().as_bytes()]);
        assert_eq!(reply, Reply::ok());
    }

    /// What the module of today's guide does for a record, scores by this machine's clock.
    pub(crate) fn todays_pow_puts(&self, otp: Otp, key: &Key, value: &Term, millis: u64) {
        let now = u64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
        let stored = stored(otp, key);
        for (end, _) in stored.iter().enumerate().filter(|(_, byte)| **byte == b':') {
            let index = [b"_index:", &stored[..end]].concat();
            self.ask(&[b"ZREMRANGEBYSCORE", &index[..], b"-inf", now.to_string().as_bytes()]);
            self.ask(&[b"ZADD", &index[..], (now + millis).to_string().as_bytes(), &stored[end + 1..]]);
            self.ask(&[b"PEXPIRE", &index[..], millis.to_string().as_bytes()]);
        }
        self.seed_puts(otp, key, value, millis);
    }
}

/// A key of Pow's in Redis.
pub(crate) fn stored(otp: Otp, key: &Key) -> Vec<u8> {
    let parts = [Term::from(SPACE)].into_iter().chain(key.parts());
    let segments: Vec<String> = parts.map(|part| URL_SAFE_NO_PAD.encode(part.to_etf(otp).unwrap())).collect();
    segments.join(":").into_bytes()
}

/// The index of today's Pow for the keys that begin with these parts.
pub(crate) fn index_of(otp: Otp, parts: &[Term]) -> Vec<u8> {
    let all = [Term::from(SPACE)].into_iter().chain(parts.iter().cloned());
    let segments: Vec<String> = all.map(|part| URL_SAFE_NO_PAD.encode(part.to_etf(otp).unwrap())).collect();
    [b"_index:", segments.join(":").as_bytes()].concat()
}

/// The key under which Pow lists a session of a user.
pub(crate) fn session(user: u32, name: &str) -> Key {
    let [module, user_atom, session] = ["Elixir.MyApp.Users.User", "user", "session"].map(|a| Term::atom(a).unwrap());
    key![module, user_atom, user, session, name]
}

/// The sessions of a user.
pub(crate) fn sessions(user: u32) -> Pattern {
    let [module, user_atom, session, hole] =
        ["Elixir.MyApp.Users.User", "user", "session", "_"].map(|a| Term::atom(a).unwrap());
    Pattern::from_term(&Term::list([module, user_atom, Term::from(user), session, hole])).unwrap()
}

/// The keys and values of a whole listing.
pub(crate) async fn listed(store: &Store<Term>, pattern: &Pattern) -> Vec<(Key, Term)> {
    let page = store.all(pattern).await.unwrap();
    assert!(page.damaged.is_empty(), "nothing is damaged");
    page.records
}
