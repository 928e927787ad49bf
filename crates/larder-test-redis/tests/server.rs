//! That a server of the rig is real, alone, set up as asked, and gone afterwards.
#![allow(missing_docs, clippy::unwrap_used)]

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use larder_test_redis::{Reply, Server};

fn runs(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

fn await_true(mut holds: impl FnMut() -> bool) {
    let since = std::time::Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What the system's own client is answered.
fn redis_cli(server: &Server, args: &[&str]) -> String {
    let output = Command::new("redis-cli").args(["-p", &server.port().to_string()]).args(args).output().unwrap();
    [output.stdout, output.stderr].iter().map(|bytes| String::from_utf8_lossy(bytes)).collect()
}

#[test]
fn a_server_and_its_folder_are_gone_after_drop() {
    let server = Server::start();
    let (pid, port, folder) = (server.pid(), server.port(), server.folder().to_owned());
    assert!(runs(pid) && folder.exists() && TcpStream::connect(("127.0.0.1", port)).is_ok());
    server.stop_signal(); // one that is stopped goes, too
    drop(server);
    assert!(!runs(pid) && !folder.exists() && TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_server_is_gone_when_its_test_is_killed() {
    if let Ok(file) = std::env::var("RIG_TELL") {
        // The test in the test: it starts servers, tells of them, and hangs.
        let (own, shared) = (Server::start(), Server::shared());
        let lines = [&own, shared].map(|server| format!("{}\n{}\n", server.pid(), server.folder().display()));
        std::fs::write(&file, lines.concat()).unwrap();
        loop {
            std::thread::park();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("told");
    let mut test = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_server_is_gone_when_its_test_is_killed"])
        .env("RIG_TELL", &file)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    await_true(|| std::fs::read_to_string(&file).is_ok_and(|told| told.lines().count() == 4));
    let told = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<_> = told.lines().collect();
    assert!(runs(lines[0].parse().unwrap()) && runs(lines[2].parse().unwrap()));
    test.kill().unwrap();
    test.wait().unwrap();
    await_true(|| !runs(lines[0].parse().unwrap()) && !runs(lines[2].parse().unwrap()));
    await_true(|| !Path::new(lines[1]).exists() && !Path::new(lines[3]).exists());
}

#[test]
fn many_servers_start_at_once_and_share_nothing() {
    let servers: Vec<_> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..8).map(|_| scope.spawn(Server::start)).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (number, server) in servers.iter().enumerate() {
        server.command(&["SET", "k", &number.to_string()]);
    }
    for (number, server) in servers.iter().enumerate() {
        assert_eq!(server.command(&["GET", "k"]), Reply::text(&number.to_string()));
        assert_eq!(server.info("process_id"), server.pid().to_string(), "it answers itself");
    }
}

#[test]
fn a_restarted_server_keeps_its_port_and_only_what_was_appended() {
    let servers = [Server::start(), Server::builder().append_only().start()];
    for server in &servers {
        let (port, pid) = (server.port(), server.pid());
        server.command(&["SET", "k", "v"]);
        server.kill();
        assert!(!runs(pid) && server.try_command(&["PING"]).is_err());
        server.restart();
        assert_eq!(server.port(), port);
        assert_ne!(server.pid(), pid);
    }
    assert_eq!(servers[0].command(&["GET", "k"]), Reply::Nil);
    assert_eq!(servers[1].command(&["GET", "k"]), Reply::text("v"));
}

#[test]
fn a_server_that_is_loading_says_so_and_serves_afterwards() {
    let server = Server::builder().slow_to_load(Duration::from_millis(2)).start();
    for key in 0..300 {
        server.command(&["SET", &format!("k{key}"), &"v".repeat(20)]);
    }
    server.compact();
    server.begin_restart();
    let answer = server.command(&["GET", "k1"]);
    assert!(matches!(&answer, Reply::Error(error) if error.starts_with("LOADING")), "{answer:?}");
    server.await_ready();
    assert_eq!(server.command(&["DBSIZE"]), Reply::Integer(300));
}

#[test]
fn a_stopped_server_answers_nothing_until_it_goes_on() {
    let server = Server::start();
    server.stop_signal();
    let mut client = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    client.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    std::io::Write::write_all(&mut client, b"*1\r\n$4\r\nPING\r\n").unwrap();
    let mut answer = [0; 7];
    assert!(std::io::Read::read(&mut client, &mut answer).is_err());
    server.continue_signal();
    client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    std::io::Read::read_exact(&mut client, &mut answer).unwrap();
    assert_eq!(&answer, b"+PONG\r\n");
}

#[test]
fn passwords_and_users_are_asked_for_and_the_rig_gets_in_all_the_same() {
    let server = Server::builder().password("secret").acl_user("poor", "pw", "~app:* &* -@all +get").start();
    assert!(redis_cli(&server, &["GET", "k"]).contains("NOAUTH"));
    assert_eq!(redis_cli(&server, &["-a", "secret", "--no-auth-warning", "GET", "k"]).trim(), "");
    let poor =
        |args: &[&str]| redis_cli(&server, &[&["--user", "poor", "--pass", "pw", "--no-auth-warning"], args].concat());
    assert_eq!(poor(&["GET", "app:k"]).trim(), "");
    assert!(poor(&["GET", "k"]).contains("NOPERM") && poor(&["SET", "app:k", "v"]).contains("NOPERM"));
    assert_eq!(server.url(), format!("redis://:secret@127.0.0.1:{}", server.port()));
    assert_eq!(server.url_as("poor", "pw", "/3"), format!("redis://poor:pw@127.0.0.1:{}/3", server.port()));
    server.restart();
    assert_eq!(server.command(&["PING"]), Reply::Status("PONG".to_owned()));
}

#[test]
fn tls_is_trusted_by_its_authority_alone_and_for_its_host_alone() {
    let server = Server::builder().tls().start();
    let ping = |server: &Server, ca: &Path| redis_cli(server, &["--tls", "--cacert", ca.to_str().unwrap(), "PING"]);
    assert_eq!(ping(&server, server.ca_path()).trim(), "PONG");
    assert!(!ping(&server, server.certificates().foreign_ca()).contains("PONG"));
    assert!(!redis_cli(&server, &["PING"]).contains("PONG"));
    assert_eq!(
        server.url_with("/1?ttl=1h"),
        format!("rediss://127.0.0.1:{}/1?ttl=1h&ca={}", server.port(), server.ca_path().display())
    );
    let other = Server::builder().tls_of_another_host().start();
    let file = std::fs::read(other.folder().join("server.pem")).unwrap();
    assert!(!file.is_empty() && ping(&other, other.ca_path()).contains("PONG"), "redis-cli looks at no name");
}

#[test]
fn a_replica_follows_its_master() {
    let master = Server::builder().password("secret").start();
    master.command(&["SET", "k", "v"]);
    let replica = Server::builder().replica_of(&master).start();
    assert_eq!(replica.command(&["GET", "k"]), Reply::text("v"));
    assert!(matches!(replica.command(&["SET", "k", "w"]), Reply::Error(error) if error.starts_with("READONLY")));
}

#[test]
fn calls_are_counted_by_command_and_clients_can_be_ended() {
    let server = Server::builder().unix_socket().databases(3).config("maxmemory", "50mb").start();
    server.forget_calls();
    for _ in 0..5 {
        server.command(&["GET", "k"]);
    }
    server.command(&["CONFIG", "GET", "maxmemory"]);
    assert_eq!((server.calls()["get"], server.calls()["config|get"]), (5, 1));
    let mut client = server.client().unwrap();
    assert!(matches!(client.command(&["SELECT", "3"]).unwrap(), Reply::Error(_)));
    assert_eq!(server.kill_clients(), 1);
    assert!(client.command(&["PING"]).is_err());
    let socket = server.socket_path();
    assert_eq!(server.url(), format!("redis+unix://{}", socket.display()));
    assert_eq!(server.url_with("/2?ttl=1h"), format!("redis+unix://{}?db=2&ttl=1h", socket.display()));
    server.set("maxmemory", "0");
    assert_eq!(server.info("maxmemory"), "0");
}
