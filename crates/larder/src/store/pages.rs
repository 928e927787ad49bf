//! A listing, page by page.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::backend::{Backend, Cursor, Damaged, Listing, Page};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::pattern::{Path, Pattern};
use crate::record::{Record, Select};
use crate::ttl::Ttl;

use super::Store;

/// How many records a page holds at most, unless set.
const PAGE: usize = 512;

/// A listing in bounded memory, page by page; made by [`Store::pages`].
///
/// Holds nothing open between two pages; drop it at any point.
#[derive(Debug)]
pub struct Pages<'s, V> {
    raw: RawPages<'s, V>,
}

impl<V: 'static> Pages<'_, V> {
    /// The next page: keys, values and what remains of their ttls; `None` at the end. What does not decode stands in
    /// [`Page::damaged`] and hides no other.
    ///
    /// # Errors
    /// Those of the backend; the same page can be asked for again then.
    pub async fn next(&mut self) -> Result<Option<Page<(Key, V, Ttl)>>> {
        let Some(page) = self.raw.next().await? else { return Ok(None) };
        let mut decoded = Page {
            records: Vec::with_capacity(page.records.len()),
            damaged: page.damaged,
            next: page.next,
            cost: page.cost,
        };
        for Record { key, found } in page.records {
            match (self.raw.store.codec.decode(found.value), found.ttl) {
                (Ok(value), Some(ttl)) => decoded.records.push((key, value, ttl)),
                _ => decoded.damaged.push(Damaged::new(
                    key.as_bytes().to_vec(),
                    Some(key),
                    "the stored value does not decode",
                )),
            }
        }
        Ok(Some(decoded))
    }
}

impl<V: 'static> Store<V> {
    /// Lists the records that a pattern matches, page by page, in bounded memory.
    ///
    /// A record that lives throughout is found: once where [`Info::listing`](crate::Info::listing) says so, else at
    /// least once.
    pub fn pages<'s>(&'s self, pattern: &Pattern) -> Pages<'s, V> {
        Pages { raw: self.raw_pages(Cow::Owned(pattern.clone()), Select::ValuesAndTtls) }
    }

    pub(super) fn raw_pages<'s>(&'s self, pattern: Cow<'s, Pattern>, select: Select) -> RawPages<'s, V> {
        RawPages { store: self, pattern, select, cursor: Some(Cursor::START), seen: None }
    }
}

/// The same before decoding.
#[derive(Debug)]
pub(super) struct RawPages<'s, V> {
    store: &'s Store<V>,
    pattern: Cow<'s, Pattern>,
    select: Select,
    cursor: Option<Cursor>,
    seen: Option<HashSet<Key>>,
}

impl<V: 'static> RawPages<'_, V> {
    /// The same, each record once: over a backend that may list one twice, at the price of keeping all keys.
    pub(super) async fn once(mut self) -> Result<Self> {
        let listing = self.store.backend.info().await?.listing;
        self.seen = (listing == Listing::AtLeastOnce).then(HashSet::new);
        Ok(self)
    }

    pub(super) async fn next(&mut self) -> Result<Option<Page>> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        if self.store.strict && *cursor == Cursor::START {
            let explanation = self.store.explain(&self.pattern).await?;
            if explanation.path == Path::Scan {
                let hint = explanation.hint.unwrap_or_default();
                return Err(Error::new(ErrorKind::Invalid, format!("a strict store does not scan: {hint}")));
            }
        }
        let (backend, namespace) = (&self.store.backend, &self.store.namespace);
        let mut page = backend.scan(namespace, &self.pattern, self.select, cursor, PAGE).await?;
        self.cursor.clone_from(&page.next);
        if let Some(seen) = &mut self.seen {
            page.records.retain(|record| seen.insert(record.key.clone()));
        }
        Ok(Some(page))
    }
}
