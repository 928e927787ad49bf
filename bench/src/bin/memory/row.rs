//! What candidates are asked to do, and the line that asks for it.

/// One line of a table.
pub struct Row {
    pub name: &'static str,
    pub operation: Operation,
    pub zipf: bool,
    /// As many operations a round as there are records, divided by this.
    share: usize,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Operation {
    Get,
    Refresh,
    /// Nine gets, one refresh.
    Mixed,
    New,
    Delete,
    All,
    /// Bytes beyond names and values, a record.
    Size,
    /// The end of a twentieth of the records, by itself or by a sweep over all.
    Expire,
}

const OPERATIONS: [(&str, Operation); 8] = [
    ("get", Operation::Get),
    ("refresh", Operation::Refresh),
    ("mixed", Operation::Mixed),
    ("new", Operation::New),
    ("delete", Operation::Delete),
    ("all", Operation::All),
    ("size", Operation::Size),
    ("expire", Operation::Expire),
];

const fn row(name: &'static str, operation: Operation, zipf: bool, share: usize) -> Row {
    Row { name, operation, zipf, share }
}

pub static EVERY: [Row; 10] = [
    row("get, uniform", Operation::Get, false, 2),
    row("get, zipf", Operation::Get, true, 2),
    row("refresh, uniform", Operation::Refresh, false, 2),
    row("refresh, zipf", Operation::Refresh, true, 2),
    row("90 get / 10 refresh, zipf", Operation::Mixed, true, 2),
    row("new key", Operation::New, false, 5),
    row("delete", Operation::Delete, false, 5),
    // Of ten records each, and so of as many records as are got one by one: a round of both is as long.
    row("all of 10", Operation::All, false, 20),
    row("a record that expires", Operation::Expire, false, 20),
    row("bytes over payload", Operation::Size, false, 1),
];

pub static A_FEW: [Row; 4] = [
    row("get, zipf", Operation::Get, true, 4),
    row("refresh, zipf", Operation::Refresh, true, 4),
    row("90 get / 10 refresh, zipf", Operation::Mixed, true, 4),
    row("bytes over payload", Operation::Size, false, 1),
];

impl Row {
    /// Whether it is one of operations that threads do side by side, on any record and at any time.
    pub fn is_a_few(&self) -> bool {
        matches!(self.operation, Operation::Get | Operation::Refresh | Operation::Mixed)
    }
}

/// What a candidate is asked, once.
pub struct Question {
    pub operation: Operation,
    pub zipf: bool,
    pub threads: usize,
    pub operations: usize,
    pub round: usize,
}

impl Question {
    pub fn new(row: &Row, threads: usize, round: usize, records: usize) -> Self {
        // An expiry is one deed, of which two threads cannot have parts.
        let threads = if matches!(row.operation, Operation::Size | Operation::Expire) { 1 } else { threads };
        let operations = (records / row.share).next_multiple_of(threads);
        Self { operation: row.operation, zipf: row.zipf, threads, operations, round }
    }

    pub fn line(&self) -> String {
        let (word, _) = OPERATIONS.iter().find(|(_, operation)| *operation == self.operation).expect("all are named");
        format!("{word} {} {} {} {}", u8::from(self.zipf), self.threads, self.operations, self.round)
    }

    /// What a line asks.
    pub fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let word = words.next()?;
        let (_, operation) = OPERATIONS.into_iter().find(|(name, _)| *name == word)?;
        let mut number = || words.next()?.parse::<usize>().ok();
        let (zipf, threads, operations, round) = (number()? == 1, number()?, number()?, number()?);
        Some(Self { operation, zipf, threads, operations, round })
    }
}
