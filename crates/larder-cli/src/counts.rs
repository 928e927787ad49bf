//! What an import, export or copy did, counted.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::args::Shared;
use crate::exit::Failure;
use crate::facts::{Facts, fact};
use crate::output::Output;

/// The last line of an import, export or copy.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Counts {
    /// Records met.
    pub(crate) read: u64,
    pub(crate) written: u64,
    /// Those whose end has passed.
    pub(crate) expired: u64,
    /// Those that could not be read or written, each told of.
    pub(crate) refused: u64,
    /// Those left as they were by the condition of `--if`; `None` without one.
    pub(crate) kept: Option<u64>,
}

impl Counts {
    /// Tells them: on standard error, and as JSON on standard output where that is wanted.
    pub(crate) fn tell(self, shared: &Shared, json: bool) -> Result<(), Failure> {
        let Self { read, written, expired, refused, kept } = self;
        if json {
            let mut facts = vec![
                fact("read", json!(read)),
                fact("written", json!(written)),
                fact("expired", json!(expired)),
                fact("refused", json!(refused)),
            ];
            facts.extend(kept.map(|kept| fact("kept", json!(kept))));
            let mut output = Output::new();
            output.line(&Facts::from(facts).json())?;
            output.finish()?;
        }
        let kept = kept.map_or_else(String::new, |kept| format!(", kept {kept}"));
        shared.note(&format!("read {read}, written {written}, expired {expired}, refused {refused}{kept}"));
        Ok(())
    }
}
