//! A load beside a bare get of the same records.

use std::sync::Arc;
use std::time::{Duration, Instant};

use larder::Key;
use larder_bench::{Figures, Unit, process_time, thread_time};
use larder_test_redis::Server;
use tokio::runtime::Builder;

use crate::Asked;
use crate::place::{DEVICES, Place};

const CROWDS: [(usize, &str); 2] = [(1, "Redis, 1 caller"), (64, "Redis, 64 callers")];
/// Sessions that are loaded on Redis.
const SESSIONS: usize = 1000;

const GET: &str = "bare get";
const LOAD: &str = "load";

/// CPU time of either in one thread, in turn.
pub(crate) fn in_memory(asked: &Asked, figures: &mut Figures) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("the system gives a runtime");
    runtime.block_on(async {
        let place = Place::open("memory:?namespace=bench").await;
        let mut cookies = Vec::new();
        for number in 0..(asked.sessions / 10).max(DEVICES) {
            cookies.push(place.sign_in(number / DEVICES).await);
        }
        let keys = place.keys().await;
        let size = place.store.get(&keys[0]).await.expect("it answers").map_or(0, |bytes| bytes.len());
        figures.fact("bytes", size);
        // Neither goes through memory in the order in which it was filled.
        let at = |call: usize| call.wrapping_mul(7_919_011) % keys.len();
        let (mut gets, mut loads) = (Vec::new(), Vec::new());
        for round in 0..=asked.rounds {
            let began = thread_time();
            for call in 0..asked.calls {
                place.get(&keys[at(call)]).await;
            }
            let between = thread_time();
            for call in 0..asked.calls {
                place.load(&cookies[at(call)]).await;
            }
            let each = |time: Duration| time.as_nanos() as f64 / asked.calls as f64;
            // The first round warms up.
            if round > 0 {
                gets.push(each(between - began));
                loads.push(each(thread_time() - between));
            }
        }
        let more = loads.iter().zip(&gets).map(|(load, get)| load - get).collect();
        figures.add("memory", "CPU time", GET, Unit::Nanos, gets);
        figures.add("memory", "CPU time", LOAD, Unit::Nanos, loads);
        figures.add("memory", "a load's more", LOAD, Unit::Nanos, more);
    });
}

/// What one round told, an operation.
#[derive(Clone, Copy)]
struct Told {
    wall: f64,
    client: f64,
    server: f64,
}

/// Either by a caller alone and by many, in turn.
pub(crate) fn on_redis(server: &Server, asked: &Asked, figures: &mut Figures) {
    let runtime = Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    let place = runtime.block_on(Place::open(&server.url_with("/?namespace=bench")));
    let (cookies, keys) = runtime.block_on(async {
        let mut cookies = Vec::new();
        for number in 0..SESSIONS {
            cookies.push(place.sign_in(number / DEVICES).await);
        }
        (Arc::new(cookies), Arc::new(place.keys().await))
    });
    for (callers, setting) in CROWDS {
        // A lone caller waits for every reply, so that fewer calls take as long.
        let calls = if callers == 1 { asked.calls / 5 } else { asked.calls };
        let (mut gets, mut loads) = (Vec::new(), Vec::new());
        for round in 0..=asked.rounds {
            let run = |is_load| {
                let (keys, cookies): (Arc<Vec<Key>>, Arc<Vec<String>>) = (keys.clone(), cookies.clone());
                let before = (server_time(server), process_time(), Instant::now());
                runtime.block_on(async {
                    let caller = |caller: usize| {
                        let (place, keys, cookies) = (place.clone(), keys.clone(), cookies.clone());
                        async move {
                            for call in 0..calls / callers {
                                let at = (caller * 7919 + call) % SESSIONS;
                                match is_load {
                                    true => place.load(&cookies[at]).await,
                                    false => place.get(&keys[at]).await,
                                }
                            }
                        }
                    };
                    let tasks: Vec<_> = (0..callers).map(|number| tokio::spawn(caller(number))).collect();
                    for task in tasks {
                        task.await.expect("a caller does not fail");
                    }
                });
                let count = (calls / callers * callers) as f64;
                let each = |time: Duration| time.as_nanos() as f64 / count;
                let (wall, client) = (each(before.2.elapsed()), each(process_time() - before.1));
                Told { wall, client, server: each(server_time(server) - before.0) }
            };
            // Who goes first changes, and the first round warms up.
            let (get, load) = match round % 2 {
                0 => (run(false), run(true)),
                _ => {
                    let load = run(true);
                    (run(false), load)
                }
            };
            if round > 0 {
                gets.push(get);
                loads.push(load);
            }
        }
        let rows: [(&str, fn(&Told) -> f64); 3] = [
            ("a call, by the wall's clock", |told| told.wall),
            ("the client's CPU", |told| told.client),
            ("the server's CPU", |told| told.server),
        ];
        for (row, of) in rows {
            figures.add(setting, row, GET, Unit::Nanos, gets.iter().map(of).collect());
            figures.add(setting, row, LOAD, Unit::Nanos, loads.iter().map(of).collect());
        }
        let ratio = loads.iter().zip(&gets).map(|(load, get)| load.wall / get.wall).collect();
        figures.add(setting, "a load over a get, round by round", LOAD, Unit::Count, ratio);
    }
}

/// The CPU time that the server has taken.
fn server_time(server: &Server) -> Duration {
    let seconds = |name: &str| server.info(name).parse::<f64>().unwrap_or(0.0);
    Duration::from_secs_f64(seconds("used_cpu_user") + seconds("used_cpu_sys"))
}
