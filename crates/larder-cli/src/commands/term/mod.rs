//! `larder term`: for people who look into the Redis of a Phoenix application.

mod decode;
mod encode;
mod key;
mod matching;
mod parse;
mod print;

use std::io;

use clap::{Args, Subcommand};

use crate::args::Shared;
use crate::exit::{Failure, Outcome};
use crate::lines::{LONGEST, Lines, Met};
use crate::output::Output;

/// Read and write Erlang's terms: Elixir literals, ETF bytes, Pow's Redis keys
///
/// A TERM is always an Elixir literal. `-` instead reads one a line from standard input and answers one a line; a bad
/// line answers `error: …`, the rest goes on, and the exit code is 6 in the end.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Terms {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder term print '{ :ok ,%{\"b\" => 2, a: 1} }'
  larder term parse '[1, 2.0 | :tail]'
  larder term encode --otp 25 '[MyApp.Users.User, :user, 1]'
  larder term decode 836803770475736572610177026f6b
  larder term key --namespace '\"credentials\"' '[MyApp.Users.User, :user, 1]'";

#[derive(Debug, Subcommand)]
enum Command {
    Parse(parse::Parse),
    Print(print::Print),
    Match(matching::Match),
    Encode(encode::Encode),
    Decode(decode::Decode),
    Key(key::Key),
}

impl Terms {
    pub(crate) fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        match self.command {
            Command::Parse(parse) => parse.run(),
            Command::Print(print) => print.run(),
            Command::Match(matching) => matching.run(),
            Command::Encode(encode) => encode.run(shared),
            Command::Decode(decode) => decode.run(),
            Command::Key(key) => key.run(shared),
        }
    }
}

/// What to read: arguments, or `-` for the lines of standard input.
#[derive(Args, Debug)]
struct Asked {
    /// Elixir literals, or `-` for one a line on standard input
    #[arg(required = true, value_name = "TERM", allow_negative_numbers = true)]
    terms: Vec<String>,
}

/// Answers each argument on a line; where one is bad, nothing is answered. With `-` alone, answers each line of standard
/// input as soon as it is there.
fn answer(asked: &[String], one: impl Fn(&str) -> Result<String, Failure>) -> Result<Outcome, Failure> {
    let mut output = Output::new();
    if asked != ["-"] {
        let answers = asked.iter().map(|text| one(text)).collect::<Result<Vec<_>, _>>();
        for answer in answers.map_err(Failure::into_usage)? {
            output.line(&answer)?;
        }
        output.finish()?;
        return Ok(Outcome::Done);
    }
    let mut outcome = Outcome::Done;
    each_line(|line, drained| {
        match line.and_then(&one) {
            Ok(answer) => output.line(&answer)?,
            Err(failure) => {
                outcome = Outcome::Partly;
                output.line(&format!("error: {}", failure.text().replace('\n', " ")))?;
            }
        }
        if drained { output.finish() } else { Ok(()) }
    })?;
    output.finish()?;
    Ok(outcome)
}

/// Reads the lines of standard input; empty ones do not count. Tells whether the next one may have to be waited for.
fn each_line(mut take: impl FnMut(Result<&str, Failure>, bool) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut lines = Lines::new(io::stdin());
    loop {
        let line = match lines.next().map_err(|error| Failure::io("standard input", &error))? {
            None => return Ok(()),
            Some(Met::Line(line)) if line.trim_ascii().is_empty() => continue,
            Some(Met::Line(line)) => {
                String::from_utf8(line.to_vec()).map_err(|_| Failure::usage("the line is not UTF-8"))
            }
            Some(Met::TooLong) => Err(Failure::usage(format!("the line is over {} MiB long", LONGEST >> 20))),
        };
        let drained = lines.is_drained();
        match line {
            Ok(line) => take(Ok(&line), drained)?,
            Err(failure) => take(Err(failure), drained)?,
        }
    }
}
