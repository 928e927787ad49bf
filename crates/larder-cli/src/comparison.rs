//! Two stores, compared record by record in bounded memory.

use std::time::{Duration, Instant};

use clap::ValueEnum;
use larder::{Backend, Cursor, ErrorKind, Found, Key, Pattern, Record, Select, Ttl};
use serde_json::json;

use crate::args::Shared;
use crate::exit::Failure;
use crate::facts::{Facts, fact};
use crate::line::write_key;
use crate::output::Output;
use crate::pace::Pace;
use crate::progress::Progress;
use crate::recode::Recode;
use crate::record::printed;
use crate::store::Opened;

/// Records compared in one step.
const PAGE: usize = 256;

/// How a record of one side stands to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Difference {
    /// Both have it, with other bytes or another end.
    Differing,
    /// The target lacks it.
    Missing,
    /// The target alone has it.
    Extra,
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    same: u64,
    differing: u64,
    missing: u64,
    extra: u64,
    /// Stored records of either side that cannot be read.
    pub(crate) damaged: u64,
}

/// A comparison under way.
///
/// It works between any two backends: what one side lists is looked up in the other. What seems to differ is read
/// again on both sides before it counts, since it may have been written or have expired in between.
pub(crate) struct Comparison<'c> {
    pub(crate) source: &'c Opened,
    pub(crate) target: &'c Opened,
    pub(crate) pattern: &'c Pattern,
    /// By how much ends may lie apart.
    pub(crate) slack: Duration,
    /// How the values of the source became those of the target.
    pub(crate) recode: Option<Recode>,
    pub(crate) pace: Option<Pace>,
    pub(crate) progress: &'c Progress,
    /// Where keys are printed, and which; none without.
    pub(crate) list: Option<(Output, Option<Difference>)>,
    pub(crate) json: bool,
    pub(crate) tally: Tally,
}

impl Comparison<'_> {
    /// Walks both sides.
    pub(crate) async fn run(&mut self) -> Result<(), Failure> {
        let (mut cursor, mut walked) = (Some(Cursor::START), 0);
        while let Some(at) = cursor {
            let (records, next) = self.page(self.source, Select::ValuesAndTtls, &at, &mut walked).await?;
            self.compare(records).await?;
            cursor = next;
        }
        cursor = Some(Cursor::START);
        while let Some(at) = cursor {
            let (records, next) = self.page(self.target, Select::Keys, &at, &mut walked).await?;
            self.find_extra(records.into_iter().map(|(record, _)| record.key).collect()).await?;
            cursor = next;
        }
        match &mut self.list {
            Some((output, _)) => output.finish(),
            None => Ok(()),
        }
    }

    /// The next records of one side, and when they were read.
    async fn page(
        &mut self,
        side: &Opened,
        select: Select,
        cursor: &Cursor,
        walked: &mut u64,
    ) -> Result<(Vec<(Record, Read)>, Option<Cursor>), Failure> {
        let limit = self.pace.as_ref().map_or(PAGE, |pace| pace.step().min(PAGE));
        let before = Instant::now();
        let page = side.backend.scan(&side.namespace, self.pattern, select, cursor, limit).await?;
        let read = Read { before, after: Instant::now() };
        if let Some(pace) = &mut self.pace {
            pace.wait(page.records.len()).await;
        }
        self.tally.damaged += page.damaged.len() as u64;
        *walked += page.records.len() as u64;
        self.progress.at(*walked, String::new);
        // A wish to stop is heard between two pages.
        tokio::task::yield_now().await;
        Ok((page.records.into_iter().map(|record| (record, read)).collect(), page.next))
    }

    /// Compares what the source lists with what the target has.
    async fn compare(&mut self, records: Vec<(Record, Read)>) -> Result<(), Failure> {
        let keys: Vec<Key> = records.iter().map(|(record, _)| record.key.clone()).collect();
        let (there, read) = look_up(self.target, &keys, Select::ValuesAndTtls).await?;
        let mut doubtful = Vec::new();
        for ((Record { key, found }, here), there) in records.into_iter().zip(there) {
            match there {
                Seen::Found(there) if self.are_same((&found, here), (&there, read)) => self.tally.same += 1,
                _ => doubtful.push(key),
            }
        }
        for (key, here, there) in self.again(doubtful).await? {
            match (here, there) {
                ((Seen::Found(here), one), (Seen::Found(there), other)) => {
                    match self.are_same((&here, one), (&there, other)) {
                        true => self.tally.same += 1,
                        false => self.count(Difference::Differing, &key)?,
                    }
                }
                ((Seen::Found(_), _), (Seen::Damaged, _)) => self.count(Difference::Differing, &key)?,
                ((Seen::Found(here), _), (Seen::Absent, _)) if self.lives_on(&here) => {
                    self.count(Difference::Missing, &key)?;
                }
                // It has ended meanwhile, or as good as.
                _ => {}
            }
        }
        Ok(())
    }

    /// Finds what the target lists and the source lacks.
    async fn find_extra(&mut self, keys: Vec<Key>) -> Result<(), Failure> {
        let (here, _) = look_up(self.source, &keys, Select::Keys).await?;
        let lacking = keys.into_iter().zip(here).filter(|(_, here)| matches!(here, Seen::Absent));
        for (key, here, there) in self.again(lacking.map(|(key, _)| key).collect()).await? {
            if let ((Seen::Absent, _), (Seen::Found(there), _)) = (here, there)
                && self.lives_on(&there)
            {
                self.count(Difference::Extra, &key)?;
            }
        }
        Ok(())
    }

    /// Reads keys once more, on both sides.
    async fn again(&self, keys: Vec<Key>) -> Result<Vec<(Key, (Seen, Read), (Seen, Read))>, Failure> {
        let mut all = Vec::with_capacity(keys.len());
        // One by one, so that the two reads lie close together.
        for key in keys {
            let (mut here, read_here) = look_up(self.source, std::slice::from_ref(&key), Select::ValuesAndTtls).await?;
            let (mut there, read) = look_up(self.target, std::slice::from_ref(&key), Select::ValuesAndTtls).await?;
            if let (Some(here), Some(there)) = (here.pop(), there.pop()) {
                all.push((key, (here, read_here), (there, read)));
            }
        }
        Ok(all)
    }

    /// Whether a record of the source and one of the target are the same.
    fn are_same(&self, (one, read): (&Found, Read), (other, read_other): (&Found, Read)) -> bool {
        let same = match self.recode {
            None => one.value == other.value,
            Some(recode) => recode
                .apply(&one.value, self.target.etf.unwrap_or_default())
                .is_ok_and(|recoded| recoded == other.value),
        };
        if !same {
            return false;
        }
        match (one.ttl, other.ttl) {
            (Some(Ttl::After(left)), Some(Ttl::After(left_other))) => {
                let (first, last) = (read.before + left, read.after + left);
                let (first_other, last_other) = (read_other.before + left_other, read_other.after + left_other);
                // What remains is told in whole milliseconds.
                let slack = self.slack + Duration::from_millis(1);
                first.saturating_duration_since(last_other) <= slack
                    && first_other.saturating_duration_since(last) <= slack
            }
            (one, other) => one == other,
        }
    }

    /// Whether it ends so late that the other side should have it too.
    fn lives_on(&self, found: &Found) -> bool {
        !matches!(found.ttl, Some(Ttl::After(left)) if left <= self.slack)
    }

    fn count(&mut self, difference: Difference, key: &Key) -> Result<(), Failure> {
        let (count, name) = match difference {
            Difference::Differing => (&mut self.tally.differing, "differing"),
            Difference::Missing => (&mut self.tally.missing, "missing"),
            Difference::Extra => (&mut self.tally.extra, "extra"),
        };
        *count += 1;
        let Some((output, only)) = &mut self.list else { return Ok(()) };
        if only.is_some_and(|only| only != difference) {
            return Ok(());
        }
        if !self.json {
            return output.line(&printed(key, output));
        }
        let mut line = format!(r#"{{"difference":"{name}","key":"#);
        write_key(key, &mut line);
        line.push('}');
        output.line(&line)
    }
}

/// When something was read: no earlier and no later than that.
#[derive(Clone, Copy)]
struct Read {
    before: Instant,
    after: Instant,
}

/// What is under a key.
enum Seen {
    Found(Found),
    Absent,
    /// Something that cannot be read.
    Damaged,
}

/// Looks keys up; one that cannot be read hides no other.
async fn look_up(side: &Opened, keys: &[Key], select: Select) -> Result<(Vec<Seen>, Read), Failure> {
    let get = async |keys: &[Key]| side.backend.get(&side.namespace, keys, select).await;
    let seen = |found: Option<Found>| found.map_or(Seen::Absent, Seen::Found);
    let before = Instant::now();
    let all = match get(keys).await {
        Ok(found) => found.into_iter().map(seen).collect(),
        Err(error) if matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Invalid) => {
            let mut all = Vec::with_capacity(keys.len());
            for key in keys {
                all.push(match get(std::slice::from_ref(key)).await {
                    Ok(found) => found.into_iter().next().flatten().map_or(Seen::Absent, Seen::Found),
                    Err(error) if error.kind() == ErrorKind::Corrupt => Seen::Damaged,
                    // A key over the limits of this side, where it cannot be.
                    Err(error) if error.kind() == ErrorKind::Invalid => Seen::Absent,
                    Err(error) => return Err(error.into()),
                });
            }
            all
        }
        Err(error) => return Err(error.into()),
    };
    Ok((all, Read { before, after: Instant::now() }))
}

impl Tally {
    /// Whether both sides hold the same, as far as they can be read.
    pub(crate) fn is_same(&self) -> bool {
        self.differing == 0 && self.missing == 0 && self.extra == 0
    }

    /// Tells it: on standard error, and as JSON on standard output where that is wanted.
    pub(crate) fn tell(self, shared: &Shared) -> Result<(), Failure> {
        let Self { same, differing, missing, extra, .. } = self;
        if shared.wants_json() {
            let facts = vec![
                fact("same", json!(same)),
                fact("differing", json!(differing)),
                fact("missing", json!(missing)),
                fact("extra", json!(extra)),
            ];
            let mut output = Output::new();
            output.line(&Facts::from(facts).json())?;
            output.finish()?;
        }
        shared.note(&format!("same {same}, differing {differing}, missing {missing}, extra {extra}"));
        Ok(())
    }
}
