//! The bar that shows how far an import, export or copy is, on a terminal only.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error; nothing where that is no terminal.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar that goes up to `length` bytes or records, or a counter where the end is not known.
    pub(crate) fn new(length: Option<u64>, of_bytes: bool, quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let template = match (length, of_bytes) {
            (Some(_), true) => "{bar:30} {bytes}/{total_bytes} {msg} {eta} left",
            (Some(_), false) => "{bar:30} {pos}/{len} records, {per_sec}, {eta} left",
            (None, true) => "{spinner} {msg} {elapsed}",
            (None, false) => "{spinner} {pos} records, {per_sec} {elapsed}",
        };
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr_with_hz(5));
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    /// Moves the bar.
    pub(crate) fn at(&self, position: u64, message: impl FnOnce() -> String) {
        if !self.0.is_hidden() {
            self.0.set_position(position);
            self.0.set_message(message());
        }
    }

    /// Says something on standard error without tearing the bar.
    pub(crate) fn say(&self, text: &str) {
        self.0.suspend(|| crate::output::say(text));
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
