//! Which store is worked on, who creates it, and what never does.

mod support;

use support::Home;

#[test]
fn a_write_creates_the_default_store_and_says_so() {
    let home = Home::new();
    let ran = home.run(["put", "--ttl", "1h", "k", "1"]);
    assert!(ran.err.contains("created") && ran.err.contains("store.larder"), "{}", ran.err);
    assert_eq!(ran.done(), "");
    assert!(home.store().exists());
    let again = home.run(["put", "--ttl", "1h", "k", "2"]);
    assert_eq!(again.err, "");
    assert_eq!(home.run(["get", "k"]).done(), "2");
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look_into_the_default_store() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::with(&[("k", "1")]);
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(home.store().parent().unwrap()), 0o700);
    assert_eq!(mode(&home.store()), 0o600);
}

#[test]
fn nothing_but_a_write_creates_a_store() {
    let home = Home::new();
    for args in [
        &["get", "k"][..],
        &["take", "k"],
        &["touch", "--ttl", "1h", "k"],
        &["delete", "k"],
        &["delete", "--all", "..", "--yes"],
        &["delete", "--all", "..", "--dry-run"],
        &["all"],
        &["list"],
        &["keys"],
        &["count"],
        &["explain", ".."],
        &["clear", "--namespace", "n", "--yes"],
        &["export"],
        &["export", "out.jsonl"],
        &["stats"],
        &["compact"],
    ] {
        home.run(args).refused(2, "there is no store at");
        home.run(args.iter().chain(&["--store", "disk:./x.larder"])).refused(2, "x.larder");
    }
    home.is_untouched();
}

#[test]
fn the_option_beats_the_environment() {
    let home = Home::new();
    let put = |args: &[&str], environment: &str| {
        let mut command = home.command(["put", "--ttl", "1h", "k", "1"].iter().chain(args));
        support::finish(
            {
                command.env("LARDER_STORE", environment);
                command
            },
            b"",
        )
        .done()
    };
    put(&[], "disk:./environment.larder");
    put(&["--store", "disk:./option.larder"], "disk:./environment2.larder");
    put(&["--store", "./path.larder"], "");
    std::fs::write(home.join("url"), "disk:./file.larder?namespace=n\nanother line\n").unwrap();
    put(&["--store-file", "url"], "disk:./environment3.larder");
    for (name, made) in [
        ("environment", true),
        ("option", true),
        ("path", true),
        ("file", true),
        ("environment2", false),
        ("environment3", false),
    ] {
        assert_eq!(home.join(&format!("{name}.larder")).exists(), made, "{name}");
    }
    assert!(!home.store().exists());
    assert_eq!(home.run(["--store", "disk:./file.larder", "--namespace", "n", "get", "k"]).done(), "1");
}

#[test]
fn a_memory_store_is_refused_in_words() {
    let home = Home::new();
    home.run(["put", "--store", "memory:", "--ttl", "1h", "k", "1"]).refused(2, "ends with its process");
    home.run(["get", "--store", "memory:", "k"]).refused(2, "ends with its process");
}

#[test]
fn a_password_is_not_taken_from_the_command_line() {
    let home = Home::new();
    let ran = home.run(["get", "--store", "redis://user:s3cret@host/0", "k"]);
    assert!(!ran.err.contains("s3cret"));
    ran.refused(2, "LARDER_STORE");
    home.is_untouched();
}

#[test]
fn the_namespace_is_the_options_then_the_urls_then_the_environments() {
    let home = Home::new();
    let put = |args: &[&str], value: &str| {
        let mut command = home.command(["put", "--ttl", "1h", "k", value].iter().chain(args));
        support::finish(
            {
                command.env("LARDER_NAMESPACE", "=:env");
                command
            },
            b"",
        )
        .done()
    };
    put(&["--store", "disk:./s.larder"], "1");
    put(&["--store", "disk:./s.larder?namespace=url"], "2");
    put(&["--store", "disk:./s.larder?namespace=url", "--namespace", "option"], "3");
    let get = |namespace: &str| home.run(["get", "--store", "disk:./s.larder", "--namespace", namespace, "k"]).done();
    assert_eq!((get("=:env"), get("url"), get("=\"option\"")), ("1".to_owned(), "2".to_owned(), "3".to_owned()));
    home.run(["get", "--store", "disk:./s.larder", "k"]).ended(1);
}

#[test]
fn the_ttl_is_the_options_then_the_urls_then_the_environments() {
    let home = Home::new();
    let ttl = |args: &[&str], environment: Option<&str>| {
        let mut command = home.command(["put", "k", "1"].iter().chain(args));
        if let Some(ttl) = environment {
            command.env("LARDER_TTL", ttl);
        }
        support::finish(command, b"").done();
        let ttl = home.run(["get", "--ttl", "--store", "disk:./s.larder", "k"]).done();
        ttl[..2].to_owned()
    };
    assert_eq!(ttl(&["--store", "disk:./s.larder"], Some("11d")), "10");
    assert_eq!(ttl(&["--store", "disk:./s.larder?ttl=21d"], Some("11d")), "20");
    assert_eq!(ttl(&["--store", "disk:./s.larder?ttl=21d", "--ttl", "31d"], Some("11d")), "30");
    assert_eq!(ttl(&["--store", "disk:./s.larder", "--ttl", "never"], None), "ne");
}

#[test]
fn without_a_ttl_nothing_is_written() {
    let home = Home::new();
    home.run(["put", "k", "1"]).refused(2, "--ttl");
    home.is_untouched();
}

#[test]
fn what_is_no_store_is_left_as_it_is() {
    let home = Home::new();
    let foreign = home.join("foreign.larder");
    for bytes in [b"not a store, but something that was here before".to_vec(), vec![0; 100_000]] {
        std::fs::write(&foreign, &bytes).unwrap();
        for args in [&["get", "k"][..], &["put", "--ttl", "1h", "k", "1"], &["keys"], &["compact"]] {
            home.run(["--store", "disk:./foreign.larder"].iter().chain(args)).refused(4, "foreign.larder");
        }
        assert_eq!(std::fs::read(&foreign).unwrap(), bytes);
    }
}

#[test]
fn another_process_can_look_in_while_one_writes() {
    use std::io::Write;
    let home = Home::with(&[("k", "1")]);
    let mut writing = home.command(["import", "-"]);
    writing.stdin(std::process::Stdio::piped());
    let mut writing = writing.spawn().unwrap();
    let mut stdin = writing.stdin.take().unwrap();
    // More than one batch, so that the store is open while this one waits for the rest.
    let mut lines = String::from("{\"larder\":1}\n");
    for number in 0..100_000 {
        lines += &format!("{{\"key\":[{number}],\"value\":1,\"expires_at\":\"never\"}}\n");
    }
    stdin.write_all(lines.as_bytes()).unwrap();
    let mut seen = false;
    for _ in 0..2_000 {
        assert_eq!(home.run(["get", "k"]).done(), "1");
        let ran = home.run(["put", "--ttl", "1h", "k", "1"]);
        if ran.code == 3 {
            assert!(ran.err.contains(&writing.id().to_string()), "who holds it is told: {}", ran.err);
            assert_eq!(home.run(["get", "k"]).done(), "1");
            seen = true;
            break;
        }
    }
    drop(stdin);
    assert!(writing.wait().unwrap().success());
    assert!(seen, "the import held the store");
}

#[cfg(unix)]
#[test]
fn a_store_whose_writer_was_killed_is_read_again() {
    use std::io::Write;
    let home = Home::with(&[("k", "1")]);
    let mut writing = home.command(["import", "-"]);
    writing.stdin(std::process::Stdio::piped());
    let mut writing = writing.spawn().unwrap();
    let mut lines = String::from("{\"larder\":1}\n");
    for number in 0..70_000 {
        lines += &format!("{{\"key\":[{number}],\"value\":1,\"expires_at\":\"never\"}}\n");
    }
    let mut stdin = writing.stdin.take().unwrap();
    stdin.write_all(lines.as_bytes()).unwrap();
    while home.run(["count"]).done() == "1\n" {}
    writing.kill().unwrap();
    writing.wait().unwrap();
    assert_eq!(home.run(["get", "k"]).done(), "1");
    assert!(home.run(["count"]).done().trim().parse::<u32>().unwrap() > 32_768);
}
