//! Sessions that can be listed, and ended for certain.
pub mod adapter;
mod admission;
mod bearer;
mod builder;
mod ending;
mod event;
mod fields;
mod listing;
mod load;
mod merge;
mod of;
mod principal;
mod public_id;
mod register;
mod roster;
mod rotation;
mod secret;
mod session;
mod shelf;
mod slot;
mod tokens;
mod trace;

use std::fmt;
use std::sync::Arc;

use crate::backends::Opened;
use crate::clock::Clock;
use crate::ttl::Ttl;

use builder::Subscriber;
use secret::Hashing;
use shelf::Shelf;

pub use admission::{Created, New, Refusal};
pub use bearer::Bearer;
pub use builder::{Builder, Limit};
pub use event::{Event, What, Why};
pub use fields::Fields;
pub use listing::Listed;
pub use merge::Saved;
pub use of::Of;
pub use principal::Principal;
pub use public_id::PublicId;
pub use secret::Secret;
pub use session::Session;
pub use tokens::Tokens;

/// The sessions of an application; see the [module](self) for what they promise.
///
/// Clones are cheap and are the same sessions. Several processes may each have their own over one store.
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

struct Inner {
    shelf: Shelf,
    hashing: Hashing,
    // Times in milliseconds.
    idle: u64,
    absolute: u64,
    window: u64,
    grace: u64,
    pending: u64,
    limit: Option<Limit>,
    clock: Arc<dyn Clock>,
    subscriber: Option<Subscriber>,
}

/// What keeps a token of one purpose from being one of another.
const SESSION: &str = "larder session";

impl Sessions {
    /// Sessions in an open store, as [`Builder`] has them unless set.
    pub fn new(opened: &Opened) -> Self {
        Self::builder(opened).build().expect("what is not set lies within its bounds")
    }

    /// Sessions in an open store, to set up.
    pub fn builder(opened: &Opened) -> Builder {
        Builder::new(opened)
    }

    /// The sessions of a principal: to list, end, block.
    ///
    /// Anything with a text names one: `sessions.of(user.id)`, `sessions.of("ann")`, `sessions.of(&principal)`.
    pub fn of(&self, principal: impl ToString) -> Of {
        Of::new(self.clone(), Principal::of(principal))
    }
}

impl Inner {
    /// Milliseconds since the Unix epoch.
    fn now(&self) -> u64 {
        self.clock.wall().elapsed().as_millis() as u64
    }

    fn told(&self, what: What, id: PublicId, principal: Option<&Principal>) {
        #[cfg(feature = "tracing")]
        tracing::info!(target: "larder::sessions", session = %id, "{what}");
        if let Some(subscriber) = &self.subscriber {
            subscriber(&Event { what, id, principal: principal.cloned() });
        }
    }

    /// The ttl of a session's record.
    fn ttl(body: &slot::Body, now: u64) -> Ttl {
        shelf::ttl(body.end().saturating_sub(now))
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("limit", &self.0.limit).finish_non_exhaustive()
    }
}
