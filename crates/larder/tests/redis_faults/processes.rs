//! The process of the server is killed, stopped, or not ready.

use std::time::Duration;

use larder::ErrorKind::{Unavailable, Unknown};
use larder_test_redis::Server;

use super::load::Load;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_nothing_that_was_acknowledged() {
    let server = Server::builder().append_only().start();
    let mut load = Load::start("SIGKILL and restart", &server.url()).await;
    while load.again() {
        load.go_on(300).await;
        load.hurt();
        server.kill();
        load.go_on(1_000).await;
        server.restart();
        load.heal().await;
    }
    let tally = load.finish(&server).await;
    tally.allow(&[Unavailable], &[Unavailable, Unknown]).require(Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_server_keeps_no_caller_waiting() {
    let server = Server::start();
    let mut load = Load::start("SIGSTOP for 6 s", &server.url()).await;
    while load.again() {
        load.go_on(300).await;
        load.hurt();
        server.stop_signal();
        load.go_on(6_000).await;
        server.continue_signal();
        load.heal().await;
    }
    let tally = load.finish(&server).await;
    tally.allow(&[Unavailable], &[Unavailable, Unknown]).require(Unavailable).require(Unknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loading_server_is_waited_for() {
    let server = Server::builder().slow_to_load(Duration::from_millis(2)).start();
    for key in 0..500 {
        server.command(&["SET", &format!("filler{key}"), "v"]);
    }
    let mut load = Load::start("LOADING", &server.url()).await;
    while load.again() {
        load.go_on(300).await;
        server.compact();
        load.hurt();
        server.begin_restart();
        server.await_ready();
        load.heal().await;
    }
    let tally = load.finish(&server).await;
    tally.allow(&[Unavailable], &[Unavailable, Unknown]).require(Unavailable);
}
