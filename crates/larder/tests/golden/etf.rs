use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use larder::Term;
use larder::term::Otp;
use serde_json::Value;

use super::{HEAP, hex, lines, term};

/// Base64 for URLs, without padding.
fn base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => panic!("no digit"),
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

#[test]
fn keys_and_values_have_pows_bytes() {
    for line in lines("kv") {
        let id = &line["id"];
        let namespace = term(&line["namespace"]["term"]).unwrap();
        let key = term(&line["key"]["term"]).unwrap();
        let mut parts = vec![namespace];
        match key.as_list() {
            Some(more) => parts.extend_from_slice(more),
            None if key.is_nil() => {}
            None => parts.push(key),
        }
        let value = term(&line["value"]["term"]);
        for (otp, written) in [(Otp::Otp25, &line["otp25"]), (Otp::Otp26, &line["otp26plus"])] {
            let segments: Vec<_> = written["redis_key"].as_str().unwrap().split(':').collect();
            assert_eq!(segments.len(), parts.len(), "{id}");
            for (segment, part) in segments.iter().zip(&parts) {
                let bytes = base64(segment);
                assert!(Term::from_etf(&bytes).unwrap() == *part, "{id}");
                if !part.to_string().contains("%{") {
                    assert_eq!(part.to_etf(otp).unwrap(), bytes, "{id}");
                }
            }
            let bytes = hex(&written["value_hex"]);
            let read = Term::from_etf(&bytes).unwrap();
            match &value {
                Some(value) => assert!(read == *value, "{id}"),
                None => assert!(read.has_opaque(), "{id}"),
            }
            if line["contains_map"] == false {
                assert_eq!(read.to_etf(otp).unwrap(), bytes, "{id}");
            }
        }
    }
}

#[test]
fn compressed_terms_are_read() {
    for line in lines("compressed") {
        let value = term(&line["value"]["term"]).unwrap();
        for written in ["otp25_value_hex", "otp26plus_value_hex"] {
            assert!(Term::from_etf(&hex(&line[written])).unwrap() == value, "{}", line["id"]);
        }
    }
}

/// The bytes that a recipe stands for.
fn bytes(input: &Value) -> Option<Vec<u8>> {
    let repeated = |unit: &str, times: &str| {
        let unit = input.get(unit).map(hex).unwrap_or_default();
        unit.repeat(input.get(times).and_then(Value::as_u64).unwrap_or_default() as usize)
    };
    if input.get("hex").is_some() {
        return Some(hex(&input["hex"]));
    }
    if input["compressed"] == true {
        let mut deflater = ZlibEncoder::new(Vec::new(), Compression::best());
        deflater.write_all(&hex(&input["inner_prefix_hex"])).unwrap();
        deflater.write_all(&repeated("inner_repeat_hex", "n")).unwrap();
        let suffix = input.get("inner_suffix_hex").map(hex).unwrap_or_default();
        deflater.write_all(&suffix).unwrap();
        let mut bytes = vec![131, 80];
        bytes.extend((input["claimed"].as_u64().unwrap() as u32).to_be_bytes());
        bytes.extend(deflater.finish().unwrap());
        return Some(bytes);
    }
    input.get("prefix_hex")?;
    let mut bytes = hex(&input["prefix_hex"]);
    bytes.extend(repeated("repeat_hex", "n"));
    bytes.extend(hex(&input["middle_hex"]));
    bytes.extend(repeated("repeat2_hex", "n2"));
    Some(bytes)
}

/// What Erlang reads and the default limits refuse: 5 million levels, 16 million elements, and terms that
/// inflate to 64 MiB, to 8 million elements and to a million levels.
const BEYOND_LIMITS: [&str; 5] = ["hostile-091", "hostile-096", "hostile-098", "hostile-099", "hostile-100"];

/// Releases differ: OTP 25 reads it, OTP 27 refuses it, as we do.
const REFUSED_SINCE_27: &str = "hostile-029";

fn time(bytes: &[u8]) -> Duration {
    let started = Instant::now();
    let _ = Term::from_etf(bytes);
    started.elapsed()
}

#[test]
fn hostile_bytes_are_taken_as_erlang_does() {
    let mut checked = 0;
    for line in lines("hostile") {
        let id = line["id"].as_str().unwrap();
        let Some(bytes) = bytes(&line["input"]) else {
            continue; // Ten thousand atoms, which are nothing special here.
        };
        checked += 1;
        HEAP.reset_peak_usage();
        let before = HEAP.current_usage();
        let read = Term::from_etf(&bytes);
        let peak = HEAP.peak_usage().saturating_sub(before);
        assert!(peak <= 64 << 20, "{id}: {peak} bytes");
        // The best of some times: the machine may have other work.
        let elapsed = (0..5).map(|_| time(&bytes)).min();
        assert!(elapsed < Some(Duration::from_millis(50)), "{id}: {elapsed:?}");
        let erlang = &line["otp27"]["unsafe"];
        let accepted = erlang["ok"] == true && !BEYOND_LIMITS.contains(&id);
        assert_eq!(read.is_ok(), accepted, "{id}");
        assert!(id != REFUSED_SINCE_27 || line["otp25"]["unsafe"]["ok"] == true);
        if let (Ok(read), Some(tagged)) = (read, erlang.get("term")) {
            match term(tagged) {
                Some(term) => assert!(read == term, "{id}"),
                None => assert!(read.has_opaque(), "{id}"),
            }
        }
    }
    assert!(checked > 50);
}
