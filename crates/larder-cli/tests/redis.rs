//! The command on a Redis server, in each layout.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot run fails, and one tells what it measured"
)]

mod support;

use larder_test_redis::{Reply, Server};
use support::{Home, Ran};

const LAYOUTS: [&str; 3] = ["native", "pow", "pow-indexed"];

/// A server, and a home whose LARDER_STORE names it.
struct Shop {
    server: Server,
    home: Home,
}

impl Shop {
    fn new() -> Self {
        Self { server: Server::start(), home: Home::new() }
    }

    fn url(&self, tail: &str) -> String {
        self.server.url_with(tail)
    }

    /// Runs the command on the store of this database and options.
    fn run(&self, tail: &str, args: &[&str]) -> Ran {
        self.run_on(tail, args, "")
    }

    fn run_on(&self, tail: &str, args: &[&str], input: &str) -> Ran {
        let mut command = self.home.command(args);
        command.env("LARDER_STORE", self.url(tail));
        support::finish(command, input.as_bytes())
    }
}

#[test]
fn every_command_works_in_every_layout() {
    let shop = Shop::new();
    for (database, layout) in LAYOUTS.iter().enumerate() {
        let tail = format!("/{database}?layout={layout}&ttl=1h&namespace=myapp");
        let run = |args: &[&str]| shop.run(&tail, args);
        // In Pow's layouts values are terms of Erlang's, and are written as Elixir has them.
        let (one, two) = if *layout == "native" { ("{\"a\":1}", "[2]") } else { ("%{\"a\" => 1}", "[:two, 2]") };
        run(&["put", "user/int:42/session/f3", one]).done();
        run(&["put", "user/int:42/session/a9", two]).done();
        run(&["put", "=[MyApp.User, :user, 1]", one]).done();
        assert_eq!(run(&["get", "user/int:42/session/f3"]).done().trim_end(), one);
        assert_eq!(run(&["put", "k", one, "--if", "present"]).ended(1), "");
        let version = run(&["get", "--version", "user/int:42/session/a9"]).done();
        run(&["put", "user/int:42/session/a9", one, "--if", &format!("unchanged:{}", version.trim())]).done();
        assert!(run(&["get", "--ttl", "user/int:42/session/a9"]).done().starts_with("59m"));
        run(&["touch", "--ttl", "2h", "user/int:42/session/a9"]).done();
        assert!(run(&["get", "--ttl", "user/int:42/session/a9"]).done().starts_with("1h59m"));
        assert_eq!(run(&["keys", "user/int:42/.."]).done(), "user/int:42/session/a9\nuser/int:42/session/f3\n");
        assert_eq!(run(&["count"]).done(), "3\n");
        assert_eq!(run(&["all", "user/int:42/session/_"]).done().lines().count(), 2);
        let explained = run(&["explain", "user/int:42/session/_"]).done();
        assert_eq!(explained.contains("scan"), *layout == "pow", "{explained}");
        let stats = run(&["stats"]).done();
        assert!(stats.contains("\"backend\":\"redis\"") && stats.contains("master"), "{stats}");
        assert!(stats.contains("\"records\":3"), "{stats}");
        run(&["compact"]).done();

        let lines = run(&["export"]).done();
        assert_eq!(lines.lines().count(), 4);
        assert_eq!(run(&["take", "user/int:42/session/f3"]).done().trim_end(), one);
        run(&["take", "user/int:42/session/f3"]).ended(1);
        run(&["delete", "user/int:42/session/a9"]).done();
        run(&["clear", "--namespace", "myapp", "--yes"]).done();
        assert_eq!(run(&["count"]).done(), "0\n");
        let ran = shop.run_on(&tail, &["import"], &lines);
        assert!(ran.err.ends_with("read 3, written 3, expired 0, refused 0\n"), "{}", ran.err);
        ran.done();
        assert_eq!(run(&["export"]).done().lines().count(), 4);
        assert_eq!(run(&["delete", "--all", "user/..", "--yes"]).code, 0);
        assert_eq!(run(&["count"]).done(), "1\n");
    }
}

#[test]
fn pow_reads_what_is_put_and_the_other_way_round() {
    let shop = Shop::new();
    for (otp, key) in [
        ("25", "g20AAAALY3JlZGVudGlhbHM:g2QAF0VsaXhpci5NeUFwcC5Vc2Vycy5Vc2Vy:g2QABHVzZXI:g2EB"),
        ("26", "g20AAAALY3JlZGVudGlhbHM:g3cXRWxpeGlyLk15QXBwLlVzZXJzLlVzZXI:g3cEdXNlcg:g2EB"),
    ] {
        let tail = format!("?layout=pow&otp={otp}&namespace=credentials&ttl=1h");
        shop.run(&tail, &["put", "=[MyApp.Users.User, :user, 1]", ":ok"]).done();
        let stored: &[u8] = if otp == "25" { b"\x83d\0\x02ok" } else { b"\x83w\x02ok" };
        assert_eq!(shop.server.command(&["GET", key]), Reply::Bytes(stored.to_vec()));
        shop.server.command(&[&b"SET"[..], key.as_bytes(), b"\x83m\0\0\0\x03ann", b"PX", b"60000"]);
        for other in ["25", "26"] {
            let tail = format!("?layout=pow&otp={other}&namespace=credentials");
            assert_eq!(shop.run(&tail, &["get", "=[MyApp.Users.User, :user, 1]"]).done().trim_end(), "\"ann\"");
        }
    }
}

#[test]
fn a_value_that_pow_could_not_read_is_refused() {
    let shop = Shop::new();
    let tail = "?layout=pow&ttl=1h";
    shop.run(tail, &["put", "k", "{\"a\":1}", "--codec", "json"]).refused(2, "external term format");
    shop.run(tail, &["put", "k", "1", "--ttl", "never"]).refused(2, "never ends");
    let lines = "{\"larder\":1}\n{\"key\":[\"json\"],\"value\":{\"a\":1}}\n{\"key\":[\"term\"],\"value_term\":\":ok\"}\n\
                 {\"key\":[\"endless\"],\"value_term\":\"1\",\"expires_at\":\"never\"}\n";
    let ran = shop.run_on(tail, &["import"], lines);
    assert!(ran.err.contains("line 2: Pow's layouts hold") && ran.err.contains("line 4: Pow's layouts"), "{}", ran.err);
    ran.ended(6);
    assert_eq!(shop.run(tail, &["keys"]).done(), "term\n");
}

#[test]
fn a_password_comes_by_the_environment_or_a_file_and_is_never_repeated() {
    let server = Server::builder().password("hunter2").start();
    let home = Home::new();
    let url = server.url_with("?ttl=1h");
    home.run(["put", "--store", &url, "k", "1"]).refused(2, "this URL holds a password");
    std::fs::write(home.join("url"), format!("{url}\n")).unwrap();
    home.run(["put", "--store-file", "url", "k", "1"]).done();
    assert_eq!(home.run(["get", "--store-file", "url", "k"]).done(), "1");
    let without = format!("redis://127.0.0.1:{}?ttl=1h", server.port());
    home.run(["get", "--store", &without, "k"]).refused(5, "wants a password");
    let mut command = home.command(["get", "k"]);
    command.env("LARDER_STORE", url.replace("hunter2", "hunter3"));
    let ran = support::finish(command, b"");
    assert!(!ran.err.contains("hunter"), "{}", ran.err);
    ran.refused(5, "refused");
}

#[test]
fn what_is_wrong_with_a_url_or_a_server_is_said() {
    let home = Home::new();
    let server = Server::start();
    for (url, code, words) in [
        ("redis:localhost".to_owned(), 2, "goes on with `//`"),
        (server.url_with("?layuot=pow"), 2, "known are:"),
        (server.url_with("?layout=etf"), 2, "native, pow, pow-indexed"),
        (server.url_with("/99"), 2, "no database of that number"),
        ("redis://127.0.0.1:1".to_owned(), 3, "redis 127.0.0.1:1"),
        ("redis+unix:///nowhere/redis.sock".to_owned(), 3, "no such socket"),
        ("memory:".to_owned(), 2, "lives and ends with its process"),
    ] {
        home.run(["get", "--store", &url, "k"]).refused(code, words);
    }
    home.is_untouched();
}

/// Records of several sorts, an hour each, in a file.
fn on_disk(home: &Home, count: u32) {
    let mut lines = "{\"larder\":1}\n".to_owned();
    for number in 0..count {
        lines += &format!(
            "{{\"key\":[\"user\",{},\"session\",\"s{number}\"],\"value_term\":\"{{:a, {number}}}\",\"ttl_ms\":3600000}}\n",
            number % 97
        );
        if number % 10 == 0 {
            lines += &format!(
                "{{\"key\":[{{\"term\":\":user\"}},{number}],\"value_term\":\"%{{a: 1}}\",\"ttl_ms\":7200000}}\n"
            );
        }
    }
    home.run_on(lines, ["import", "--store", "./a.larder"]).done();
}

#[test]
fn a_copy_goes_from_disk_to_redis_between_layouts_and_back() {
    let shop = Shop::new();
    let home = &shop.home;
    on_disk(home, 1_500);
    let stores = [
        "./a.larder".to_owned(),
        shop.url("/1?layout=pow"),
        shop.url("/1?layout=native"),
        shop.url("/2?layout=pow-indexed&otp=25"),
        shop.url("/3?layout=pow&otp=26"),
        "./b.larder".to_owned(),
    ];
    for pair in stores.windows(2) {
        let ran = home.run(["copy", "--from", &pair[0], "--to", &pair[1], "--verify"]);
        assert!(ran.err.contains("same 1650, differing 0, missing 0, extra 0\n"), "{pair:?}: {}", ran.err);
        ran.done();
    }
    let ran = home.run(["copy", "--from", &stores[0], "--to", &stores[5], "--verify-only"]);
    assert!(ran.err.contains("same 1650, differing 0, missing 0, extra 0\n"), "{}", ran.err);
    let ttl = home.run(["get", "--ttl", "--store", "./b.larder", "=[:user, 0]"]).done();
    assert!(ttl.starts_with("1h5"), "{ttl}");
    // What one layout's listing finds by its index is all that is there.
    let listed = home.run(["count", "--store", &stores[2], "user/int:5/session/_"]).done();
    assert_eq!(listed, home.run(["count", "--store", "./a.larder", "user/int:5/session/_"]).done());
}

#[test]
fn a_copy_keeps_no_other_client_of_the_server_waiting() {
    let shop = Shop::new();
    on_disk(&shop.home, 3_000);
    for (database, layout) in LAYOUTS.iter().enumerate() {
        shop.server.forget_calls();
        let to = shop.url(&format!("/{database}?layout={layout}"));
        shop.home.run(["copy", "--from", "./a.larder", "--to", &to]).done();
        let calls = shop.server.calls();
        let written = ["set", "zadd", "pexpire", "unlink", "zremrangebyscore"];
        let commands: u64 = written.iter().filter_map(|name| calls.get(*name)).sum();
        // Whatever the machine is busy with: no transaction is made of more than takes a server 2 ms.
        assert!(commands / calls["exec"] <= 1_500, "{layout}: {commands} commands in {} steps", calls["exec"]);
        assert!(calls["exec"] <= 100, "{layout}: and not of less than need be: {}", calls["exec"]);
    }
}

/// The longest run of each command of these, in microseconds, as the server measured it, the longest first.
fn longest(server: &Server) -> Vec<(String, f64)> {
    let info = server.command(&["INFO", "latencystats"]).as_text();
    let line = |line: &str| {
        let (name, longest) = line.trim().strip_prefix("latency_percentiles_usec_")?.split_once(":p100=")?;
        Some((name.to_owned(), longest.parse::<f64>().ok()?))
    };
    let mut longest: Vec<_> = info.lines().filter_map(line).filter(|(name, _)| name != "info").collect();
    longest.sort_by(|one, other| other.1.total_cmp(&one.1));
    longest
}

/// Records of these sizes, an hour each, as terms that every layout holds.
fn large_on_disk(home: &Home, sizes: &[usize]) {
    for (number, size) in sizes.iter().enumerate() {
        let length = u32::try_from(size - 6).unwrap().to_be_bytes();
        let value = [&[131, 109][..], &length, &vec![b'x'; size - 6]].concat();
        std::fs::write(home.join("value"), value).unwrap();
        let key = format!("large/int:{number}");
        home.run(["put", "--store", "./a.larder", "--ttl", "1h", "--codec", "raw", &key, "--file", "value"]).done();
    }
}

/// Copies, and tells the longest steps of the server. The least of several rounds counts where that is measured
/// (scripts/redis-stalls), since the server measures by the clock on the wall, in which other work of the machine
/// counts as well.
fn copy_without_a_stall(shop: &Shop, what: &str, from: &str, to: &str) {
    let measured = std::env::var_os("LARDER_COPIED_RECORDS").is_some();
    if measured && !shop.server.run_ahead() {
        println!("other work of the machine counts as the server's, since `chrt --fifo` is not allowed");
    }
    for round in 1..=if measured { 5 } else { 1 } {
        shop.server.command(&["FLUSHDB", "ASYNC"]);
        shop.server.forget_calls();
        shop.home.run(["copy", "--from", from, "--to", to, "--verify"]).done();
        let longest = longest(&shop.server);
        println!("{what}: longest steps of the server in us: {:?}", &longest[..longest.len().min(4)]);
        if longest[0].1 < 5_000.0 {
            return;
        }
        assert!(!measured || round < 5, "{what}: the server stood still for {} us", longest[0].1);
    }
}

#[test]
fn a_copy_never_lets_the_server_stand_still() {
    let records = std::env::var("LARDER_COPIED_RECORDS").map_or(500, |count| count.parse().unwrap());
    let shop = Shop::new();
    shop.server.set("latency-tracking-info-percentiles", "100");
    on_disk(&shop.home, records);
    let (pow, native, indexed) = (shop.url("/1?layout=pow"), shop.url("/2"), shop.url("/3?layout=pow-indexed"));
    copy_without_a_stall(&shop, &format!("{records} records, disk to pow"), "./a.larder", &pow);
    copy_without_a_stall(&shop, &format!("{records} records, disk to pow-indexed"), "./a.larder", &indexed);
    copy_without_a_stall(&shop, &format!("{records} records, pow to native"), &pow, &native);
}

#[test]
fn a_copy_of_large_values_takes_them_one_by_one() {
    let shop = Shop::new();
    shop.server.set("latency-tracking-info-percentiles", "100");
    let measured = std::env::var_os("LARDER_COPIED_RECORDS").is_some();
    let large = if measured { 60 } else { 6 };
    large_on_disk(&shop.home, &[vec![20 << 10; 5 * large], vec![1 << 20; large], vec![2 << 20; large / 2]].concat());
    let (pow, native) = (shop.url("/1?layout=pow"), shop.url("/2"));
    copy_without_a_stall(&shop, "values of up to 2 MiB, disk to pow", "./a.larder", &pow);
    copy_without_a_stall(&shop, "values of up to 2 MiB, pow to native", &pow, &native);
    let calls = shop.server.calls();
    assert!(calls["get"] <= calls["exec"] + 4, "no step reads two values: {calls:?}");
    if measured {
        // One such value takes the server longer by itself, whoever reads it: told, and not judged.
        large_on_disk(&shop.home, &[16 << 20]);
        shop.server.forget_calls();
        shop.home.run(["copy", "--from", "./a.larder", "--to", &pow, "--verify"]).done();
        println!("a value of 16 MiB among them: longest steps of the server in us: {:?}", &longest(&shop.server)[..4]);
    }
}

#[test]
fn what_a_layout_cannot_hold_is_refused_and_loses_nothing_else() {
    let shop = Shop::new();
    let home = &shop.home;
    let put = |key: &str, ttl: &str, value: &str| {
        home.run(["put", "--store", "./a.larder", "--ttl", ttl, "--codec", "etf", key, value]).done();
    };
    put("good", "1h", ":ok");
    put("endless", "never", ":ok");
    put("=[%{a: 1, b: 2}]", "1h", ":ok");
    home.run(["put", "--store", "./a.larder", "--ttl", "1h", "json", "{}"]).done();
    let to = shop.url("?layout=pow");
    let ran = home.run(["copy", "--from", "./a.larder", "--to", &to]);
    assert!(ran.err.contains("read 4, written 1, expired 0, refused 3"), "{}", ran.err);
    ran.ended(6);
    assert_eq!(home.run(["keys", "--store", &to]).done(), "good\n");
    home.run(["copy", "--from", "./a.larder", "--to", &shop.url("/1"), "--verify"]).done();
}

#[test]
fn values_are_recoded_where_that_is_asked_for_and_those_without_a_form_are_refused() {
    let shop = Shop::new();
    let home = &shop.home;
    let (pow, native, back) = (shop.url("/0?layout=pow"), shop.url("/1"), shop.url("/2?layout=pow&otp=25"));
    for (key, term) in [("user/int:1", "%{name: \"Zoë\", seen: [1, nil]}"), ("pair", "{:ok, 1.5}"), ("bits", "<<255>>")]
    {
        home.run(["put", "--store", &pow, "--ttl", "1h", key, term]).done();
    }
    let copy = ["copy", "--from", &pow, "--to", &native, "--recode", "etf:json", "--verify"];
    let ran = home.run(copy);
    assert!(ran.err.contains("a record was refused: the value holds a binary that is not UTF-8"), "{}", ran.err);
    assert!(ran.err.contains("read 3, written 2, expired 0, refused 1"), "{}", ran.err);
    assert!(ran.err.contains("same 2, differing 0, missing 1, extra 0"), "{}", ran.err);
    ran.ended(6);
    let get = |store: &str, key: &str| home.run(["get", "--store", store, key]).done();
    assert_eq!(get(&native, "user/int:1"), "{\"name\":\"Zoë\",\"seen\":[1,null]}");
    assert_eq!(get(&native, "pair"), "[\"ok\",1.5]");
    assert!(home.run(["get", "--ttl", "--store", &native, "pair"]).done().starts_with("59m"));
    home.run(["copy", "--from", &native, "--to", &back, "--recode", "json:etf", "--verify"]).done();
    assert_eq!(get(&back, "user/int:1").trim_end(), "%{\"name\" => \"Zoë\", \"seen\" => [1, nil]}");
    home.run(["copy", "--from", &pow, "--to", &back, "--recode", "etf:json"]).refused(2, "Pow's layouts hold");
    home.run(["copy", "--from", &pow, "--to", &native, "--recode", "json:etf"]).refused(2, "Pow's layouts hold");
}

#[test]
fn an_interrupted_copy_from_redis_goes_on() {
    let shop = Shop::new();
    let home = &shop.home;
    on_disk(home, 2_000);
    let from = shop.url("?layout=pow");
    home.run(["copy", "--from", "./a.larder", "--to", &from]).done();
    let copy = ["copy", "--from", &from, "--to", "./b.larder", "--state", "state"];
    let mut command = home.command(copy.iter().chain(&["--rate", "1000"]));
    let mut child = command.spawn().unwrap();
    let begun = std::time::Instant::now();
    while !std::fs::read_to_string(home.join("state")).is_ok_and(|text| !text.contains("\"cursor\":\"\"")) {
        assert!(begun.elapsed().as_secs() < 30);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let there: u32 = home.run(["count", "--store", "./b.larder"]).done().trim().parse().unwrap();
    assert!(there < 2_200, "{there}");
    let ran = home.run(copy.iter().chain(&["--verify"]));
    assert!(ran.err.contains("same 2200, differing 0, missing 0, extra 0"), "{}", ran.err);
    ran.done();
    assert!(!home.join("state").exists());
}

#[test]
fn the_same_store_is_refused_by_whatever_name_and_another_layout_is_another_store() {
    let shop = Shop::new();
    let port = shop.server.port();
    let same = format!("redis://127.0.0.1:{port}?db=0&ttl=1h");
    shop.home
        .run(["copy", "--from", &shop.url("/0"), "--to", &same])
        .refused(2, "the same namespace of the same store");
    shop.run("?ttl=1h", &["put", "k", "1"]).done();
    shop.home.run(["copy", "--from", &same, "--to", &same, "--to-namespace", "other", "--verify"]).done();
    assert_eq!(shop.run("?namespace=other", &["get", "k"]).done(), "1");
}

#[cfg(unix)]
#[test]
fn nothing_is_written_on_a_read_only_system() {
    let shop = Shop::new();
    // No process under this limit can write a byte into any file.
    let run = |args: &str| {
        let script = format!("ulimit -f 0; exec {} {args}", env!("CARGO_BIN_EXE_larder"));
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script]).current_dir(shop.home.path()).env_clear();
        command.env("LARDER_STORE", shop.url("?ttl=1h")).stdin(std::process::Stdio::null());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        support::finish(command, b"")
    };
    run("put user/int:1/f3 1").done();
    assert_eq!(run("get user/int:1/f3").done(), "1");
    assert_eq!(run("count user/..").done(), "1\n");
    assert_eq!(run("delete --all user/.. --yes").code, 0);
    shop.home.is_untouched();
}
