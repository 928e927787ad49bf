use proptest::prelude::*;

use super::*;
use crate::literal::Otp;

fn read(text: &str) -> Result<Line, String> {
    Reader::new(Otp::Otp26).read(text.as_bytes())
}

fn written(namespace: &Namespace, codec: Codec, key: &Key, value: &[u8], end: End) -> String {
    let mut line = String::new();
    Writer::new(namespace, Coding { codec, otp: Otp::Otp26 }).write(key, Some(value), Some(end), &mut line);
    line
}

proptest! {
    #[test]
    fn value_bytes_come_back_as_they_were(
        value in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            "[ \\n]?(\\{\"a\":[0-9]{1,30}\\}|\"\\PC{0,5}\"|null)[ \\r\\n]?".prop_map(String::into_bytes),
            any::<i64>().prop_map(|number| Term::from(number).to_etf(larder::term::Otp::Otp25).unwrap()),
        ],
        codec in prop::sample::select(vec![Codec::Json, Codec::Raw, Codec::Etf]),
    ) {
        let key = Key::new(["k"]).unwrap();
        let line = written(&Namespace::default(), codec, &key, &value, End::Never);
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(&read(&line).unwrap().value[..], &value[..]);
    }
}

#[test]
fn a_line_says_what_a_record_is() {
    let key: Key =
        Key::new(vec![Term::from("user"), 42.into(), Term::atom("a").unwrap(), (1_i64 << 53).into()]).unwrap();
    let end = End::At("2026-11-26T17:38:29.123Z".parse().unwrap());
    let line = written(&Namespace::default(), Codec::Json, &key, b"{\"a\": 1.0}", end);
    assert_eq!(
        line,
        r#"{"namespace":"cache","key":["user",42,{"term":":a"},{"term":"9007199254740992"}],"value":{"a": 1.0},"expires_at":"2026-11-26T17:38:29.123Z"}"#
    );
    let back = read(&line).unwrap();
    assert!(back.key == key && back.namespace == Some(Namespace::default()) && back.end == Some(end));
    assert_eq!(&back.value[..], b"{\"a\": 1.0}");
}

#[test]
fn what_is_wrong_is_told_and_not_quoted() {
    for (line, told) in [
        ("secret", "no JSON"),
        (r#"["secret"]"#, "object"),
        (r#"{"key":"secret","value":1}"#, "`key`"),
        (r#"{"key":[],"value":1}"#, "at least one part"),
        (r#"{"key":[1.5],"value":1}"#, "`key`"),
        (r#"{"key":[9007199254740993],"value":1}"#, "`key`"),
        (r#"{"key":[{"term":"secret("}],"value":1}"#, "`key`"),
        (r#"{"key":[{"term":":a","x":1}],"value":1}"#, "`key`"),
        (r#"{"value":"secret"}"#, "`key` is missing"),
        (r#"{"key":["secret"]}"#, "one of `value`"),
        (r#"{"key":["k"],"value":1,"value_base64":""}"#, "one of `value`"),
        (r#"{"key":["k"],"value_base64":"secret!"}"#, "base64"),
        (r#"{"key":["k"],"value_term":"secret("}"#, "value_term"),
        (r#"{"key":["k"],"value":1,"secret":2}"#, "unknown member"),
        (r#"{"key":["k"],"key":["secret"],"value":1}"#, "twice"),
        (r#"{"key":["k"],"value":1,"expires_at":"secret"}"#, "expires_at"),
        (r#"{"key":["k"],"value":1,"ttl_ms":-1}"#, "ttl_ms"),
        (r#"{"key":["k"],"value":1,"ttl_ms":"secret"}"#, "ttl_ms"),
        (r#"{"key":["k"],"value":1,"ttl_ms":1,"expires_at":"never"}"#, "exclude"),
        (r#"{"namespace":1.5,"key":["k"],"value":1}"#, "namespace"),
    ] {
        let Err(why) = read(line) else { panic!("{line}") };
        assert!(why.contains(told) && !why.contains("secret"), "{line}: {why}");
    }
}

#[test]
fn an_end_is_a_moment_or_never() {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let ttl = |line: &str| read(line).unwrap().end.unwrap().ttl(now);
    let millis = |millis| Some(Ttl::After(Duration::from_millis(millis)));
    assert_eq!(ttl(r#"{"key":["k"],"value":1,"expires_at":"2026-01-01T00:00:00.001Z"}"#), millis(1));
    assert_eq!(ttl(r#"{"key":["k"],"value":1,"expires_at":"2026-01-01T02:00:01+02:00"}"#), millis(1000));
    assert_eq!(ttl(r#"{"key":["k"],"value":1,"expires_at":"2026-01-01T00:00:00Z"}"#), None);
    assert_eq!(ttl(r#"{"key":["k"],"value":1,"expires_at":"1999-01-01T00:00:00Z"}"#), None);
    assert_eq!(ttl(r#"{"key":["k"],"value":1,"expires_at":"never"}"#), Some(Ttl::Never));
    assert_eq!(ttl(r#"{"key":["k"],"value":1,"ttl_ms":5}"#), millis(5));
}

#[test]
fn a_header_names_its_version() {
    assert!(check_header(HEADER.as_bytes()).is_ok());
    assert!(check_header(b" { \"larder\": 1 } ").is_ok());
    for header in ["", "[1]", "{}", r#"{"larder":2}"#, r#"{"key":["k"],"value":1}"#, "secret"] {
        assert!(!check_header(header.as_bytes()).unwrap_err().text().contains("secret"));
    }
}
