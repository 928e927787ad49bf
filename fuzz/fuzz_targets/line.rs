//! Lines of an import: what is read is written as a line that reads the same.
#![no_main]
#![allow(dead_code, reason = "of these modules of the command only what a line needs is used")]

#[path = "../../crates/larder-cli/src/exit.rs"]
mod exit;
#[path = "../../crates/larder-cli/src/json.rs"]
mod json;
#[path = "../../crates/larder-cli/src/line.rs"]
mod line;
#[path = "../../crates/larder-cli/src/lines.rs"]
mod lines;
#[path = "../../crates/larder-cli/src/literal.rs"]
mod literal;
#[path = "../../crates/larder-cli/src/output.rs"]
mod output;
#[path = "../../crates/larder-cli/src/path.rs"]
mod path;
#[path = "../../crates/larder-cli/src/value.rs"]
mod value;

use larder::Namespace;
use libfuzzer_sys::fuzz_target;

use self::line::{Line, Reader, Writer};
use self::literal::Otp;
use self::value::{Codec, Coding};

fuzz_target!(|bytes: &[u8]| {
    let _ = line::check_header(bytes);
    let mut reader = Reader::new(Otp::Otp26);
    // Two lines, for the reader remembers the first one's namespace.
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let read: Vec<Line> = lines.by_ref().filter_map(|line| reader.read(line).ok()).collect();
    for line in &read {
        for codec in [Codec::Json, Codec::Raw, Codec::Etf] {
            let coding = Coding { codec, otp: Otp::Otp26 };
            let written = write(line, coding);
            let again = Reader::new(Otp::Otp26).read(written.as_bytes()).expect("what is written reads");
            assert!(again.key == line.key && again.value == line.value, "the same record");
            assert!(again.namespace.as_ref() == Some(&namespace(line)), "in the same namespace");
            assert!(write(&again, coding) == written, "and the same line");
        }
    }
});

fn namespace(line: &Line) -> Namespace {
    line.namespace.clone().unwrap_or_default()
}

fn write(line: &Line, coding: Coding) -> String {
    let mut text = String::new();
    Writer::new(&namespace(line), coding).write(&line.key, Some(&line.value), line.end, &mut text);
    text
}
