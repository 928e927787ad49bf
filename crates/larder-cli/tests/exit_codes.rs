//! Exit codes and streams: data on standard output, words on standard error.

mod support;

use std::process::Stdio;

use support::{Home, finish};

#[test]
fn a_negative_answer_is_one() {
    let home = Home::with(&[("k", "1")]);
    for args in [
        &["get", "nothing"][..],
        &["get", "--version", "nothing"],
        &["take", "nothing"],
        &["touch", "--ttl", "1h", "nothing"],
        &["put", "--ttl", "1h", "--if", "absent", "k", "2"],
        &["put", "--ttl", "1h", "--if", "present", "nothing", "2"],
        &["put", "--ttl", "1h", "--if", "unchanged:0000000000000000000000000000000000000000", "k", "2"],
    ] {
        let ran = home.run(args);
        assert!(!ran.err.is_empty() && !ran.err.contains("error"), "{}", ran.err);
        assert_eq!(ran.ended(1), "");
    }
    assert_eq!(home.run(["get", "k"]).done(), "1");
    assert_eq!(home.run(["delete", "nothing"]).done(), "", "deleting is idempotent");
}

#[test]
fn a_condition_that_holds_writes() {
    let home = Home::with(&[("k", "1")]);
    let version = home.run(["get", "--version", "k"]).done();
    home.run(["put", "--ttl", "1h", "k", "2", "--if", &format!("unchanged:{}", version.trim())]).done();
    home.run(["put", "--ttl", "1h", "k", "3", "--if", &format!("unchanged:{}", version.trim())]).ended(1);
    home.run(["put", "--ttl", "1h", "k", "4", "--if", "present"]).done();
    home.run(["put", "--ttl", "1h", "new", "5", "--if", "absent"]).done();
    assert_eq!((home.run(["get", "k"]).done(), home.run(["get", "new"]).done()), ("4".to_owned(), "5".to_owned()));
}

#[test]
fn a_wrong_command_line_is_two() {
    let home = Home::new();
    for args in [
        &[][..],
        &["nonsense"],
        &["put"],
        &["put", "k"],
        &["put", "k", "v", "one-too-many"],
        &["put", "k", "v", "--ttl", "1x"],
        &["put", "k", "v", "--if", "sometimes"],
        &["put", "k", "v", "--text", "--json"],
        &["get"],
        &["get", "k", "--codec", "xml"],
        &["keys", "--limit", "0"],
        &["keys", "--format", "xml"],
        &["delete"],
        &["delete", "k", "--all", ".."],
        &["clear"],
        &["get", "--store", "nonsense:", "k"],
        &["get", "--store", "nonsense", "k"],
        &["get", "--store", "disk:./x?nonsense=1", "k"],
        &["import", "nothing.jsonl"],
        &["completions", "nonsense"],
        &["man", "nonsense"],
    ] {
        let ran = home.run(args);
        assert!(ran.out.is_empty(), "{args:?}");
        assert!(!ran.err.contains("one-too-many"), "{args:?}");
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
    }
    home.is_untouched();
}

#[test]
fn a_stored_value_that_does_not_decode_is_four_and_not_absent() {
    let home = Home::new();
    home.run(["put", "--ttl", "1h", "--codec", "raw", "k", "s3cret{"]).done();
    for args in [&["get", "k"][..], &["get", "--codec", "etf", "k"]] {
        let ran = home.run(args);
        assert!(!ran.err.contains("s3cret"));
        ran.refused(4, "--codec raw");
    }
    assert_eq!(home.run(["get", "--codec", "raw", "k"]).done(), "s3cret{");
    let taken = home.run(["take", "k"]);
    assert!(taken.err.starts_with("error: taken"), "{}", taken.err);
    assert_eq!(taken.ended(4), "s3cret{", "what is spent is not lost as well");
    home.run(["take", "k"]).ended(1);
}

#[cfg(unix)]
#[test]
fn denied_is_five() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::with(&[("k", "1")]);
    let folder = home.store().parent().unwrap().to_owned();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o000)).unwrap();
    let ran = home.run(["get", "k"]);
    let may_all = folder.read_dir().is_ok();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    // Root may look into everything.
    assert_eq!(ran.code, if may_all { 0 } else { 5 }, "{}", ran.err);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_five() {
    let home = Home::with(&[("k", "1")]);
    let mut command = home.command(["get", "k"]);
    command.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let ran = finish(command, b"");
    assert_eq!(ran.code, 5, "{}", ran.err);
}

#[test]
fn a_closed_pipe_is_silent() {
    let home = Home::new();
    let mut lines = String::from("{\"larder\":1}\n");
    for number in 0..5_000 {
        lines += &format!("{{\"key\":[{number}],\"value\":\"{}\",\"expires_at\":\"never\"}}\n", "x".repeat(100));
    }
    home.run_on(lines, ["import"]).done();
    for args in [&["all"][..], &["keys"], &["export"], &["--help"], &["put", "--help"], &["man"]] {
        let mut command = home.command(args);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        command.stdout(Stdio::from(writer));
        let ran = finish(command, b"");
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
    }
}

#[test]
fn get_on_a_pipe_prints_exactly_what_is_stored() {
    let home = Home::new();
    for stored in ["{\"a\": 1.0, \"a\":[ 1e400 ]}", " 1\n", "null", "\"x\""] {
        home.run_on(stored, ["put", "--ttl", "1h", "k", "-"]).done();
        assert_eq!(home.run(["get", "k"]).done(), stored);
        assert_eq!(home.run(["take", "k"]).done(), stored);
    }
    let bytes: Vec<u8> = (0..=255).collect();
    std::fs::write(home.join("file"), &bytes).unwrap();
    home.run(["put", "--ttl", "1h", "--codec", "raw", "k", "--file", "file"]).done();
    let ran = home.run(["get", "--codec", "raw", "k"]);
    assert_eq!(ran.out, bytes);
}

#[test]
fn a_value_is_json_where_it_parses_and_else_text() {
    let home = Home::new();
    let stored = |args: &[&str]| {
        home.run(["put", "--ttl", "1h", "k"].iter().chain(args)).done();
        home.run(["get", "--codec", "raw", "k"]).out
    };
    assert_eq!(stored(&["{\"a\": 1}"]), b"{\"a\": 1}");
    assert_eq!(stored(&["12"]), b"12");
    assert_eq!(stored(&["-5"]), b"-5");
    assert_eq!(stored(&["phone"]), b"\"phone\"");
    assert_eq!(stored(&[""]), b"\"\"");
    assert_eq!(stored(&["--text", "12"]), b"\"12\"");
    assert_eq!(stored(&["--json", "12"]), b"12");
    assert_eq!(stored(&["--codec", "raw", "phone"]), b"phone");
    assert_eq!(stored(&["--codec", "etf", "{:ok, 1}"]), [131, 104, 2, 119, 2, b'o', b'k', 97, 1]);
    assert_eq!(stored(&["--codec", "etf", "--otp", "25", ":ok"]), [131, 100, 0, 2, b'o', b'k']);
    assert_eq!(home.run(["get", "--codec", "etf", "k"]).done(), ":ok");
    home.run(["put", "--ttl", "1h", "k", "--json", "phone"]).refused(2, "no JSON");
    home.run(["put", "--ttl", "1h", "k", "--codec", "etf", "phone("]).refused(2, "literal");
    home.run_on([131, 104, 1, 106], ["put", "--ttl", "1h", "--codec", "etf", "k", "-"]).done();
    assert_eq!(home.run(["get", "--codec", "etf", "k"]).done(), "{[]}");
}

#[test]
fn colours_and_tables_are_for_terminals() {
    let home = Home::with(&[("k", "{\"a\":1}")]);
    for args in [&["get", "k"][..], &["all"], &["keys"], &["stats"], &["explain", ".."], &["all", "--format", "table"]]
    {
        assert!(!home.run(args).done().contains('\u{1b}'));
    }
    assert!(
        home.run(["all"])
            .done()
            .starts_with("{\"namespace\":\"cache\",\"key\":[\"k\"],\"value\":{\"a\":1},\"expires_at\":\"2")
    );
    home.run_on("{\"a\":\n1}\n", ["put", "--ttl", "1h", "k", "-"]).done();
    assert!(home.run(["all"]).done().contains("\"value\":{\"a\": 1},"), "a value as such, line breaks or not");
    assert!(home.run(["export"]).done().contains("value_base64"), "but an export is exact");
    assert!(home.run(["list", "--format", "table"]).done().starts_with("KEY"));
}
