//! A namespace is cleared among what is somebody else's, and the server never stands still for it.

use larder::{Namespace, Pattern, Store, Term, key};

use super::ground::{Ground, session, sessions};

/// How many foreign keys there are, unless LARDER_FOREIGN_KEYS says: scripts/redis-stalls takes a million.
fn foreign() -> u64 {
    std::env::var("LARDER_FOREIGN_KEYS").map_or(50_000, |count| count.parse().unwrap())
}

/// The longest run of each command, in microseconds, as the server measured it.
fn longest(ground: &Ground) -> Vec<(String, f64)> {
    let info = ground.ask(&["INFO", "latencystats"]).as_text();
    let line = |line: &str| {
        let (name, longest) = line.trim().strip_prefix("latency_percentiles_usec_")?.split_once(":p100=")?;
        Some((name.to_owned(), longest.parse::<f64>().ok()?))
    };
    let mut longest: Vec<_> = info.lines().filter_map(line).collect();
    longest.sort_by(|one, other| other.1.total_cmp(&one.1));
    longest
}

/// Puts 10,040 records of 40 users.
async fn fill(store: &Store<Term>) {
    for user in 0..40 {
        for chunk in 0..5 {
            let values: Vec<_> = (0..50).map(|at| (session(user, &format!("{chunk}-{at}")), Term::from(at))).collect();
            store.put_many(values.iter().map(|(key, value)| (key, value))).await.unwrap();
        }
        store.put(key!["token", user], &Term::nil()).await.unwrap();
    }
}

async fn clear_ends_its_own_namespace_and_nothing_else(layout: &'static str) {
    let ground = Ground::alone(layout);
    ground.ask(&["DEBUG", "POPULATE", &foreign().to_string(), "foreign", "100"]);
    ground.ask(&["CONFIG", "SET", "latency-tracking-info-percentiles", "100"]);
    let store = ground.store().await;
    let other = store.clone().with_namespace(Namespace::new("credentials2").unwrap());
    for user in 0..40 {
        other.put(session(user, "other"), &Term::nil()).await.unwrap();
    }
    let measured = std::env::var_os("LARDER_FOREIGN_KEYS").is_some();
    if measured && !ground.server.run_ahead() {
        println!("other work of the machine counts as the server's, since `chrt --fifo` is not allowed");
    }
    // The server measures by the clock on the wall, in which other work of the machine counts as well: the least counts.
    for round in 1..=if measured { 5 } else { 1 } {
        fill(&store).await;
        ground.server.forget_calls();
        assert_eq!(store.clear().await.unwrap(), 40 * 251);
        let (longest, calls) = (longest(&ground), ground.server.calls());
        println!("{layout}, among {} foreign keys: longest steps of the server in us: {:?}", foreign(), &longest[..4]);
        // Whatever the machine is busy with: no step is made of more than this.
        let of = |name: &str| calls.get(name).copied().unwrap_or(0);
        let commands = of("unlink") + of("zrem");
        assert!(commands / of("exec").max(1) <= 1_000, "{commands} commands in {} transactions", of("exec"));
        assert!(of("scan") == 0 || of("scan") >= foreign() / 1_000, "no page of more than a thousand keys");
        if longest[0].1 < 5_000.0 {
            break;
        }
        assert!(!measured || round < 5, "the server stood still for {} us", longest[0].1);
    }
    assert_eq!(store.count(&Pattern::any()).await.unwrap(), 0);
    assert_eq!(other.count(&Pattern::any()).await.unwrap(), 40);
    assert_eq!(other.count(&sessions(7)).await.unwrap(), 1);
    let left = ground.ask(&["DBSIZE"]).as_integer() as u64;
    assert!(left >= foreign() + 40, "nobody else's is gone");
}

in_both_layouts! {
    clear_ends_its_own_namespace_and_nothing_else
}

mod native {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn clear_ends_its_own_namespace_and_nothing_else() {
        super::clear_ends_its_own_namespace_and_nothing_else("native").await;
    }
}
