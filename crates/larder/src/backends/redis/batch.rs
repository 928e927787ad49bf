//! Commands on their way to the server, and which reply answers what.

use redis::Value;

use crate::error::{ErrorKind, Result};
use crate::sabotage;

use super::connection::{Command, Commands, Connection, Effect, failed};
use super::index::{Plan, Step};
use super::reply;

/// Commands that go out together. Those that are one step are a MULTI, so that nobody sees half of them.
#[derive(Default)]
pub(super) struct Batch {
    commands: Commands,
    /// Behind which commands a step ends, where there are several.
    ends: Vec<usize>,
}

/// Which of a batch's replies answers a command.
#[derive(Clone, Copy)]
pub(super) struct Place(usize);

impl Batch {
    /// An empty one with room for commands of so many bytes.
    pub(super) fn with_room(room: usize) -> Self {
        Self { commands: Commands::with_room(room), ..Self::default() }
    }

    /// Adds a command.
    pub(super) fn push(&mut self, command: &Command) -> Place {
        self.commands.push(command.bytes());
        Place(self.commands.len() - 1)
    }

    /// Adds the command of the words that are said, its name first.
    pub(super) fn say(&mut self, words: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Place {
        self.commands.say(words);
        Place(self.commands.len() - 1)
    }

    /// Adds the command of a step on an index.
    pub(super) fn step(&mut self, step: &Step) {
        self.say(|say| step.words(say));
    }

    /// Adds what a plan says, with the verb's own command where the record stands in it.
    ///
    /// The rounds of a plan follow one another in one batch: the server answers in the order it was asked.
    pub(super) fn follow<T>(&mut self, plan: &Plan, mut record: impl FnMut(&mut Self) -> T) -> Option<T> {
        let mut answer = None;
        for step in plan.0.iter().flatten().flat_map(|group| &group.0) {
            if *step == Step::Record {
                answer = Some(record(self));
                continue;
            }
            self.step(step);
        }
        answer
    }

    /// Ends a step: what was added since the one before is read as of one moment, and need not be of the same as others.
    pub(super) fn end_step(&mut self) {
        self.ends.push(self.commands.len());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// Sends it as one step.
    pub(super) async fn commit(mut self, connection: &Connection) -> Result<Replies> {
        if self.commands.len() > 1 && !sabotage::is_off("slots") {
            self.commands.atomic();
        }
        self.send(connection, Effect::Write).await
    }

    /// Reads each step as of one moment.
    pub(super) async fn snapshot(mut self, connection: &Connection) -> Result<Replies> {
        let read = if self.ends.len() > 1 {
            match self.send_steps(connection).await {
                // MULTI is taken even by a server that answers nothing else yet. A command by itself waits for it.
                Err(error) if error.kind() == ErrorKind::Unavailable => {
                    let mut first = Commands::default();
                    self.commands.each().take(1).for_each(|command| first.push(command));
                    connection.pipeline(&first, Effect::Read).await?;
                    self.send_steps(connection).await
                }
                read => read,
            }
        } else {
            if self.commands.len() > 1 {
                self.commands.atomic();
            }
            self.send_all(connection, Effect::Read).await
        };
        match read {
            // A full server takes nothing into a MULTI. Then each reply is of its own moment.
            Err(error) if error.kind() == ErrorKind::Full => {
                let mut each = Self::default();
                self.commands.each().for_each(|command| each.commands.push(command));
                each.send_all(connection, Effect::Read).await
            }
            replies => replies,
        }
    }

    /// Sends it command by command, in one round trip.
    pub(super) async fn send(self, connection: &Connection, effect: Effect) -> Result<Replies> {
        self.send_all(connection, effect).await
    }

    /// Sends a MULTI for each step: all in one would keep the server from others for as long as all of it takes, and
    /// nobody knows how large the values are.
    async fn send_steps(&self, connection: &Connection) -> Result<Replies> {
        let (mut steps, mut commands) = (Commands::default(), self.commands.each());
        let mut begin = 0;
        for end in &self.ends {
            steps.push(Command::new("MULTI").bytes());
            commands.by_ref().take(end - begin).for_each(|command| steps.push(command));
            steps.push(Command::new("EXEC").bytes());
            begin = *end;
        }
        let mut replies = connection.pipeline(&steps, Effect::Read).await?.into_iter();
        let mut all = Vec::with_capacity(self.commands.len());
        let mut begin = 0;
        for end in &self.ends {
            let mut executed = None;
            // To MULTI, to each command that it is queued, or why not, and to EXEC.
            for _ in 0..end - begin + 2 {
                match replies.next().ok_or_else(reply::slipped)? {
                    Value::ServerError(error) => return Err(failed(&error)),
                    reply => executed = Some(reply),
                }
            }
            match executed {
                Some(Value::Array(answers)) if answers.len() == end - begin => {
                    all.extend(answers.into_iter().map(Some));
                }
                _ => return Err(reply::slipped()),
            }
            begin = *end;
        }
        Ok(Replies(all))
    }

    async fn send_all(&self, connection: &Connection, effect: Effect) -> Result<Replies> {
        if self.is_empty() {
            return Ok(Replies(Vec::new()));
        }
        let count = self.commands.len();
        let replies = connection.pipeline(&self.commands, effect).await?;
        if replies.len() != count {
            return Err(reply::slipped());
        }
        Ok(Replies(replies.into_iter().map(Some).collect()))
    }
}

/// The replies to a batch.
pub(super) struct Replies(Vec<Option<Value>>);

impl Replies {
    /// Looks whether any command was refused of those whose replies nobody took.
    pub(super) fn done(self) -> Result<()> {
        for reply in self.0.into_iter().flatten() {
            if let Value::ServerError(error) = reply {
                return Err(failed(&error));
            }
        }
        Ok(())
    }

    /// Takes a reply out; each is asked for once.
    pub(super) fn take(&mut self, place: Place) -> Result<Value> {
        self.0.get_mut(place.0).and_then(Option::take).ok_or_else(reply::slipped)
    }
}
