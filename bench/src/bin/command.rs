//! The command `larder` as people start it: one `get` on a store of 50,000 records, one import of a million.
//!
//! Options: `--quick`, and the command's path, `target/release/larder` unless given.

use std::fs::{File, read_to_string};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use larder_bench::{Figures, Unit, allocator, date, machine, report, shuffled, thousands};

const GETS: usize = 100;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let larder = arguments.iter().find(|argument| !argument.starts_with("--"));
    let larder = Path::new(larder.map_or("target/release/larder", String::as_str));
    let (few, many) = if quick { (5_000, 50_000) } else { (50_000, 1_000_000) };

    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().join("small.larder");
    import(larder, &small, &write_lines(folder.path(), few), few);
    let gets = get(larder, &small, few);

    let input = write_lines(folder.path(), many);
    let (took, peak) = import(larder, &folder.path().join("large.larder"), &input, many);

    let mut figures = Figures::default();
    figures.fact("machine", machine());
    figures.fact("date", date());
    figures.fact("allocator", allocator_of_command());
    let gets_row = format!("`get` among {}, from start to exit, median of {GETS}", thousands(few as f64));
    let import_row = format!("`import` of {}, records", thousands(many as f64));
    let slowest = gets.iter().copied().fold(0.0, f64::max);
    figures.add("", &gets_row, "larder", Unit::Nanos, gets);
    figures.add("", "the same, slowest", "larder", Unit::Nanos, vec![slowest]);
    figures.add("", &import_row, "larder", Unit::PerSecond, vec![many as f64 / took.as_secs_f64()]);
    figures.add("", "the same, most memory held", "larder", Unit::Mebibytes, vec![peak as f64 / f64::from(1 << 20)]);
    let saved = figures.save("command", quick).unwrap();
    println!("{}", report::command::tables(&figures));
    eprintln!("Saved as {}.", saved.display());
}

/// The allocator that the command is built with: its manifest names it, where it is not the system's.
fn allocator_of_command() -> String {
    let manifest = read_to_string("crates/larder-cli/Cargo.toml").unwrap_or_default();
    let others = ["mimalloc", "jemallocator", "snmalloc"];
    let other = others.into_iter().find(|name| manifest.contains(name)).map(|name| format!("{name}'s"));
    other.unwrap_or_else(|| allocator().to_owned())
}

/// Users' sessions in no order, as an export of many would have them.
fn write_lines(folder: &Path, records: usize) -> std::path::PathBuf {
    let path = folder.join("records.jsonl");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    writeln!(file, "{{\"larder\":1}}").unwrap();
    for item in 0..records {
        let item = shuffled(item, records);
        let user = item / 10;
        writeln!(
            file,
            r#"{{"namespace":"cache","key":["user",{user},"session","{item:016x}"],"value":{{"device":"Firefox on Linux","csrf":"{item:0180x}"}},"ttl_ms":86400000}}"#
        )
        .unwrap();
    }
    file.into_inner().unwrap();
    path
}

fn start(larder: &Path, store: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(larder);
    command.arg("--store").arg(format!("disk:{}", store.display())).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the command is built")
}

/// How long an import took, and the most memory it held, as the system counts it.
fn import(larder: &Path, store: &Path, input: &Path, records: usize) -> (Duration, u64) {
    let began = Instant::now();
    let mut child = start(larder, store, &["import", input.to_str().unwrap()]);
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let code = loop {
        let held = read_to_string(&status).unwrap_or_default();
        let line = held.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(kibibytes.unwrap_or_default() * 1024);
        match child.try_wait().unwrap() {
            Some(code) => break code,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let took = began.elapsed();
    assert!(code.success(), "an import of {records} records");
    (took, peak)
}

/// The nanoseconds that each of some `get`s took, from start to exit.
fn get(larder: &Path, store: &Path, records: usize) -> Vec<f64> {
    let one = |number: usize| {
        let item = shuffled(number, records);
        let began = Instant::now();
        let code = start(larder, store, &["get", &format!("user/int:{}/session/{item:016x}", item / 10)]).wait();
        assert!(code.unwrap().success(), "a get finds what was imported");
        began.elapsed().as_nanos() as f64
    };
    (0..GETS).map(one).collect()
}
