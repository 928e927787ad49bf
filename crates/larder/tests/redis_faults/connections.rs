//! The way to the server fails: connections end, fall silent, or are slow.

use std::time::Duration;

use larder::ErrorKind::{self, Unavailable, Unknown};
use larder_test_redis::{Fault, Proxy, Server};

use super::load::Load;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_the_server_ends_is_made_anew() {
    let server = Server::start();
    let mut load = Load::start("CLIENT KILL", &server.url()).await;
    let mut killed = 0;
    while load.again() {
        load.go_on(200).await;
        load.hurt();
        for _ in 0..20 {
            killed += server.kill_clients();
            load.go_on(30).await;
        }
        load.heal().await;
    }
    assert!(killed > 0);
    load.finish(&server).await.allow(&[Unavailable], &[Unavailable, Unknown]);
}

/// Lets the tasks call through a proxy that does this for a while.
async fn trial(name: &'static str, fault: Fault, millis: u64, errors: &[ErrorKind]) {
    let server = Server::start();
    let proxy = Proxy::new(&server, 1);
    let mut load = Load::start(name, &proxy.url()).await;
    while load.again() {
        load.go_on(200).await;
        load.hurt();
        proxy.set(fault);
        load.go_on(millis).await;
        proxy.set(Fault::Pass);
        load.heal().await;
    }
    assert!(proxy.injected() > 0);
    let tally = load.finish(&server).await;
    let reads: Vec<_> = errors.iter().copied().filter(|kind| *kind != Unknown).collect();
    tally.allow(&reads, errors);
    errors.iter().for_each(|kind| {
        tally.require(*kind);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_is_cut_in_two_reaches_nobody() {
    let server = Server::start();
    let proxy = Proxy::new(&server, 1);
    let mut load = Load::start("reset amid a reply", &proxy.url()).await;
    while load.again() {
        load.go_on(200).await;
        load.hurt();
        proxy.set(Fault::Reset { one_in: 200 });
        load.go_on(1_000).await;
        proxy.set(Fault::Pass);
        load.heal().await;
    }
    assert!(proxy.injected() > 0);
    load.finish(&server).await.allow(&[Unavailable], &[Unavailable, Unknown]).require(Unknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_black_hole_is_noticed_and_left() {
    trial("black hole", Fault::BlackHole, 1_000, &[Unavailable, Unknown]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_open_connection_is_noticed_and_left() {
    trial("half-open connection", Fault::HalfOpen, 1_000, &[Unavailable, Unknown]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_happened_unheard_is_not_called_undone() {
    trial("requests pass, replies do not", Fault::Mute, 1_000, &[Unavailable, Unknown]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_arrives_late_is_not_called_undone() {
    trial("requests held back for long", Fault::Hold, 1_000, &[Unavailable, Unknown]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_replies_are_waited_for() {
    trial("replies late by 100 ms", Fault::Delay(Duration::from_millis(100)), 1_000, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_in_pieces_are_put_together() {
    trial("replies in pieces", Fault::Split, 1_000, &[]).await;
}
