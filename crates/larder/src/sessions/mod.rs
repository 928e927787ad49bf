//! Sessions that can be listed, and ended for certain.
//!
//! [`Sessions`] works on any backend. A client holds a [`Bearer`]; the application sees a [`Session`]; a person sees the
//! list that [`Sessions::of`] gives, and ends what is in it.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
//! use larder::sessions::{Created, New, Saved, Sessions};
//!
//! let sessions = Sessions::new(&larder::open("memory:?namespace=myapp&ttl=30m").await?);
//!
//! // Somebody signs in.
//! let new = New::of(42).device("Firefox on Linux").address("203.0.113.7");
//! let Created::Session(bearer, _) = sessions.create(new).await? else { unreachable!("nobody is blocked here") };
//! let cookie = bearer.expose();
//!
//! // A request of theirs.
//! let bearer = cookie.parse()?;
//! let mut session = sessions.load(&bearer).await?.expect("it lives");
//! session.set("theme", "dark")?;
//! assert_eq!(sessions.save(&mut session).await?, Saved::Written);
//!
//! // "Your devices": this one is marked, the others can be ended.
//! for listed in sessions.of(42).list().await? {
//!     let mark = if listed.id == session.id() { " (this one)" } else { "" };
//!     println!("{}{mark}", listed.device.unwrap_or_default());
//! }
//! sessions.of(42).revoke_others(&session.id()).await?;
//!
//! // An account is disabled. What is under way saves nothing any longer.
//! assert_eq!(sessions.of(42).block().await?, 1);
//! session.set("theme", "light")?;
//! assert_eq!(sessions.save(&mut session).await?, Saved::Gone);
//! assert!(sessions.load(&bearer).await?.is_none());
//! # Ok(()) }
//! ```
//!
//! # What is promised, on every backend
//! 1. **A save never re-creates.** Saving a session that was ended or has expired is [`Saved::Gone`]: no error, no
//!    resurrection.
//! 2. **An end is certain.** When [`Of::revoke_all`] returns, every session made before it began is dead. A login that
//!    races with it is before it, and dead, or after it, and kept.
//! 3. **No lost updates between fields.** Requests at once that change different fields all land; of the same field the
//!    later save wins. [`Sessions::update`] loses nothing of one field either.
//! 4. **Listing.** [`Of::list`] takes two round trips. [`Of::revoke`], [`Of::revoke_others`], [`Of::revoke_all`] are
//!    idempotent and say how many ended; [`Of::block`] refuses new ones too.
//! 5. **The bearer is stored nowhere**: a record is named by its SHA-256, or its HMAC under a [`Secret`], and nothing is
//!    ever looked up by the bearer itself.
//! 6. **Two timeouts**, idle and absolute; the absolute one is never moved. Use is written down once in a window.
//! 7. **Limits.** At most so many sessions a principal, under logins at once too ([`Limit`]).
//! 8. **Rotation** gives a new token: never are both dead, never do both work beyond the grace, and what ends the
//!    session at any moment ends it by both.
//! 9. **Single use.** [`Tokens`] are redeemed once.
//! 10. **Events** ([`Event`]) tell what happens, and never a token. Nothing depends on them.
//! 11. **Down is not logged out.** A backend that fails is an error, never "no session".
//! 12. **A principal is a text**, the same for 42, `"42"` and `Principal::of(42)`; any Unicode. A session can change its
//!     principal; entries of dead sessions heal themselves.
//!
//! `larder::testing::sessions` (feature `testing`) holds them as tests, for a backend of your own too.
//!
//! # How it works
//! A session is one record, and is alive exactly if that record exists: a load is one `get`, and asks nothing else. A
//! principal is one record too: an epoch, and the sessions with the names of their records. It changes by
//! compare-and-swap alone.
//!
//! * **Login**: enter the session with its principal (here limits and blocks are enforced), write its record where none is
//!   and for a short time, look whether the principal still has it, in the same epoch; then give the record its time, and
//!   only then hand out the bearer. Whoever ended it in between could not delete what was not there, but has struck it
//!   off: then the login takes its record back, and begins again or is refused.
//! * **End**: in one swap, strike sessions off and note them as ending (and change the epoch, where it is all of them);
//!   delete their records; note that they are gone. An end that is cut off is finished by the next who lists, ends or
//!   logs in.
//! * **Save**: compare-and-swap on the session's record, so on a record that is there.
//! * **Rotation**: enter the new record beside the old one, write it for a short time, swap the old one for a sign that
//!   leads to it, look again, give it its time.
//!
//! # What a crash leaves
//! Wherever a process dies, or a future is dropped: no session that lives unlisted, none that was ended and comes back,
//! no principal that is stuck. What can be left is an entry without a record, which no list shows and a later login
//! drops; a record that nobody has the bearer of, for [`Builder::pending`]; and sessions that are ending still, until
//! the next who asks about the principal. A call that answered an error may be made again.
//!
//! # What it costs
//! | | round trips |
//! | --- | --- |
//! | load | 1; 2 once in a touch window, or in the grace of a rotation |
//! | save, update | 1, 2 |
//! | login | 5; 1 for a visitor |
//! | end (sign out) | 3; 1 for a visitor |
//! | rotate | 7; 4 for a visitor |
//! | list | 2 |
//! | revoke, revoke others, revoke all, block | 5 |
//!
//! More where several change one principal at once; within a process they take turns. A principal's record grows by
//! about 130 bytes a session: set a [`Limit`] where accounts are shared by thousands.
//!
//! # Limits
//! * Times are judged by the wall clocks of the processes ([`Clock`]) and the ttls of the store. Clocks
//!   that differ make an absolute end or a grace differ by as much, and no more.
//! * A store that throws records away to make room can throw away a principal's: its sessions then live unlisted until
//!   they expire. Do not keep sessions where records are evicted.
//! * A block never expires, so a layout of Redis that holds no such record (Pow's) takes none.
//! * Rotation during a change of principal can end the session: one of the two is told so.
//! * Cookie flags, CSRF tokens and passwords are the application's.
//!
//! Why it is so: `docs/decisions/0014-sessions.md`. The bytes: `docs/format.md`.

pub mod adapter;
mod admission;
mod bearer;
mod builder;
mod checked;
mod draft;
mod ending;
mod event;
mod fields;
mod listing;
mod load;
mod merge;
mod of;
mod principal;
mod public_id;
mod reader;
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
