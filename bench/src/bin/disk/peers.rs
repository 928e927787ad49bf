//! The peers: redb and SQLite, used directly for what Larder uses its file for.

use std::fs;
use std::path::{Path, PathBuf};

use redb::{ConcurrencyMode, Database, ReadOnlyTable, ReadableDatabase, ReadableTable, TableDefinition};
use rusqlite::{Connection, OptionalExtension, params};

/// The memory that each may use as a cache.
pub const CACHE: usize = 64 << 20;

/// How many expired records one commit removes.
const SWEEP: usize = 1000;

/// A record as peers keep it.
pub struct Record {
    pub key: Vec<u8>,
    pub deadline: u64,
    pub value: Vec<u8>,
}

/// A store of records with deadlines.
pub trait Peer: Send {
    /// Writes records in one durable commit.
    fn put(&mut self, records: &[Record]);
    /// Reads a value, in a transaction of its own.
    fn get(&mut self, key: &[u8]) -> Option<Vec<u8>>;
    /// Removes what ended before a moment; answers how much.
    fn expire(&mut self, now: u64) -> u64;
    /// Gives back all room that it can.
    fn compact(&mut self);
    /// What it takes on disk.
    fn bytes(&self) -> u64;
}

const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");
const DEADLINES: TableDefinition<'_, &[u8], ()> = TableDefinition::new("deadlines");

/// redb: records, and their deadlines in order.
pub struct Redb {
    database: Database,
    path: PathBuf,
}

pub type Records = ReadOnlyTable<&'static [u8], &'static [u8]>;

impl Redb {
    pub fn open(path: &Path, mode: ConcurrencyMode) -> Self {
        let mut builder = Database::builder();
        let database = builder.set_cache_size(CACHE).set_concurrency_mode(mode).create(path).unwrap();
        Self { database, path: path.to_owned() }
    }

    /// The records as they are now, for several reads.
    pub fn records(&self) -> Records {
        self.database.begin_read().unwrap().open_table(RECORDS).unwrap()
    }

    /// Reads a value out of records.
    pub fn get_in(records: &Records, key: &[u8]) -> Option<Vec<u8>> {
        records.get(key).unwrap().map(|stored| stored.value()[12..].to_vec())
    }
}

impl Peer for Redb {
    fn put(&mut self, records: &[Record]) {
        let mut transaction = self.database.begin_write().unwrap();
        transaction.set_quick_repair(true);
        {
            let mut table = transaction.open_table(RECORDS).unwrap();
            let mut deadlines = transaction.open_table(DEADLINES).unwrap();
            for Record { key, deadline, value } in records {
                // Where Larder has a checksum stand four bytes.
                let stored = [&deadline.to_be_bytes()[..], &[0; 4], value].concat();
                let old = table.insert(key.as_slice(), stored.as_slice()).unwrap();
                let old = old.map(|old| [&old.value()[..8], key].concat());
                if let Some(old) = old {
                    deadlines.remove(old.as_slice()).unwrap();
                }
                deadlines.insert([&deadline.to_be_bytes()[..], key].concat().as_slice(), ()).unwrap();
            }
        }
        transaction.commit().unwrap();
    }

    fn get(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        Self::get_in(&self.records(), key)
    }

    fn expire(&mut self, now: u64) -> u64 {
        let mut removed = 0;
        loop {
            let mut transaction = self.database.begin_write().unwrap();
            transaction.set_quick_repair(true);
            let ended: Vec<Vec<u8>> = {
                let mut table = transaction.open_table(RECORDS).unwrap();
                let mut deadlines = transaction.open_table(DEADLINES).unwrap();
                let before = now.to_be_bytes();
                let ended = deadlines.range(..&before[..]).unwrap().take(SWEEP);
                let ended: Vec<Vec<u8>> = ended.map(|entry| entry.unwrap().0.value().to_vec()).collect();
                for entry in &ended {
                    deadlines.remove(entry.as_slice()).unwrap();
                    table.remove(&entry[8..]).unwrap();
                }
                ended
            };
            transaction.commit().unwrap();
            removed += ended.len() as u64;
            if ended.len() < SWEEP {
                return removed;
            }
        }
    }

    fn compact(&mut self) {
        self.database.compact().unwrap();
    }

    fn bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |file| file.len())
    }
}

/// SQLite: one table by key, and an index over deadlines.
pub struct Sqlite {
    connection: Connection,
    path: PathBuf,
}

impl Sqlite {
    pub fn open(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        let kibibytes = CACHE >> 10;
        connection
            .execute_batch(&format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -{kibibytes};
                 CREATE TABLE IF NOT EXISTS records
                     (key BLOB PRIMARY KEY, deadline INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;
                 CREATE INDEX IF NOT EXISTS deadlines ON records (deadline);"
            ))
            .unwrap();
        Self { connection, path: path.to_owned() }
    }

    /// Begins or ends a transaction for several reads.
    pub fn run(&self, statement: &str) {
        self.connection.execute_batch(statement).unwrap();
    }
}

impl Peer for Sqlite {
    fn put(&mut self, records: &[Record]) {
        let transaction = self.connection.transaction().unwrap();
        {
            let upsert = "INSERT INTO records VALUES (?1, ?2, ?3)
                ON CONFLICT (key) DO UPDATE SET deadline = excluded.deadline, value = excluded.value";
            let mut upsert = transaction.prepare_cached(upsert).unwrap();
            for Record { key, deadline, value } in records {
                upsert.execute(params![key, deadline.cast_signed(), value]).unwrap();
            }
        }
        transaction.commit().unwrap();
    }

    fn get(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        let mut select = self.connection.prepare_cached("SELECT value FROM records WHERE key = ?1").unwrap();
        select.query_row([key], |row| row.get(0)).optional().unwrap()
    }

    fn expire(&mut self, now: u64) -> u64 {
        let delete = format!(
            "DELETE FROM records WHERE key IN
                (SELECT key FROM records WHERE deadline < ?1 ORDER BY deadline LIMIT {SWEEP})"
        );
        let mut delete = self.connection.prepare(&delete).unwrap();
        let mut removed = 0;
        loop {
            match delete.execute([now.cast_signed()]).unwrap() {
                0 => return removed,
                some => removed += some as u64,
            }
        }
    }

    fn compact(&mut self) {
        self.run("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
    }

    fn bytes(&self) -> u64 {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        [&self.path, Path::new(&log)]
            .into_iter()
            .filter_map(|path| fs::metadata(path).ok())
            .map(|file| file.len())
            .sum()
    }
}
