//! How far a copy has got, in a file of the user's.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use clap::ValueEnum;
use larder::Cursor;
use serde::{Deserialize, Serialize};

use crate::counts::Counts;
use crate::exit::Failure;
use crate::file::{create_private, named, part_of};
use crate::literal;
use crate::recode::Recode;
use crate::store::Place;

/// Which copy it is. One that goes on has to be the same.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trip {
    from: String,
    from_namespace: String,
    to: String,
    to_namespace: String,
    pattern: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recode: Option<String>,
}

impl Trip {
    pub(crate) fn new(from: &Place, to: &Place, pattern: &str, recode: Option<Recode>) -> Self {
        let namespace = |place: &Place| literal::write(&place.namespace().term());
        Self {
            from: from.whereabouts(),
            from_namespace: namespace(from),
            to: to.whereabouts(),
            to_namespace: namespace(to),
            pattern: pattern.to_owned(),
            recode: recode.and_then(|recode| Some(recode.to_possible_value()?.get_name().to_owned())),
        }
    }
}

/// The file of `--state`: everything ahead of its position is written to the target for good, or told of.
pub(crate) struct Bookmark {
    file: PathBuf,
    trip: Trip,
    position: Option<(Cursor, Counts)>,
}

/// What stands in the file. The cursor holds a key, so nobody else may read it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    larder_copy: u64,
    of: Trip,
    cursor: String,
    counts: Counts,
}

impl Bookmark {
    /// Reads it where it is there. A file that is something else is left as it is.
    pub(crate) fn open(file: &Path, trip: Trip) -> Result<Self, Failure> {
        // What a link leads to is replaced, not the link.
        let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
        if file.metadata().is_ok_and(|about| !about.is_file()) {
            return Err(Failure::usage(format!("{}: is no file", named(&file))));
        }
        let position = match fs::read(&file) {
            // As `mktemp` makes it.
            Ok(text) if text.is_empty() => None,
            Ok(text) => Some(read(&text, &trip).map_err(|failure| failure.at(&named(&file)))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::io(&named(&file), &error)),
        };
        Ok(Self { file, trip, position })
    }

    /// Where a copy goes on that was interrupted, and what it had done by then.
    pub(crate) fn position(&self) -> Option<(Cursor, Counts)> {
        self.position.clone()
    }

    /// Moves it, in one step.
    pub(crate) fn save(&self, cursor: &Cursor, counts: Counts) -> Result<(), Failure> {
        let cursor = BASE64_STANDARD.encode(cursor.as_bytes());
        let saved = Saved { larder_copy: 1, of: self.trip.clone(), cursor, counts };
        let part = part_of(&self.file);
        let write = || {
            let mut text = serde_json::to_vec(&saved)?;
            text.push(b'\n');
            let mut file = create_private(&part)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&part, &self.file)
        };
        write().map_err(|error| Failure::io(&named(&self.file), &error))
    }

    /// Removes it: the copy is whole.
    pub(crate) fn remove(self) -> Result<(), Failure> {
        fs::remove_file(&self.file).map_err(|error| Failure::io(&named(&self.file), &error))
    }

    /// Its name as an argument.
    pub(crate) fn name(&self) -> String {
        named(&self.file)
    }
}

fn read(text: &[u8], trip: &Trip) -> Result<(Cursor, Counts), Failure> {
    let foreign = || Failure::usage("this is not the state of a copy, so it is left as it is: name another file");
    let saved: Saved = serde_json::from_slice(text).map_err(|_| foreign())?;
    if saved.larder_copy != 1 {
        return Err(foreign());
    }
    if saved.of != *trip {
        return Err(Failure::usage(
            "this is the state of another copy: of other stores, other namespaces, another PATTERN or another --recode",
        ));
    }
    let cursor = BASE64_STANDARD.decode(&saved.cursor).map_err(|_| foreign())?;
    Ok((Cursor::new(cursor), saved.counts))
}
