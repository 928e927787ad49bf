//! A listing, page by page, in key order.

use std::collections::BTreeMap;

use larder::{Backend, Cursor, Key, Listing as Kind, Pattern, Record, Select};

use crate::exit::{Failure, Outcome};
use crate::output::say;
use crate::store::Opened;

/// Records in a page.
const PAGE: usize = 1024;

/// The records that a pattern matches, in bounded memory where the backend keeps keys in order.
pub(crate) struct Listing<'o> {
    opened: &'o Opened,
    pattern: &'o Pattern,
    select: Select,
    cursor: Option<Cursor>,
    left: usize,
    ordered: bool,
    damaged: u64,
}

impl<'o> Listing<'o> {
    /// Begins a listing of at most so many records.
    pub(crate) async fn new(
        opened: &'o Opened,
        pattern: &'o Pattern,
        select: Select,
        limit: Option<usize>,
    ) -> Result<Self, Failure> {
        let ordered = opened.info().await?.listing == Kind::Ordered;
        let left = limit.unwrap_or(usize::MAX);
        Ok(Self { opened, pattern, select, cursor: Some(Cursor::START), left, ordered, damaged: 0 })
    }

    /// The next records; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Record>>, Failure> {
        if !self.ordered {
            return self.whole().await;
        }
        if self.left == 0 {
            return Ok(None);
        }
        let Some(records) = self.page(self.left.min(PAGE)).await? else { return Ok(None) };
        self.left -= records.len().min(self.left);
        Ok(Some(records))
    }

    async fn page(&mut self, limit: usize) -> Result<Option<Vec<Record>>, Failure> {
        let Some(cursor) = self.cursor.take() else { return Ok(None) };
        let Opened { backend, namespace, .. } = self.opened;
        let page = backend.scan(namespace, self.pattern, self.select, &cursor, limit).await?;
        self.damaged += page.damaged.len() as u64;
        self.cursor = page.next;
        Ok(Some(page.records))
    }

    /// Everything at once, each record once: this backend lists in no order, and may list one twice.
    async fn whole(&mut self) -> Result<Option<Vec<Record>>, Failure> {
        if self.cursor.is_none() {
            return Ok(None);
        }
        let mut records: BTreeMap<Key, Record> = BTreeMap::new();
        while let Some(page) = self.page(PAGE).await? {
            records.extend(page.into_iter().map(|record| (record.key.clone(), record)));
        }
        Ok(Some(records.into_values().take(self.left).collect()))
    }

    /// How many stored records could not be read.
    pub(crate) fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Says what was left out, and how the command ends for it.
    pub(crate) fn outcome(&self) -> Outcome {
        if self.damaged == 0 {
            return Outcome::Done;
        }
        say(&format!("error: {} stored records cannot be read and were left out", self.damaged));
        Outcome::Damaged
    }
}
