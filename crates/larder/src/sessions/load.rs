//! How a bearer leads to its session.

use bytes::Bytes;

use crate::error::Result;
use crate::key::Key;

use super::bearer::Bearer;
use super::event::{What, Why};
use super::secret::Hash;
use super::session::Session;
use super::slot::{Body, Slot};
use super::{Inner, SESSION, Sessions};

/// How many rotations a token is led through: more within one grace is nobody's browser.
const HOPS: usize = 8;

impl Sessions {
    /// The session of a bearer, or `None` where none lives.
    ///
    /// One `get`; and once in a touch window a write, which notes that the session is used and lets it live on. That
    /// write changes nothing else, brings nothing back, and is left out where it fails: the session was read.
    ///
    /// # Errors
    /// Those of the backend: a store that is down is an error, never "no session".
    /// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) for a record that cannot be read.
    pub async fn load(&self, bearer: &Bearer) -> Result<Option<Session>> {
        let inner = &self.0;
        let Some((mut session, now)) = inner.find_at(bearer.as_bytes()).await? else { return Ok(None) };
        let _ = inner.keep(&mut session, true, now).await;
        Ok(Some(session))
    }

    /// Notes that a session is used, if that was not noted within the touch window; answers whether it lives.
    ///
    /// [`Sessions::load`] does the same. Never brings a session back, and never moves its absolute end.
    ///
    /// # Errors
    /// Those of the backend.
    pub async fn touch(&self, bearer: &Bearer) -> Result<bool> {
        let Some((mut session, now)) = self.0.find_at(bearer.as_bytes()).await? else { return Ok(false) };
        self.0.keep(&mut session, true, now).await?;
        Ok(true)
    }
}

impl Inner {
    /// The session of an id, a bearer's or an adapter's.
    pub(super) async fn find(&self, id: &[u8]) -> Result<Option<Session>> {
        Ok(self.find_at(id).await?.map(|(session, _)| session))
    }

    /// The same, and when it was seen to live.
    pub(super) async fn find_at(&self, id: &[u8]) -> Result<Option<(Session, u64)>> {
        match self.find_stored(id).await? {
            Some((hash, bytes)) => self.follow(hash, bytes).await,
            None => Ok(None),
        }
    }

    pub(super) async fn find_stored(&self, id: &[u8]) -> Result<Option<(Hash, Bytes)>> {
        if let Some(hash) = self.hashing.only(SESSION, id) {
            return Ok(self.shelf.read(hash.key()).await?.map(|bytes| (hash, bytes)));
        }
        let hashes = self.hashing.all(SESSION, id);
        let keys: Vec<Key> = hashes.iter().map(Hash::key).collect();
        let found = self.shelf.read_all(&keys).await?;
        Ok(hashes.into_iter().zip(found).find_map(|(hash, bytes)| Some((hash, bytes?))))
    }

    /// The living session that stored bytes are, or lead to.
    pub(super) async fn follow(&self, mut hash: Hash, mut stored: Bytes) -> Result<Option<(Session, u64)>> {
        for _ in 0..HOPS {
            let now = self.now();
            match Slot::decode(&stored)? {
                Slot::Session(body) => {
                    return Ok(self.is_alive(&body, now).then_some((Session { hash, stored, body }, now)));
                }
                Slot::Moved(moved) if now < moved.until => {
                    let Some(next) = self.shelf.read(moved.to.key()).await? else { return Ok(None) };
                    (hash, stored) = (moved.to, next);
                }
                Slot::Moved(_) | Slot::Retired(_) => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Whether a session that is there is not over by its absolute end: the store judges the rest, by its own clock.
    pub(super) fn is_alive(&self, body: &Body, now: u64) -> bool {
        let lives = now < body.until;
        if !lives {
            self.told(What::Ended(Why::Expired), body.id, body.principal.as_ref());
        }
        lives
    }

    /// Writes down that a session is used, once in a window. Where it does not slide, its end stays where it is.
    pub(super) async fn keep(&self, session: &mut Session, slides: bool, now: u64) -> Result<()> {
        if now.saturating_sub(session.body.seen) < self.window {
            return Ok(());
        }
        let mut body = session.body.clone();
        if !slides {
            body.idle = body.end().saturating_sub(now);
        }
        body.seen = now;
        self.note(session, body, now).await
    }

    /// Gives a session this idle timeout from now on, unless its end would move by less than a window.
    pub(super) async fn extend(&self, session: &mut Session, idle: u64) -> Result<()> {
        let now = self.now();
        let mut body = session.body.clone();
        (body.seen, body.idle) = (now, idle);
        if body.end().abs_diff(session.body.end()) < self.window {
            return Ok(());
        }
        self.note(session, body, now).await
    }

    async fn note(&self, session: &mut Session, body: Box<Body>, now: u64) -> Result<()> {
        let ttl = Self::ttl(&body, now);
        let bytes = Slot::Session(body.clone()).encode()?;
        // Where it does not hold, somebody else has written just now, and noted the use with that.
        if self.shelf.swap(session.hash.key(), Some(&session.stored), bytes.clone(), ttl).await? {
            session.stored = bytes;
            session.body = body;
        }
        Ok(())
    }
}
