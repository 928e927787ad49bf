//! The Erlang program that is asked, a child process.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use larder::Term;
use larder::term::{Limits, Otp};

use crate::Result;

pub struct Oracle {
    child: Child,
    questions: ChildStdin,
    answers: ChildStdout,
}

impl Oracle {
    /// Starts Erlang with the compiled program in this folder.
    pub fn start(folder: &str) -> Result<Self> {
        let mut child = Command::new("erl")
            .args(["-noinput", "-pa", folder, "-s", "oracle", "main"])
            .env("ERL_CRASH_DUMP_SECONDS", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("erl does not start: {error}"))?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("erl has no pipes".into());
        };
        Ok(Self { child, questions, answers })
    }

    pub fn ask(&mut self, question: Term) -> Result<Term> {
        let question = question.to_etf(Otp::Otp26)?;
        self.questions.write_all(&u32::try_from(question.len())?.to_be_bytes())?;
        self.questions.write_all(&question)?;
        self.questions.flush()?;
        let mut length = [0; 4];
        self.answers.read_exact(&mut length).map_err(|error| format!("Erlang does not answer: {error}"))?;
        let mut answer = vec![0; u32::from_be_bytes(length) as usize];
        self.answers.read_exact(&mut answer)?;
        Ok(Term::from_etf_within(&answer, unlimited())?)
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unlimited() -> Limits {
    Limits::default().bytes(usize::MAX).nodes(usize::MAX)
}
