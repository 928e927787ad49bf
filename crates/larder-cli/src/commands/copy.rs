//! `larder copy`.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{ArgGroup, Args, ValueEnum};
use larder::{Pattern, Ttl};

use crate::args::Shared;
use crate::bookmark::{Bookmark, Trip};
use crate::commands::put::Condition;
use crate::comparison::{Comparison, Difference, Tally};
use crate::exit::{Failure, Outcome};
use crate::interrupt::Interrupt;
use crate::migration::Migration;
use crate::output::{Output, say};
use crate::pace::Pace;
use crate::path;
use crate::progress::Progress;
use crate::recode::Recode;
use crate::store::{Access, Opened, Place};
use crate::transfer::Transfer;

/// Copy the records that a PATTERN matches from one store to another, each with what remains of its ttl
///
/// Keys and value bytes are copied as they are, also between layouts of Redis: Pow's hold Erlang's external term format
/// alone and refuse all else, `native` holds any bytes. --recode etf:json writes Erlang's terms as JSON, so that a
/// service on the JSON codec reads them: maps and keyword lists become objects, lists and tuples arrays, atoms texts,
/// and nil null. --recode json:etf goes the other way: names of objects become binaries, null nil. A value that has no
/// form on the other side is refused, as are binaries that are no text, integers beyond 64 bits, and a map with other
/// keys than texts and atoms, or with a text and an atom of one name. Nothing lives longer for being copied. No record of
/// the source is written (on Redis, an index that was lost may be made whole); a target that is not there is created.
/// What stands in the target already is overwritten, unless --if absent keeps it, and nothing is ended there.
///
/// A Redis server is given and asked for few records at a time, so that nobody else waits for it. A value of several MiB
/// takes it some milliseconds by itself, whoever reads it.
///
/// To copy the same again changes nothing but what has changed since. With --state FILE, the same command goes on where
/// it was interrupted, by whatever; the file holds a position (and so a key; its mode is 0600) and is removed in the
/// end. After a kill that could not be heard, at most one batch is written a second time.
///
/// --verify then compares both sides: keys, bytes, and ends that may lie --slack apart. What seems to differ is read
/// again before it counts. Where something differs the exit code is 1. The comparison holds few records in memory and
/// works between any two stores; over one that lists in no order it may count a record twice.
///
/// Records that are damaged in the source or refused by the target are counted and lose no other; the exit code is then
/// 6. --namespace is that of both sides and beats their URLs' `?namespace=`.
#[derive(Args, Debug)]
#[command(
    after_help = EXAMPLES,
    group(ArgGroup::new("source").args(["from", "from_file"]).required(true)),
    group(ArgGroup::new("target").args(["to", "to_file"]).required(true)),
    group(ArgGroup::new("comparing").args(["verify", "verify_only"])),
)]
pub(crate) struct Copy {
    /// Which records; all of them where it is left out
    #[arg(default_value = "..")]
    pattern: String,
    /// The store to copy from, named as for --store
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// A file whose first line is the URL to copy from, for URLs with a password
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// The store to copy to, named as for --store
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// A file whose first line is the URL to copy to, for URLs with a password
    #[arg(long, value_name = "FILE")]
    to_file: Option<PathBuf>,
    /// The namespace to copy to, where it is another than that copied from
    #[arg(long, value_name = "TEXT|=TERM")]
    to_namespace: Option<String>,
    /// Write only where that holds in the target: absent or present
    #[arg(long = "if", value_name = "CONDITION")]
    condition: Option<Condition>,
    /// So many records a second at most
    #[arg(long, value_name = "N")]
    rate: Option<NonZeroU32>,
    /// Write values in another codec than they have in the source
    #[arg(long, value_name = "FROM:TO", value_enum)]
    recode: Option<Recode>,
    /// Keep the position in a file, and go on from there if it is there
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Compare both sides afterwards
    #[arg(long)]
    verify: bool,
    /// Compare both sides and write nothing
    #[arg(long, conflicts_with_all = ["condition", "state"])]
    verify_only: bool,
    /// How far apart the ends of a record may lie that count as the same
    #[arg(long, value_name = "TTL", default_value = "1s", value_parser = slack)]
    slack: Duration,
    /// Print the keys that are not the same, one a line, as `larder keys` prints them
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    #[arg(requires = "comparing", value_enum)]
    list: Option<List>,
    #[command(flatten)]
    migration: Migration,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder copy --from ./old.larder --to ./new.larder --verify
  larder copy --from ./old.larder --to ./new.larder 'user/int:42/..' --if absent
  larder copy --from ./old.larder --to ./new.larder --rate 5000 --state copy.state
  larder copy --from ./old.larder --to ./old.larder --to-namespace staging
  larder copy --from ./old.larder --to ./new.larder --verify-only --list=missing
  larder copy --from ./old.larder --to redis://localhost/1 --verify
  larder copy --from redis://localhost/2 --from-format tower-sessions-redis --to redis://localhost
  larder copy --from 'redis://localhost?layout=pow' --to redis://localhost --state copy.state
  larder copy --from 'redis://localhost?layout=pow' --to redis://localhost --recode etf:json";

/// Which keys are printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum List {
    /// All that are not the same.
    All,
    /// Those on both sides with other bytes or another end.
    Differing,
    /// Those that the target lacks.
    Missing,
    /// Those that the target alone has.
    Extra,
}

fn slack(text: &str) -> Result<Duration, String> {
    match text.parse::<Ttl>() {
        Ok(Ttl::After(slack)) => Ok(slack),
        Ok(Ttl::Never) => Err("it is a time, as 1s or 5m".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The two stores, open.
struct Sides {
    source: Opened,
    target: Opened,
}

impl Copy {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let pattern = path::pattern(&self.pattern).map_err(|failure| failure.at("PATTERN"))?;
        let (from, to) = self.places(shared, &pattern)?;
        if let Some(format) = self.migration.from_format {
            return self.migration.run(format, &from, &to, shared).await;
        }
        let when = Condition::of_many(self.condition)?;
        let trip = Trip::new(&from, &to, &self.pattern, self.recode);
        let bookmark = self.state.as_deref().map(|file| Bookmark::open(file, trip)).transpose()?;
        let position = bookmark.as_ref().and_then(Bookmark::position);
        let sides = self.open(&from, &to, position.is_some()).await?;
        let mut interrupt = Interrupt::new().map_err(|error| Failure::io("signals", &error))?;

        let mut refused = 0;
        if !self.verify_only {
            let progress = self.progress(shared, &[&sides.source]).await?;
            let (cursor, mut counts) = position.unwrap_or_default();
            if self.condition.is_some() {
                counts.kept.get_or_insert(0);
            }
            if let Some(bookmark) = &bookmark {
                // A file that cannot be written is told of before hours have passed.
                bookmark.save(&cursor, counts)?;
            }
            let mut transfer = Transfer {
                source: &sides.source,
                target: &sides.target,
                pattern: &pattern,
                when,
                recode: self.recode,
                limits: sides.target.info().await?.limits,
                pace: self.pace(),
                bookmark: bookmark.as_ref(),
                progress: &progress,
                counts,
                refused: 0,
                damaged: 0,
            };
            let ended = transfer.run(cursor, &mut interrupt).await;
            transfer.tell_rest();
            progress.finish();
            let counts = transfer.counts;
            counts.tell(shared, shared.wants_json())?;
            refused = counts.refused;
            let advice = advice(bookmark.as_ref());
            match ended {
                Ok(true) => bookmark.map_or(Ok(()), Bookmark::remove)?,
                Ok(false) => {
                    say(&format!("interrupted: {advice}"));
                    return Ok(Outcome::Partly);
                }
                Err(failure) if counts.read > 0 => return Err(failure.with(&advice)),
                Err(failure) => return Err(failure),
            }
        }
        let mut outcome = Outcome::Done;
        if self.verify || self.verify_only {
            outcome = self.compare(&sides, &pattern, shared, &mut interrupt).await?;
        }
        Ok(if refused > 0 { Outcome::Partly } else { outcome })
    }

    /// Both places, which have to be two.
    fn places(&self, shared: &Shared, pattern: &Pattern) -> Result<(Place, Place), Failure> {
        if shared.store.store.is_some() || shared.store.store_file.is_some() {
            return Err(Failure::usage("a copy names its two stores with --from and --to, and has no --store"));
        }
        let namespace = shared.store.namespace.as_deref();
        let place = |url: &Option<String>, file: &Option<PathBuf>, option: &str| {
            let instead = format!("a file for {option}-file");
            let place = Place::said(url.as_deref(), file.as_deref(), &instead)?
                .ok_or_else(|| Failure::usage(format!("{option} is missing")))?
                .within(namespace, "--namespace")?;
            place.limits().check_pattern(pattern).map_err(|error| Failure::from(error).at("PATTERN"))?;
            Ok(place)
        };
        let from = place(&self.from, &self.from_file, "--from").map_err(|failure: Failure| failure.at("--from"))?;
        let to = place(&self.to, &self.to_file, "--to").map_err(|failure| failure.at("--to"))?;
        let to = to.within(self.to_namespace.as_deref(), "--to-namespace")?;
        // What another program wrote stands in no namespace of ours.
        if self.migration.from_format.is_none() && from.is_store_of(&to) && from.namespace() == to.namespace() {
            return Err(Failure::usage(
                "--from and --to are the same namespace of the same store; within a store, --to-namespace names another",
            ));
        }
        if let Some(recode) = self.recode {
            let (written, read) = match recode {
                Recode::EtfToJson => (to.etf(), None),
                Recode::JsonToEtf => (None, from.etf()),
            };
            if written.or(read).is_some() {
                return Err(Failure::usage(
                    "Pow's layouts hold Erlang's terms alone: --recode etf:json is for another target, json:etf for \
                     another source",
                ));
            }
            if self.migration.from_format.is_some() {
                return Err(Failure::usage("--from-format says what the values are, and takes no --recode"));
            }
        }
        if self.state.is_some() && to.is_relaxed() {
            return Err(Failure::usage(
                "--state needs a target that keeps what it has acknowledged: leave out `durability=relaxed`",
            ));
        }
        Ok((from, to))
    }

    /// Opens both. One that goes on needs the target it had.
    async fn open(&self, from: &Place, to: &Place, goes_on: bool) -> Result<Sides, Failure> {
        let within_one = from.is_store_of(to);
        let source = match within_one {
            true => None,
            false => Some(from.open(Access::Look).await.map_err(|failure| failure.at("--from"))?),
        };
        let access = match (self.verify_only, within_one || goes_on) {
            (true, _) => Access::Look,
            (false, true) => Access::Change,
            (false, false) => Access::Create,
        };
        let target = to.open(access).await.map_err(|failure| match goes_on {
            true => failure.at("--to").with("to copy from the start, remove the file of --state"),
            false => failure.at("--to"),
        })?;
        let source = source.unwrap_or_else(|| Opened {
            backend: target.backend.clone(),
            namespace: from.namespace().clone(),
            etf: from.etf(),
        });
        Ok(Sides { source, target })
    }

    async fn compare(
        &self,
        sides: &Sides,
        pattern: &Pattern,
        shared: &Shared,
        interrupt: &mut Interrupt,
    ) -> Result<Outcome, Failure> {
        let progress = self.progress(shared, &[&sides.source, &sides.target]).await?;
        let list = self.list.map(|list| match list {
            List::All => None,
            List::Differing => Some(Difference::Differing),
            List::Missing => Some(Difference::Missing),
            List::Extra => Some(Difference::Extra),
        });
        let mut comparison = Comparison {
            source: &sides.source,
            target: &sides.target,
            pattern,
            slack: self.slack,
            recode: self.recode,
            pace: self.pace(),
            progress: &progress,
            list: list.map(|only| (Output::new(), only)),
            json: shared.wants_json(),
            tally: Tally::default(),
        };
        let whole = interrupt.or(comparison.run()).await.transpose()?.is_some();
        let Comparison { tally, list, .. } = comparison;
        if let Some((mut output, _)) = list {
            output.finish()?;
        }
        progress.finish();
        if tally.damaged > 0 {
            say(&format!("error: {} stored records cannot be read and were not compared", tally.damaged));
        }
        tally.tell(shared)?;
        if !whole {
            say("interrupted: --verify-only compares again");
        }
        Ok(match (whole && tally.damaged == 0, tally.is_same()) {
            (false, _) => Outcome::Partly,
            (true, true) => Outcome::Done,
            (true, false) => Outcome::Negative,
        })
    }

    fn pace(&self) -> Option<Pace> {
        self.rate.map(|rate| Pace::new(rate, Instant::now()))
    }

    /// A bar up to all that these stores hold, where all of it is asked for; else a counter.
    async fn progress(&self, shared: &Shared, walked: &[&Opened]) -> Result<Progress, Failure> {
        let mut length = (self.pattern == "..").then_some(0);
        for opened in walked {
            length = length.zip(opened.info().await?.records).map(|(length, records)| length + records);
        }
        // Lines on the same terminal would tear it.
        let torn = self.list.is_some() && Output::new().is_terminal();
        Ok(Progress::new(length, false, shared.is_quiet() || torn))
    }
}

/// How to go on.
fn advice(bookmark: Option<&Bookmark>) -> String {
    match bookmark {
        Some(bookmark) => format!("the same command goes on; {} holds the position", bookmark.name()),
        None => "the same command copies all again, and with --state FILE goes on where it was interrupted".to_owned(),
    }
}
