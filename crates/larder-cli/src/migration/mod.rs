//! Sessions that other stores wrote: `larder copy --from-format`.

mod actix_session;
mod tower_sessions;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use larder::backends::redis::{Foreign, ForeignString};
use larder::sessions::adapter::{Adapter, Draft, Placed};
use larder::sessions::{Fields, Principal, Secret, Sessions};
use larder::{Backend as _, Cursor, Select, Ttl, pattern};
use serde_json::{Map, Value};

use crate::args::Shared;
use crate::counts::Counts;
use crate::exit::{Failure, Outcome};
use crate::file::named;
use crate::interrupt::Interrupt;
use crate::output::say;
use crate::progress::Progress;
use crate::store::{Access, Opened, Place};

/// The options of a copy from another store's sessions.
#[derive(Args, Debug)]
#[command(next_help_heading = "Sessions of other stores")]
pub(crate) struct Migration {
    /// What wrote the sessions that are to be copied, into a Redis server
    ///
    /// As in `larder copy --from redis://old/0 --from-format tower-sessions-redis --to 'redis://new/0?namespace=myapp'`.
    /// They become sessions of larder-tower-sessions or larder-actix-session: the clients' cookies stay good, and nobody
    /// is signed out. Stop the old application first, copy, and start the new one. A copy made again later would bring
    /// back what has ended in between, so that a target that holds sessions already is refused (see --again). The source
    /// keeps its keys, which are the cookies' own text: delete them when the old application is not needed any longer.
    #[arg(long, value_enum, value_name = "FORMAT")]
    #[arg(conflicts_with_all = ["pattern", "condition", "rate", "state", "verify", "verify_only", "list"])]
    pub(crate) from_format: Option<Format>,
    /// What stands before the session's id in the source's keys
    #[arg(long, value_name = "TEXT", requires = "from_format", default_value = "")]
    prefix: String,
    /// Where the user's id stands in a session's data, as a JSON pointer; where axum-login or actix-identity has it
    /// unless given
    #[arg(long, value_name = "POINTER", requires = "from_format", value_parser = pointer)]
    user_at: Option<String>,
    /// The new application's absolute timeout
    #[arg(long, value_name = "TTL", requires = "from_format", default_value = "30d")]
    absolute: Ttl,
    /// A file that holds, byte for byte, the newest secret of the new application's sessions, if it has any
    #[arg(long, value_name = "FILE", requires = "from_format")]
    secret_file: Option<PathBuf>,
    /// Copy into a target that holds sessions already: after a copy that was interrupted, or where nothing has ended
    #[arg(long, requires = "from_format")]
    again: bool,
}

/// What wrote the sessions.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// The RedisStore of tower-sessions-redis-store
    TowerSessionsRedis,
    /// The RedisSessionStore of actix-session
    ActixSession,
}

impl Format {
    /// How many characters its ids have.
    fn id_characters(self) -> usize {
        match self {
            Self::TowerSessionsRedis => tower_sessions::ID,
            Self::ActixSession => actix_session::ID,
        }
    }

    fn read(self, id: &str, value: &[u8]) -> Option<Fields> {
        match self {
            Self::TowerSessionsRedis => tower_sessions::read(id, value),
            Self::ActixSession => actix_session::read(value),
        }
    }

    /// Where the framework's usual companion keeps the user's id.
    fn user_at(self) -> &'static str {
        match self {
            Self::TowerSessionsRedis => "/axum-login.data/user_id",
            Self::ActixSession => "/actix_identity.user_id",
        }
    }

    /// What an application reads in the fields.
    fn shown(self, fields: &Fields) -> Value {
        let shown = fields.iter().map(|(name, value)| {
            let value = match self {
                Self::TowerSessionsRedis => value.clone(),
                Self::ActixSession => actix_session::shown(value),
            };
            (name.to_owned(), value)
        });
        Value::Object(shown.collect::<Map<_, _>>())
    }
}

impl Migration {
    /// Copies all sessions.
    pub(crate) async fn run(
        &self,
        format: Format,
        from: &Place,
        to: &Place,
        shared: &Shared,
    ) -> Result<Outcome, Failure> {
        let secret = self.secret()?;
        let source = Foreign::open(from.url()).await.map_err(|error| Failure::from(error).at("--from"))?;
        // Asked before the target is made: a source that is not there makes none.
        let glob = self.glob(format);
        let mut page = source.page(&glob, 0).await.map_err(|error| Failure::from(error).at("--from"))?;
        let target = to.open(Access::Create).await.map_err(|failure| failure.at("--to"))?;
        if !self.again && holds_sessions(&target).await? {
            return Err(Failure::usage(
                "--to holds sessions already; those that have ended there would come back: --again copies all the same",
            ));
        }
        let adapter = self.adapter(format, &target, secret)?;
        let progress = Progress::new(None, false, shared.is_quiet());
        let mut interrupt = Interrupt::new().map_err(|error| Failure::io("signals", &error))?;
        let mut counts = Counts { kept: Some(0), ..Counts::default() };
        let whole = loop {
            let (strings, next) = page;
            let copied = interrupt.or(self.copy(format, &adapter, &strings, &mut counts)).await.transpose()?;
            progress.at(counts.read, String::new);
            match (copied, next) {
                (None, _) => break false,
                (_, None) => break true,
                (_, Some(cursor)) => page = source.page(&glob, cursor).await?,
            }
        };
        progress.finish();
        if counts.refused > 0 {
            say(&format!("error: {} keys look like sessions and hold none", counts.refused));
        }
        counts.tell(shared, shared.wants_json())?;
        if !whole {
            say("interrupted: the same command with --again copies the rest");
        }
        Ok(if whole && counts.refused == 0 { Outcome::Done } else { Outcome::Partly })
    }

    async fn copy(
        &self,
        format: Format,
        adapter: &Adapter,
        strings: &[ForeignString],
        counts: &mut Counts,
    ) -> Result<(), Failure> {
        for ForeignString { key, value, ttl } in strings {
            counts.read += 1;
            let id = key.get(self.prefix.len()..).and_then(|id| std::str::from_utf8(id).ok());
            let read = id.and_then(|id| Some((id, format.read(id, value)?)));
            let Some((id, fields)) = read else {
                counts.refused += 1;
                continue;
            };
            let draft = Draft::new(fields).idle(self.remains(*ttl));
            match adapter.create(id.as_bytes(), draft).await? {
                Placed::Written => counts.written += 1,
                Placed::Taken => counts.kept = counts.kept.map(|kept| kept + 1),
                Placed::Gone | Placed::Refused(_) => counts.refused += 1,
            }
        }
        Ok(())
    }

    fn secret(&self) -> Result<Option<Secret>, Failure> {
        let Some(file) = &self.secret_file else { return Ok(None) };
        let name = named(file);
        let secret = std::fs::read(file).map_err(|error| Failure::io(&name, &error))?;
        Secret::new(&secret).map(Some).map_err(|error| Failure::from(error).at(&name))
    }

    fn adapter(&self, format: Format, target: &Opened, secret: Option<Secret>) -> Result<Adapter, Failure> {
        let opened = larder::Opened::new(target.backend.clone()).with_namespace(target.namespace.clone());
        let sessions = Sessions::builder(&opened).absolute(self.remains(self.absolute)).secrets(secret).build()?;
        let pointer = self.user_at.clone().unwrap_or_else(|| format.user_at().to_owned());
        let index = move |fields: &Fields| match format.shown(fields).pointer(&pointer)? {
            Value::Null => None,
            id => Some(Principal::from_json(id)),
        };
        Ok(sessions.adapter(index))
    }

    /// A key without an end gets that of the absolute timeout.
    fn remains(&self, ttl: Ttl) -> Duration {
        match (ttl, self.absolute) {
            (Ttl::After(remains), _) | (Ttl::Never, Ttl::After(remains)) => remains,
            (Ttl::Never, Ttl::Never) => Ttl::MAX,
        }
    }

    /// The pattern of the source's keys.
    fn glob(&self, format: Format) -> Vec<u8> {
        let escaped = self.prefix.bytes().flat_map(|byte| [b'\\', byte]);
        escaped.chain(std::iter::repeat_n(b'?', format.id_characters())).collect()
    }
}

fn pointer(text: &str) -> Result<String, String> {
    match text.starts_with('/') {
        true => Ok(text.to_owned()),
        false => Err("a JSON pointer begins with `/`, as /user_id".to_owned()),
    }
}

async fn holds_sessions(target: &Opened) -> Result<bool, Failure> {
    let (all, mut cursor) = (pattern!["session", _], Cursor::START);
    loop {
        let page = target.backend.scan(&target.namespace, &all, Select::Keys, &cursor, 1).await?;
        match page.next {
            _ if !page.records.is_empty() => return Ok(true),
            Some(next) => cursor = next,
            None => return Ok(false),
        }
    }
}
