//! `larder import`.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;
use std::thread;

use clap::Args;
use jiff::Timestamp;
use larder::{Ttl, When};
use tokio::sync::mpsc::{Receiver, channel};

use crate::args::Shared;
use crate::batch::{Batch, Rules, gather};
use crate::commands::put::Condition;
use crate::counts::Counts;
use crate::exit::{Failure, Outcome};
use crate::file::named;
use crate::interrupt::Interrupt;
use crate::line;
use crate::line::{Reader, check_header};
use crate::lines::{Lines, Met};
use crate::output::say;
use crate::progress::Progress;
use crate::store::{Access, Opened, Place};

/// Write records from lines of JSON
///
/// The first line is {"larder":1}; each further one is a record:
///
///   {"namespace":"cache","key":["user",42],"value":{"a":1},
///    "expires_at":"2030-01-31T08:00:00.000Z"}
///
/// on one line. Parts of a key are texts, whole numbers below 2^53, or
/// {"term":"…"} with an Elixir literal. The value is `value` (the bytes of the
/// JSON text as they stand there), `value_base64` (any bytes) or `value_term`
/// (an Elixir literal, stored as ETF). The end is `expires_at`, a time or
/// "never", or `ttl_ms` from now; else --ttl. A record whose end has passed is
/// counted and not written. A line is at most 32 MiB long. --namespace beats
/// what the lines say.
///
/// A line that is wrong is reported with its number and loses no other; the
/// exit code is then 6. The last line counts what was read, written, expired
/// and refused. To import the same lines again changes nothing but what has
/// changed since; an import that was interrupted goes on with --from-line.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, verbatim_doc_comment)]
pub(crate) struct Import {
    /// The lines; `-`, or nothing, is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// How long records live whose lines name no end
    #[arg(long, allow_hyphen_values = true)]
    ttl: Option<Ttl>,
    /// Write only where that holds: absent or present
    #[arg(long = "if", value_name = "CONDITION")]
    condition: Option<Condition>,
    /// Pass over the lines ahead of this one, the first one aside
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true)]
    from_line: u64,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder import sessions.jsonl
  larder export | larder import --namespace copy
  larder import --if absent --from-line 200001 sessions.jsonl";

impl Import {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let place = Place::choose(&shared.store)?;
        let when = Condition::of_many(self.condition)?;
        let rules = Rules {
            reader: Reader::new(shared.otp(place.etf())),
            namespace: shared.store.namespace.is_some().then(|| place.namespace().clone()),
            default_namespace: place.namespace().clone(),
            ttl: place.ttl_or_none(self.ttl)?,
            when,
            limits: place.limits(),
            layout: place.etf(),
            from_line: self.from_line,
        };
        let (source, length) = self.source()?;
        let mut lines = Lines::new(source);
        match lines.next().map_err(|error| Failure::io("the lines", &error))? {
            Some(Met::Line(line)) => check_header(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line))?,
            Some(Met::TooLong) => {
                return Err(Failure::usage(format!(
                    "this is no export of larder: its first line is not {}",
                    line::HEADER
                )));
            }
            None => return Err(Failure::usage(format!("there are no lines; the first one is {}", line::HEADER))),
        }

        let (to, batches) = channel(1);
        thread::spawn(move || gather(lines, rules, &to));
        let mut import = Running {
            place,
            opened: None,
            batches,
            progress: Progress::new(length, true, shared.is_quiet()),
            counts: Counts { kept: (when != When::Always).then_some(0), ..Counts::default() },
            reached: self.from_line.max(1) - 1,
        };
        let ended = import.write_all().await;
        import.progress.finish();
        let Running { counts, reached, .. } = import;
        counts.tell(shared, shared.wants_json())?;
        match ended {
            Ok(true) if counts.refused == 0 => Ok(Outcome::Done),
            Ok(true) => Ok(Outcome::Partly),
            Ok(false) => {
                say(&format!("interrupted: go on with --from-line {}", reached + 1));
                Ok(Outcome::Partly)
            }
            Err(failure) if reached > 1 => Err(failure.with(&format!("go on with --from-line {}", reached + 1))),
            Err(failure) => Err(failure),
        }
    }

    /// The lines, and their length in bytes where it is known.
    fn source(&self) -> Result<(Box<dyn Read + Send>, Option<u64>), Failure> {
        if self.file.as_os_str() == "-" {
            if io::stdin().is_terminal() {
                say("reading lines of JSON from standard input");
            }
            return Ok((Box::new(io::stdin()), None));
        }
        let name = named(&self.file);
        let file = File::open(&self.file).map_err(|error| Failure::io(&name, &error))?;
        let about = file.metadata().map_err(|error| Failure::io(&name, &error))?;
        if about.is_dir() {
            return Err(Failure::usage(format!("{name}: is a folder")));
        }
        Ok((Box::new(file), about.is_file().then_some(about.len())))
    }
}

/// An import under way.
struct Running {
    place: Place,
    /// Opened for the first record, so that lines without one create nothing.
    opened: Option<Opened>,
    batches: Receiver<Result<Batch, Failure>>,
    progress: Progress,
    counts: Counts,
    /// The last line up to which everything is written or told of.
    reached: u64,
}

impl Running {
    /// Writes batch after batch; `false` where it was interrupted between two.
    async fn write_all(&mut self) -> Result<bool, Failure> {
        let mut interrupt = Interrupt::new().map_err(|error| Failure::io("signals", &error))?;
        loop {
            match interrupt.or(self.batches.recv()).await {
                None => return Ok(false),
                Some(Some(batch)) => self.write(batch?).await?,
                Some(None) => break,
            }
        }
        if self.opened.is_none() && self.counts.refused == 0 {
            self.place.open(Access::Create).await?;
        }
        Ok(true)
    }

    async fn write(&mut self, batch: Batch) -> Result<(), Failure> {
        for (line, why) in &batch.refused {
            self.progress.say(&format!("error: line {line}: {why}"));
        }
        self.counts.read += batch.read;
        self.counts.expired += batch.expired;
        self.counts.refused += batch.refused.len() as u64;
        for (namespace, waiting) in batch.puts {
            let opened = match &mut self.opened {
                Some(opened) => opened,
                none => none.insert(self.place.open(Access::Create).await?),
            };
            let now = Timestamp::now();
            let (mut lines, mut puts) = (Vec::with_capacity(waiting.len()), Vec::with_capacity(waiting.len()));
            for (line, waiting) in waiting {
                let Some(put) = waiting.due(now) else {
                    self.counts.expired += 1;
                    continue;
                };
                lines.push(line);
                puts.push(put);
            }
            for (written, line) in opened.put(&namespace, &puts).await?.into_iter().zip(lines) {
                match written {
                    Ok(true) => self.counts.written += 1,
                    Ok(false) => *self.counts.kept.get_or_insert(0) += 1,
                    Err(error) => {
                        self.progress.say(&format!("error: line {line}: {error}"));
                        self.counts.refused += 1;
                    }
                }
            }
        }
        self.reached = self.reached.max(batch.last_line);
        self.progress.at(batch.position, || format!("{} records", self.counts.written));
        Ok(())
    }
}
