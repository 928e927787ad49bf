//! `larder export`.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use larder::{Key, Pattern, Record, Select};

use crate::args::Shared;
use crate::counts::Counts;
use crate::exit::{Failure, Outcome};
use crate::file::{create_private, named, part_of};
use crate::interrupt::Interrupt;
use crate::line::{End, HEADER, Reader, Writer, check_header};
use crate::lines::{Lines, Met};
use crate::listing::Listing;
use crate::output::{Output, say};
use crate::progress::Progress;
use crate::store::{Access, Opened, Place};

/// Write all records of the namespace as lines of JSON, which `import` reads
///
/// Values come out byte for byte: as `value` where they are JSON on one line, else as `value_base64` (under etf as
/// `value_term` where that makes the same bytes). A FILE gets the mode 0600 and appears when it is whole; until then
/// FILE.part holds what there is, and --resume goes on with it. The last line on standard error counts what was read,
/// written, expired and refused.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Export {
    /// Where to; `-`, or nothing, is standard output
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Go on with an export that was interrupted
    #[arg(long)]
    resume: bool,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder export sessions.jsonl
  larder export --namespace staging | gzip > staging.jsonl.gz
  larder export --resume sessions.jsonl";

impl Export {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let to_file = self.file.as_os_str() != "-";
        if self.resume && !to_file {
            return Err(Failure::usage("--resume goes on with a FILE; standard output cannot be gone on with"));
        }
        let opened = Place::choose(&shared.store)?.open(Access::Look).await?;
        let info = opened.info().await?;
        let mut target = if to_file { Target::file(&self.file, self.resume)? } else { Target::stdout()? };
        let after = match &mut target {
            Target::File { after, .. } => after.take(),
            Target::Stdout(_) | Target::Device(..) => None,
        };
        if after.is_some() && info.listing != larder::Listing::Ordered {
            return Err(Failure::usage(
                "this store lists in no order, so an export cannot be gone on with: leave out --resume",
            ));
        }
        let progress = Progress::new(info.records, false, shared.is_quiet());
        let mut counts = Counts::default();
        let whole = {
            let mut interrupt = Interrupt::new().map_err(|error| Failure::io("signals", &error))?;
            let writing = write_all(&opened, shared, after, &mut target, &mut counts, &progress);
            interrupt.or(writing).await.transpose()?.is_some()
        };
        progress.finish();
        target.finish(whole)?;
        counts.tell(shared, to_file && shared.wants_json())?;
        if !whole {
            say(if to_file { "interrupted: go on with --resume" } else { "interrupted" });
        }
        Ok(if whole && counts.refused == 0 { Outcome::Done } else { Outcome::Partly })
    }
}

async fn write_all(
    opened: &Opened,
    shared: &Shared,
    after: Option<Key>,
    target: &mut Target,
    counts: &mut Counts,
    progress: &Progress,
) -> Result<(), Failure> {
    let writer = Writer::new(&opened.namespace, shared.coding(opened.etf));
    let pattern = Pattern::any();
    let mut listing = Listing::new(opened, &pattern, Select::ValuesAndTtls, None).await?;
    let mut text = String::new();
    loop {
        let now = Timestamp::now();
        let Some(records) = listing.next().await? else { break };
        for Record { key, found } in records {
            counts.read += 1;
            if after.as_ref().is_some_and(|after| key <= *after) {
                continue;
            }
            text.clear();
            writer.write(&key, Some(&found.value), found.ttl.map(|ttl| End::after(ttl, now)), &mut text);
            text.push('\n');
            target.write(text.as_bytes())?;
            counts.written += 1;
        }
        progress.at(counts.read, String::new);
        // A wish to stop is heard between two pages.
        tokio::task::yield_now().await;
    }
    counts.refused = listing.damaged();
    counts.read += counts.refused;
    if counts.refused > 0 {
        progress.say(&format!("error: {} stored records cannot be read and were left out", counts.refused));
    }
    Ok(())
}

/// Where lines go.
enum Target {
    Stdout(Output),
    /// Something that is there and no file, as `/dev/null`: it is written to as it is.
    Device(PathBuf, BufWriter<File>),
    File {
        part: PathBuf,
        whole: PathBuf,
        writer: BufWriter<File>,
        /// The last key that stands there already.
        after: Option<Key>,
    },
}

impl Target {
    fn stdout() -> Result<Self, Failure> {
        let mut target = Self::Stdout(Output::new());
        target.header()?;
        Ok(target)
    }

    fn file(whole: &Path, resume: bool) -> Result<Self, Failure> {
        // What a link leads to is replaced, not the link.
        let whole = &fs::canonicalize(whole).unwrap_or_else(|_| whole.to_owned());
        if fs::metadata(whole).is_ok_and(|about| !about.is_file()) {
            let file =
                OpenOptions::new().write(true).open(whole).map_err(|error| Failure::io(&named(whole), &error))?;
            let mut target = Self::Device(whole.to_owned(), BufWriter::new(file));
            target.header()?;
            return Ok(target);
        }
        let part = part_of(whole);
        let failed = |error| Failure::io(&named(&part), &error);
        if resume && part.try_exists().map_err(failed)? {
            let (file, after) = go_on_with(&part)?;
            return Ok(Self::File { part, whole: whole.to_owned(), writer: BufWriter::new(file), after });
        }
        let file = create_private(&part).map_err(failed)?;
        let mut target =
            Self::File { part, whole: whole.to_owned(), writer: BufWriter::with_capacity(1 << 16, file), after: None };
        target.header()?;
        Ok(target)
    }

    fn header(&mut self) -> Result<(), Failure> {
        self.write(format!("{HEADER}\n").as_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Stdout(output) => output.bytes(bytes),
            Self::Device(name, writer) => writer.write_all(bytes).map_err(|error| Failure::io(&named(name), &error)),
            Self::File { writer, part, .. } => {
                writer.write_all(bytes).map_err(|error| Failure::io(&named(part), &error))
            }
        }
    }

    /// Hands everything over, and gives the file its name where it is whole.
    fn finish(self, is_whole: bool) -> Result<(), Failure> {
        match self {
            Self::Stdout(mut output) => output.finish(),
            Self::Device(name, mut writer) => writer.flush().map_err(|error| Failure::io(&named(&name), &error)),
            Self::File { part, whole, mut writer, .. } => {
                let written = writer.flush().and_then(|()| writer.get_ref().sync_all());
                written.map_err(|error| Failure::io(&named(&part), &error))?;
                if is_whole {
                    fs::rename(&part, &whole).map_err(|error| Failure::io(&named(&whole), &error))?;
                }
                Ok(())
            }
        }
    }
}

/// Opens what an export left behind, cuts off a line that is not whole, and tells the last key there.
fn go_on_with(part: &Path) -> Result<(File, Option<Key>), Failure> {
    let failed = |error| Failure::io(&named(part), &error);
    let mut file = OpenOptions::new().read(true).write(true).open(part).map_err(failed)?;
    let mut lines = Lines::new(file.try_clone().map_err(failed)?);
    let mut reader = Reader::new(Default::default());
    let (mut end, mut last) = (0, None);
    while let Some(met) = lines.next().map_err(failed)? {
        let Met::Line(text) = met else { break };
        let text = text.to_vec();
        // Only what ends with a line break was written whole.
        if lines.bytes() != end + text.len() as u64 + 1 {
            break;
        }
        if lines.number() == 1 {
            check_header(&text)?;
        } else {
            match reader.read(&text) {
                Ok(line) => last = Some(line.key),
                Err(_) => break,
            }
        }
        end = lines.bytes();
    }
    file.set_len(end).map_err(failed)?;
    file.seek(SeekFrom::Start(end)).map_err(failed)?;
    if end == 0 {
        file.write_all(HEADER.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(failed)?;
    }
    Ok((file, last))
}
