//! The data of a session, as tower-sessions holds it and as it is stored.

use std::collections::HashMap;

use larder::Result;
use larder::sessions::Fields;
use larder::sessions::adapter::{Draft, Trace};
use serde_json::Value;

/// The name of the entry that [`SessionStore`](crate::SessionStore) hides in the data of every session it loads.
///
/// By it a save knows which session it was and what the request has changed. It is never stored. Leave it alone.
pub const HIDDEN: &str = "larder.trace";

/// What the framework holds, without what was hidden in it, and that.
pub(crate) fn draft(data: &HashMap<String, Value>) -> Result<(Fields, Option<Trace>)> {
    let trace = data.get(HIDDEN).map(Trace::from_json).transpose()?;
    let fields = data.iter().filter(|(name, _)| *name != HIDDEN);
    Ok((fields.map(|(name, value)| (name.clone(), value.clone())).collect(), trace))
}

/// With the trace that goes along.
pub(crate) fn traced(draft: Draft, trace: Option<Trace>) -> Draft {
    match trace {
        Some(trace) => draft.trace(trace),
        None => draft,
    }
}

/// What the framework is to hold.
pub(crate) fn shown(fields: &Fields, trace: &Trace) -> HashMap<String, Value> {
    let fields = fields.iter().map(|(name, value)| (name.to_owned(), value.clone()));
    fields.chain([(HIDDEN.to_owned(), trace.to_json())]).collect()
}
