//! Ending many records at once: shown, asked about, and never by accident.

mod support;

use support::Home;

fn home() -> Home {
    let home = Home::with(&[("user/a", "1"), ("user/b", "2"), ("other", "3")]);
    home.run(["put", "--ttl", "1h", "--namespace", "n", "user/a", "4"]).done();
    home
}

#[test]
fn off_a_terminal_nothing_is_ended_without_yes() {
    let home = home();
    for args in [&["delete", "--all", "user/.."][..], &["clear", "--namespace", "cache"]] {
        home.run(args).refused(2, "--yes");
        home.run_on("y\n", args).refused(2, "--yes");
    }
    assert_eq!(home.run(["count"]).done(), "3\n");
}

#[test]
fn a_dry_run_shows_what_would_go_and_ends_nothing() {
    let home = home();
    let ran = home.run(["delete", "--all", "user/..", "--dry-run"]);
    assert_eq!(ran.err, "would delete 2\n");
    assert_eq!(ran.done(), "user/a\nuser/b\n");
    assert_eq!(home.run(["clear", "--namespace", "n", "--dry-run"]).done(), "user/a\n");
    home.run(["delete", "--all", "..", "--dry-run", "--yes"]).done();
    assert_eq!(home.run(["count"]).done(), "3\n");
}

#[test]
fn delete_all_ends_what_matches_and_nothing_else() {
    let home = home();
    let ran = home.run(["delete", "--all", "user/_", "--yes"]);
    assert_eq!(ran.err, "deleted 2\n");
    assert_eq!(ran.done(), "");
    assert_eq!(home.run(["keys"]).done(), "other\n");
    assert_eq!(home.run(["count", "--namespace", "n"]).done(), "1\n");
    assert_eq!(home.run(["delete", "--all", "user/_", "--yes", "--format", "jsonl"]).done(), "{\"deleted\":0}\n");
}

#[test]
fn clear_ends_the_namespace_it_names_and_no_other() {
    let home = home();
    let mut command = home.command(["clear", "--yes"]);
    command.env("LARDER_NAMESPACE", "n");
    support::finish(command, b"").refused(2, "--namespace");
    home.run(["clear", "--yes", "--namespace", "n"]).done();
    assert_eq!(home.run(["count", "--namespace", "n"]).done(), "0\n");
    assert_eq!(home.run(["count"]).done(), "3\n");
}

#[test]
fn delete_ends_the_keys_it_names() {
    let home = home();
    let ran = home.run(["delete", "user/a", "nothing", "other"]);
    assert_eq!(ran.err, "deleted 2 of 3\n");
    assert_eq!(ran.done(), "");
    assert_eq!(home.run(["keys"]).done(), "user/b\n");
}
