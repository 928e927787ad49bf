//! No reply reaches another's caller, whatever lies between: what a fence is for.

use std::sync::Arc;

use redis::Value;
use tokio::io::duplex;
use tokio::time::Instant;

use super::super::link::Link;
use super::super::{Address, Command, Options};
use super::peer::{Does, serve, value_of};
use crate::backends::Url;

/// What the peer does with the reply it was told to harm, by the reply and the one before it.
type Harm = fn(Vec<u8>, &[u8]) -> Vec<u8>;

const DROPS: Harm = |_, _| vec![];
const REPEATS: Harm = |reply, _| [reply.as_slice(), &reply].concat();
const INSERTS: Harm = |reply, earlier| [earlier, &reply].concat();
const TRUNCATES: Harm = |reply, _| reply[..reply.len() / 2].to_vec();
const SWALLOWS_THE_END: Harm = |reply, _| reply[..reply.len() - 2].to_vec();
const CLAIMS_TOO_MUCH: Harm = |_, _| b"$4294967296\r\n".to_vec();
const SPEAKS_ANOTHER_PROTOCOL: Harm = |_, _| b">1\r\n+x\r\n".to_vec();

/// What came of some calls: how many replies were right, wrong, and lost, and whether the connection ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    right: usize,
    wrong: usize,
    lost: usize,
    ended: bool,
}

/// Sends rounds of commands at once, until one is lost.
async fn rounds(harm: Harm, at: usize, fence: bool) -> Outcome {
    let (ours, theirs) = duplex(64 * 1024);
    let (mut in_handshake, mut count, mut earlier) = (true, 0, b"$7\r\nearlier\r\n".to_vec());
    tokio::spawn(serve(theirs, 1, move |command, reply| {
        if in_handshake {
            in_handshake = command[0] != b"EXEC";
            return Does::Sends(reply);
        }
        count += 1;
        let sent = if count == at { harm(reply.clone(), &earlier) } else { reply.clone() };
        earlier = reply;
        Does::Sends(sent)
    }));
    let address = Address::from_url(&mut Url::parse("redis:").unwrap()).unwrap();
    let options = Options { fence, ..Options::default() };
    let (link, driver) = Link::open(ours, &address, &options, 1, None).await.unwrap();
    let link = Arc::new(link);
    let mut outcome = Outcome::default();
    for round in 0..8 {
        let calls: Vec<_> = (0..8)
            .map(|caller| {
                let (link, key) = (Arc::clone(&link), format!("{round}-{caller}"));
                tokio::spawn(async move {
                    // The last replies may be withheld for ever.
                    let due = Instant::now() + super::quick().timeout;
                    let reply = link.send(&Command::new("GET").arg(&key), due).await;
                    reply.ok().map(|value| value == Value::BulkString(value_of(key.as_bytes())))
                })
            })
            .collect();
        for call in calls {
            match call.await.unwrap() {
                Some(true) => outcome.right += 1,
                Some(false) => outcome.wrong += 1,
                None => outcome.lost += 1,
            }
        }
        outcome.ended = driver.is_finished();
        if outcome.ended || outcome.lost > 0 {
            break;
        }
    }
    outcome
}

#[tokio::test]
async fn a_reply_that_was_dropped_repeated_inserted_or_mangled_never_reaches_another_caller() {
    let harms = [DROPS, REPEATS, INSERTS, TRUNCATES, SWALLOWS_THE_END, CLAIMS_TOO_MUCH, SPEAKS_ANOTHER_PROTOCOL];
    for (number, harm) in harms.into_iter().enumerate() {
        // Every place within the first batches, those of the fences among them.
        for at in 1..=20 {
            let outcome = rounds(harm, at, true).await;
            assert_eq!(outcome.wrong, 0, "harm {number} at {at}");
            assert!(outcome.lost > 0 || outcome.ended, "harm {number} at {at} went unseen: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn without_the_fence_others_get_the_replies() {
    assert!(rounds(INSERTS, 3, false).await.wrong > 0, "the harm does harm, or the test above proves nothing");
}

#[tokio::test]
async fn a_fence_lets_all_replies_of_a_healthy_server_through() {
    for fence in [true, false] {
        assert_eq!(rounds(|reply, _| reply, 1, fence).await, Outcome { right: 64, ..Outcome::default() });
    }
}
