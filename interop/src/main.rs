//! Asks a real Erlang for random terms, orders and matches, and compares ours with them; and shares a Redis server with
//! it: `scripts/interop`.

mod bytes;
mod matches;
mod names;
mod oracle;
mod orders;
mod stores;

use std::error::Error;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use larder::Term;

use self::oracle::Oracle;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// So many terms are asked for at once.
const ROUND: usize = 500;

struct Options {
    erlang: String,
    terms: usize,
    seed: u64,
}

fn main() -> ExitCode {
    match options().and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scripts/interop: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let mut options = Options { erlang: String::new(), terms: 1_000_000, seed: now.as_secs() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or("an option has a value; see scripts/interop --help")?;
        match argument.as_str() {
            "--erlang" => options.erlang = value,
            "--terms" => options.terms = value.parse()?,
            "--seed" => options.seed = value.parse()?,
            _ => return Err(format!("'{argument}' is not known; see scripts/interop --help").into()),
        }
    }
    Ok(options)
}

fn run(options: &Options) -> Result<()> {
    let mut oracle = Oracle::start(&options.erlang)?;
    let otp = oracle.ask(Term::tuple(vec![atom("start")?, options.seed.into()]))?;
    let otp = otp.as_list().ok_or("no release was told")?.iter().filter_map(|digit| digit.as_u64());
    let otp: String = otp.filter_map(|digit| char::from_u32(digit as u32)).collect();
    println!("Erlang/OTP {otp}, --seed {}", options.seed);

    let rounds = options.terms.div_ceil(ROUND);
    let mut terms = 0;
    terms += each(&mut oracle, "borders", options.seed, 1, "at borders", |_, borders| bytes::check(borders))?;
    terms += each(&mut oracle, "plain", options.seed, rounds, "without maps", |_, terms| bytes::check(terms))?;
    let tenth = rounds.div_ceil(10);
    terms += each(&mut oracle, "opaque", options.seed, tenth, "with funs, pids, ports and references", |_, terms| {
        bytes::check_opaque(terms)
    })?;
    terms += each(&mut oracle, "maps", options.seed, tenth, "with maps", bytes::check_maps)?;
    let orders = each(&mut oracle, "orders", options.seed, rounds, "pairs ordered", |_, pairs| orders::check(pairs))?;
    let matches =
        each(&mut oracle, "matches", options.seed, rounds / 4 + 1, "keys matched", |_, keys| matches::check(keys))?;
    let names = names::check(&mut oracle, options.seed)?;
    println!("{names} values with no atom but those of their type: taken by binary_to_term with [safe]");
    let calls = stores::check(&mut oracle, options.seed, options.terms / 25)?;
    println!(
        "scripts/interop: {terms} terms, {orders} orders, {matches} matches, {calls} calls, all equal; {names} values safe"
    );
    Ok(())
}

/// Asks one kind of question round after round, and gives each answer to its check, which counts what it compared.
fn each(
    oracle: &mut Oracle,
    question: &str,
    seed: u64,
    rounds: usize,
    label: &str,
    mut check: impl FnMut(&mut Oracle, &[Term]) -> Result<usize>,
) -> Result<usize> {
    let ask = |round: usize| -> Result<Term> {
        Ok(Term::tuple(vec![atom(question)?, seed.into(), round.into(), ROUND.into()]))
    };
    let mut counted = 0;
    for round in 0..rounds {
        let answer = oracle.ask(ask(round)?)?;
        let answer = answer.as_list().ok_or("an answer is a list")?;
        counted += check(oracle, answer).map_err(|error| format!("round {round} of '{question}': {error}"))?;
    }
    println!("{counted} {label}: equal");
    Ok(counted)
}

fn atom(name: &str) -> Result<Term> {
    Ok(Term::atom(name)?)
}

/// The elements of a tuple of so many.
fn elements<const N: usize>(term: &Term) -> Result<&[Term; N]> {
    let elements = term.as_tuple().and_then(|elements| elements.try_into().ok());
    elements.ok_or_else(|| format!("an answer holds tuples of {N}").into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(400).map(|byte| format!("{byte:02x}")).collect()
}
