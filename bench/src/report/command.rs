//! What is said of the command.

use crate::figures::Figures;
use crate::table::{figure, table};

/// The figures as a table, and what they were measured under.
pub fn tables(figures: &Figures) -> String {
    let row = |row: &&str| {
        let median = figures.median("", row, "larder").unwrap_or(f64::NAN);
        vec![(*row).to_owned(), figure(median, figures.unit("", row))]
    };
    let rows: Vec<_> = figures.rows("").iter().map(row).collect();
    let facts = format!("{}, {}, on a disk store.", figures.stated("machine"), figures.stated("date"));
    format!("{facts}\n\n{}", table(&["`larder`", "figure"], &rows))
}
