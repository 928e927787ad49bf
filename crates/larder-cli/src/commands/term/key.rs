//! `larder term key`.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use clap::{Args, ValueEnum};
use larder::Term;

use super::{Asked, answer};
use crate::args::Shared;
use crate::exit::{Failure, Outcome};
use crate::literal::{self, Otp};

/// Print the Redis key under which a Phoenix application's Pow keeps a record
///
/// --namespace is a literal here, `"cache"` unless given. --otp is the release that the application runs on: keys with
/// atoms in them differ between 25 and 26.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Key {
    /// Whose keys
    #[arg(long, value_enum, default_value_t)]
    layout: Layout,
    #[command(flatten)]
    asked: Asked,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Layout {
    /// Pow's, since 1.0.14: each part in ETF, in URL-safe base64, joined by colons.
    #[default]
    Pow,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder term key --layout pow --otp 25 --namespace '\"credentials\"' '[MyApp.Users.User, :user, 1]'
  larder term key '\"myapp_0b6dd1a5\"'";

impl Key {
    pub(crate) fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let Layout::Pow = self.layout;
        let namespace = match &shared.store.namespace {
            None => Term::from("cache"),
            Some(text) => literal::read(text)
                .map_err(|error| Failure::from(error).at("--namespace is a literal here, as `\"credentials\"`"))?,
        };
        answer(&self.asked.terms, |text| pow(&namespace, &literal::read(text)?, shared.otp(None)))
    }
}

/// Pow's key: the namespace and the parts. As there, `nil` and `[]` have none.
fn pow(namespace: &Term, key: &Term, otp: Otp) -> Result<String, Failure> {
    if key.as_improper().is_some() {
        return Err(Failure::usage("an improper list is no key"));
    }
    let alone = std::slice::from_ref(key);
    let parts = key.as_list().unwrap_or(if key.is_nil() { &[] } else { alone });
    let segment = |part| Ok(BASE64_URL_SAFE_NO_PAD.encode(literal::to_etf(part, otp)?));
    let segments = std::iter::once(namespace).chain(parts).map(segment).collect::<Result<Vec<_>, larder::Error>>();
    Ok(segments?.join(":"))
}
