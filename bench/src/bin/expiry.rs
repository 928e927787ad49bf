//! What the end of records costs in CPU time and gives back in memory, under the system's allocator and under the command's.
//!
//! A process of its own for each: it puts the records, sweeps while nothing is due, moves the clock beyond every
//! deadline, and leaves the rest to the sweeping thread.

use std::process::Command;

use larder_bench::expiry::{Ended, measure};
use larder_bench::{Figures, Unit, date, machine, report, version_of};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, default: usize| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(default)
    };
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let records = number("--records", if quick { 100_000 } else { 1_000_000 });
    if arguments.iter().any(|argument| argument == "--figures") {
        println!("{}", measure(records));
        return Ok(());
    }
    let rounds = number("--rounds", if quick { 1 } else { 3 });
    let own = std::env::current_exe().expect("this program has a path");
    let of = |program: &mut Command| {
        let output = program.output().expect("the bench is built");
        Ended::parse(&String::from_utf8_lossy(&output.stdout)).expect("the bench tells its figures")
    };
    let (mut system, mut command) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        system.push(of(Command::new(&own).args(["--figures", "--records", &records.to_string()])));
        command.push(of(Command::new(own.with_file_name("expiry-command")).arg(records.to_string())));
    }

    let mut figures = Figures::default();
    figures.fact("machine", machine());
    figures.fact("date", date());
    figures.fact("records", records);
    figures.fact("rounds", rounds);
    figures.fact("mimalloc", version_of("mimalloc"));
    let allocators = [(report::expiry::SYSTEM, system), (report::expiry::COMMAND, command)];
    for (allocator, rounds) in allocators {
        let mut add = |row: &str, unit: Unit, figure: &dyn Fn(&Ended) -> f64| {
            figures.add("", row, allocator, unit, rounds.iter().map(figure).collect());
        };
        let mebibytes = |bytes: f64| bytes / f64::from(1 << 20);
        add(report::expiry::IDLE, Unit::Nanos, &|ended| ended.idle);
        add(report::expiry::FULL, Unit::Nanos, &|ended| ended.full);
        add(report::expiry::BEFORE, Unit::Mebibytes, &|ended| mebibytes(ended.before));
        add(report::expiry::MOST, Unit::Mebibytes, &|ended| mebibytes(ended.peak));
        add(report::expiry::AFTER, Unit::Mebibytes, &|ended| mebibytes(ended.after));
        add(report::expiry::COMPACT, Unit::Mebibytes, &|ended| mebibytes(ended.compact));
    }
    let saved = figures.save("expiry", quick)?;
    println!("{}", report::expiry::tables(&figures));
    eprintln!("Saved as {}.", saved.display());
    Ok(())
}
