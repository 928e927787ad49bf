//! What the index costs: the server's CPU time a put, and its memory a record.

use std::time::Duration;

use larder::backends::redis::Redis;
use larder::{Backend, Key, Namespace, Put, Ttl, When, key};
use larder_bench::{Figures, Unit};
use larder_test_redis::Server;
use tokio::runtime::Runtime;

use crate::VALUE;

/// Puts records with and without an index, each by itself, many at once.
pub(crate) fn measure(runtime: &Runtime, server: &Server, records: usize, figures: &mut Figures) {
    let id = |number: usize| format!("{number:032x}");
    // As long as the other in Redis, and of one part, which no index lists.
    let plain = |number: usize| key![format!("user.#{}.session.{}", number / 10, id(number))];
    let listed = |number: usize| key!["user", number / 10, "session", id(number)];
    let kinds: [(&str, &dyn Fn(usize) -> Key); 2] = [("without an index", &plain), ("with the index", &listed)];
    for (name, key) in kinds {
        server.command(&["FLUSHALL"]);
        let redis = Redis::at("127.0.0.1", server.port()).build().expect("it is a server");
        let before = (memory(server), cpu(server));
        let puts: Vec<Put> = (0..records)
            .map(|number| Put {
                key: key(number),
                value: vec![b'v'; VALUE].into(),
                ttl: Ttl::After(Duration::from_secs(7200)),
                when: When::Always,
            })
            .collect();
        runtime.block_on(async {
            let (redis, puts) = (std::sync::Arc::new(redis), std::sync::Arc::new(puts));
            let callers: Vec<_> = (0..64)
                .map(|caller| {
                    let (redis, puts) = (redis.clone(), puts.clone());
                    tokio::spawn(async move {
                        for put in puts.iter().skip(caller).step_by(64) {
                            let written = redis.put(&Namespace::default(), std::slice::from_ref(put)).await;
                            assert!(matches!(written.expect("it answers")[..], [Ok(true)]));
                        }
                    })
                })
                .collect();
            for caller in callers {
                caller.await.expect("a caller does not fail");
            }
        });
        let count = records as f64;
        let taken = (cpu(server) - before.1).as_nanos() as f64 / count;
        figures.add("the index", "a put, the server's CPU", name, Unit::Nanos, vec![taken]);
        figures.add(
            "the index",
            "a record in the server",
            name,
            Unit::Bytes,
            vec![(memory(server) - before.0) / count],
        );
    }
}

fn memory(server: &Server) -> f64 {
    server.info("used_memory").parse().unwrap_or(0.0)
}

fn cpu(server: &Server) -> Duration {
    let seconds = |name: &str| server.info(name).parse::<f64>().unwrap_or(0.0);
    Duration::from_secs_f64(seconds("used_cpu_user") + seconds("used_cpu_sys"))
}
