//! Who is measured, and what each is asked to do.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fred::clients::Client;
use fred::interfaces::{ClientLike, KeysInterface};
use fred::types::Expiration;
use fred::types::config::{Config, TcpConfig};
use larder::backends::redis::Redis;
use larder::{Backend, Key, Namespace, Put, Select, Ttl, When, key};
use larder_test_redis::Server;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Pipeline, cmd};

use crate::VALUE;

const TTL: Duration = Duration::from_secs(3600);
/// How many different records the calls go to.
const RECORDS: usize = 1000;

/// What a caller does.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Deed {
    /// GET of a value that is there.
    Get,
    /// SET with PX of a record that no index lists.
    Put,
    /// The same of one that an index lists: MULTI, ZADD, two PEXPIRE, SET, EXEC.
    PutIndexed,
}

impl Deed {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put => "put",
            Self::PutIndexed => "indexed put",
        }
    }
}

/// Names and the value, made ahead for everybody alike.
pub(crate) struct Names {
    space: Namespace,
    ours: Vec<Key>,
    ours_indexed: Vec<Key>,
    plain: Vec<String>,
    plain_indexed: Vec<(String, String, String)>,
    value: Bytes,
}

impl Names {
    fn new() -> Self {
        let id = |number: usize| format!("{number:032x}");
        Self {
            space: Namespace::default(),
            ours: (0..RECORDS).map(|number| key![id(number)]).collect(),
            ours_indexed: (0..RECORDS).map(|number| key!["user", number / 10, "session", id(number)]).collect(),
            plain: (0..RECORDS).map(|number| format!("cache:{}", id(number))).collect(),
            plain_indexed: (0..RECORDS)
                .map(|number| {
                    let parent = format!("cache:user:#{}:session", number / 10);
                    (format!("plain-index:{parent}"), id(number), format!("{parent}:{}", id(number)))
                })
                .collect(),
            value: Bytes::from(vec![b'v'; VALUE]),
        }
    }
}

/// Somebody who talks to the server.
pub(crate) enum Candidate {
    Larder { name: &'static str, redis: Arc<Redis>, names: Arc<Names> },
    RedisRs { connection: MultiplexedConnection, names: Arc<Names> },
    Fred { client: Client, names: Arc<Names> },
}

/// All of them, connected, the records put.
pub(crate) async fn all(server: &Server) -> Vec<Candidate> {
    let names = Arc::new(Names::new());
    let ours = |name, fence| {
        let redis = Redis::at("127.0.0.1", server.port()).fence(fence).build().expect("it is a server");
        Candidate::Larder { name, redis: Arc::new(redis), names: Arc::clone(&names) }
    };
    let client = redis::Client::open(format!("redis://127.0.0.1:{}", server.port())).expect("it is a URL");
    // Nagle's delay is off for all.
    let tcp = redis::io::tcp::TcpSettings::default().set_nodelay(true);
    let info = client.get_connection_info().clone().set_tcp_settings(tcp);
    let client = redis::Client::open(info).expect("it is an address");
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(2)));
    let connection = client.get_multiplexed_async_connection_with_config(&config).await.expect("the server is there");
    let config = Config::from_url(&format!("redis://127.0.0.1:{}", server.port())).expect("it is a URL");
    let mut builder = fred::types::Builder::from_config(config);
    builder.with_connection_config(|config| {
        config.tcp = TcpConfig { nodelay: Some(true), ..TcpConfig::default() };
    });
    let fred = builder.build().expect("it is a configuration");
    fred.init().await.expect("the server is there");
    let all = vec![
        ours("larder", true),
        ours("larder, no fence", false),
        Candidate::RedisRs { connection, names: Arc::clone(&names) },
        Candidate::Fred { client: fred, names: Arc::clone(&names) },
    ];
    for number in 0..RECORDS {
        all[0].act(Deed::Put, number).await;
    }
    all
}

impl Candidate {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Larder { name, .. } => name,
            Self::RedisRs { .. } => "redis-rs",
            Self::Fred { .. } => "fred",
        }
    }

    /// One for each caller: they share the connection.
    pub(crate) fn share(&self) -> Self {
        match self {
            Self::Larder { name, redis, names } => {
                Self::Larder { name, redis: Arc::clone(redis), names: Arc::clone(names) }
            }
            Self::RedisRs { connection, names } => {
                Self::RedisRs { connection: connection.clone(), names: Arc::clone(names) }
            }
            Self::Fred { client, names } => Self::Fred { client: client.clone(), names: Arc::clone(names) },
        }
    }

    /// Whether it does this at all.
    pub(crate) fn does(&self, deed: Deed) -> bool {
        !matches!((self, deed), (Self::Fred { .. }, Deed::PutIndexed))
    }

    pub(crate) async fn act(&self, deed: Deed, number: usize) {
        let number = number % RECORDS;
        match self {
            Self::Larder { redis, names, .. } => match deed {
                Deed::Get => {
                    let keys = std::slice::from_ref(&names.ours[number]);
                    let found = redis.get(&names.space, keys, Select::Values).await.expect("the server answers");
                    let found = found.into_iter().next().flatten().expect("the record is there");
                    assert_eq!(found.value.len(), VALUE);
                }
                Deed::Put | Deed::PutIndexed => {
                    let keys = if deed == Deed::Put { &names.ours } else { &names.ours_indexed };
                    let (key, value) = (keys[number].clone(), names.value.clone());
                    let put = Put { key, value, ttl: Ttl::After(TTL), when: When::Always };
                    let written = redis.put(&names.space, &[put]).await.expect("the server answers");
                    assert!(matches!(written[..], [Ok(true)]));
                }
            },
            Self::RedisRs { connection, names } => {
                let mut connection = connection.clone();
                match deed {
                    Deed::Get => {
                        let mut get = cmd("GET");
                        let value: Vec<u8> =
                            get.arg(&names.plain[number]).query_async(&mut connection).await.expect("it answers");
                        assert_eq!(value.len(), VALUE);
                    }
                    Deed::Put => {
                        let mut set = cmd("SET");
                        set.arg(&names.plain[number]).arg(&names.value[..]).arg("PX").arg(TTL.as_millis() as u64);
                        set.query_async::<()>(&mut connection).await.expect("it answers");
                    }
                    Deed::PutIndexed => {
                        let (index, member, key) = &names.plain_indexed[number];
                        let ttl = TTL.as_millis() as u64;
                        let mut all = Pipeline::new();
                        all.atomic();
                        all.cmd("ZADD").arg(index).arg("GT").arg(1_900_000_000_000_u64).arg(member);
                        all.cmd("PEXPIRE").arg(index).arg(ttl + 60_000).arg("NX");
                        all.cmd("PEXPIRE").arg(index).arg(ttl + 60_000).arg("GT");
                        all.cmd("SET").arg(key).arg(&names.value[..]).arg("PX").arg(ttl);
                        all.query_async::<()>(&mut connection).await.expect("it answers");
                    }
                }
            }
            Self::Fred { client, names } => match deed {
                Deed::Get => {
                    let value: Bytes = client.get(names.plain[number].as_str()).await.expect("it answers");
                    assert_eq!(value.len(), VALUE);
                }
                Deed::Put => {
                    let ttl = Some(Expiration::PX(TTL.as_millis() as i64));
                    let (key, value) = (names.plain[number].as_str(), names.value.clone());
                    client.set::<(), _, _>(key, value, ttl, None, false).await.expect("it answers");
                }
                Deed::PutIndexed => {}
            },
        }
    }
}
