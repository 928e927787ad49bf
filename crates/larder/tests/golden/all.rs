//! What a pattern lists, beside what Pow listed: EtsCache on OTP 27 for every pattern but a bare hole, and for that the
//! guide's store, in which it means every key.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use larder::testing::{ManualClock, Reference};
use larder::{Backend, Erased, ErrorKind, Key, Namespace, Pattern, Raw, Store, Term, Ttl};
use serde_json::Value;

use super::{lines, term};

/// Where Larder is meant to differ from EtsCache, and from nothing else.
const DEVIATIONS: [(&str, Why); 5] = [
    ("all-017", Why::EmptyKey),
    ("all-065", Why::SharedSlot),
    ("all-072", Why::SharedSlot),
    ("all-099", Why::SharedSlot),
    ("all-104", Why::SharedSlot),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Why {
    /// The whole key `[]` or `nil` is none here, so the pattern is refused. (EtsCache keeps one such record a
    /// namespace, and lists none for it.)
    EmptyKey,
    /// An ETS table that is ordered takes 1 and 1.0, or 0, 0.0 and -0.0, for one key, and the later put wins. Here
    /// they are different keys, as they are in Redis: the guide's store is the measure.
    SharedSlot,
}

/// The records of a listing as a set: keys with the text of their values.
type Listed = BTreeSet<(Key, String)>;

fn listed(result: &Value) -> Option<Listed> {
    let result = term(&result["result"]["term"])?;
    let pair = |record: &Term| {
        let [key, value] = record.as_tuple()? else { return None };
        Some((Key::from_term(key.clone()).ok()?, value.to_string()))
    };
    result.as_list()?.iter().map(pair).collect()
}

/// What the pattern lists here, or `None` where it is refused.
async fn ours(backend: &Erased, line: &Value) -> Option<Listed> {
    let space = Namespace::new(line["id"].as_str().unwrap()).unwrap();
    let store: Store<Bytes> = Store::with_codec(backend.clone(), Raw).with_namespace(space).with_ttl(Ttl::Never);
    for record in term(&line["records"]["term"]).unwrap().as_list().unwrap() {
        let [key, value] = record.as_tuple().unwrap() else { panic!("a record is a pair") };
        match Key::from_term(key.clone()) {
            Ok(key) => store.put(key, &value.to_string().into()).await.unwrap(),
            Err(_) => assert!(*key == Term::nil(), "only nil is no key"),
        }
    }
    let pattern = match Pattern::from_term(&term(&line["match"]["term"]).unwrap()) {
        Ok(pattern) => pattern,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Invalid);
            return None;
        }
    };
    let records = store.all(&pattern).await.unwrap().records;
    Some(records.into_iter().map(|(key, value)| (key, String::from_utf8(value.to_vec()).unwrap())).collect())
}

fn is_bare_hole(line: &Value) -> bool {
    let hole = &line["match"]["term"];
    let name = hole["v"].as_str().unwrap_or_default();
    hole["t"] == "atom" && (name == "_" || name.strip_prefix('$').is_some_and(|rest| rest.parse::<u64>().is_ok()))
}

async fn lists_what_pow_listed(backend: impl Backend) {
    let backend = Erased::new(backend);
    let mut deviated = Vec::new();
    for line in lines("all") {
        let id = line["id"].as_str().unwrap();
        let ets = if line["ets_otp27"].is_null() { &line["ets"] } else { &line["ets_otp27"] };
        let measure = if is_bare_hole(&line) { &line["redis_v1024"] } else { ets };
        let ours = ours(&backend, &line).await;
        if !measure["raises"].is_null() {
            assert_eq!(ours, None, "{id}: refused there, and listed here");
            continue;
        }
        let theirs = listed(measure);
        assert!(theirs.is_some(), "{id}: the line tells what was listed");
        if ours == theirs {
            continue;
        }
        let why = DEVIATIONS.iter().find(|(known, _)| *known == id).map(|(_, why)| *why);
        match why {
            Some(Why::EmptyKey) => assert!(ours.is_none() && theirs.unwrap().is_empty(), "{id}: refused, not listed"),
            Some(Why::SharedSlot) => assert!(ours == listed(&line["redis_v1024"]), "{id}: as the guide's store"),
            None => panic!("{id}, {}: {:?} is listed, and not {:?}", line["match"]["inspect"], ours, theirs),
        }
        deviated.push(id.to_owned());
    }
    assert_eq!(deviated, DEVIATIONS.map(|(id, _)| id), "each known deviation is one");
}

#[tokio::test]
async fn the_model_lists_what_pow_listed() {
    lists_what_pow_listed(Reference::new(Arc::new(ManualClock::new()))).await;
}

#[cfg(feature = "memory")]
#[tokio::test]
async fn memory_lists_what_pow_listed() {
    lists_what_pow_listed(larder::backends::memory::Memory::new()).await;
}

#[cfg(feature = "disk")]
#[tokio::test]
async fn disk_lists_what_pow_listed() {
    let folder = tempfile::TempDir::new().unwrap();
    let disk = larder::backends::disk::Disk::builder(folder.path().join("store.larder")).open().await.unwrap();
    lists_what_pow_listed(disk).await;
}
