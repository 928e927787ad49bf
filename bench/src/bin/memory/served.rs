//! A candidate in a process of its own, which is asked a line and answers one.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::row::{Question, Row};

pub struct Served {
    name: String,
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What an operation took.
#[derive(Clone, Copy)]
pub struct Answer {
    /// CPU nanoseconds, or bytes.
    pub cpu: f64,
    /// Nanoseconds from one operation's end to the next one's, whichever thread's it was.
    pub wall: f64,
}

impl Served {
    /// Starts a candidate, which begins to fill itself.
    pub fn start(name: &str, records: usize, value: usize) -> Self {
        let [records, value] = [records, value].map(|number| number.to_string());
        let mut command = if name == "ETS" {
            // Idle schedulers sleep at once: others' rounds are measured beside them.
            let quiet = ["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"];
            let mut command = Command::new("erl");
            command.args(["+S", "2:2"]).args(quiet).args(["-noshell", "-pa", "bench/target/erlang"]);
            command.args(["-run", "ets_peer", "main", &records, &value]);
            command
        } else {
            let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
            command.args(["--candidate", name, "--records", &records, "--value", &value]);
            command
        };
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = started.unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let questions = process.stdin.take().expect("it is piped");
        let answers = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { name: name.to_owned(), process, questions, answers }
    }

    /// Waits until it holds its records; answers the release it runs on, if it tells one.
    pub fn filled(&mut self) -> Option<String> {
        let line = self.line();
        let (word, release) = line.split_once(' ').unwrap_or((&line, ""));
        assert_eq!(word, "filled", "{} says that it is filled", self.name);
        Some(release.to_owned()).filter(|release| !release.is_empty())
    }

    pub fn ask(&mut self, row: &Row, threads: usize, round: usize, records: usize) -> Answer {
        let question = Question::new(row, threads, round, records).line();
        let asked = writeln!(self.questions, "{question}");
        asked.unwrap_or_else(|error| panic!("{} hears no '{question}': {error}", self.name));
        let line = self.line();
        let mut numbers = line.split(' ').map_while(|word| word.parse().ok());
        match (numbers.next(), numbers.next()) {
            (Some(cpu), Some(wall)) => Answer { cpu, wall },
            _ => panic!("{} answers two numbers to '{question}', not '{line}'", self.name),
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(1..) => line.trim().to_owned(),
            _ => panic!("{} has ended: see its last words above", self.name),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
