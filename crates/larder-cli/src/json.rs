//! JSON texts as bytes: checked, shown and put on one line without changing what they say.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// How deep arrays and objects may be nested: what serde_json, and so every service on Larder's JSON codec, reads.
pub(crate) const MAX_DEPTH: usize = 127;

/// The text, if these bytes are one JSON text; else why they are none. The reason quotes nothing.
pub(crate) fn check(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8, so it is no JSON")?;
    if text.trim_ascii().is_empty() {
        return Err("is empty, and JSON is never empty".to_owned());
    }
    if depth(text) > MAX_DEPTH {
        return Err(format!("is nested over {MAX_DEPTH} deep, which no service could read back"));
    }
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Ok(text),
        Err(error) => Err(format!("is no JSON (line {}, column {})", error.line(), error.column())),
    }
}

fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => skip_text(&mut bytes),
            _ => {}
        }
    }
    deepest
}

fn skip_text(bytes: &mut std::str::Bytes<'_>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

/// A checked text without the line breaks between its tokens: inside a JSON string there are none.
pub(crate) fn on_one_line(text: &str) -> Cow<'_, str> {
    let text = text.trim_ascii();
    if text.contains(['\n', '\r']) { text.replace(['\n', '\r'], " ").into() } else { text.into() }
}

/// A checked text laid out for people, token for token as it is written: numbers, escapes and doubled names stay.
pub(crate) fn pretty(text: &str, paint: bool) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0;
    let mut rest = text.trim_ascii();
    while let Some(first) = rest.chars().next() {
        let (token, after) = rest.split_at(token_len(rest));
        rest = after.trim_ascii_start();
        match first {
            '{' | '[' => {
                out.push(first);
                if let Some(after) = rest.strip_prefix(['}', ']']) {
                    out.push(if first == '{' { '}' } else { ']' });
                    rest = after.trim_ascii_start();
                } else {
                    depth += 1;
                    new_line(depth, &mut out);
                }
            }
            '}' | ']' => {
                depth -= 1;
                new_line(depth, &mut out);
                out.push(first);
            }
            ',' => {
                out.push(',');
                new_line(depth, &mut out);
            }
            ':' => out.push_str(": "),
            '"' => {
                let name = rest.starts_with(':');
                painted(&crate::output::visible(token), if name { "\x1b[34m" } else { "\x1b[32m" }, paint, &mut out);
            }
            _ => painted(token, "\x1b[33m", paint, &mut out),
        }
    }
    out
}

fn token_len(text: &str) -> usize {
    if let Some(after) = text.strip_prefix('"') {
        let mut bytes = after.bytes();
        skip_text(&mut bytes);
        return text.len() - bytes.len();
    }
    if text.starts_with(['{', '}', '[', ']', ',', ':']) {
        return 1;
    }
    text.find(|c: char| matches!(c, ',' | '}' | ']' | ':') || c.is_ascii_whitespace()).unwrap_or(text.len())
}

fn new_line(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

fn painted(token: &str, colour: &str, paint: bool, out: &mut String) {
    if paint {
        out.push_str(colour);
    }
    out.push_str(token);
    if paint {
        out.push_str("\x1b[0m");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_accepted_is_what_a_service_reads() {
        for depth in [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1] {
            let text = "[".repeat(depth) + &"]".repeat(depth);
            assert_eq!(check(text.as_bytes()).is_ok(), serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }
        let deep = "[".repeat(500_000) + &"]".repeat(500_000);
        assert!(check(deep.as_bytes()).is_err());
        for text in ["", " ", "nan", "NaN", "{", "1 2", "{\"a\":}", "'a'", "\"\u{1}\""] {
            assert!(check(text.as_bytes()).is_err(), "{text}");
        }
        assert!(check(b"\"\xff\"").is_err());
        assert!(check(b" {\"a\": [1, 2e400, \"\\\"[\"]}\n").is_ok());
    }

    #[test]
    fn a_laid_out_text_says_the_same() {
        let text = r#"{"a":[1.0,-2e3,"x\"]{"],"b":{},"c":[],"a":null,"d":[[true]]}"#;
        let laid_out = pretty(text, false);
        let squeezed: String = laid_out.lines().map(str::trim_start).collect();
        assert_eq!(squeezed.replace("\": ", "\":"), text);
        assert_eq!(pretty(" [1 , 2]\n", false), "[\n  1,\n  2\n]");
        assert!(pretty("\"\u{9b}2J\"", false).contains("\\u009b"));
    }
}
