//! `all` of ten records among many: by our index, and by SCAN.

use std::time::Instant;

use larder::backends::redis::Redis;
use larder::{Backend, Erased, Namespace, Pattern, Put, Raw, Select, Store, Sweep, Ttl, When, key, pattern};
use larder_bench::{Figures, Unit, commands};
use larder_test_redis::Server;
use std::time::Duration;
use tokio::runtime::Runtime;

use crate::VALUE;

const BATCH: usize = 500;
const TIMES: usize = 200;

/// Fills a database step by step, and lists ten records at each.
pub(crate) fn measure(runtime: &Runtime, server: &Server, most: usize, figures: &mut Figures) {
    server.command(&["FLUSHALL"]);
    let redis = Redis::at("127.0.0.1", server.port()).timeout(Duration::from_secs(60)).build().expect("it is a server");
    let backend = Erased::new(redis);
    let store: Store<bytes::Bytes> =
        Store::with_codec(backend.clone(), Raw).with_ttl(Ttl::After(Duration::from_secs(7200)));
    let mut put = 0;
    for size in [10_000, 100_000, 1_000_000].into_iter().filter(|size| *size <= most) {
        runtime.block_on(fill(&backend, put..size));
        put = size;
        let setting = "all of 10";
        let row = |what: &str| format!("among {}, {what}", larder_bench::thousands(size as f64));
        let user = |time: usize| (time * 7919) % (size / 10);
        let get = timed(runtime, TIMES, |time| {
            let store = store.clone();
            async move {
                let number = user(time) * 10;
                let key = key!["user", user(time), "session", id(number)];
                assert!(store.get(key).await.expect("it answers").is_some());
            }
        });
        let ten = |pattern: fn(usize) -> Pattern, times: usize| {
            timed(runtime, times, |time| {
                let store = store.clone();
                async move {
                    let all = store.all(&pattern(user(time))).await.expect("it answers");
                    assert_eq!(all.records.len(), 10);
                }
            })
        };
        let before = commands(server);
        let indexed = ten(|user| pattern!["user", user, "session", _], TIMES);
        let trips = (commands(server) - before) / TIMES as f64;
        let scanned = ten(|user| pattern!["user", user, ..], if size > 100_000 { 5 } else { 20 });
        figures.add(setting, &row("time"), "larder, index", Unit::Nanos, indexed);
        figures.add(setting, &row("time"), "larder, SCAN", Unit::Nanos, scanned);
        figures.add(setting, &row("time"), "one get", Unit::Nanos, get);
        figures.add(setting, &row("commands the server counted"), "larder, index", Unit::Count, vec![trips]);
    }
}

fn id(number: usize) -> String {
    format!("{number:032x}")
}

async fn fill(backend: &Erased, numbers: std::ops::Range<usize>) {
    let space = Namespace::default();
    let numbers: Vec<usize> = numbers.collect();
    for batch in numbers.chunks(BATCH) {
        let put = |number: &usize| Put {
            key: key!["user", number / 10, "session", id(*number)],
            value: vec![b'v'; VALUE].into(),
            ttl: Ttl::After(Duration::from_secs(7200)),
            when: When::Always,
        };
        let puts: Vec<Put> = batch.iter().map(put).collect();
        assert_eq!(backend.put(&space, &puts).await.expect("it answers").len(), batch.len());
    }
    let one = backend.get(&space, &[key!["user", 0, "session", id(0)]], Select::Values).await.expect("it answers");
    assert!(one[0].is_some());
    // The first listing in a large database walks it, and has the index marked as complete: not what is timed here.
    backend.sweep(Sweep::Compact).await.expect("it answers");
}

/// Nanoseconds that each of several calls took, one after another.
fn timed<F: Future<Output = ()>>(runtime: &Runtime, times: usize, call: impl Fn(usize) -> F) -> Vec<f64> {
    runtime.block_on(async {
        let mut taken = Vec::with_capacity(times);
        for time in 0..times {
            let began = Instant::now();
            call(time).await;
            taken.push(began.elapsed().as_nanos() as f64);
        }
        taken
    })
}
