//! `import` and `export`: what went in comes out, and one bad line loses nothing else.

mod support;

use support::{Home, Ran};

const HEADER: &str = "{\"larder\":1}\n";

fn lines(lines: &[&str]) -> String {
    HEADER.to_owned() + &lines.iter().map(|line| format!("{line}\n")).collect::<String>()
}

#[test]
fn what_is_exported_imports_byte_for_byte() {
    let home = Home::new();
    let values: [&[u8]; 8] =
        [b"{\"a\": 1.0}", b"null", b" 1", b"1\n", b"[\n1]", b"\xff\x00", b"", "\"\u{2028}é\"".as_bytes()];
    for (number, value) in values.iter().enumerate() {
        std::fs::write(home.join("value"), value).unwrap();
        let key = format!("k/int:{number}");
        home.run([
            "put",
            "--ttl",
            if number == 0 { "never" } else { "90d" },
            "--codec",
            "raw",
            &key,
            "--file",
            "value",
        ])
        .done();
    }
    home.run(["put", "--ttl", "1h", "--codec", "etf", "[{:t, 1}, 18446744073709551616, nil]", "%{a: {1, \"x\"}}"])
        .done();
    for codec in ["json", "raw", "etf"] {
        let out = format!("{codec}.jsonl");
        let ran = home.run(["export", "--codec", codec, &out]);
        assert!(ran.err.ends_with("read 9, written 9, expired 0, refused 0\n"), "{}", ran.err);
        assert_eq!(ran.done(), "");
        let store = format!("disk:./{codec}.larder");
        home.run(["import", "--store", &store, &out]).done();
        for key in home.run(["keys"]).done().lines() {
            let get = |args: &[&str]| home.run(["get", "--codec", "raw", key].iter().chain(args)).out;
            assert_eq!(get(&["--store", &store]), get(&[]), "{key}");
        }
        assert_eq!(home.run(["get", "--ttl", "--store", &store, "k/int:0"]).done(), "never\n");
        assert!(home.run(["get", "--ttl", "--store", &store, "k/int:1"]).done().starts_with("89d23h59m"));
    }
    let written = std::fs::read_to_string(home.join("json.jsonl")).unwrap();
    assert!(written.starts_with(HEADER));
    assert!(written.contains(r#""value":{"a": 1.0},"expires_at":"never"}"#), "{written}");
    assert!(std::fs::read_to_string(home.join("etf.jsonl")).unwrap().contains(r#""value_term":"%{a: {1, \"x\"}}""#));
    let piped = home.run(["export"]);
    assert!(piped.err.contains("written 9"));
    assert_eq!(piped.done().lines().count(), 10);
}

#[cfg(unix)]
#[test]
fn an_exported_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::with(&[("k", "1")]);
    std::fs::write(home.join("out.jsonl"), "what was here before").unwrap();
    home.run(["export", "out.jsonl"]).done();
    assert_eq!(home.join("out.jsonl").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!home.join("out.jsonl.part").exists());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_written_to_and_never_replaced() {
    let home = Home::with(&[("k", "1")]);
    std::os::unix::fs::symlink("real.jsonl", home.join("link")).unwrap();
    std::fs::write(home.join("real.jsonl"), "").unwrap();
    home.run(["export", "/dev/null"]).done();
    assert!(home.run(["export", "/dev/stdout"]).done().starts_with(HEADER));
    home.run(["export", "link"]).done();
    assert!(std::fs::read_to_string(home.join("real.jsonl")).unwrap().contains("\"k\""));
    home.run(["export", "."]).refused(2, "");
}

#[test]
fn an_interrupted_export_goes_on_where_it_stopped() {
    let home = Home::with(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]);
    home.run(["export", "whole.jsonl"]).done();
    let whole = std::fs::read_to_string(home.join("whole.jsonl")).unwrap();
    let third = whole.match_indices('\n').nth(2).unwrap().0;
    for end in [third + 1, third + 10, 5, 0] {
        std::fs::write(home.join("out.jsonl.part"), &whole[..end]).unwrap();
        home.run(["export", "--resume", "out.jsonl"]).done();
        let out = std::fs::read_to_string(home.join("out.jsonl")).unwrap();
        // The ends may differ by a moment: what is stored says how long a record still lives.
        let keys = |text: &str| {
            text.lines().map(|line| line.split(",\"expires").next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(keys(&out), keys(&whole), "{end}");
    }
}

#[test]
fn one_bad_line_is_reported_and_loses_nothing_else() {
    let home = Home::new();
    let input = lines(&[
        r#"{"namespace":"cache","key":["a",1],"value":{"v":1},"expires_at":"never"}"#,
        r#"{"namespace":"cache","key":["b"],"value":"s3cret","expires_at":"#,
        "",
        r#"{"namespace":"cache","key":["c"],"value_base64":"AP8=","expires_at":"2999-01-01T00:00:00Z"}"#,
        r#"{"namespace":"cache","key":["d"],"value":1,"expires_at":"2001-01-01T00:00:00Z"}"#,
        r#"{"namespace":{"term":":n"},"key":[{"term":"{1, 2}"}],"value_term":":ok","ttl_ms":60000}"#,
        r#"{"key":["e"],"value":1}"#,
        r#"{"key":["f"],"value":1,"ttl_ms":0}"#,
    ]) + r#"{"key":["g"],"value":1,"expires_at":"never"}"#;
    let ran = home.run_on(&input, ["import", "-"]);
    assert!(!ran.err.contains("s3cret"));
    for (line, told) in [(3, "no JSON"), (5, "100 years"), (8, "names no end"), (9, "1 ms")] {
        assert!(ran.err.contains(&format!("error: line {line}: ")) && ran.err.contains(told), "{}", ran.err);
    }
    assert!(ran.err.ends_with("read 8, written 3, expired 1, refused 4\n"), "{}", ran.err);
    ran.ended(6);
    assert_eq!(home.run(["keys"]).done(), "g\na/int:1\n");
    assert_eq!(home.run(["get", "--namespace", "=:n", "--codec", "etf", "=[{1, 2}]"]).done(), ":ok");
    let again = home.run_on(&input, ["import", "--ttl", "1h", "--format", "jsonl"]);
    assert_eq!(again.ended(6), "{\"read\":8,\"written\":4,\"expired\":1,\"refused\":3}\n");
}

#[test]
fn a_file_that_is_no_export_creates_nothing() {
    let home = Home::new();
    for input in
        ["", "\n", "{}\n", "{\"larder\":2}\n", "{\"key\":[\"k\"],\"value\":1,\"expires_at\":\"never\"}\n", "\u{1}\u{2}"]
    {
        home.run_on(if input.is_empty() { " " } else { input }, ["import"]).refused(2, "larder");
    }
    home.run(["import"]).refused(2, "first one is");
    home.is_untouched();
    // Nothing to write is nothing to create a store for.
    home.run_on(lines(&["nonsense"]), ["import"]).ended(6);
    home.is_untouched();
    home.run_on(lines(&[]), ["import"]).done();
    assert_eq!(home.run(["count"]).done(), "0\n");
}

#[test]
fn a_line_too_long_spoils_no_other() {
    let home = Home::new();
    let giant = format!("{{\"key\":[\"giant\"],\"value\":\"{}\",\"expires_at\":\"never\"}}", "x".repeat(64 << 20));
    let large = format!("{{\"key\":[\"large\"],\"value\":\"{}\",\"expires_at\":\"never\"}}", "x".repeat(17 << 20));
    let ran = home.run_on(lines(&[&giant, &large, r#"{"key":["k"],"value":1,"expires_at":"never"}"#]), ["import"]);
    assert!(ran.err.contains("line 2: it is over 32 MiB long"), "{}", ran.err);
    assert!(ran.err.contains("line 3: ") && ran.err.contains("a value has at most"), "{}", ran.err);
    ran.ended(6);
    assert_eq!(home.run(["keys"]).done(), "k\n");
}

#[test]
fn the_largest_value_moves() {
    let home = Home::new();
    std::fs::write(home.join("value"), vec![0xfe; 16 << 20]).unwrap();
    home.run(["put", "--ttl", "1h", "--codec", "raw", "k", "--file", "value"]).done();
    home.run(["export", "out.jsonl"]).done();
    home.run(["import", "--store", "./copy.larder", "out.jsonl"]).done();
    assert_eq!(home.run(["get", "--codec", "raw", "--store", "./copy.larder", "k"]).out, vec![0xfe; 16 << 20]);
}

#[test]
fn an_import_goes_on_from_a_line_and_is_idempotent() {
    let home = Home::new();
    let record = |key: &str| format!("{{\"key\":[\"{key}\"],\"value\":1,\"expires_at\":\"never\"}}");
    let input = lines(&[&record("a"), "nonsense", &record("b"), &record("c")]);
    let ran = home.run_on(&input, ["import", "--from-line", "4"]);
    assert!(ran.err.ends_with("read 2, written 2, expired 0, refused 0\n"), "{}", ran.err);
    ran.done();
    assert_eq!(home.run(["keys"]).done(), "b\nc\n");
    home.run_on(&input, ["import"]).ended(6);
    home.run_on(&input, ["import"]).ended(6);
    assert_eq!(home.run(["count"]).done(), "3\n");
    let ran = home.run_on(&input, ["import", "--if", "absent"]);
    assert!(ran.err.ends_with("read 4, written 0, expired 0, refused 1, kept 3\n"), "{}", ran.err);
}

#[test]
fn a_condition_is_judged_line_by_line() {
    let home = Home::new();
    let record = |value: u8| format!("{{\"key\":[\"k\"],\"value\":{value},\"expires_at\":\"never\"}}");
    let input = lines(&[&record(1), &record(2), &record(3)]);
    let ran = home.run_on(&input, ["import", "--if", "absent"]);
    assert!(ran.err.ends_with("read 3, written 1, expired 0, refused 0, kept 2\n"), "{}", ran.err);
    assert_eq!(home.run(["get", "k"]).done(), "1");
    home.run_on(&input, ["import"]).done();
    assert_eq!(home.run(["get", "k"]).done(), "3", "the later line wins");
}

#[test]
fn the_option_beats_the_namespace_of_a_line() {
    let home = Home::new();
    let input = lines(&[
        r#"{"namespace":"a","key":["k"],"value":1,"expires_at":"never"}"#,
        r#"{"namespace":"b","key":["k"],"value":2,"expires_at":"never"}"#,
        r#"{"key":["k"],"value":3,"expires_at":"never"}"#,
    ]);
    home.run_on(&input, ["import"]).done();
    for (namespace, value) in [("a", "1"), ("b", "2"), ("cache", "3")] {
        assert_eq!(home.run(["get", "--namespace", namespace, "k"]).done(), value);
    }
    home.run_on(&input, ["import", "--namespace", "c"]).done();
    assert_eq!(home.run(["get", "--namespace", "c", "k"]).done(), "3");
}

#[cfg(unix)]
#[test]
fn an_interrupted_import_says_where_to_go_on() {
    use std::io::Write;
    let home = Home::new();
    let mut command = home.command(["import", "-"]);
    command.stdin(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut input = String::from(HEADER);
    let records = 100_000;
    for number in 0..records {
        input += &format!("{{\"key\":[{number}],\"value\":1,\"expires_at\":\"never\"}}\n");
    }
    stdin.write_all(input.as_bytes()).unwrap();
    // A batch is written; the rest waits for more lines.
    let written = |ran: Ran| String::from_utf8(ran.out).unwrap().trim().parse::<u64>().unwrap_or(0);
    let began = std::time::Instant::now();
    while written(home.run(["count"])) == 0 {
        assert!(began.elapsed().as_secs() < 60, "no batch was written of {records} records");
    }
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let ran = child.wait_with_output().unwrap();
    let err = String::from_utf8(ran.stderr).unwrap();
    drop(stdin);
    assert_eq!(ran.status.code(), Some(6), "{err}");
    let (_, line) = err.trim_end().rsplit_once("go on with --from-line ").unwrap();
    let written = written(home.run(["count"]));
    assert_eq!(line.parse::<u64>().unwrap(), written + 2, "{err}");
    home.run_on(&input, ["import", "--from-line", line]).done();
    assert_eq!(home.run(["count"]).done(), format!("{records}\n"));
}
