//! What requests cost on Redis: round trips, commands, bytes.

use larder_test_redis::{Relay, Server, Traffic};

use super::contender::{Contender, keys};

/// How often each request is made.
const TIMES: u64 = 200;
/// Sessions of one user.
const DEVICES: u64 = 10;

/// What one kind of request costs, on average; none where the store does not know how.
pub struct Cost {
    pub what: &'static str,
    pub each: Option<Each>,
}

pub struct Each {
    pub trips: f64,
    pub commands: f64,
    pub sent: f64,
    pub received: f64,
}

/// Each kind of request in turn, of one client at a time.
pub async fn measure(contender: &Contender, server: &Server, relay: &Relay) -> Vec<Cost> {
    let meter = Meter { server, relay };
    let mut clients: Vec<_> = (0..TIMES).map(|_| contender.app.client()).collect();
    let mut costs = Vec::new();
    let kinds: [(&str, fn(u64) -> String); 4] = [
        ("sign in", |at| format!("/login/{}", 1000 + at)),
        ("a request that reads", |_| "/show".to_owned()),
        ("a request that changes a field", |at| format!("/set/a/{at}")),
        ("sign out", |_| "/end".to_owned()),
    ];
    for (what, path) in kinds {
        let before = meter.read();
        for (at, client) in clients.iter_mut().enumerate() {
            client.must(&path(at as u64)).await;
        }
        costs.push(Cost { what, each: Some(meter.since(before, TIMES)) });
    }
    for (what, of_user, ends) in [
        ("list a user's ten sessions", &contender.list, false),
        ("end a user's ten sessions", &contender.revoke_all, true),
    ] {
        let Some(of_user) = of_user else {
            costs.push(Cost { what, each: None });
            continue;
        };
        let rounds = TIMES / DEVICES;
        if !ends {
            for user in (0..rounds).flat_map(|user| [2000 + user; DEVICES as usize]) {
                contender.app.client().must(&format!("/login/{user}")).await;
            }
        }
        let before = meter.read();
        for user in 0..rounds {
            assert_eq!(of_user(2000 + user).await as u64, DEVICES);
        }
        costs.push(Cost { what, each: Some(meter.since(before, rounds)) });
    }
    costs
}

/// Bytes of the server's memory and keys that a session takes, where each user has ten.
pub async fn held(contender: &Contender, server: &Server) -> (f64, f64) {
    const USERS: u64 = 50;
    server.command(&["FLUSHALL"]);
    for user in (0..USERS).flat_map(|user| [3000 + user; DEVICES as usize]) {
        contender.app.client().must(&format!("/login/{user}")).await;
    }
    let keys = keys(server);
    let of = |key: &Vec<u8>| server.command(&[b"MEMORY".as_slice(), b"USAGE", key, b"SAMPLES", b"0"]).as_integer();
    let bytes: i64 = keys.iter().map(of).sum();
    let sessions = (USERS * DEVICES) as f64;
    (bytes as f64 / sessions, keys.len() as f64 / sessions)
}

struct Meter<'m> {
    server: &'m Server,
    relay: &'m Relay,
}

impl Meter<'_> {
    fn read(&self) -> (Traffic, u64) {
        // The rig's own calls, and the connections' greetings and probes, belong to no request.
        let apart = ["info", "auth", "hello", "client", "ping", "time", "role", "flushall", "config"];
        let calls = self.server.calls();
        let calls = calls.iter().filter(|(name, _)| !apart.contains(&name.split('|').next().unwrap_or_default()));
        (self.relay.traffic(), calls.map(|(_, calls)| calls).sum())
    }

    fn since(&self, (before, commands): (Traffic, u64), times: u64) -> Each {
        let (now, all) = self.read();
        let each = |count: u64| count as f64 / times as f64;
        Each {
            trips: each(now.trips - before.trips),
            commands: each(all - commands),
            sent: each(now.sent - before.sent),
            received: each(now.received - before.received),
        }
    }
}
