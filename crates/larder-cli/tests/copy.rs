//! `copy`: what is here is there afterwards, byte for byte and no longer alive; and what `--verify` says of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot run fails")]

mod support;

use std::process::{Child, Command};

use support::Home;

const HEADER: &str = "{\"larder\":1}\n";
const BOTH: [&str; 4] = ["--from", "./a.larder", "--to", "./b.larder"];

fn copy<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["copy"], &BOTH[..], more].concat()
}

/// A home whose store `a` holds so many records.
fn with_many(count: u32) -> Home {
    let home = Home::new();
    let lines: String =
        (0..count).map(|number| format!("{{\"key\":[{number}],\"value\":{number},\"ttl_ms\":3600000}}\n")).collect();
    home.run_on(HEADER.to_owned() + &lines, ["import", "--store", "./a.larder"]).done();
    home
}

fn put(home: &Home, store: &str, ttl: &str, key: &str, value: &str) {
    home.run(["put", "--store", store, "--ttl", ttl, key, value]).done();
}

fn count(home: &Home, store: &str) -> u32 {
    home.run(["count", "--store", store]).ended(0).trim().parse().unwrap()
}

#[test]
fn keys_bytes_and_what_remains_of_ttls_are_copied() {
    let home = Home::new();
    let values: [&[u8]; 5] = [b"{\"a\": 1.0}\n", b"\xff\x00", b"", b" null", &[7; 100_000]];
    for (number, value) in values.iter().enumerate() {
        std::fs::write(home.join("value"), value).unwrap();
        let (key, ttl) = (format!("k/int:{number}"), if number == 0 { "never" } else { "90d" });
        let put = ["put", "--store", "./a.larder", "--ttl", ttl, "--codec", "raw", &key, "--file", "value"];
        home.run(put).done();
    }
    put(&home, "./a.larder", "1h", "=[{:t, 1}, 18446744073709551616, nil]", "1");
    put(&home, "./a.larder", "1ms", "gone", "1");
    let ran = home.run(copy(&[]));
    assert!(ran.err.contains("created ./b.larder"), "{}", ran.err);
    assert!(ran.err.ends_with("read 6, written 6, expired 0, refused 0\n"), "{}", ran.err);
    assert_eq!(ran.done(), "");
    let get = |store: &str, key: &str| home.run(["get", "--codec", "raw", "--store", store, key]).out;
    let keys = home.run(["keys", "--store", "./a.larder"]).done();
    assert_eq!(keys, home.run(["keys", "--store", "./b.larder"]).done());
    for key in keys.lines() {
        assert_eq!(get("./a.larder", key), get("./b.larder", key), "{key}");
    }
    let ttl = |key: &str| home.run(["get", "--ttl", "--store", "./b.larder", key]).done();
    assert_eq!(ttl("k/int:0"), "never\n");
    assert!(ttl("k/int:1").starts_with("89d23h59m"), "{}", ttl("k/int:1"));
    let ran = home.run(copy(&["--verify-only"]));
    assert_eq!(ran.err, "same 6, differing 0, missing 0, extra 0\n");
    ran.done();
}

#[test]
fn a_pattern_and_namespaces_choose_what_is_copied_and_where_to() {
    let home = Home::new();
    for key in ["user/int:1/a", "user/int:2/a", "user/int:1/b"] {
        home.run(["put", "--store", "disk:./a.larder?namespace=old", "--ttl", "1h", key, "1"]).done();
    }
    let from = ["copy", "--from", "./a.larder", "--namespace", "old", "--to", "./b.larder", "user/int:1/.."];
    home.run(from).done();
    home.run(from.iter().chain(&["--to-namespace", "=:new", "--verify"])).done();
    home.run(["copy", "--from", "disk:a.larder?namespace=old", "--to", "disk:b.larder?namespace=all"]).done();
    let count = |namespace: &str| home.run(["count", "--store", "./b.larder", "--namespace", namespace]).done();
    assert_eq!([count("old"), count("=:new"), count("all"), count("cache")], ["2\n", "2\n", "3\n", "0\n"]);
}

#[test]
fn a_namespace_is_copied_within_its_store() {
    let home = with_many(3);
    std::fs::write(home.join("url"), "disk:./a.larder\n").unwrap();
    let within = ["copy", "--from-file", "url", "--to", "./a.larder", "--to-namespace", "staging", "--verify"];
    assert!(home.run(within).err.ends_with("same 3, differing 0, missing 0, extra 0\n"));
    assert_eq!(home.run(["count", "--store", "./a.larder", "--namespace", "staging"]).done(), "3\n");
}

#[test]
fn the_same_place_is_refused_by_whatever_name() {
    let home = with_many(1);
    let before = std::fs::read(home.join("a.larder")).unwrap();
    let mut names = vec!["./a.larder".to_owned(), home.join("a.larder").display().to_string()];
    names.push("disk:%61.larder?max_value=1KiB".to_owned());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("a.larder", home.join("soft.larder")).unwrap();
        std::fs::hard_link(home.join("a.larder"), home.join("hard.larder")).unwrap();
        names.extend(["./soft.larder".to_owned(), "./hard.larder".to_owned()]);
    }
    for name in names {
        home.run(["copy", "--from", "./a.larder", "--to", &name]).refused(2, "the same namespace of the same store");
    }
    assert_eq!(std::fs::read(home.join("a.larder")).unwrap(), before);
}

#[test]
fn what_cannot_be_copied_is_refused_and_creates_nothing() {
    let home = Home::new();
    for (args, code, told) in [
        (&["--from", "./a.larder", "--to", "./b.larder"][..], 2, "--from: there is no store at ./a.larder"),
        (&["--from", "memory:", "--to", "./b.larder"], 2, "ends with its process"),
        (&["--from", "./a.larder", "--to", "memory:"], 2, "ends with its process"),
        (&["--from", "redis://u:s3cret@h/0", "--to", "./b.larder"], 2, "--from-file"),
        (&["--from", "./a.larder", "--to", "redis://u:s3cret@h/0"], 2, "--to-file"),
        (&["--from", "./a.larder"], 2, "--to"),
        (&["--to", "./b.larder"], 2, "--from"),
        (&["--from", "./a.larder", "--to", "./b.larder", "--store", "./c.larder"], 2, "has no --store"),
        (&["--from", "./a.larder", "--to", "./b.larder", "--rate", "0"], 2, "--rate"),
        (&["--from", "./a.larder", "--to", "./b.larder", "--list"], 2, "--verify"),
        (&["--from", "./a.larder", "--to", "./b.larder", "--verify-only", "--if", "absent"], 2, "--if"),
        (&["--from", "./a.larder", "--to", "disk:./b.larder?durability=relaxed", "--state", "s"], 2, "relaxed"),
    ] {
        let ran = home.run(["copy"].iter().chain(args));
        assert!(!ran.err.contains("s3cret"));
        ran.refused(code, told);
    }
    home.is_untouched();
    put(&home, "./a.larder", "1h", "k", "1");
    home.run(copy(&["--verify-only"])).refused(2, "--to: there is no store at ./b.larder");
    assert!(!home.join("b.larder").exists());
}

#[test]
fn what_is_there_is_kept_where_that_is_asked_for() {
    let home = with_many(3);
    put(&home, "./b.larder", "1h", "int:1", "\"newer\"");
    let ran = home.run(copy(&["--if", "absent", "--format", "jsonl"]));
    assert_eq!(ran.done(), "{\"read\":3,\"written\":2,\"expired\":0,\"refused\":0,\"kept\":1}\n");
    assert_eq!(home.run(["get", "--store", "./b.larder", "int:1"]).done(), "\"newer\"");
    home.run(copy(&[])).done();
    assert_eq!(home.run(["get", "--store", "./b.larder", "int:1"]).done(), "1");
}

#[test]
fn verify_finds_each_difference_once() {
    let home = with_many(1_000);
    home.run(copy(&["--verify"])).done();
    put(&home, "./b.larder", "1h", "int:7", "8");
    put(&home, "./b.larder", "2h", "int:300", "300");
    put(&home, "./b.larder", "30m", "int:301", "301");
    put(&home, "./b.larder", "never", "int:999", "999");
    home.run(["delete", "--store", "./b.larder", "int:0", "int:512"]).done();
    put(&home, "./b.larder", "1h", "a b/it's", "1");
    let listed = |which: &str| {
        let ran = home.run(copy(&["--verify-only", which]));
        assert_eq!(ran.err, "same 994, differing 4, missing 2, extra 1\n");
        ran.ended(1)
    };
    assert_eq!(listed("--list=differing"), "int:7\nint:300\nint:301\nint:999\n");
    assert_eq!(listed("--list=missing"), "int:0\nint:512\n");
    assert_eq!(listed("--list=extra"), "a b/it's\n");
    assert_eq!(listed("--list"), "int:0\nint:7\nint:300\nint:301\nint:512\nint:999\na b/it's\n");
    home.run(copy(&["--verify-only"])).ended(1);
    let json = home.run(copy(&["--verify-only", "--list=extra", "--format", "jsonl"])).ended(1);
    let (extra, tally) = json.split_once('\n').unwrap();
    assert_eq!(extra, "{\"difference\":\"extra\",\"key\":[\"a b\",\"it's\"]}");
    assert_eq!(tally, "{\"same\":994,\"differing\":4,\"missing\":2,\"extra\":1}\n");
    // An hour more is within two hours.
    let ran = home.run(copy(&["--verify-only", "--slack", "2h"]));
    assert!(ran.err.starts_with("same 996, differing 2,"), "{}", ran.err);
    // What has that little left can have expired on the other side.
    assert!(ran.err.ends_with("missing 0, extra 0\n"), "{}", ran.err);
    let again = home.run(copy(&["--verify"]));
    assert!(again.err.ends_with("same 1000, differing 0, missing 0, extra 1\n"), "{}", again.err);
    again.ended(1);
}

#[test]
fn what_the_target_refuses_loses_no_other() {
    let home = with_many(2);
    put(&home, "./a.larder", "1h", "large", "\"0123456789\"");
    let ran = home.run(["copy", "--from", "./a.larder", "--to", "disk:./b.larder?max_value=8B", "--verify", "--list"]);
    assert!(ran.err.contains("error: a record was refused: 12 bytes are too many"), "{}", ran.err);
    assert!(ran.err.contains("read 3, written 2, expired 0, refused 1\n"), "{}", ran.err);
    assert!(ran.err.ends_with("same 2, differing 0, missing 1, extra 0\n"), "{}", ran.err);
    assert_eq!(ran.ended(6), "large\n");
}

#[test]
fn a_damaged_record_is_reported_and_hides_no_other() {
    let home = with_many(500);
    put(&home, "./a.larder", "1h", "marked", "\"the one that will rot\"");
    // Its value's bytes change behind the store's back, in every copy of them.
    let file = home.join("a.larder");
    let mut bytes = std::fs::read(&file).unwrap();
    let places: Vec<usize> =
        bytes.windows(21).enumerate().filter(|(_, at)| at == b"the one that will rot").map(|(at, _)| at).collect();
    places.iter().for_each(|at| bytes[*at] ^= 1);
    std::fs::write(&file, bytes).unwrap();
    let ran = home.run(copy(&[]));
    assert!(ran.err.contains("error: 1 stored records cannot be read and were left out\n"), "{}", ran.err);
    assert!(ran.err.ends_with("read 501, written 500, expired 0, refused 1\n"), "{}", ran.err);
    assert!(!ran.err.contains("marked"));
    ran.ended(6);
    let ran = home.run(copy(&["--verify-only"]));
    assert!(ran.err.ends_with("same 500, differing 0, missing 0, extra 0\n"), "{}", ran.err);
    ran.ended(6);
    // And on the other side.
    std::fs::rename(home.join("a.larder"), home.join("c.larder")).unwrap();
    std::fs::rename(home.join("b.larder"), home.join("a.larder")).unwrap();
    std::fs::rename(home.join("c.larder"), home.join("b.larder")).unwrap();
    put(&home, "./a.larder", "1h", "marked", "\"the one that is well\"");
    let ran = home.run(copy(&["--verify-only", "--list"]));
    assert!(ran.err.ends_with("same 500, differing 1, missing 0, extra 0\n"), "{}", ran.err);
    assert_eq!(ran.ended(6), "marked\n");
}

#[test]
fn a_rate_is_not_exceeded() {
    let home = with_many(60);
    let start = std::time::Instant::now();
    home.run(copy(&["--rate", "100"])).done();
    // All but the last tenth of a second's records have had their time.
    assert!(start.elapsed() >= std::time::Duration::from_millis(500));
    home.run(copy(&["--rate", "4000000000", "--verify"])).done();
}

/// A copy that is under way: some of it is written.
#[cfg(unix)]
fn under_way(home: &Home) -> Child {
    let mut copy = home.command(copy(&["--state", "state", "--rate", "500"])).spawn().unwrap();
    while !home.join("b.larder").exists() || home.run(["count", "--store", "./b.larder"]).out.len() < 3 {
        assert_eq!(copy.try_wait().unwrap(), None, "it is under way");
    }
    copy
}

#[cfg(unix)]
#[test]
fn an_interrupted_copy_goes_on_and_loses_and_repeats_nothing() {
    use std::os::unix::fs::PermissionsExt;
    for signal in ["-INT", "-TERM"] {
        let home = with_many(3_000);
        let child = under_way(&home);
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let ran = child.wait_with_output().unwrap();
        let err = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(6), "{err}");
        assert!(
            err.contains("interrupted: the same command goes on") && err.contains("state holds the position"),
            "{err}"
        );
        let written = count(&home, "./b.larder");
        assert!(written < 3_000 && err.contains(&format!("read {written}, written {written}, ")), "{err}");
        assert_eq!(home.join("state").metadata().unwrap().permissions().mode() & 0o777, 0o600);
        // What was copied before is not copied again: it stays away.
        home.run(["delete", "--store", "./b.larder", "int:0", "int:9"]).done();
        let ran = home.run(copy(&["--state", "state", "--verify", "--list"]));
        assert!(ran.err.contains("read 3000, written 3000, expired 0, refused 0\n"), "{}", ran.err);
        assert!(ran.err.ends_with("same 2998, differing 0, missing 2, extra 0\n"), "{}", ran.err);
        assert_eq!(ran.ended(1), "int:0\nint:9\n");
        assert!(!home.join("state").exists() && !home.join("state.part").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_killed_copy_goes_on_and_loses_nothing() {
    let home = with_many(3_000);
    let mut child = under_way(&home);
    child.kill().unwrap();
    child.wait().unwrap();
    let before = count(&home, "./b.larder");
    home.run(["delete", "--store", "./b.larder", "int:0"]).done();
    let ran = home.run(copy(&["--state", "state"]));
    assert!(ran.err.ends_with("read 3000, written 3000, expired 0, refused 0\n"), "{}", ran.err);
    ran.done();
    // The first batch is 50 records; where nothing but that was written, it may have been written again.
    assert!(count(&home, "./b.larder") == 2_999 || before <= 50);
    assert!(!home.join("state").exists());
}

#[test]
fn a_state_is_that_of_one_copy() {
    let home = with_many(3);
    std::fs::write(home.join("notes"), "not a state").unwrap();
    home.run(copy(&["--state", "notes"])).refused(2, "left as it is");
    home.run(copy(&["--state", "."])).refused(2, "no file");
    home.run(copy(&["--state", "missing/state"])).ended(2);
    std::fs::remove_file(home.join("b.larder")).unwrap();
    assert_eq!(std::fs::read_to_string(home.join("notes")).unwrap(), "not a state");
    let whereabouts = |name: &str| home.path().canonicalize().unwrap().join(name).display().to_string();
    let state = format!(
        "{{\"larder_copy\":1,\"of\":{{\"from\":\"disk:{}\",\"from_namespace\":\"\\\"cache\\\"\",\"to\":\"disk:{}\",\
         \"to_namespace\":\"\\\"cache\\\"\",\"pattern\":\"..\"}},\"cursor\":\"\",\
         \"counts\":{{\"read\":1,\"written\":1,\"expired\":0,\"refused\":0,\"kept\":null}}}}\n",
        whereabouts("a.larder"),
        whereabouts("b.larder"),
    );
    std::fs::write(home.join("state"), &state).unwrap();
    home.run(copy(&["--state", "state", "int:1"])).refused(2, "another copy");
    home.run(copy(&["--state", "state", "--to-namespace", "n"])).refused(2, "another copy");
    home.run(["copy", "--from", "./a.larder", "--to", "./c.larder", "--state", "state"]).refused(2, "another copy");
    // Its target is gone, so what was copied is too.
    home.run(copy(&["--state", "state"])).refused(2, "remove the file of --state");
    assert!(!home.join("b.larder").exists() && !home.join("c.larder").exists());
    std::fs::write(home.join("state"), "").unwrap();
    home.run(copy(&["--state", "state", "--verify"])).done();
    assert!(!home.join("state").exists());
}

#[cfg(unix)]
#[test]
fn nothing_lives_longer_for_having_waited() {
    let home = Home::new();
    for key in ["int:1", "int:2", "int:3"] {
        put(&home, "./a.larder", "1h", key, "1");
    }
    put(&home, "./a.larder", "700ms", "int:4", "1");
    // The last one is read at once and has its turn when its end has passed.
    let ran = home.run(copy(&["--rate", "3"]));
    assert!(
        ran.err.ends_with("read 4, written 3, expired 1, refused 0\n") || ran.err.contains("read 3"),
        "{}",
        ran.err
    );
    assert_eq!(count(&home, "./b.larder"), 3);
}
