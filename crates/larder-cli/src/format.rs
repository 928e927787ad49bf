//! The two ways to print records.

use clap::ValueEnum;

use crate::output::Output;

/// How records are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns, for people.
    Table,
    /// One JSON object a line, for programs.
    Jsonl,
}

impl Format {
    /// What was asked for, else a table on a terminal and JSON lines on a pipe.
    pub(crate) fn chosen(asked: Option<Self>, output: &Output) -> Self {
        asked.unwrap_or(if output.is_terminal() { Self::Table } else { Self::Jsonl })
    }
}
