//! Records as `all` prints them.

use std::time::Duration;

use jiff::Timestamp;
use larder::{Record, Ttl};

use crate::args::Shared;
use crate::exit::Failure;
use crate::format::Format;
use crate::line::{self, End};
use crate::output::{Output, for_shell};
use crate::path;
use crate::store::Opened;
use crate::table::Table;
use crate::value::Coding;

/// Prints pages of records as lines of JSON or as one table.
pub(crate) struct Printer {
    form: Form,
    coding: Coding,
}

enum Form {
    Lines(line::Writer),
    Table(Table<3>),
}

impl Printer {
    pub(crate) fn new(opened: &Opened, shared: &Shared, output: &Output) -> Self {
        let coding = shared.coding(opened.etf);
        let form = match Format::chosen(shared.format, output) {
            Format::Jsonl => Form::Lines(line::Writer::new(&opened.namespace, coding).readable()),
            Format::Table => Form::Table(Table::new(["KEY", "EXPIRES IN", "VALUE"])),
        };
        Self { form, coding }
    }

    /// Prints records whose ttls were read at about this time.
    pub(crate) fn print(&mut self, records: &[Record], now: Timestamp, output: &mut Output) -> Result<(), Failure> {
        match &mut self.form {
            Form::Lines(writer) => {
                let mut text = String::new();
                for Record { key, found } in records {
                    writer.write(key, Some(&found.value), found.ttl.map(|ttl| End::after(ttl, now)), &mut text);
                    text.push('\n');
                    output.bytes(text.as_bytes())?;
                    text.clear();
                }
                Ok(())
            }
            Form::Table(table) => {
                let rows: Vec<_> = records
                    .iter()
                    .map(|Record { key, found }| {
                        let ttl = found.ttl.map_or_else(String::new, rounded);
                        [printed(key, output), ttl, self.coding.on_one_line(&found.value)]
                    })
                    .collect();
                table.print(&rows, output)
            }
        }
    }
}

/// A key as it pastes back: into a shell where it is read on a terminal, else as an argument.
pub(crate) fn printed(key: &larder::Key, output: &Output) -> String {
    let printed = path::print(key);
    if output.is_terminal() { for_shell(&printed).into_owned() } else { printed }
}

/// A ttl for people, to its two largest units or so: nobody reads the milliseconds of a week.
pub(crate) fn rounded(ttl: Ttl) -> String {
    let Ttl::After(left) = ttl else { return ttl.to_string() };
    let unit = match left.as_secs() {
        0..10 => 1,
        10..7_200 => 1_000,
        7_200..172_800 => 60_000,
        _ => 3_600_000,
    };
    let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX) / unit * unit;
    Ttl::After(Duration::from_millis(millis)).to_string()
}
