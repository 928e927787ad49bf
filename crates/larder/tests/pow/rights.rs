//! Users of the server's ACL with few rights.
//!
//! * S2: where CLIENT was refused, three replies came for one that was awaited, and one user got another's session.

use std::sync::Arc;

use larder::{Error, ErrorKind, Pattern, Result, Store, Term, Version, When, key};
use larder_test_redis::{Reply, Server};

use super::ground::{Ground, SPACE, listed, session, sessions};

/// The rights of the documentation, by layout: without a script, and the keys.
fn documented(layout: &str) -> String {
    let page = include_str!("../../../../docs/redis.md");
    let begin = format!("ACL SETUSER {layout} on >secret ");
    let line = page.lines().find_map(|line| line.strip_prefix(&begin));
    line.unwrap_or_else(|| panic!("docs/redis.md has the rights of {layout}")).to_owned()
}

fn grant(server: &Server, rights: &str) {
    let words: Vec<_> = ["ACL", "SETUSER", "app", "reset", "on", ">pw"].into_iter().chain(rights.split(' ')).collect();
    assert_eq!(server.command(&words), Reply::ok());
}

async fn store(server: &Server, layout: &str, otp: u8) -> Store<Term> {
    let otp = if layout == "native" { String::new() } else { format!("&otp={otp}") };
    let tail = format!("/0?layout={layout}{otp}&ttl=30m&namespace={SPACE}&timeout=20s&grace=100ms");
    larder::open(&server.url_as("app", "pw", &tail)).await.unwrap().store()
}

/// All that needs no script, one after another; the error of the first that is refused.
async fn all_verbs(store: &Store<Term>, layout: &str) -> Result<()> {
    let value = Term::from("v");
    // Without atoms, with one spelling.
    store.put("token", &value).await?;
    assert!(!store.put_when("token", &value, When::Absent).await?);
    assert!(store.put_when("token", &value, When::Present).await?);
    assert_eq!(store.get("token").await?, Some(value.clone()));
    assert!(store.get_with_ttl("token").await?.is_some());
    assert!(store.touch("token").await?);
    assert_eq!(store.take("token").await?, Some(value.clone()));
    store.put(key!["user", 1], &value).await?;
    assert_eq!(store.take(key!["user", 1]).await?, Some(value.clone()));
    // With both.
    store.put(session(1, "a"), &value).await?;
    store.put_many([(session(1, "b"), &value), (key!["a"], &value)]).await?.into_iter().collect::<Result<Vec<_>>>()?;
    assert_eq!(store.get(session(1, "a")).await?, Some(value.clone()));
    assert!(store.touch(session(1, "a")).await?);
    assert_eq!(store.count(&Pattern::from(&session(1, "a"))).await?, 1);
    for pattern in [sessions(1), Pattern::any()] {
        store.explain(&pattern).await?;
        assert!(store.all(&pattern).await?.records.len() >= 2);
        assert!(store.keys(&pattern).await?.records.len() >= 2);
        let mut pages = store.pages(&pattern);
        while pages.next().await?.is_some() {}
    }
    if layout == "native" {
        let endless = store.clone().with_ttl(larder::Ttl::Never);
        endless.put("endless", &value).await?;
        assert!(endless.touch("endless").await?);
        store.compact().await?; // what a share of the puts does, too
    }
    assert!(store.delete(session(1, "a")).await?);
    assert!(store.clear().await? >= 2);
    store.status().await?;
    Ok(())
}

async fn the_documented_rights_are_enough(layout: &'static str) {
    let server = Server::start();
    grant(&server, &documented(layout));
    for otp in [25, 26] {
        all_verbs(&store(&server, layout, otp).await, layout).await.unwrap();
    }
    assert_eq!(server.command(&["ACL", "LOG"]).as_array().iter().filter(|entry| is_of_a_store(entry)).count(), 0);
}

/// Whether an entry of the ACL's log is about something that a store cannot do without asking.
fn is_of_a_store(entry: &Reply) -> bool {
    let text = format!("{entry:?}");
    // Who the server is, is asked where that is allowed.
    !["info", "role", "client|id", "client|kill"].iter().any(|asked| text.contains(&format!("{:?}", asked.as_bytes())))
}

async fn each_documented_right_is_needed_and_named_where_it_is_missing(layout: &'static str) {
    let server = Server::start();
    let rights = documented(layout);
    for right in rights.split(' ').filter(|right| right.starts_with('+')) {
        let fewer: Vec<_> = rights.split(' ').filter(|other| *other != right).collect();
        grant(&server, &fewer.join(" "));
        server.command(&["FLUSHALL"]);
        let error = all_verbs(&store(&server, layout, 26).await, layout).await.expect_err(right);
        assert_eq!(error.kind(), ErrorKind::Denied, "{right}: {error}");
        assert!(
            error.to_string().contains(&format!("`{right}")) || error.to_string().contains(&format!(" {right}`")),
            "{right}: {error}"
        );
    }
    for keys in rights.split(' ').filter(|right| right.starts_with('~')) {
        let fewer: Vec<_> = rights.split(' ').filter(|other| *other != keys).collect();
        grant(&server, &fewer.join(" "));
        let error = all_verbs(&store(&server, layout, 26).await, layout).await.expect_err(keys);
        assert_eq!(error.kind(), ErrorKind::Denied, "{keys}: {error}");
        assert!(error.to_string().contains("may not touch the keys"), "{keys}: {error}");
        assert!(!error.to_string().contains("g2"), "it quotes no key");
    }
}

fn names_the_script(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().contains("`+eval +evalsha`"), "{error}");
}

async fn what_needs_a_script_is_refused_by_the_name_of_the_right(layout: &'static str) {
    let server = Server::start();
    grant(&server, &documented(layout));
    let plain = store(&server, layout, 26).await;
    let version = Version::of(b"v");
    for key in [key!["token"], session(1, "a")] {
        plain.put(&key, &Term::from("v")).await.unwrap();
        names_the_script(&plain.put_when(&key, &Term::from("w"), When::Unchanged(version)).await.unwrap_err());
        assert_eq!(plain.get(&key).await.unwrap(), Some(Term::from("v")), "nothing was written");
    }
    if layout != "native" {
        names_the_script(&plain.put_when(session(1, "a"), &Term::from("w"), When::Present).await.unwrap_err());
        names_the_script(&plain.take(session(1, "a")).await.unwrap_err());
        assert_eq!(plain.get(session(1, "a")).await.unwrap(), Some(Term::from("v")));
    }
    grant(&server, &format!("{} +eval +evalsha", documented(layout)));
    let scripted = store(&server, layout, 26).await;
    for key in [key!["token"], session(1, "a")] {
        let (_, version) = scripted.get_with_version(&key).await.unwrap().unwrap();
        assert!(scripted.put_when(&key, &Term::from("w"), When::Unchanged(version)).await.unwrap());
        assert!(!scripted.put_when(&key, &Term::from("x"), When::Unchanged(version)).await.unwrap());
        assert_eq!(scripted.take(&key).await.unwrap(), Some(Term::from("w")));
    }
}

async fn a_user_who_may_not_use_client_gets_what_is_his(layout: &'static str) {
    let server = Arc::new(Server::start());
    grant(&server, "~* &* +@all -client");
    let store = store(&server, layout, 26).await;
    for user in 0..50 {
        store.put(session(user, "s"), &Term::from(user)).await.unwrap();
    }
    let calls: Vec<_> = (0..1_000_u32)
        .map(|call| {
            let store = store.clone();
            tokio::spawn(async move {
                let user = call % 50;
                match call % 7 {
                    0 => store.put(session(user, "s"), &Term::from(user)).await.unwrap(),
                    1 => assert_eq!(listed(&store, &sessions(user)).await, [(session(user, "s"), Term::from(user))]),
                    _ => assert_eq!(store.get(session(user, "s")).await.unwrap(), Some(Term::from(user))),
                }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(server.calls().get("client|reply"), None);
    drop(Ground::on(server, 0, layout));
}

in_both_layouts! {
    the_documented_rights_are_enough
    each_documented_right_is_needed_and_named_where_it_is_missing
    what_needs_a_script_is_refused_by_the_name_of_the_right
    a_user_who_may_not_use_client_gets_what_is_his
}

mod native {
    #[tokio::test]
    async fn the_documented_rights_are_enough() {
        super::the_documented_rights_are_enough("native").await;
    }

    #[tokio::test]
    async fn each_documented_right_is_needed_and_named_where_it_is_missing() {
        super::each_documented_right_is_needed_and_named_where_it_is_missing("native").await;
    }

    #[tokio::test]
    async fn what_needs_a_script_is_refused_by_the_name_of_the_right() {
        super::what_needs_a_script_is_refused_by_the_name_of_the_right("native").await;
    }
}
