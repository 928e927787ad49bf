//! The mark that says that a namespace's indexes are whole, and what takes its word away: keys that the server evicted.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::Value;

use crate::error::Result;

use super::batch::{Batch, Place, Replies};
use super::connection::{Command, Connection};
use super::get::on;
use super::layout::native;
use super::{Redis, reply};

/// How long a look at a server that evicts nothing holds. One that may evict is asked with every listing.
const FRESH: Duration = Duration::from_secs(1);

const BUILDING: &[u8] = b"building";

/// What a mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Somebody walks over the records to make the indexes whole.
    Building,
    /// They were whole in this run of the server, when it had evicted so many keys.
    Whole { run: u64, evicted: u64 },
}

/// What a server said about its evictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Evictions {
    /// Which run of the server this is.
    pub(super) run: u64,
    /// How many keys it has evicted in this run.
    pub(super) evicted: u64,
    /// Whether its memory is bounded, and its policy to evict.
    pub(super) may_evict: bool,
}

impl Mark {
    /// Reads a mark; `None` where there is none, or none of ours.
    pub(super) fn read(reply: Value) -> Option<Self> {
        let bytes = reply::bytes(reply).ok()??;
        if bytes == BUILDING {
            return Some(Self::Building);
        }
        let (run, evicted) = std::str::from_utf8(&bytes).ok()?.strip_prefix("whole:")?.split_once(':')?;
        Some(Self::Whole { run: u64::from_str_radix(run, 16).ok()?, evicted: evicted.parse().ok()? })
    }

    pub(super) fn text(self) -> Vec<u8> {
        match self {
            Self::Building => BUILDING.to_vec(),
            Self::Whole { run, evicted } => format!("whole:{run:016x}:{evicted}").into_bytes(),
        }
    }

    /// Whether the indexes lists all records still, as far as the server tells; where it tells nothing, the mark's word
    /// stands.
    ///
    /// A restart loses no index that lists a living record: both were written in one step. It loses the count, though,
    /// so a server that may evict is doubted after each.
    pub(super) fn holds(self, now: Option<Evictions>) -> bool {
        match (self, now) {
            (Self::Building, _) => false,
            (Self::Whole { .. }, None) => true,
            (Self::Whole { run, evicted }, Some(now)) if run == now.run => evicted == now.evicted,
            (Self::Whole { .. }, Some(now)) => !now.may_evict && now.evicted == 0,
        }
    }
}

impl Evictions {
    /// What INFO answered on this run; `None` where it was refused.
    pub(super) fn read(run: u64, reply: Value) -> Option<Self> {
        let text = reply::text(reply).ok()?;
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let number = |name: &str| field(name)?.trim().parse::<u64>().ok();
        let is_bounded = number("maxmemory").is_some_and(|bytes| bytes != 0);
        let may_evict = is_bounded && field("maxmemory_policy").is_none_or(|policy| policy.trim() != "noeviction");
        Some(Self { run, evicted: number("evicted_keys")?, may_evict })
    }
}

/// The last look at a server's evictions.
#[derive(Default)]
pub(super) struct Watch {
    last: Mutex<Option<(Evictions, Instant)>>,
}

impl Watch {
    /// What is known of this run without asking; where that is not enough, what to ask, and where that is not allowed
    /// either, neither.
    pub(super) fn look(&self, connection: &Connection, run: u64) -> Look {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match last {
            Some((known, at)) if known.run == run && !known.may_evict && at.elapsed() < FRESH => Look::Known(known),
            // Who may not ask fills the server's log of refusals. One that told its version told it by INFO.
            _ if connection.status().version.is_some() => Look::Ask(ask()),
            _ => Look::Blind,
        }
    }

    /// Keeps what was told.
    pub(super) fn keep(&self, told: Option<Evictions>) {
        if let Some(told) = told {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((told, Instant::now()));
        }
    }
}

/// Whether an index may lack records, as it is asked along with the index.
///
/// The mark is asked ahead of the index, since a walk that ends between the two makes it hold too late; evictions are
/// asked behind it, since one between the two takes the index away.
pub(super) struct Doubt {
    mark: Option<Place>,
    evictions: Option<Place>,
    known: Option<Evictions>,
}

impl Doubt {
    /// Asks for the mark of a namespace, spelled, where there is one to ask for.
    pub(super) fn ahead(space: Option<&[u8]>, batch: &mut Batch) -> Self {
        let mark = space.map(|space| batch.push(&on("GET", &native::mark(space))));
        Self { mark, evictions: None, known: None }
    }

    /// Asks for evictions where they are not known.
    pub(super) fn behind(mut self, redis: &Redis, run: u64, batch: &mut Batch) -> Self {
        if self.mark.is_some() {
            match redis.watch.look(&redis.connection, run) {
                Look::Known(known) => self.known = Some(known),
                Look::Ask(ask) => self.evictions = Some(batch.push(&ask)),
                Look::Blind => {}
            }
        }
        self
    }

    /// Whether the index was whole when it was asked.
    pub(super) fn settle(self, redis: &Redis, run: u64, replies: &mut Replies) -> Result<bool> {
        let Some(mark) = self.mark else { return Ok(true) };
        let mark = Mark::read(replies.take(mark)?);
        let evictions = match self.evictions {
            Some(place) => {
                let told = Evictions::read(run, replies.take(place)?);
                redis.watch.keep(told);
                told
            }
            None => self.known,
        };
        Ok(mark.is_some_and(|mark| mark.holds(evictions)))
    }
}

/// How to come to know of evictions.
pub(super) enum Look {
    Known(Evictions),
    Ask(Command),
    Blind,
}

/// Asks a server about its evictions, a few microseconds of its time.
fn ask() -> Command {
    Command::new("INFO").arg("memory").arg("stats")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Mark = Mark::Whole { run: 0x1f, evicted: 7 };

    fn told(run: u64, evicted: u64, may_evict: bool) -> Option<Evictions> {
        Some(Evictions { run, evicted, may_evict })
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        for mark in [Mark::Building, WHOLE] {
            assert_eq!(Mark::read(Value::BulkString(mark.text())), Some(mark));
        }
        assert_eq!(WHOLE.text(), b"whole:000000000000001f:7");
        for other in ["", "whole", "whole:1f", "whole:x:7", "whole:1f:-7"] {
            assert_eq!(Mark::read(Value::BulkString(other.into())), None, "{other}");
        }
        assert_eq!(Mark::read(Value::Nil), None);
    }

    #[test]
    fn a_mark_holds_until_the_server_has_evicted_a_key_or_may_have() {
        assert!(WHOLE.holds(told(0x1f, 7, true)) && WHOLE.holds(told(0x1f, 7, false)) && WHOLE.holds(None));
        assert!(!WHOLE.holds(told(0x1f, 8, true)) && !WHOLE.holds(told(0x1f, 0, false)));
        assert!(WHOLE.holds(told(0x20, 0, false)), "after a restart");
        assert!(!WHOLE.holds(told(0x20, 0, true)) && !WHOLE.holds(told(0x20, 1, false)));
        assert!(!Mark::Building.holds(None) && !Mark::Building.holds(told(0x1f, 0, false)));
    }

    #[test]
    fn a_server_may_evict_where_its_memory_is_bounded_and_its_policy_says_so() {
        let read = |text: &str| Evictions::read(1, Value::BulkString(text.into()));
        let info = |bytes, policy| format!("maxmemory:{bytes}\r\nmaxmemory_policy:{policy}\r\nevicted_keys:3\r\n");
        assert_eq!(read(&info(0, "allkeys-lru")), told(1, 3, false));
        assert_eq!(read(&info(9, "noeviction")), told(1, 3, false));
        assert_eq!(read(&info(9, "volatile-ttl")), told(1, 3, true));
        assert_eq!(read("maxmemory:9\r\nevicted_keys:0\r\n"), told(1, 0, true));
        assert_eq!(read("maxmemory:9\r\n"), None);
    }
}
