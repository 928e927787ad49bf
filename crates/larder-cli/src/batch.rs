//! Lines of an import gathered into batches, each written in one step.

use std::collections::HashSet;
use std::io::Read;

use jiff::Timestamp;
use larder::{Key, Limits, Namespace, Put, Ttl, When};
use tokio::sync::mpsc::Sender;

use crate::exit::Failure;
use crate::line::{End, Reader};
use crate::lines::{LONGEST, Lines, Met};
use crate::literal::Otp;
use crate::store::check_value;

/// A batch is full with so many records, or so many bytes of values, or so many lines told of.
pub(crate) const RECORDS: usize = 64 << 10;
pub(crate) const BYTES: usize = 24 << 20;
const REFUSED: usize = 1024;

/// How lines become records.
pub(crate) struct Rules {
    pub(crate) reader: Reader,
    /// Beats what a line says.
    pub(crate) namespace: Option<Namespace>,
    /// For lines that name none.
    pub(crate) default_namespace: Namespace,
    /// For lines that name no end.
    pub(crate) ttl: Option<Ttl>,
    pub(crate) when: When,
    pub(crate) limits: Limits,
    /// Where it fixes what values are.
    pub(crate) layout: Option<Otp>,
    /// Lines ahead of it are passed over.
    pub(crate) from_line: u64,
}

/// Records to write together, and what was met between them.
#[derive(Default)]
pub(crate) struct Batch {
    /// By namespace, each with the line it stands in.
    pub(crate) puts: Vec<(Namespace, Vec<(u64, Waiting)>)>,
    /// Lines that are no records, and why.
    pub(crate) refused: Vec<(u64, String)>,
    /// Lines read, empty ones aside.
    pub(crate) read: u64,
    /// Records whose end has passed.
    pub(crate) expired: u64,
    /// The last line it holds, and where that ends.
    pub(crate) last_line: u64,
    pub(crate) position: u64,
    records: usize,
    bytes: usize,
    keys: HashSet<(Namespace, Key)>,
}

/// A record that waits to be written.
pub(crate) struct Waiting {
    /// When it ends; what remains is told to the store at the last moment, so that waiting does not prolong it.
    pub(crate) end: Option<Timestamp>,
    pub(crate) put: Put,
}

impl Waiting {
    /// What is to be written now; `None` where its end has passed.
    pub(crate) fn due(mut self, now: Timestamp) -> Option<Put> {
        if let Some(end) = self.end {
            // Where the clock was put back meanwhile, nothing lives longer for it.
            self.put.ttl = End::At(end).ttl(now)?.min(self.put.ttl);
        }
        Some(self.put)
    }
}

impl Batch {
    fn is_full(&self) -> bool {
        self.records >= RECORDS || self.bytes >= BYTES || self.refused.len() >= REFUSED
    }
}

/// Reads all lines and sends them batch by batch; ends early where nobody wants any more. Runs on a thread of its own.
pub(crate) fn gather(mut lines: Lines<impl Read>, mut rules: Rules, to: &Sender<Result<Batch, Failure>>) {
    let mut batch = Batch::default();
    loop {
        let passed_over = lines.number() + 1 < rules.from_line;
        let made = match lines.next() {
            Ok(None) => break,
            Ok(Some(_)) if passed_over => continue,
            Ok(Some(Met::Line(line))) if line.trim_ascii().is_empty() => continue,
            Ok(Some(Met::Line(line))) => rules.put(line),
            Ok(Some(Met::TooLong)) => Err(format!("it is over {} MiB long", LONGEST >> 20)),
            Err(error) => {
                let _ = to.blocking_send(Ok(batch.sorted()));
                let _ = to.blocking_send(Err(Failure::io("the lines could not be read on", &error)));
                return;
            }
        };
        let number = lines.number();
        // A condition is judged once a batch for each key.
        if let Ok(Some((namespace, _, put))) = &made
            && put.when != When::Always
            && !batch.keys.insert((namespace.clone(), put.key.clone()))
        {
            let full = std::mem::take(&mut batch);
            batch.keys.insert((namespace.clone(), put.key.clone()));
            if to.blocking_send(Ok(full.sorted())).is_err() {
                return;
            }
        }
        batch.read += 1;
        match made {
            Ok(Some((namespace, end, put))) => batch.add(namespace, number, Waiting { end, put }),
            Ok(None) => batch.expired += 1,
            Err(why) => batch.refused.push((number, why)),
        }
        (batch.last_line, batch.position) = (number, lines.bytes());
        if batch.is_full() && to.blocking_send(Ok(std::mem::take(&mut batch).sorted())).is_err() {
            return;
        }
    }
    let _ = to.blocking_send(Ok(batch.sorted()));
}

impl Batch {
    /// Puts the records into key order, in which a store takes them fastest. A key that stands twice keeps its order.
    fn sorted(mut self) -> Self {
        for (_, puts) in &mut self.puts {
            puts.sort_by(|(_, one), (_, other)| one.put.key.cmp(&other.put.key));
        }
        self
    }

    fn add(&mut self, namespace: Namespace, line: u64, waiting: Waiting) {
        self.records += 1;
        self.bytes += waiting.put.value.len() + waiting.put.key.as_bytes().len();
        match self.puts.iter_mut().find(|(other, _)| *other == namespace) {
            Some((_, puts)) => puts.push((line, waiting)),
            None => self.puts.push((namespace, vec![(line, waiting)])),
        }
    }
}

impl Rules {
    /// The record of a line; `None` where its end has passed.
    fn put(&mut self, line: &[u8]) -> Result<Option<(Namespace, Option<Timestamp>, Put)>, String> {
        let line = self.reader.read(line)?;
        let ttl = match line.end {
            Some(end) => end.ttl(Timestamp::now()),
            None => Some(self.ttl.ok_or("it names no end: `expires_at` or `ttl_ms`, or --ttl for all that name none")?),
        };
        let Some(ttl) = ttl else { return Ok(None) };
        let end = line.end.and_then(End::moment);
        check_value(self.layout, &line.value)?;
        let put = Put { key: line.key, value: line.value, ttl, when: self.when };
        // Each by itself, for one that is refused in a batch would refuse all of it.
        self.limits.check_puts(std::slice::from_ref(&put)).map_err(|error| error.to_string())?;
        let namespace = self.namespace.as_ref().or(line.namespace.as_ref()).unwrap_or(&self.default_namespace);
        Ok(Some((namespace.clone(), end, put)))
    }
}
