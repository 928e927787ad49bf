//! Erlang wrote atoms otherwise before release 26.
//!
//! * S15: that upgrade logged everybody out, and `all` raised until the last old key had expired.

use larder::term::Otp;
use larder::{ErrorKind, Key, Part, Pattern, Term, Version, When, key};

use super::ground::{Ground, index_of, listed, session, sessions, stored};

const BOTH: [(Otp, Otp, &str); 2] = [(Otp::Otp25, Otp::Otp26, "otp=26"), (Otp::Otp26, Otp::Otp25, "otp=25")];

fn user() -> Key {
    key![Term::atom("Elixir.MyApp.Users.User").unwrap(), Term::atom("user").unwrap(), 1]
}

fn value(text: &str) -> Term {
    Term::from(text)
}

/// As the Pow beside this layout writes it.
fn pow_puts(ground: &Ground, otp: Otp, key: &Key, value: &Term) {
    if ground.is_indexed() {
        ground.todays_pow_puts(otp, key, value, 1_800_000);
    } else {
        ground.seed_puts(otp, key, value, 1_800_000);
    }
}

async fn what_the_other_release_wrote_is_got_listed_touched_and_deleted(layout: &'static str) {
    for (written, _, ours) in BOTH {
        let ground = Ground::new(layout);
        let store = ground.store_with(ours).await;
        pow_puts(&ground, written, &user(), &value("ada"));
        pow_puts(&ground, written, &session(1, "f3"), &value("phone"));
        pow_puts(&ground, written, &key!["token"], &value("t"));

        assert_eq!(store.get(user()).await.unwrap(), Some(value("ada")));
        assert_eq!(store.get(key!["token"]).await.unwrap(), Some(value("t")));
        assert_eq!(listed(&store, &sessions(1)).await, [(session(1, "f3"), value("phone"))]);
        assert_eq!(listed(&store, &Pattern::any()).await.len(), 3);
        assert_eq!(store.count(&Pattern::any()).await.unwrap(), 3);

        assert!(store.touch(session(1, "f3")).await.unwrap());
        // Where that listed it in our spelling as well, neither entry hides the record from the other.
        assert_eq!(listed(&store, &sessions(1)).await, [(session(1, "f3"), value("phone"))]);
        assert_eq!(listed(&store, &Pattern::any()).await.len(), 3);
        assert!(store.delete(session(1, "f3")).await.unwrap());
        assert!(!ground.exists(&stored(written, &session(1, "f3"))));
        assert!(!store.delete(session(1, "f3")).await.unwrap());
        assert_eq!(store.clear().await.unwrap(), 2);
        assert!(!ground.exists(&stored(written, &user())), "nothing of the other spelling is left");
    }
}

async fn a_put_leaves_one_record_and_not_two(layout: &'static str) {
    for (written, own, ours) in BOTH {
        let ground = Ground::new(layout);
        let store = ground.store_with(ours).await;
        pow_puts(&ground, written, &user(), &value("old"));
        store.put(user(), &value("new")).await.unwrap();
        assert!(!ground.exists(&stored(written, &user())), "the other spelling is unlinked");
        assert!(ground.exists(&stored(own, &user())));
        assert_eq!(store.get(user()).await.unwrap(), Some(value("new")));
        assert_eq!(listed(&store, &Pattern::any()).await, [(user(), value("new"))]);

        // Where Pow writes it once more, there are two for a while; ours is preferred, and it is one record still.
        pow_puts(&ground, written, &user(), &value("theirs"));
        assert_eq!(store.get(user()).await.unwrap(), Some(value("new")));
        assert_eq!(listed(&store, &Pattern::any()).await, [(user(), value("new"))]);
        assert_eq!(store.count(&Pattern::any()).await.unwrap(), 1);
        assert!(store.delete(user()).await.unwrap());
        assert!(!ground.exists(&stored(written, &user())) && !ground.exists(&stored(own, &user())));
        assert_eq!(listed(&store, &Pattern::any()).await, []);
    }
}

async fn a_condition_is_judged_over_both_spellings(layout: &'static str) {
    for (written, own, ours) in BOTH {
        let ground = Ground::new(layout);
        let store = ground.store_with(ours).await;
        assert!(!store.put_when(user(), &value("new"), When::Present).await.unwrap());
        pow_puts(&ground, written, &user(), &value("old"));
        assert!(!store.put_when(user(), &value("new"), When::Absent).await.unwrap());
        let other = Version::of(&value("other").to_etf(own).unwrap());
        assert!(!store.put_when(user(), &value("new"), When::Unchanged(other)).await.unwrap());
        let (old, version) = store.get_with_version(user()).await.unwrap().unwrap();
        assert_eq!(old, value("old"));
        assert!(store.put_when(user(), &value("new"), When::Unchanged(version)).await.unwrap());
        assert!(!ground.exists(&stored(written, &user())));
        assert!(store.put_when(user(), &value("newer"), When::Present).await.unwrap());
        assert_eq!(listed(&store, &Pattern::any()).await, [(user(), value("newer"))]);
    }
}

async fn what_the_other_release_wrote_is_taken_once(layout: &'static str) {
    for (written, own, ours) in BOTH {
        let ground = Ground::new(layout);
        let store = ground.store_with(ours).await;
        pow_puts(&ground, written, &user(), &value("theirs"));
        let takers: Vec<_> = (0..20)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.take(user()).await.unwrap() })
            })
            .collect();
        let mut won = 0;
        for taker in takers {
            won += usize::from(taker.await.unwrap().is_some());
        }
        assert_eq!(won, 1);
        assert!(!ground.exists(&stored(written, &user())) && !ground.exists(&stored(own, &user())));
    }
}

async fn a_key_in_either_spelling_is_listed_from_its_own_bytes(layout: &'static str) {
    // A user whose sessions were written by both releases.
    let ground = Ground::new(layout);
    let store = ground.store().await;
    for (at, otp) in [(0, Otp::Otp25), (1, Otp::Otp26), (2, Otp::Otp25)] {
        pow_puts(&ground, otp, &session(1, &format!("s{at}")), &Term::from(at));
    }
    let found = listed(&store, &sessions(1)).await;
    assert_eq!(found, (0..3).map(|at| (session(1, &format!("s{at}")), Term::from(at))).collect::<Vec<_>>());
    assert_eq!(store.delete_all(&sessions(1)).await.unwrap(), 3);
    assert_eq!(ground.ask(&["DBSIZE"]).as_integer() > 0, ground.is_indexed(), "but for hints nothing is left");
    if ground.is_indexed() {
        let parents = [Term::atom("Elixir.MyApp.Users.User"), Term::atom("user"), Ok(1.into()), Term::atom("session")];
        let parents: Vec<Term> = parents.into_iter().map(Result::unwrap).collect();
        assert_eq!(ground.ask(&[b"ZCARD", &index_of(Otp::Otp26, &parents)[..]]).as_integer(), 0);
    }
}

async fn a_key_that_ends_where_a_pattern_may_is_found_in_both_spellings(layout: &'static str) {
    for (written, _, ours) in BOTH {
        let ground = Ground::new(layout);
        let store = ground.store_with(ours).await;
        let user = Term::atom("user").unwrap();
        let keys = [key![user.clone()], key![user.clone(), 1]];
        for key in &keys {
            pow_puts(&ground, written, key, &value("v"));
        }
        let under = Pattern::new([Part::exactly(user)], true).unwrap();
        assert_eq!(store.keys(&under).await.unwrap().records, keys);
        assert_eq!(store.delete_all(&under).await.unwrap(), 2);
    }
}

async fn what_pow_could_not_find_again_is_refused(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await;
    let wide = Key::new([Term::map([("a", 1), ("b", 2)])]).unwrap();
    let narrow = Key::new([Term::map([("a", 1)])]).unwrap();
    assert_eq!(store.put(&wide, &value("v")).await.unwrap_err().kind(), ErrorKind::Invalid);
    store.put(&narrow, &value("v")).await.unwrap();
    assert_eq!(store.get(narrow).await.unwrap(), Some(value("v")));
    let endless = store.clone().with_ttl(larder::Ttl::Never);
    assert_eq!(endless.put("k", &value("v")).await.unwrap_err().kind(), ErrorKind::Invalid);
}

in_both_layouts! {
    what_the_other_release_wrote_is_got_listed_touched_and_deleted
    a_put_leaves_one_record_and_not_two
    a_condition_is_judged_over_both_spellings
    what_the_other_release_wrote_is_taken_once
    a_key_in_either_spelling_is_listed_from_its_own_bytes
    a_key_that_ends_where_a_pattern_may_is_found_in_both_spellings
    what_pow_could_not_find_again_is_refused
}
