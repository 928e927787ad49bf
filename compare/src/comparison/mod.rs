//! The published session stores beside ours: one script for each, in one run.

mod app;
mod contender;
mod cost;
pub mod page;
mod revocation;
mod updates;

use std::time::Duration;

use contender::{Contender, Place};
use cost::Cost;
use revocation::{Outcome, Way};

/// Longer than any part of the script takes, by far.
const PATIENCE: Duration = Duration::from_secs(240);

/// What came of the script for one store.
pub struct Told {
    pub name: &'static str,
    pub is_ours: bool,
    /// Ended by a request of its own while another of its requests is under way.
    pub signed_out: Outcome,
    /// Ended with all sessions of its user, where the store can do that.
    pub revoked: Option<Outcome>,
    /// How many of so many updates of different fields were lost.
    pub lost: usize,
    /// Whether what the framework asks the store for a session by stands in what the store keeps; none where it keeps
    /// nothing outside of its process.
    pub shows_key: Option<bool>,
    /// What a request costs on Redis.
    pub costs: Option<Vec<Cost>>,
    /// Bytes of Redis's memory and keys a session.
    pub held: Option<(f64, f64)>,
}

/// Runs the script for every store, with so many updates.
pub async fn run(updates: usize, mut tell: impl FnMut(&str)) -> Vec<Told> {
    let mut told = Vec::new();
    for contender in contender::all().await {
        tell(contender.name);
        let script = tokio::time::timeout(PATIENCE, script(&contender, updates)).await;
        told.push(script.unwrap_or_else(|_| panic!("{} does not come to an end", contender.name)));
    }
    told
}

async fn script(contender: &Contender, updates: usize) -> Told {
    let signed_out = revocation::run(contender, Way::SignOut).await.expect("every store can");
    let revoked = revocation::run(contender, Way::Everywhere).await;
    let lost = updates::lost(contender, updates).await;
    let shows_key = shows_key(contender).await;
    let (costs, held) = match &contender.place {
        Place::Redis(server, relay) => {
            server.command(&["FLUSHALL"]);
            let costs = cost::measure(contender, server, relay).await;
            (Some(costs), Some(cost::held(contender, server).await))
        }
        _ => (None, None),
    };
    let (name, is_ours) = (contender.name, contender.is_ours);
    Told { name, is_ours, signed_out, revoked, lost, shows_key, costs, held }
}

async fn shows_key(contender: &Contender) -> Option<bool> {
    let mut client = contender.app.client();
    client.must("/login/8").await;
    // In a file of ours it stands after 50 ms, as its URL has it.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (dump, key) = (contender.place.dump()?, client.key());
    assert!(!dump.is_empty() && key.len() > 20, "there is something to look for, and where");
    Some(dump.windows(key.len()).any(|window| window == key.as_bytes()))
}

impl Told {
    /// Whether what ended stays out without anybody being told an error, in every process, no update is lost, and the
    /// key of a session stands nowhere.
    pub fn keeps_promises(&self) -> bool {
        let ended = |outcome: Outcome| {
            let is_out = !outcome.is_back && !outcome.is_back_renamed;
            is_out && outcome.status == 200 && outcome.second_accepts != Some(true)
        };
        let is_over = ended(self.signed_out) && self.revoked.is_some_and(ended);
        is_over && self.lost == 0 && self.shows_key != Some(true)
    }
}
