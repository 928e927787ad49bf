//! Who is compared: every published store, and ours.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::str::FromStr;

use actix_session::storage::RedisSessionStore;
use larder_actix_session::Principal;
use larder_test_redis::{Relay, Reply, Server};
use tempfile::TempDir;
use tower_sessions::{CachingSessionStore, MemoryStore};
use tower_sessions_moka_store::MokaStore;
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike, Config, Pool};
use tower_sessions_sqlx_store::SqliteStore;
use tower_sessions_sqlx_store::sqlx::SqlitePool;
use tower_sessions_sqlx_store::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::app::{self, App};

type OfUser = Rc<dyn Fn(u64) -> Pin<Box<dyn Future<Output = usize>>>>;

/// An application over a store, and what is known of where the store keeps things.
pub struct Contender {
    pub name: &'static str,
    pub is_ours: bool,
    pub app: App,
    /// The same in another process, where a store can be of several.
    pub second: Option<App>,
    /// Ends the sessions of a user, and lists them, where the store knows how.
    pub revoke_all: Option<OfUser>,
    pub list: Option<OfUser>,
    pub place: Place,
}

/// Where records are kept.
pub enum Place {
    Process,
    File(TempDir),
    Redis(Rc<Server>, Rc<Relay>),
}

impl Place {
    /// A server of its own.
    pub fn redis() -> Self {
        let server = Server::start();
        let relay = Relay::new(&server);
        Self::Redis(Rc::new(server), Rc::new(relay))
    }

    pub fn file() -> Self {
        Self::File(TempDir::new().expect("a folder"))
    }

    /// The URL of a store of ours.
    fn ours(&self) -> String {
        match self {
            Self::Process => "memory:".to_owned(),
            Self::File(folder) => {
                format!("disk:{}?durability=relaxed&delay=50ms", folder.path().join("sessions.larder").display())
            }
            Self::Redis(_, relay) => format!("redis://127.0.0.1:{}/?namespace=myapp", relay.port()),
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Process => String::new(),
            Self::File(folder) => format!("sqlite://{}?mode=rwc", folder.path().join("sessions.sqlite").display()),
            Self::Redis(_, relay) => format!("redis://127.0.0.1:{}", relay.port()),
        }
    }

    /// All bytes outside of this process; none where there are none.
    pub fn dump(&self) -> Option<Vec<u8>> {
        match self {
            Self::Process => None,
            Self::File(folder) => {
                let files = std::fs::read_dir(folder.path()).expect("the folder can be read");
                let files = files.map(|file| std::fs::read(file.expect("a file").path()).expect("it can be read"));
                Some(files.flatten().collect())
            }
            Self::Redis(server, _) => {
                let mut dump = Vec::new();
                for key in keys(server) {
                    let (kind, name) = (server.command(&[b"TYPE", &*key]).as_text(), key.as_slice());
                    let read = match kind.as_str() {
                        "string" => server.command(&[b"GET", name]),
                        "zset" => server.command(&[b"ZRANGE", name, b"0", b"-1"]),
                        other => panic!("there is a {other}, which nobody looks into"),
                    };
                    dump.extend_from_slice(&key);
                    texts(&read, &mut dump);
                }
                Some(dump)
            }
        }
    }
}

/// The names of all keys.
pub fn keys(server: &Server) -> Vec<Vec<u8>> {
    let keys = server.command(&["KEYS", "*"]);
    let name = |key: &Reply| if let Reply::Bytes(name) = key { name.clone() } else { panic!("a key has a name") };
    keys.as_array().iter().map(name).collect()
}

fn texts(reply: &Reply, dump: &mut Vec<u8>) {
    match reply {
        Reply::Bytes(bytes) => dump.extend_from_slice(bytes),
        Reply::Array(replies) => replies.iter().for_each(|reply| texts(reply, dump)),
        other => panic!("{other:?} holds no bytes"),
    }
}

async fn redis_store(place: &Place) -> RedisStore<Pool> {
    let config = Config::from_url(&place.url()).expect("it is a URL");
    let pool = Pool::new(config, None, None, None, 1).expect("it is set up");
    pool.init().await.expect("it connects");
    RedisStore::new(pool)
}

async fn sqlite_store(place: &Place) -> SqliteStore {
    // As ours has it here: no write waits for the disk.
    let options = SqliteConnectOptions::from_str(&place.url()).expect("it is a URL");
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
    let store = SqliteStore::new(SqlitePool::connect_with(options).await.expect("it opens"));
    store.migrate().await.expect("it is set up");
    store
}

async fn caching_store(place: &Place) -> CachingSessionStore<MokaStore, RedisStore<Pool>> {
    CachingSessionStore::new(MokaStore::new(None), redis_store(place).await)
}

async fn actix_redis_store(place: &Place) -> RedisSessionStore {
    RedisSessionStore::new(place.url()).await.expect("it connects")
}

fn theirs(name: &'static str, app: App, second: Option<App>, place: Place) -> Contender {
    Contender { name, is_ours: false, app, second, revoke_all: None, list: None, place }
}

macro_rules! ours {
    ($name:expr, $store:ident, $place:expr, $app:expr) => {{
        let place = $place;
        let node = async || {
            let opened = larder::open(&place.ours()).await.expect("it opens");
            $store::SessionStore::new(opened).index_by(|fields| fields.json("user").map(Principal::from_json))
        };
        let store = node().await;
        let second = match &place {
            Place::Redis(..) => Some($app(node().await).await),
            _ => None,
        };
        let (ending, listing) = (store.clone(), store.clone());
        let revoke_all: OfUser = Rc::new(move |user| {
            let of = ending.of(user);
            Box::pin(async move { of.revoke_all().await.expect("it answers") })
        });
        let list: OfUser = Rc::new(move |user| {
            let of = listing.of(user);
            Box::pin(async move { of.list().await.expect("it answers").len() })
        });
        let app = $app(store).await;
        let (revoke_all, list) = (Some(revoke_all), Some(list));
        Contender { name: $name, is_ours: true, app, second, revoke_all, list, place }
    }};
}

/// All of them, each in a place of its own.
pub async fn all() -> Vec<Contender> {
    let mut all = vec![
        theirs("tower-sessions `MemoryStore`", app::tower(MemoryStore::default()), None, Place::Process),
        theirs("`MokaStore`", app::tower(MokaStore::new(None)), None, Place::Process),
    ];
    let place = Place::file();
    let (one, two) = (sqlite_store(&place).await, sqlite_store(&place).await);
    all.push(theirs("`SqliteStore`", app::tower(one), Some(app::tower(two)), place));
    let place = Place::redis();
    let (one, two) = (redis_store(&place).await, redis_store(&place).await);
    all.push(theirs("tower-sessions `RedisStore`", app::tower(one), Some(app::tower(two)), place));
    let place = Place::redis();
    let (one, two) = (caching_store(&place).await, caching_store(&place).await);
    all.push(theirs("`CachingSessionStore` (Moka, Redis)", app::tower(one), Some(app::tower(two)), place));
    let place = Place::redis();
    let (one, two) = (actix_redis_store(&place).await, actix_redis_store(&place).await);
    let (one, two) = (app::actix(one).await, app::actix(two).await);
    all.push(theirs("actix-session `RedisSessionStore`", one, Some(two), place));

    let tower = async |store: larder_tower_sessions::SessionStore| app::tower(store);
    let actix = async |store: larder_actix_session::SessionStore| app::actix(store).await;
    all.push(ours!("**larder**, tower-sessions, memory", larder_tower_sessions, Place::Process, tower));
    all.push(ours!("**larder**, tower-sessions, disk", larder_tower_sessions, Place::file(), tower));
    all.push(ours!("**larder**, tower-sessions, Redis", larder_tower_sessions, Place::redis(), tower));
    all.push(ours!("**larder**, actix-session, memory", larder_actix_session, Place::Process, actix));
    all.push(ours!("**larder**, actix-session, disk", larder_actix_session, Place::file(), actix));
    all.push(ours!("**larder**, actix-session, Redis", larder_actix_session, Place::redis(), actix));
    all
}
