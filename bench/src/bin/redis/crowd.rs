//! Callers at work at once, and what they tell.

use std::process::Command;
use std::time::{Duration, Instant};

use larder_bench::{Figures, Unit, process_time, server_time};
use larder_test_redis::Server;
use tokio::runtime::Runtime;

use crate::VALUE;
use crate::candidate::{Candidate, Deed};

/// What one round told.
#[derive(Clone, Copy)]
pub(crate) struct Told {
    per_second: f64,
    p50: f64,
    p99: f64,
    /// CPU nanoseconds an operation, of the client and of the server; not known of a foreign process.
    client: Option<f64>,
    server: Option<f64>,
}

/// So many callers, each of whom calls again as soon as it has its answer.
pub(crate) fn run(
    runtime: &Runtime,
    server: &Server,
    candidate: &Candidate,
    deed: Deed,
    callers: usize,
    calls: usize,
) -> Option<Told> {
    if !candidate.does(deed) {
        return None;
    }
    let each = calls.div_ceil(callers);
    let caller = |number: usize| {
        let candidate = candidate.share();
        async move {
            let mut taken = Vec::with_capacity(each);
            for call in 0..each {
                let began = Instant::now();
                candidate.act(deed, number * 7919 + call).await;
                taken.push(began.elapsed());
            }
            taken
        }
    };
    let before = (server_time(server), process_time());
    let began = Instant::now();
    let mut taken: Vec<Duration> = runtime.block_on(async {
        let tasks: Vec<_> = (0..callers).map(|number| tokio::spawn(caller(number))).collect();
        let mut taken = Vec::with_capacity(callers * each);
        for task in tasks {
            taken.extend(task.await.expect("a caller does not fail"));
        }
        taken
    });
    let wall = began.elapsed();
    let client = process_time() - before.1;
    let busy = server_time(server) - before.0;
    taken.sort_unstable();
    let count = taken.len() as f64;
    let at = |share: f64| taken[((count - 1.0) * share) as usize].as_nanos() as f64;
    Some(Told {
        per_second: count / wall.as_secs_f64(),
        p50: at(0.5),
        p99: at(0.99),
        client: Some(client.as_nanos() as f64 / count),
        server: Some(busy.as_nanos() as f64 / count),
    })
}

/// The same by the server's own tool: one connection a caller, nothing pipelined. Its SET has no ttl.
pub(crate) fn redis_benchmark(server: &Server, deed: Deed, callers: usize, calls: usize) -> Option<Told> {
    let test = match deed {
        Deed::Get => "get",
        Deed::Put => "set",
        Deed::PutIndexed => return None,
    };
    let (port, callers, calls) = (server.port().to_string(), callers.to_string(), calls.to_string());
    let size = VALUE.to_string();
    let out = Command::new("redis-benchmark")
        .args(["-h", "127.0.0.1", "-p", &port, "-c", &callers, "-n", &calls, "-d", &size, "-r", "1000", "-t", test])
        .arg("--csv")
        .output()
        .expect("redis-benchmark comes with the server");
    let text = String::from_utf8_lossy(&out.stdout);
    let line = text.lines().last().unwrap_or_default();
    // Test, requests a second; then in ms: average, least, p50, p95, p99, most.
    let fields: Vec<f64> = line.split(',').filter_map(|field| field.trim_matches('"').parse().ok()).collect();
    let [per_second, _, _, p50, _, p99, _] = fields[..] else { panic!("redis-benchmark tells seven numbers") };
    Some(Told { per_second, p50: p50 * 1e6, p99: p99 * 1e6, client: None, server: None })
}

/// One figure of a round, where it is known.
type Figure = fn(&Told) -> Option<f64>;

impl Told {
    /// Adds what the rounds told to the figures.
    pub(crate) fn state(told: &[Option<Self>], setting: &str, deed: Deed, candidate: &str, figures: &mut Figures) {
        let rounds = |of: Figure| told.iter().flatten().filter_map(of).collect::<Vec<_>>();
        let rows: [(&str, Unit, Figure); 5] = [
            ("", Unit::PerSecond, |told| Some(told.per_second)),
            (", p50", Unit::Nanos, |told| Some(told.p50)),
            (", p99", Unit::Nanos, |told| Some(told.p99)),
            (", the client's CPU", Unit::Nanos, |told| told.client),
            (", the server's CPU", Unit::Nanos, |told| told.server),
        ];
        for (row, unit, of) in rows {
            let rounds = rounds(of);
            if !rounds.is_empty() {
                figures.add(setting, &format!("{}{row}", deed.name()), candidate, unit, rounds);
            }
        }
    }
}
