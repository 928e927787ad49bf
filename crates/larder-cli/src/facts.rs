//! A few named facts: one object of JSON, or a line each.

use serde_json::Value;

use crate::args::Shared;
use crate::exit::Failure;
use crate::format::Format;
use crate::output::{Output, visible};

/// Facts in the order they are told.
pub(crate) struct Facts(Vec<(&'static str, Value)>);

/// One of them; `null` is left out of what people read.
pub(crate) fn fact(name: &'static str, value: Value) -> (&'static str, Value) {
    (name, value)
}

impl From<Vec<(&'static str, Value)>> for Facts {
    fn from(facts: Vec<(&'static str, Value)>) -> Self {
        Self(facts)
    }
}

impl Facts {
    /// Prints them as the format says.
    pub(crate) fn print(self, shared: &Shared, output: &mut Output) -> Result<(), Failure> {
        if Format::chosen(shared.format, output) == Format::Jsonl {
            return output.line(&self.json());
        }
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, value) in &self.0 {
            match value {
                Value::Null => {}
                Value::String(text) => output.line(&format!("{name:width$}  {}", visible(text)))?,
                value => output.line(&format!("{name:width$}  {value}"))?,
            }
        }
        Ok(())
    }

    /// One object.
    pub(crate) fn json(self) -> String {
        // An object would sort its names.
        let members: Vec<_> = self.0.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    }
}
