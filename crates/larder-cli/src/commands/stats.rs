//! `larder stats`.

use clap::Args;
use larder::Backend;
use serde_json::{Value, json};

use crate::args::Shared;
use crate::exit::{Failure, Outcome};
use crate::facts::{Facts, fact};
use crate::literal;
use crate::output::{Output, say};
use crate::store::{Access, Place};

/// Tell what the store is, how it is, and what the namespace holds
///
/// Counts the namespace's records, which costs a listing of it.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Stats {}

const EXAMPLES: &str = "\
EXAMPLES:
  larder stats
  larder stats --namespace staging --format jsonl";

/// The server behind the store, where there is one: its version and role, and how long an answer takes.
fn health(info: &larder::Info) -> Value {
    let Some(health) = &info.health else { return Value::Null };
    let version = health.version.as_deref().map(|version| format!("Redis {version}"));
    let round_trip = health.round_trip.map(|time| format!("answers in {} us", time.as_micros()));
    let known: Vec<_> = [version, health.role.clone(), round_trip].into_iter().flatten().collect();
    json!(known.join(", "))
}

impl Stats {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let opened = Place::choose(&shared.store)?.open(Access::Look).await?;
        let info = opened.backend.info().await?;
        let stats = opened.store().stats().await?;
        let namespace = opened.namespace.term();
        let named = namespace.as_text().map_or_else(|| format!("={}", literal::write(&namespace)), str::to_owned);
        let text = |ttl: Option<larder::Ttl>| ttl.map_or(Value::Null, |ttl| json!(ttl.to_string()));
        let mut output = Output::new();
        let facts = vec![
            fact("backend", json!(info.backend)),
            fact("file", json!(info.file.as_ref().map(|file| file.to_string_lossy()))),
            fact("server", health(&info)),
            fact("stored_records", json!(info.records)),
            fact("stored_bytes", json!(info.bytes)),
            fact("max_bytes", json!(info.max_bytes)),
            fact("namespace", json!(named)),
            fact("records", json!(stats.records)),
            fact("value_bytes", json!(stats.value_bytes)),
            fact("without_end", json!(stats.without_end)),
            fact("first_end", text(stats.first_end)),
            fact("last_end", text(stats.last_end)),
            fact("damaged", json!(stats.damaged)),
        ];
        Facts::from(facts).print(shared, &mut output)?;
        output.finish()?;
        for warning in &info.warnings {
            say(&format!("warning: {warning}"));
        }
        Ok(if stats.damaged > 0 { Outcome::Damaged } else { Outcome::Done })
    }
}
