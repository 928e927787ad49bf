//! `larder term`: literals in, one answer a line.

mod support;

use support::Home;

#[test]
fn each_argument_answers_a_line() {
    let home = Home::new();
    assert_eq!(home.run(["term", "print", "{ :ok ,'ab'}", "-5", "0x1F"]).done(), "{:ok, ~c\"ab\"}\n-5\n31\n");
    assert_eq!(
        home.run(["term", "parse", "[1|:a]"]).done(),
        "{\"t\":\"list\",\"v\":[{\"t\":\"int\",\"v\":\"1\"}],\"tail\":{\"t\":\"atom\",\"v\":\"a\"}}\n"
    );
    assert_eq!(home.run(["term", "encode", "--otp", "25", ":ok"]).done(), "836400026f6b\n");
    assert_eq!(home.run(["term", "encode", "--otp", "26", ":ok"]).done(), "8377026f6b\n");
    assert_eq!(home.run(["term", "decode", "836400026f6b", "8377026f6b"]).done(), ":ok\n:ok\n");
    home.run(["term", "print", ":ok", "oops("]).refused(2, "");
    home.run(["term", "decode", "zz"]).refused(2, "hexadecimal");
    home.run(["term", "decode", "8399"]).refused(2, "");
    home.is_untouched();
}

#[test]
fn a_bad_line_answers_an_error_and_the_rest_goes_on() {
    let home = Home::new();
    let out = home.run_on("1\noops(\n\n[2]\n", ["term", "print", "-"]).ended(6);
    let lines: Vec<_> = out.lines().collect();
    assert_eq!((lines[0], lines[2], lines.len()), ("1", "[2]", 3));
    assert!(lines[1].starts_with("error: "), "{}", lines[1]);
    assert_eq!(home.run_on("1\n[2]", ["term", "print", "-"]).done(), "1\n[2]\n");
}

#[test]
fn an_answer_comes_before_the_next_question() {
    use std::io::{BufRead, BufReader, Write};
    let home = Home::new();
    let mut command = home.command(["term", "print", "-"]);
    command.stdin(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for number in 0..3 {
        writeln!(stdin, "[ {number} ]").unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(answer, format!("[{number}]\n"));
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn match_prints_the_keys_that_match() {
    let home = Home::with(&[("user/int:1", "1"), ("user/int:1/session/f3", "2"), ("other", "3")]);
    for keys in [home.run(["keys"]).done(), home.run(["keys", "--literal"]).done()] {
        let matched = home.run_on(&keys, ["term", "match", "[\"user\", 1 | :_]"]).done();
        assert_eq!(
            matched.lines().collect::<Vec<_>>(),
            keys.lines().filter(|key| key.contains("user")).collect::<Vec<_>>()
        );
    }
    let keys = "[1, 1]\n[1, 1.0]\n[{:t, 1}, \"x\"]\n\"x\"\n";
    assert_eq!(home.run_on(keys, ["term", "match", "[:\"$1\", :\"$1\"]"]).done(), "[1, 1]\n");
    assert_eq!(home.run_on(keys, ["term", "match", "[{:t, :_}, :_]"]).done(), "[{:t, 1}, \"x\"]\n");
    assert_eq!(home.run_on(keys, ["term", "match", ":_"]).done(), keys);
    let ran = home.run_on("[1\n[1, 1]\n", ["term", "match", "[1, 1]"]);
    assert!(ran.err.starts_with("error: line 1: "), "{}", ran.err);
    assert_eq!(ran.ended(6), "[1, 1]\n");
}

#[test]
fn a_key_is_the_one_that_pow_writes() {
    let home = Home::new();
    let key = |args: &[&str]| home.run(["term", "key", "--layout", "pow"].iter().chain(args)).done();
    assert_eq!(key(&["--namespace", "\"test\"", "[\"key\"]"]), "g20AAAAEdGVzdA:g20AAAADa2V5\n");
    assert_eq!(key(&["--namespace", "\"test\"", "\"key\""]), "g20AAAAEdGVzdA:g20AAAADa2V5\n");
    let user = "[MyApp.Users.User, :user, 1]";
    assert!(key(&["--otp", "25", user]).ends_with("2Vy:g2QABHVzZXI:g2EB\n"));
    assert!(key(&["--otp", "26", user]).ends_with(":g3cEdXNlcg:g2EB\n"));
    assert_eq!(key(&["\"key\""]), "g20AAAAFY2FjaGU:g20AAAADa2V5\n");
    home.run(["term", "key", "[1 | 2]"]).refused(2, "improper");
}
