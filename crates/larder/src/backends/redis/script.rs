//! The fixed scripts: what no single command of Redis does in one step. Everything else needs none.

use redis::Value;
use sha1::{Digest, Sha1};

use crate::error::{Error, ErrorKind, Result};

use super::connection::{Command, Commands, Connection, Effect, failed};
use super::reply;

/// A script whose text never changes: what is variable goes in as keys and arguments.
pub(super) struct Script {
    text: &'static str,
}

/// Writes a record under a condition that looks at its value or at both of its spellings, and ends the other spelling.
///
/// KEYS: the record's spellings, first the one to write. ARGV: value, ttl in ms or empty for never, condition, version.
pub(super) const PUT: Script = Script {
    text: "\
local found = false
for _, key in ipairs(KEYS) do
  found = redis.call('GET', key)
  if found then break end
end
local when = ARGV[3]
if when == 'absent' and found then return 0 end
if when == 'present' and not found then return 0 end
if when == 'unchanged' and (not found or redis.sha1hex(found) ~= ARGV[4]) then return 0 end
if ARGV[2] == '' then
  redis.call('SET', KEYS[1], ARGV[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
if KEYS[2] then redis.call('UNLINK', KEYS[2]) end
return 1
",
};

/// Gets a record by the first of its spellings that lives, and ends both.
pub(super) const TAKE: Script = Script {
    text: "\
local found = false
for _, key in ipairs(KEYS) do
  found = redis.call('GET', key)
  if found then break end
end
redis.call('UNLINK', unpack(KEYS))
return found
",
};

impl Script {
    /// The command that carries the text: for a MULTI, where a script the server has forgotten could not be sent anew.
    pub(super) fn whole(&self, keys: &[&[u8]], arguments: &[&[u8]]) -> Command {
        Self::command("EVAL", self.text.as_bytes(), keys, arguments)
    }

    /// Runs it by its digest, and sends the text where the server has forgotten it.
    pub(super) async fn run(&self, connection: &Connection, keys: &[&[u8]], arguments: &[&[u8]]) -> Result<Value> {
        let digest = format!("{:x}", Sha1::digest(self.text));
        let mut commands = Commands::default();
        commands.push(Self::command("EVALSHA", digest.as_bytes(), keys, arguments).bytes());
        let first = connection.pipeline(&commands, Effect::Write).await?.pop().ok_or_else(reply::slipped)?;
        match first {
            Value::ServerError(error) if error.code() == "NOSCRIPT" => {
                connection.call(&self.whole(keys, arguments), Effect::Write).await.map_err(explain)
            }
            Value::ServerError(error) => Err(explain(failed(&error))),
            answer => Ok(answer),
        }
    }

    fn command(name: &str, script: &[u8], keys: &[&[u8]], arguments: &[&[u8]]) -> Command {
        let room = keys.iter().chain(arguments).map(|part| part.len() + 16).sum::<usize>() + script.len();
        let command = Command::with_room(name, room).arg(script).number(keys.len());
        keys.iter().chain(arguments).fold(command, Command::arg)
    }
}

/// Says what a right is for that is missing, where it is that to a script.
pub(super) fn explain(error: Error) -> Error {
    if error.kind() != ErrorKind::Denied || !error.to_string().contains("`+eval") {
        return error;
    }
    Error::new(
        ErrorKind::Denied,
        "a put under `Unchanged`, and a condition on a key with atoms, need a script: allow this user `+eval +evalsha`",
    )
    .at("redis")
    .caused_by(error)
}
