//! `binary_to_term` brings back funs, even where it is told to be safe, and Elixir calls a fun of two arguments that
//! stands where it looks for a list (CVE-2017-1000053). Here a fun is bytes that nothing calls; a value may hold it, so
//! that it hides no session, and a key may not.

use std::sync::Arc;

use bytes::Bytes;
use larder::testing::ManualClock;
use larder::{Backend, ErrorKind, Key, Put, Select, Term, Ttl, When};

use super::{alone, backends, space};

/// What `term_to_binary(fun erlang:halt/0)` writes.
const HALT: &[u8] = b"\x83qd\x00\x06erlangd\x00\x04halta\x00";

#[tokio::test]
async fn a_fun_names_no_record() {
    let _alone = alone();
    let fun = Term::from_etf(HALT).unwrap();
    assert!(fun.has_opaque());
    let hidden = Term::map([("at", Term::tuple([Term::list([fun.clone()])]))]);
    for backend in backends(&Arc::new(ManualClock::new())).await.1 {
        for part in [&fun, &hidden] {
            let key = Key::new(["a".into(), part.clone()]).unwrap();
            let put = Put { key: key.clone(), value: "v".into(), ttl: Ttl::Never, when: When::Always };
            let refused = backend.put(&space("funs"), &[put]).await.map(drop).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Invalid);
            let keys = [key];
            let refused = backend.get(&space("funs"), &keys, Select::Keys).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Invalid);
        }
    }
}

#[test]
fn a_fun_stands_in_no_stored_key() {
    let key = Key::new([Term::from_etf(HALT).unwrap()]).unwrap();
    let stored = Bytes::copy_from_slice(key.as_bytes());
    assert_eq!(Key::from_bytes(stored).unwrap_err().kind(), ErrorKind::Corrupt);
}
