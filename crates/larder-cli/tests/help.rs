//! Help, completions and the manual page.

mod support;

use std::process::Command;

use support::{Home, finish};

const COMMANDS: [&str; 24] = [
    "put",
    "get",
    "take",
    "touch",
    "delete",
    "all",
    "keys",
    "count",
    "explain",
    "clear",
    "import",
    "export",
    "copy",
    "stats",
    "compact",
    "completions",
    "man",
    "term",
    "term parse",
    "term print",
    "term match",
    "term encode",
    "term decode",
    "term key",
];

fn examples(help: &str) -> Vec<&str> {
    let examples = help.split("EXAMPLES:\n").nth(1).expect("examples");
    examples.lines().map_while(|line| line.strip_prefix("  ")).collect()
}

#[test]
fn every_example_in_the_help_works() {
    let home = Home::with(&[("settings", "1"), ("user/int:42/session/f3", "1"), ("lock/deploy", "1")]);
    home.run(["put", "--ttl", "1h", "--namespace", "staging", "k", "1"]).done();
    home.run(["put", "--ttl", "1h", "--store", "./old.larder", "user/int:42/session/f3", "1"]).done();
    let sessions = "{\"larder\":1}\n{\"key\":[\"k\"],\"value\":1,\"expires_at\":\"never\"}\n";
    let server = larder_test_redis::Server::start();
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_larder")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    for command in [""].iter().chain(&COMMANDS) {
        let help = home.run(command.split_whitespace().chain(["--help"])).done();
        let examples = examples(&help);
        assert!(!examples.is_empty(), "{command}");
        for example in examples {
            // What is not there on every machine stays out.
            if example.contains("jq ") || example.contains("redis-cli") {
                continue;
            }
            let example = example.replace("redis://localhost", &server.url());
            std::fs::write(home.join("sessions.jsonl"), sessions).unwrap();
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("set -e; {example}")]).current_dir(home.path());
            shell.env("PATH", &path).env("XDG_DATA_HOME", home.path()).env_remove("LARDER_STORE");
            shell
                .stdin(std::process::Stdio::null())
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            let ran = finish(shell, b"");
            assert!(matches!(ran.code, 0 | 1) && !ran.err.contains("error"), "{example}: {}", ran.err);
        }
    }
}

#[test]
fn help_is_data_and_says_what_a_command_does() {
    let home = Home::new();
    for command in COMMANDS {
        for flag in ["-h", "--help"] {
            let ran = home.run(command.split_whitespace().chain([flag]));
            assert_eq!(ran.err, "");
            let help = ran.done();
            assert!(help.contains("Usage: larder ") && help.contains("EXAMPLES:"), "{command}");
            assert!(help.lines().next().unwrap().len() > 10, "{command}");
        }
    }
    assert!(home.run(["--help"]).done().contains("EXIT CODES"));
    assert!(home.run(["--version"]).done().starts_with("larder "));
    home.is_untouched();
}

#[test]
fn completions_and_manual_pages_are_printed() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(home.run(["completions", shell]).done().contains("larder"), "{shell}");
    }
    assert!(home.run(["man"]).done().contains(".TH larder 1"));
    assert!(home.run(["man", "import"]).done().contains(".TH larder-import 1"));
}
