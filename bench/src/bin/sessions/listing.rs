//! The ten sessions of one user, among many users'.

use std::time::Instant;

use larder::key;
use larder_bench::{Figures, Unit, commands};
use larder_test_redis::{Relay, Server};
use tokio::runtime::Builder;

use crate::place::{DEVICES, Deed, Place};

const TIMES: usize = 200;
const CALLERS: usize = 128;

/// Signs so many in, and lists some.
pub(crate) fn measure(server: &Server, sessions: usize, figures: &mut Figures, tell: impl Fn(&str)) {
    server.command(&["FLUSHALL"]);
    let users = sessions / DEVICES;
    let runtime = Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    runtime.block_on(async {
        let place = Place::open(&server.url_with("/?namespace=bench")).await;
        let began = Instant::now();
        let sign_in = |caller: usize| {
            let place = place.clone();
            async move {
                for user in (caller..users).step_by(CALLERS) {
                    for _ in 0..DEVICES {
                        place.sign_in(user).await;
                    }
                }
            }
        };
        let tasks: Vec<_> = (0..CALLERS).map(|caller| tokio::spawn(sign_in(caller))).collect();
        for task in tasks {
            task.await.expect("a caller does not fail");
        }
        let per_second = (users * DEVICES) as f64 / began.elapsed().as_secs_f64();
        figures.add("listing", "sign-ins, 128 callers", "all", Unit::PerSecond, vec![per_second]);
        tell("signed in");

        let relay = Relay::new(server);
        let relayed = Place::open(&format!("redis://127.0.0.1:{}/?namespace=bench", relay.port())).await;
        list(&relayed, 0).await;
        let before = (relay.traffic().trips, commands(server));
        for time in 0..TIMES {
            list(&relayed, user(time, users)).await;
        }
        let trips = (relay.traffic().trips - before.0) as f64 / TIMES as f64;
        let sent = (commands(server) - before.1) / TIMES as f64;
        figures.add("listing", "round trips", "list of ten", Unit::Count, vec![trips]);
        figures.add("listing", "commands the server counted", "list of ten", Unit::Count, vec![sent]);

        let cookie = place.sign_in(users).await;
        let key = key!["unused"];
        let (mut lists, mut loads) = (Vec::new(), Vec::new());
        for time in 0..TIMES {
            let began = Instant::now();
            list(&place, user(time, users)).await;
            lists.push(began.elapsed().as_nanos() as f64);
            let began = Instant::now();
            place.act(Deed::Load, &cookie, &key).await;
            loads.push(began.elapsed().as_nanos() as f64);
        }
        figures.add("listing", "time", "list of ten", Unit::Nanos, lists);
        figures.add("listing", "time", "one load", Unit::Nanos, loads);
    });
}

async fn list(place: &Place, user: usize) {
    assert_eq!(place.sessions.of(user).list().await.expect("it answers").len(), DEVICES);
}

fn user(time: usize, users: usize) -> usize {
    time * 7919 % users
}
