//! What stands in the way of a listing.
//!
//! * S3: a key that expired between SCAN and MGET, or that is no string, was an ArgumentError.
//! * S4: one value that is no term, or one foreign key with the namespace's prefix, and `all` raised for everybody.
//! * S6: `[["a", "b"]]` and `["a", "b"]` came back alike, with one another's values.
//! * S8: the same key in padded base64 was a second record.

use std::time::{Duration, Instant};

use larder::term::Otp;
use larder::{Key, Pattern, Term, Ttl, key, pattern};

use super::ground::{Ground, HALF_AN_HOUR, index_of, listed, stored};

fn number(of: u32) -> Term {
    Term::from(of)
}

async fn a_record_that_expires_while_it_is_listed_is_left_out_and_hides_no_other(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await;
    store.put(key!["user", 0], &number(0)).await.unwrap();
    let until = Instant::now() + Duration::from_secs(2);
    let mut expired = 0;
    while Instant::now() < until {
        for (user, millis) in [(1, 1), (2, 2), (3, 4), (4, 8)] {
            let short = store.clone().with_ttl(Ttl::After(Duration::from_millis(millis)));
            short.put(key!["user", user], &number(user)).await.unwrap();
        }
        for _ in 0..4 {
            let found = listed(&store, &pattern!["user", _]).await;
            assert_eq!(found[0], (key!["user", 0], number(0)));
            assert!(found.iter().all(|(key, value)| *key == key!["user", value.clone()]));
            expired += 5 - found.len();
        }
    }
    assert!(expired > 20, "some had expired: {expired}");
}

async fn another_kind_of_value_under_a_records_key_is_reported_and_hides_nothing(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await;
    for user in [1, 2, 3] {
        store.put(key!["user", user], &number(user)).await.unwrap();
    }
    let at = stored(Otp::Otp26, &key!["user", 2]);
    ground.ask(&[b"DEL", &at[..]]);
    ground.ask(&[b"HSET", &at[..], b"field", b"v"]);
    let page = store.all(&pattern!["user", _]).await.unwrap();
    assert_eq!(page.records, [(key!["user", 1], number(1)), (key!["user", 3], number(3))]);
    assert_eq!(page.damaged.len(), 1);
    assert_eq!((page.damaged[0].key(), page.damaged[0].stored_key()), (Some(&key!["user", 2]), &at[..]));
    assert_eq!(store.get(key!["user", 2]).await.unwrap_err().kind(), larder::ErrorKind::Corrupt);
    assert!(store.delete(key!["user", 2]).await.unwrap(), "it can be ended");
    assert!(store.all(&pattern!["user", _]).await.unwrap().damaged.is_empty());
}

async fn a_thousand_foreign_keys_under_the_prefix_are_reported_and_hide_nothing(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await;
    for user in 0..50 {
        store.put(key!["user", user], &number(user)).await.unwrap();
    }
    // No base64, no terms, an empty segment, terms that are no part of a key, and a key that is too long.
    let prefix = b"g20AAAALY3JlZGVudGlhbHM:";
    let garbage = |number: u32| -> Vec<u8> {
        let text = match number % 6 {
            0 => format!("not base64 {number}!"),
            1 => format!("AAAA{number:04}"),
            2 => format!(":{number}"),
            3 => format!("g20AAAAEdXNlcg:g2{number}"),
            4 => format!("g20AAAAEdXNlcg::{number}"),
            _ => format!("{number}{}", "g2EB:".repeat(100)),
        };
        [prefix, text.as_bytes()].concat()
    };
    ground.ask_all((0..1_000).map(|number| vec![b"SET".to_vec(), garbage(number), b"v".to_vec()]));
    // In an index such a member leads nobody astray either.
    let index = index_of(Otp::Otp26, &[]);
    ground.ask_all((0..1_000).map(|number| {
        vec![b"ZADD".to_vec(), index.clone(), b"9000000000000".to_vec(), garbage(number)[prefix.len()..].to_vec()]
    }));
    let page = store.all(&Pattern::any()).await.unwrap();
    assert_eq!(page.records.len(), 50);
    assert!(
        page.records.iter().enumerate().all(|(at, record)| *record == (key!["user", at as u32], number(at as u32)))
    );
    assert_eq!(page.damaged.len(), 1_000);
    assert!(page.damaged.iter().all(|damaged| damaged.stored_key().starts_with(prefix)));
    assert_eq!(store.count(&Pattern::any()).await.unwrap(), 50);
    assert_eq!(store.clear().await.unwrap(), 50);
    assert!(ground.exists(&garbage(0)), "what is not ours is nobody's to end");
}

async fn a_put_whose_index_is_another_kind_of_value_is_an_error(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await;
    ground.ask(&[b"SET", &index_of(Otp::Otp26, &[])[..], b"no sorted set"]);
    // What cannot be listed cannot be ended by a log out everywhere: nobody is told that all is well.
    let put = store.put("k", &number(1)).await;
    let touched = store.touch("k").await;
    if ground.is_indexed() {
        assert_eq!(put.unwrap_err().kind(), larder::ErrorKind::Corrupt);
        assert_eq!(touched.unwrap_err().kind(), larder::ErrorKind::Corrupt);
        assert_eq!(store.all(&Pattern::any()).await.unwrap_err().kind(), larder::ErrorKind::Corrupt);
        ground.ask(&[b"DEL", &index_of(Otp::Otp26, &[])[..]]);
        store.put("k", &number(1)).await.unwrap();
    }
    assert_eq!(listed(&store, &Pattern::any()).await, [(key!["k"], number(1))]);
}

async fn a_value_that_is_no_term_is_an_error_of_its_record_alone(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await;
    for user in [1, 2, 3] {
        store.put(key!["user", user], &number(user)).await.unwrap();
    }
    let at = stored(Otp::Otp26, &key!["user", 2]);
    for value in [&b"{\"json\":1}"[..], b"", b"\x83", b"\x83P\0\0\0\x10garbage"] {
        ground.ask(&[b"SET", &at[..], value, b"PX", b"60000"]);
        assert_eq!(store.get(key!["user", 2]).await.unwrap_err().kind(), larder::ErrorKind::Codec);
        let page = store.all(&pattern!["user", _]).await.unwrap();
        assert_eq!(page.records, [(key!["user", 1], number(1)), (key!["user", 3], number(3))]);
        assert_eq!(page.damaged[0].key(), Some(&key!["user", 2]));
    }
}

async fn a_list_as_the_only_part_is_another_key_than_its_elements_as_parts(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await;
    let list = Key::new([Term::list([Term::from("a"), Term::from("b")])]).unwrap();
    let parts = key!["a", "b"];
    assert_ne!(list, parts);
    store.put(&list, &Term::from("the list")).await.unwrap();
    assert_eq!(listed(&store, &Pattern::any()).await, [(list.clone(), Term::from("the list"))]);
    assert_eq!(store.get(&parts).await.unwrap(), None);
    store.put(&parts, &Term::from("the parts")).await.unwrap();
    let both = listed(&store, &Pattern::any()).await;
    assert_eq!(both, [(list.clone(), Term::from("the list")), (parts.clone(), Term::from("the parts"))]);
    assert!(store.delete(&list).await.unwrap());
    assert_eq!(listed(&store, &Pattern::any()).await, [(parts, Term::from("the parts"))]);
}

async fn the_same_key_in_padded_base64_is_no_second_record(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await;
    store.put(key!["k"], &number(1)).await.unwrap();
    let padded = b"g20AAAALY3JlZGVudGlhbHM:g20AAAABaw==";
    assert_eq!(stored(Otp::Otp26, &key!["k"]), &padded[..padded.len() - 2]);
    // So is one whose last digit has bits that count for nothing.
    let loose = b"g20AAAALY3JlZGVudGlhbHM:g20AAAABax";
    for other in [&padded[..], loose] {
        ground.ask(&[b"SET", other, &number(2).to_etf(Otp::Otp26).unwrap()[..], b"PX", b"60000"]);
        ground.ask(&[b"ZADD", &index_of(Otp::Otp26, &[])[..], b"9000000000000", &other[24..]]);
    }
    let page = store.all(&Pattern::any()).await.unwrap();
    assert_eq!(page.records, [(key!["k"], number(1))]);
    assert_eq!(page.damaged.len(), 2);
    assert!(page.damaged.iter().any(|damaged| damaged.stored_key() == padded));
}

async fn a_stored_nil_or_not_found_is_present(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await.with_ttl(HALF_AN_HOUR);
    for value in [Term::nil(), Term::atom("not_found").unwrap()] {
        store.put(key!["k"], &value).await.unwrap();
        assert_eq!(store.get(key!["k"]).await.unwrap(), Some(value.clone()));
        assert_eq!(listed(&store, &pattern![_]).await, [(key!["k"], value)]);
    }
}

in_both_layouts! {
    a_record_that_expires_while_it_is_listed_is_left_out_and_hides_no_other
    another_kind_of_value_under_a_records_key_is_reported_and_hides_nothing
    a_thousand_foreign_keys_under_the_prefix_are_reported_and_hide_nothing
    a_put_whose_index_is_another_kind_of_value_is_an_error
    a_value_that_is_no_term_is_an_error_of_its_record_alone
    a_list_as_the_only_part_is_another_key_than_its_elements_as_parts
    the_same_key_in_padded_base64_is_no_second_record
    a_stored_nil_or_not_found_is_present
}
