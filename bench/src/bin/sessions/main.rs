//! What the sessions layer adds to the store: a load beside a bare get of the same record, in memory and on Redis, and a
//! user's list among many.
//!
//! Options: `--quick`, `--sessions N` (1,000,000 on Redis, a tenth in memory), `--calls N` (100,000 a round),
//! `--rounds N` (9).

mod listing;
mod load;
mod place;

use std::time::Instant;

use larder_bench::{Figures, allocator, date, machine, report};
use larder_test_redis::Server;

struct Asked {
    sessions: usize,
    calls: usize,
    rounds: usize,
    quick: bool,
}

fn asked() -> Asked {
    let mut asked = Asked { sessions: 1_000_000, calls: 100_000, rounds: 9, quick: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut next = || arguments.next().unwrap_or_else(|| panic!("{argument} wants a value"));
        match argument.as_str() {
            "--quick" => (asked.sessions, asked.calls, asked.rounds, asked.quick) = (10_000, 5_000, 3, true),
            "--sessions" => asked.sessions = next().parse().expect("a number"),
            "--calls" => asked.calls = next().parse().expect("a number"),
            "--rounds" => asked.rounds = next().parse().expect("a number"),
            other => panic!("{other} is not known"),
        }
    }
    asked
}

fn main() -> std::io::Result<()> {
    let asked = asked();
    let server = Server::builder().own_session().start();
    let mut figures = Figures::default();
    figures.fact("machine", machine());
    figures.fact("allocator", allocator());
    figures.fact("date", date());
    figures.fact("server", server.info("redis_version"));
    figures.fact("sessions", asked.sessions);
    figures.fact("sessions in memory", asked.sessions / 10);
    figures.fact("rounds", asked.rounds);

    let began = Instant::now();
    let tell = |what: &str| eprintln!("{:>4.0} s: {what}", began.elapsed().as_secs_f64());
    tell("memory");
    load::in_memory(&asked, &mut figures);
    tell("Redis");
    load::on_redis(&server, &asked, &mut figures);
    tell("listing");
    listing::measure(&server, asked.sessions, &mut figures, tell);
    tell("done");

    let saved = figures.save("sessions", asked.quick)?;
    println!("{}", report::sessions::tables(&figures));
    eprintln!("Saved as {}.", saved.display());
    Ok(())
}
