//! The Redis backend beside redis-rs and fred used directly, and beside redis-benchmark: the same commands on the same
//! server, in turn.
//!
//! Options: `--quick`, `--calls N` (200,000 a round), `--records N` (1,000,000), `--rounds N` (5), `--callers N` (that
//! crowd alone, and nothing else).

mod candidate;
mod crowd;
mod index;
mod listing;

use std::time::Instant;

use larder_bench::{Figures, allocator, date, machine, report, version_of};
use larder_test_redis::Server;
use tokio::runtime::Runtime;

use candidate::{Candidate, Deed};
use crowd::Told;

/// How many callers are at work at once.
const CROWDS: [usize; 4] = [1, 8, 64, 512];
/// Bytes of a value.
const VALUE: usize = 300;

struct Asked {
    calls: usize,
    records: usize,
    rounds: usize,
    callers: Option<usize>,
    quick: bool,
}

fn asked() -> Asked {
    let mut asked = Asked { calls: 200_000, records: 1_000_000, rounds: 5, callers: None, quick: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut next = || arguments.next().unwrap_or_else(|| panic!("{argument} wants a value"));
        match argument.as_str() {
            "--quick" => (asked.calls, asked.records, asked.rounds, asked.quick) = (5_000, 20_000, 2, true),
            "--calls" => asked.calls = next().parse().expect("a number"),
            "--records" => asked.records = next().parse().expect("a number"),
            "--callers" => asked.callers = Some(next().parse().expect("a number")),
            "--rounds" => asked.rounds = next().parse().expect("a number"),
            other => panic!("{other} is not known"),
        }
    }
    asked
}

/// The runtime of every client, ours and the peers': as many workers as the machine has cores.
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the system gives threads")
}

fn main() -> std::io::Result<()> {
    let asked = asked();
    let server = Server::builder().own_session().start();
    let mut figures = Figures::default();
    figures.fact("machine", machine());
    figures.fact("allocator", allocator());
    figures.fact("date", date());
    figures.fact("server", server.info("redis_version"));
    figures.fact("value bytes", VALUE);
    figures.fact("calls", asked.calls);
    figures.fact("redis-rs", version_of("redis"));
    figures.fact("fred", version_of("fred"));

    let began = Instant::now();
    let tell = |what: &str| eprintln!("{:>4.0} s: {what}", began.elapsed().as_secs_f64());
    let runtime = runtime();
    calls(&runtime, &server, &asked, &mut figures, tell);
    if asked.callers.is_some() {
        println!("{}", report::redis::tables(&figures));
        return Ok(());
    }
    tell("listing");
    listing::measure(&runtime, &server, asked.records, &mut figures);
    tell("the index");
    index::measure(&runtime, &server, asked.calls.min(100_000), &mut figures);
    tell("done");

    let saved = figures.save("redis", asked.quick)?;
    println!("{}", report::redis::tables(&figures));
    eprintln!("Saved as {}.", saved.display());
    Ok(())
}

/// Every deed by every candidate, each with a few callers and with many.
fn calls(runtime: &Runtime, server: &Server, asked: &Asked, figures: &mut Figures, tell: impl Fn(&str)) {
    let candidates = runtime.block_on(candidate::all(server));
    for callers in CROWDS.into_iter().filter(|crowd| asked.callers.is_none_or(|only| only == *crowd)) {
        let setting = if callers == 1 { "1 caller".to_owned() } else { format!("{callers} callers") };
        tell(&setting);
        // A lone caller waits for every reply, so that fewer calls take as long.
        let calls = if callers == 1 { asked.calls / 10 } else { asked.calls };
        for deed in [Deed::Get, Deed::Put, Deed::PutIndexed] {
            let mut told: Vec<Vec<Option<Told>>> = vec![Vec::new(); candidates.len() + 1];
            for round in 0..=asked.rounds {
                // Each begins a round in its turn: whoever comes first finds the machine otherwise than the last.
                for turn in 0..candidates.len() {
                    let at = (round + turn) % candidates.len();
                    let one = crowd::run(runtime, server, &candidates[at], deed, callers, calls);
                    // The first round warms both sides up.
                    if round > 0 {
                        told[at].push(one);
                    }
                }
                if round > 0 {
                    told[candidates.len()].push(crowd::redis_benchmark(server, deed, callers, calls));
                }
            }
            let names = candidates.iter().map(Candidate::name).chain(["redis-benchmark"]);
            for (name, told) in names.zip(told) {
                Told::state(&told, &setting, deed, name, figures);
            }
        }
    }
}
