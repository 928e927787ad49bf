//! A proxy loses, repeats, cuts and invents replies: everything behind one is somebody else's, unless it is noticed.
//!
//! Replies that only change places leave their number what it was; no fence can see that, and it is not tried here.

use larder::ErrorKind::{Unavailable, Unknown};
use larder_test_redis::{Fault, Proxy, Server};

use super::load::Load;
use super::naive::Naive;
use super::tally::Tally;

/// What the tasks see when some replies are hit, and how many were.
async fn trial(name: &'static str, options: &str, fault: fn(u32) -> Fault, one_in: [u32; 2]) -> (Tally, u64, Server) {
    let server = Server::start();
    let proxy = Proxy::new(&server, 1);
    let mut load = Load::start(name, &proxy.url_with(options)).await;
    while load.again() {
        for one_in in one_in {
            load.go_on(100).await;
            load.hurt();
            proxy.set(fault(one_in));
            load.go_on(800).await;
            proxy.set(Fault::Pass);
            if options.is_empty() {
                load.heal().await;
            }
        }
    }
    let tally = load.finish_unjudged(&server).await;
    (tally, proxy.injected(), server)
}

async fn fenced(name: &'static str, fault: fn(u32) -> Fault) {
    let (tally, hits, _server) = trial(name, "", fault, [100, 2_000]).await;
    assert!(hits >= 5, "only {hits} replies were hit");
    assert_eq!((tally.wrong, tally.misreported), (0, 0), "{tally}");
    tally.allow(&[Unavailable], &[Unavailable, Unknown]).require(Unknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_reply_gives_nobody_anothers() {
    fenced("replies lost", |one_in| Fault::Drop { one_in }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_reply_gives_nobody_anothers() {
    fenced("replies repeated", |one_in| Fault::Repeat { one_in }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_reply_gives_nobody_anothers() {
    fenced("replies cut", |one_in| Fault::Truncate { one_in }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inserted_reply_reaches_nobody() {
    fenced("foreign replies inserted", |one_in| Fault::Insert { one_in }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_that_change_places_and_number_reach_nobody() {
    fenced("replies exchanged and doubled", |one_in| Fault::Shuffle { one_in }).await;
}

/// The control: what these tests would let through if they were blind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_fence_the_tests_see_wrong_replies() {
    for (name, fault) in [
        ("control: replies lost, no fence", (|one_in| Fault::Drop { one_in }) as fn(u32) -> Fault),
        ("control: replies repeated, no fence", |one_in| Fault::Repeat { one_in }),
    ] {
        let (tally, hits, _server) = trial(name, "?fence=false", fault, [300, 1_000]).await;
        assert!(hits > 0 && tally.wrong > 0, "{hits} hits, {tally}");
    }
}

/// The other control: a client that lets its callers read from the socket mixes replies up when they are cancelled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_naive_client_hands_a_cancelled_callers_reply_to_the_next() {
    let server = Server::start();
    assert!(Naive::wrong_of(&server, 2_000).await > 20);
}

/// Nothing but cancellation, on a way that cuts replies anywhere and resets now and then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_call_leaves_nothing_to_the_next() {
    let server = Server::start();
    let proxy = Proxy::new(&server, 1);
    let mut load = Load::start("cancellation, replies in pieces", &proxy.url()).await;
    while load.again() {
        proxy.set(Fault::Split);
        load.go_on(1_000).await;
        proxy.reset_all();
    }
    let tally = load.finish(&server).await;
    assert!(tally.cancelled > 100, "{tally}");
}
