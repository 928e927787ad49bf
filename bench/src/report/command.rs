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
    let facts = ["machine", "allocator", "date"].map(|fact| figures.stated(fact));
    let facts = format!("{}; {} allocator, {}; on a disk store.", facts[0], facts[1], facts[2]);
    format!("{facts}\n\n{}", table(&["`larder`", "figure"], &rows))
}
