//! `larder touch`.

use clap::Args;
use larder::{Backend, Key, Ttl};

use crate::args::Shared;
use crate::exit::{Failure, Outcome};
use crate::path;
use crate::store::{Access, Place};

/// Give living records a new ttl, from now, and leave their values
///
/// Creates nothing and brings nothing back. Exit code 1: one of them was not there.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Touch {
    /// Which records
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
    /// How long they live from now: 100ms, 90s, 1h30m, 7d or never
    ///
    /// It beats the URL's `?ttl=`, which beats LARDER_TTL.
    #[arg(long, allow_hyphen_values = true)]
    ttl: Option<Ttl>,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder touch --ttl 30m user/int:42/session/f3
  larder touch --ttl never settings";

impl Touch {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let keys = self.keys.iter().map(|text| path::key(text)).collect::<Result<Vec<Key>, _>>();
        let keys = keys.map_err(|failure| failure.at("KEY"))?;
        let place = Place::choose(&shared.store)?;
        place.limits().check_keys(&keys).map_err(|error| Failure::from(error).at("KEY"))?;
        let ttl = place.ttl(self.ttl)?;
        let opened = place.open(Access::Change).await?;
        let lived = opened.backend.touch(&opened.namespace, &keys, ttl).await?;
        let touched = lived.iter().filter(|lived| **lived).count();
        if touched == keys.len() {
            return Ok(Outcome::Done);
        }
        shared.note(&match keys.len() {
            1 => "not found".to_owned(),
            asked => format!("touched {touched} of {asked}; the others were not found"),
        });
        Ok(Outcome::Negative)
    }
}
