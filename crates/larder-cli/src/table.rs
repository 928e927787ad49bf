//! Aligned columns for people.

use crate::exit::Failure;
use crate::output::{Output, width};

/// A table that is printed page by page: a later page keeps the columns of the first, and widens where it must.
pub(crate) struct Table<const COLUMNS: usize> {
    titles: Option<[&'static str; COLUMNS]>,
    widths: [usize; COLUMNS],
    /// The terminal's width; on a pipe nothing is cut.
    limit: Option<usize>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    pub(crate) fn new(titles: [&'static str; COLUMNS]) -> Self {
        Self { widths: titles.map(str::len), titles: Some(titles), limit: width() }
    }

    /// Prints rows, and the titles ahead of the first ones. The last column is cut at the edge of the terminal.
    pub(crate) fn print(&mut self, rows: &[[String; COLUMNS]], output: &mut Output) -> Result<(), Failure> {
        for row in rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(console::measure_text_width(cell));
            }
        }
        if let Some(titles) = self.titles.take() {
            let line = self.line(titles);
            let line = if output.paints() { format!("\x1b[1m{line}\x1b[0m") } else { line };
            output.line(&line)?;
        }
        rows.iter().try_for_each(|row| output.line(&self.line(row.each_ref().map(String::as_str))))
    }

    fn line(&self, cells: [&str; COLUMNS]) -> String {
        let mut line = String::new();
        for (index, (cell, width)) in cells.iter().zip(self.widths).enumerate() {
            if index + 1 < COLUMNS {
                line.push_str(&console::pad_str(cell, width + 2, console::Alignment::Left, None));
                continue;
            }
            match self.limit {
                // A narrow terminal still shows the beginning of a value.
                Some(limit) => {
                    let left = limit.saturating_sub(console::measure_text_width(&line)).max(20);
                    line.push_str(&console::truncate_str(cell, left, "…"));
                }
                None => line.push_str(cell),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}
