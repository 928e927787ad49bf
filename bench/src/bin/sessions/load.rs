//! A load beside a bare get of the same records.

use std::sync::Arc;
use std::time::{Duration, Instant};

use larder::Key;
use larder_bench::report::sessions::{CROWDS, MEMORY, MORE, OVER_BYTES, OVER_VALUE};
use larder_bench::{Figures, Unit, process_time, server_time, thread_time};
use larder_test_redis::Server;
use tokio::runtime::{Builder, Runtime};

use crate::Asked;
use crate::place::{DEVICES, Deed, Place};

const CALLERS: [usize; 2] = [1, 64];
/// Sessions that are loaded on Redis.
const SESSIONS: usize = 1000;

/// Sessions that live, and the names of their records, each in an order of its own.
struct Filled {
    place: Place,
    cookies: Vec<String>,
    keys: Vec<Key>,
}

impl Filled {
    async fn with(place: Place, sessions: usize) -> Arc<Self> {
        let mut cookies = Vec::new();
        for number in 0..sessions {
            cookies.push(place.sign_in(number / DEVICES).await);
        }
        let keys = place.keys().await;
        assert_eq!(keys.len(), cookies.len());
        Arc::new(Self { place, cookies, keys })
    }

    async fn act(&self, deed: Deed, call: usize) {
        // Nobody goes through memory in the order in which it was filled.
        let at = call.wrapping_mul(7_919_011) % self.keys.len();
        self.place.act(deed, &self.cookies[at], &self.keys[at]).await;
    }
}

/// Each deed once a round, in changing order; the first round warms up. What they told, by deed.
fn rounds<T>(rounds: usize, mut run: impl FnMut(Deed) -> T) -> [Vec<T>; 3] {
    let mut told = [vec![], vec![], vec![]];
    for round in 0..=rounds {
        for turn in 0..3 {
            let at = (round + turn) % 3;
            let one = run(Deed::ALL[at]);
            if round > 0 {
                told[at].push(one);
            }
        }
    }
    told
}

/// CPU time of each in one thread.
pub(crate) fn in_memory(asked: &Asked, figures: &mut Figures) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("the system gives a runtime");
    let place = runtime.block_on(Place::open("memory:?namespace=bench"));
    let filled = runtime.block_on(Filled::with(place, asked.sessions / 10));
    let size = runtime.block_on(filled.place.store.get(&filled.keys[0])).expect("it answers");
    figures.fact("bytes", size.map_or(0, |bytes| bytes.len()));
    let told = rounds(asked.rounds, |deed| {
        let began = thread_time();
        runtime.block_on(async {
            for call in 0..asked.calls {
                filled.act(deed, call).await;
            }
        });
        (thread_time() - began).as_nanos() as f64 / asked.calls as f64
    });
    let more = told[2].iter().zip(&told[0]).map(|(load, get)| load - get).collect();
    for (deed, told) in Deed::ALL.into_iter().zip(told) {
        figures.add(MEMORY, "CPU time", deed.name(), Unit::Nanos, told);
    }
    figures.add(MEMORY, MORE, Deed::Load.name(), Unit::Nanos, more);
}

/// Nanoseconds an operation.
struct Told {
    wall: f64,
    client: f64,
    server: f64,
}

/// One figure of a round.
type Figure = fn(&Told) -> f64;

/// By a caller alone and by many.
pub(crate) fn on_redis(server: &Server, asked: &Asked, figures: &mut Figures) {
    let runtime = Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    let place = runtime.block_on(Place::open(&server.url_with("/?namespace=bench")));
    let filled = runtime.block_on(Filled::with(place, SESSIONS));
    for (callers, setting) in CALLERS.into_iter().zip(CROWDS) {
        // A lone caller waits for every reply, so that fewer calls take as long.
        let calls = if callers == 1 { asked.calls / 5 } else { asked.calls };
        let told = rounds(asked.rounds, |deed| crowd(&runtime, server, &filled, deed, callers, calls));
        for (row, of) in [(OVER_BYTES, 0), (OVER_VALUE, 1)] {
            let ratio = told[2].iter().zip(&told[of]).map(|(load, get)| load.wall / get.wall).collect();
            figures.add(setting, row, Deed::Load.name(), Unit::Count, ratio);
        }
        let rows: [(&str, Figure); 3] = [
            ("a call, by the wall's clock", |told| told.wall),
            ("the client's CPU", |told| told.client),
            ("the server's CPU", |told| told.server),
        ];
        for (row, of) in rows {
            for (deed, told) in Deed::ALL.into_iter().zip(&told) {
                figures.add(setting, row, deed.name(), Unit::Nanos, told.iter().map(of).collect());
            }
        }
    }
}

fn crowd(runtime: &Runtime, server: &Server, filled: &Arc<Filled>, deed: Deed, callers: usize, calls: usize) -> Told {
    let each = calls / callers;
    let before = (server_time(server), process_time(), Instant::now());
    runtime.block_on(async {
        let caller = |caller: usize| {
            let filled = filled.clone();
            async move {
                for call in 0..each {
                    filled.act(deed, caller * 7919 + call).await;
                }
            }
        };
        let tasks: Vec<_> = (0..callers).map(|number| tokio::spawn(caller(number))).collect();
        for task in tasks {
            task.await.expect("a caller does not fail");
        }
    });
    let one = |time: Duration| time.as_nanos() as f64 / (each * callers) as f64;
    let (wall, client) = (one(before.2.elapsed()), one(process_time() - before.1));
    Told { wall, client, server: one(server_time(server) - before.0) }
}
