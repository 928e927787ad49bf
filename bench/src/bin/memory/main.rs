//! Larder's memory backend and its peers, in one run: CPU time an operation, and bytes beyond what was stored.
//!
//! Each candidate lives in a process of its own and is measured in turn, round after round, so that neither heaps nor a
//! machine's moods mix. All keep the same names and values, judge a deadline by the same precise clock on every read,
//! and read every byte of what they got. Names are made ahead and are the callee's to keep; each value comes in a new
//! buffer, made in the time that is measured, which peers keep and Larder copies into its record.
//!
//! Options: `--quick`, `--records N` (1,000,000), `--rounds N` (5), `--without-ets`. With `--value BYTES` (300) or
//! `--threads 1|2` (1), one table of these instead of all.

mod candidate;
mod ours;
mod peers;
mod row;
mod run;
mod served;

use std::io::{Result, Write, stderr};
use std::time::Instant;

use larder_bench::{Figures, Unit, allocator, date, machine, report, version_of};

use row::{A_FEW, EVERY, Operation, Row};
use served::Served;

const OURS: [&str; 2] = ["larder", "larder, through Store"];
const PEERS: [&str; 5] = ["dashmap", "sharded hashbrown", "quick_cache", "moka", "ETS"];

/// What is measured with one size of value: which rows, on how many threads.
struct Part {
    value: usize,
    rows: Vec<(usize, &'static [Row])>,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let word = |name: &str| arguments.iter().any(|argument| argument == name);
    let number = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse::<usize>().ok()
    };
    let quick = word("--quick");
    let records = number("--records").unwrap_or(if quick { 50_000 } else { 1_000_000 });
    let (value, threads) = (number("--value"), number("--threads"));
    if let Some(at) = arguments.iter().position(|argument| argument == "--candidate") {
        run::serve(&arguments[at + 1], records, value.unwrap_or(300));
        return Ok(());
    }
    let parts = if value.is_some() || threads.is_some() {
        vec![Part { value: value.unwrap_or(300), rows: vec![(threads.unwrap_or(1), &EVERY)] }]
    } else {
        vec![
            Part { value: 300, rows: vec![(1, &EVERY), (2, &A_FEW[..3])] },
            Part { value: 100, rows: vec![(1, &A_FEW)] },
            Part { value: 1000, rows: vec![(1, &A_FEW)] },
        ]
    };
    let bench = match (value, threads) {
        (None, None) => "memory".to_owned(),
        _ => format!("memory-{}-bytes-{}-threads", value.unwrap_or(300), threads.unwrap_or(1)),
    };

    let mut candidates: Vec<&str> = OURS.into_iter().chain(PEERS).collect();
    if word("--without-ets") {
        candidates.retain(|candidate| *candidate != "ETS");
        println!("ETS is not measured: --without-ets.\n");
    }
    let rounds = number("--rounds").unwrap_or(if quick { 2 } else { 5 });
    let mut figures = Figures::default();
    let names = [("machine", machine()), ("allocator", allocator().to_owned()), ("date", date())];
    names.iter().for_each(|(name, fact)| figures.fact(name, fact));
    figures.fact("records", records);
    figures.fact("rounds", rounds);
    figures.fact("key bytes", candidate::name_of(0).len());
    figures.fact("records a user", candidate::A_USER);
    for package in ["dashmap", "hashbrown", "quick_cache", "moka"] {
        figures.fact(package, version_of(package));
    }
    for part in &parts {
        measure(part, &candidates, records, rounds, &mut figures);
    }
    let saved = figures.save(&bench, quick)?;
    println!("{}", report::memory::tables(&figures));
    eprintln!("Saved as {}.", saved.display());
    Ok(())
}

/// Fills the candidates and asks them in turn, round after round.
fn measure(part: &Part, names: &[&str], records: usize, rounds: usize, figures: &mut Figures) {
    let began = Instant::now();
    let tell = |what: &str| {
        let _ = write!(stderr(), "\r{} bytes: {what}, {:.0} s  ", part.value, began.elapsed().as_secs_f64());
    };
    tell("filling");
    // They fill themselves side by side, since nobody measures that.
    let mut candidates: Vec<Served> = names.iter().map(|name| Served::start(name, records, part.value)).collect();
    for candidate in &mut candidates {
        if let Some(release) = candidate.filled()
            && figures.stated("OTP").is_empty()
        {
            figures.fact("OTP", release);
        }
    }
    let mut answers = vec![Vec::new(); names.len()];
    for round in 0..rounds {
        tell(&format!("round {} of {rounds}", round + 1));
        for (threads, rows) in &part.rows {
            for row in *rows {
                for (candidate, answers) in candidates.iter_mut().zip(&mut answers) {
                    answers.push(candidate.ask(row, *threads, round, records));
                }
            }
        }
    }
    let kinds = part.rows.iter().flat_map(|(threads, rows)| rows.iter().map(move |row| (*threads, row)));
    let each_round = answers[0].len() / rounds;
    for (at, (threads, row)) in kinds.enumerate() {
        let s = if threads == 1 { "" } else { "s" };
        let setting = format!("{} B, {threads} thread{s}", part.value);
        for (name, answers) in names.iter().zip(&answers) {
            let mine = || answers.iter().skip(at).step_by(each_round);
            let unit = if row.operation == Operation::Size { Unit::Bytes } else { Unit::Nanos };
            figures.add(&setting, row.name, name, unit, mine().map(|answer| answer.cpu).collect());
            if threads > 1 && row.is_a_few() {
                let rates = mine().map(|answer| 1e9 / answer.wall).collect();
                let both = format!("{}: both threads, by the wall's clock", row.name);
                figures.add(&setting, &both, name, Unit::PerSecond, rates);
            }
        }
    }
    tell("done");
    eprintln!();
}
