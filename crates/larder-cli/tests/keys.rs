//! Keys in, keys out: what `keys` prints pastes back, and holes stand where they may.

mod support;

use support::Home;

const STRANGE: [&str; 14] = [
    "user/int:42/session/f3",
    "atom:user/int:-1",
    r"a\/b/\_/\../\int:x",
    r"\=x",
    r#"\"x"#,
    r"\[x",
    r"\-x",
    "it's $HOME `x` *",
    "[{:t, 1}, %{a: 1}, 1.5, <<1::size(3)>>, nil, [1 | 2]]",
    "[\"\"]",
    "[\"a\\nb\", \"\\e[31m\"]",
    "[\" a\"]",
    "=18446744073709551616",
    "größe/日本",
];

#[test]
fn what_keys_prints_pastes_back() {
    let home = Home::new();
    for (number, key) in STRANGE.iter().enumerate() {
        home.run(["put", "--ttl", "1h", key, &number.to_string()]).done();
    }
    for args in [&["keys"][..], &["keys", "--literal"], &["keys", "--format", "table"]] {
        let printed = home.run(args).done();
        let keys: Vec<_> = printed.lines().collect();
        assert_eq!(keys.len(), STRANGE.len());
        let mut values: Vec<usize> = keys.iter().map(|key| home.run(["get", key]).done().parse().unwrap()).collect();
        values.sort_unstable();
        assert_eq!(values, (0..STRANGE.len()).collect::<Vec<_>>());
    }
    for key in home.run(["keys"]).done().lines() {
        let version = home.run(["get", "--version", key]).done();
        home.run(["put", "--ttl", "1h", key, "7", "--if", &format!("unchanged:{}", version.trim())]).done();
    }
    for line in home.run(["all"]).done().lines() {
        let key = &line[line.find("\"key\":").unwrap() + 6..line.find(",\"value\"").unwrap()];
        assert_eq!(home.run(["get", key]).done(), "7", "the key of a line of JSON pastes back too");
    }
}

#[test]
fn a_plain_path_is_printed_as_it_was_typed() {
    let home = Home::with(&[("user/int:42/session/f3", "1"), ("user/int:42/session/a9", "2"), ("other", "3")]);
    assert_eq!(home.run(["keys"]).done(), "other\nuser/int:42/session/a9\nuser/int:42/session/f3\n");
    assert_eq!(home.run(["keys", "user/int:42/.."]).done().lines().count(), 2);
    assert_eq!(home.run(["keys", "user/_/session/f3"]).done(), "user/int:42/session/f3\n");
    assert_eq!(home.run(["keys", "--limit", "1"]).done(), "other\n");
    assert_eq!(home.run(["count", "user/.."]).done(), "2\n");
    assert_eq!(home.run(["keys", "nothing/.."]).done(), "");
    assert_eq!(
        home.run(["keys", "other", "--format", "jsonl"]).done(),
        "{\"namespace\":\"cache\",\"key\":[\"other\"]}\n"
    );
}

#[test]
fn a_hole_in_a_key_is_a_usage_error() {
    let home = Home::new();
    for key in ["user/_", "user/..", "_", "..", "=[\"a\", :_]", "[\"a\" | :_]", "=[{1, :\"$1\"}]"] {
        home.run(["put", "--ttl", "1h", key, "1"]).refused(2, "KEY");
    }
    for command in ["get", "take", "delete"] {
        home.run([command, "user/_"]).refused(2, "hole");
    }
    home.run(["touch", "--ttl", "1h", "user/.."]).refused(2, "hole");
    home.is_untouched();
}

#[test]
fn a_key_and_its_term_are_one_record() {
    let home = Home::with(&[("user/int:42", "1")]);
    assert_eq!(home.run(["get", "=[\"user\", 42]"]).done(), "1");
    assert_eq!(home.run(["get", "[\"user\",42]"]).done(), "1");
    home.run(["get", "user/42"]).ended(1);
}
