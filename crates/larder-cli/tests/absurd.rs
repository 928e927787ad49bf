//! Absurd input: a clear error, exit code 2, and nothing created or written.

mod support;

use support::Home;

#[test]
fn an_absurd_ttl_writes_nothing() {
    let home = Home::new();
    for ttl in [
        "0",
        "0s",
        "-1s",
        "-1",
        "1000000000000000000",
        "1000000000000000000s",
        "NaN",
        "inf",
        "1.5s",
        "",
        " 1s",
        "36526d",
    ] {
        for args in [&["--ttl", ttl][..], &[&format!("--ttl={ttl}")]] {
            home.run(["put", "k", "1"].iter().chain(args)).refused(2, "ttl");
            home.run(["touch", "k"].iter().chain(args)).refused(2, "ttl");
            home.run_on("{\"larder\":1}\n", ["import"].iter().chain(args)).refused(2, "ttl");
        }
        if !ttl.is_empty() {
            home.run(["put", "k", "1", "--store", &format!("disk:./s.larder?ttl={ttl}")]).refused(2, "ttl");
            let mut command = home.command(["put", "k", "1"]);
            command.env("LARDER_TTL", ttl);
            support::finish(command, b"").refused(2, "LARDER_TTL");
        }
    }
    home.is_untouched();
}

#[test]
fn a_value_too_long_writes_nothing() {
    let home = Home::new();
    // JSON, text and a literal at once.
    let long = format!("\"{}\"", "x".repeat(64 << 20));
    for codec in ["json", "raw", "etf"] {
        home.run_on(&long, ["put", "--ttl", "1h", "--codec", codec, "k", "-"])
            .refused(2, "a value has at most 16777216");
    }
    home.run_on(&long[1..=(16 << 20) + 1], ["put", "--ttl", "1h", "--codec", "raw", "k", "-"])
        .refused(2, "a value has at most 16777216");
    home.run(["put", "--ttl", "1h", "k", "12345", "--store", "disk:./s.larder?max_value=4"]).refused(2, "at most 4");
    home.run_on(&long[..8192], ["put", "--store", "disk:./s.larder?ttl=1h&max_value=1KiB", "--codec", "raw", "k", "-"])
        .refused(2, "at most 1024");
    home.is_untouched();
    std::fs::write(home.join("file"), &long).unwrap();
    home.run(["put", "--ttl", "1h", "k", "--file", "file"]).refused(2, "a value has at most 16777216");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
}

#[test]
fn an_absurd_key_writes_nothing() {
    let home = Home::new();
    let many = vec!["p"; 300].join("/");
    let long = "x".repeat(100_000);
    let deep = format!("={}{}", "[".repeat(50_000), "]".repeat(50_000));
    for (key, told) in [
        ("", "at least one part"),
        ("=", "expected a term"),
        ("[]", "at least one part"),
        ("=nil", "nil"),
        ("a//b", "part is empty"),
        (&*many, "300 parts"),
        (&*long, "encoded bytes are too many"),
        (&*deep, ""),
    ] {
        home.run(["put", "--ttl", "1h", key, "1"]).refused(2, told);
        for command in ["get", "take", "delete"] {
            home.run([command, key]).refused(2, told);
        }
        home.run(["keys", key]).refused(2, "");
    }
    home.is_untouched();
}

#[test]
fn a_deep_value_writes_nothing() {
    let home = Home::new();
    // A megabyte, nested 100,000 deep.
    let deep = "[".repeat(100_000) + &" ".repeat(800_000) + &"]".repeat(100_000);
    for codec in ["json", "etf"] {
        home.run_on(&deep, ["put", "--ttl", "1h", "--codec", codec, "k", "-"]).refused(2, "");
    }
    home.is_untouched();
    for command in ["parse", "print", "encode", "key"] {
        let ran = home.run_on(&deep, ["term", command, "-"]);
        assert!(matches!(ran.code, 0 | 6), "{}", ran.err);
        assert_eq!(ran.out.iter().filter(|byte| **byte == b'\n').count(), 1);
    }
    let line =
        format!("{{\"larder\":1}}\n{{\"key\":[{{\"term\":\"{deep}\"}}],\"value\":1,\"expires_at\":\"never\"}}\n");
    home.run_on(line, ["import"]).ended(6);
    let line = format!("{{\"larder\":1}}\n{{\"key\":{deep},\"value\":1,\"expires_at\":\"never\"}}\n");
    home.run_on(line, ["import"]).ended(6);
    home.is_untouched();
}

#[cfg(unix)]
#[test]
fn what_is_no_utf8_writes_nothing() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let home = Home::new();
    let bad = OsStr::from_bytes(b"a\xffb");
    for args in [["put", "--ttl", "1h", "k"].map(OsStr::new), ["put", "k", "1", "--ttl"].map(OsStr::new)] {
        home.run(args.iter().chain([&bad])).refused(2, "UTF-8");
    }
    home.run([OsStr::new("put"), OsStr::new("--ttl=1h"), bad, OsStr::new("1")]).refused(2, "UTF-8");
    home.run([OsStr::new("get"), bad]).refused(2, "UTF-8");
    home.run_on(b"\"\xff\"", ["put", "--ttl", "1h", "k", "-"]).refused(2, "UTF-8");
    home.run_on(b"\xff", ["put", "--ttl", "1h", "--codec", "etf", "k", "-"]).refused(2, "UTF-8");
    home.run_on(b"", ["put", "--ttl", "1h", "k", "-"]).refused(2, "empty");
    home.is_untouched();
    assert_eq!(home.run_on(b"\xff\n:ok\n", ["term", "print", "-"]).ended(6), "error: the line is not UTF-8\n:ok\n");
}

#[test]
fn no_message_shows_a_key_or_a_value() {
    let home = Home::with(&[("k", "1")]);
    for args in [
        &["put", "--ttl", "1h", "s3cret/int:x", "1"][..],
        &["put", "--ttl", "1h", "s3cret//", "1"],
        &["put", "--ttl", "1h", "=[s3cret(", "1"],
        &["put", "--ttl", "1h", "k", "--json", "s3cret{"],
        &["put", "--ttl", "1h", "k", "--codec", "etf", "s3cret("],
        &["put", "--ttl", "1h", "k", "1", "s3cret"],
        &["get", "s3cret/_"],
        &["keys", "../s3cret"],
        &["keys", "a", "s3cret"],
        &["get", "s3cret"],
        &["take", "s3cret"],
    ] {
        let ran = home.run(args);
        assert!(!ran.err.contains("s3cret"), "{args:?}: {}", ran.err);
        assert!(matches!(ran.code, 1 | 2), "{args:?}");
    }
}
