//! The server is there and refuses, forgets, or is busy.

use larder::ErrorKind::{Denied, Full, Overloaded, Unavailable, Unknown};
use larder::key;
use larder_test_redis::{Fault, Proxy, Reply, Server};

use super::load::Load;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_password_is_told_and_tried_again() {
    let server = Server::builder().acl_user("app", "right", "~* &* +@all").start();
    let mut load = Load::start("WRONGPASS, then restored", &server.url_as("app", "right", "")).await;
    while load.again() {
        load.go_on(200).await;
        load.hurt();
        server.command(&["ACL", "SETUSER", "app", "resetpass", ">another"]);
        server.kill_clients();
        load.go_on(1_000).await;
        server.command(&["ACL", "SETUSER", "app", "resetpass", ">right"]);
        load.heal().await;
    }
    let tally = load.finish(&server).await;
    tally.allow(&[Unavailable, Denied], &[Unavailable, Denied, Unknown]).require(Denied);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_server_is_read_and_deleted_from() {
    let server = Server::start();
    let mut load = Load::start("maxmemory reached", &server.url()).await;
    while load.again() {
        load.go_on(200).await;
        load.hurt();
        fill(&server);
        load.go_on(700).await;
        for key in [key!["in", "the", "way"], key!["alone"]] {
            assert_eq!(load.store().put(key.clone(), &"v".to_owned()).await.unwrap_err().kind(), Full);
            assert_eq!(load.store().get(key.clone()).await.unwrap(), None);
            assert_eq!(load.store().get_with_ttl(key.clone()).await.unwrap(), None);
            assert_eq!(load.store().take(key.clone()).await.unwrap(), None);
            assert_eq!(load.store().delete_many([key.clone(), key]).await.unwrap(), [false, false]);
        }
        server.set("maxmemory", "0");
        server.command(&["DEL", "filler"]);
        load.heal().await;
    }
    load.finish(&server).await.allow(&[], &[Full]).require(Full);
}

/// Leaves no room, by more than the tasks' deletes give back. Small pieces, since a large one would be counted twice
/// while it is sent.
fn fill(server: &Server) {
    let value = "v".repeat(32 << 10);
    for _ in 0..128 {
        server.command(&["RPUSH", "filler", &value]);
    }
    let used: u64 = server.info("used_memory").parse().unwrap();
    server.set("maxmemory", &(used - (2 << 20)).to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demoted_master_is_not_taken_for_one() {
    let server = Server::start();
    let mut load = Load::start("READONLY after demotion", &server.url()).await;
    while load.again() {
        load.go_on(200).await;
        load.hurt();
        // Of a master that is not there it fetches nothing, and keeps what it has.
        server.command(&["REPLICAOF", "127.0.0.1", "1"]);
        load.go_on(1_000).await;
        server.command(&["REPLICAOF", "NO", "ONE"]);
        load.heal().await;
    }
    load.finish(&server).await.allow(&[Unavailable], &[Unavailable, Unknown]).require(Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_script_is_waited_for() {
    let server = Server::builder().config("busy-reply-threshold", "20").start();
    let mut load = Load::start("a busy script", &server.url()).await;
    while load.again() {
        load.go_on(200).await;
        load.hurt();
        let mut client = server.client().unwrap();
        client.send(&["EVAL", "while true do end", "0"]).unwrap();
        load.go_on(1_000).await;
        assert_eq!(server.command(&["SCRIPT", "KILL"]), Reply::ok());
        load.heal().await;
    }
    load.finish(&server).await.allow(&[Unavailable], &[Unavailable, Unknown]).require(Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_script_is_sent_anew() {
    let server = Server::start();
    let mut load = Load::start("SCRIPT FLUSH", &server.url()).await;
    while load.again() {
        load.hurt();
        for _ in 0..50 {
            server.command(&["SCRIPT", "FLUSH"]);
            load.go_on(20).await;
        }
        load.heal().await;
    }
    load.finish(&server).await.allow(&[], &[]);
    assert!(server.calls().get("evalsha").is_some_and(|calls| *calls > 0), "no script was called");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_server_is_an_empty_store() {
    let server = Server::start();
    let mut load = Load::start("FLUSHALL", &server.url()).await;
    while load.again() {
        load.go_on(200).await;
        load.may_lose();
        load.hurt();
        for _ in 0..20 {
            server.command(&["FLUSHALL"]);
            load.go_on(40).await;
        }
        load.heal().await;
    }
    load.finish(&server).await.allow(&[], &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_calls_wait_than_the_queue_holds() {
    let server = Server::start();
    let proxy = Proxy::new(&server, 1);
    let mut load = Load::start("a queue of 16, and silence", &proxy.url_with("?queue=16")).await;
    while load.again() {
        load.hurt();
        proxy.set(Fault::Mute);
        load.go_on(1_000).await;
        proxy.set(Fault::Pass);
        // The queue stays as small: some are refused also when all is well.
    }
    let tally = load.finish(&server).await;
    let kinds = [Unavailable, Overloaded];
    tally.allow(&kinds, &[Unavailable, Overloaded, Unknown]).require(Overloaded);
}
