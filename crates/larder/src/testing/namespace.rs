//! Promises about namespaces: they share nothing.

use crate::backend::{Backend, When};
use crate::key;
use crate::namespace::Namespace;
use crate::pattern::Pattern;
use crate::term::Term;

use super::case::{Case, LONG, ok, space};
use super::fixture::Fixture;

/// The same key in two namespaces names two records: neither overwrites, ends, or stands in the way of the other.
pub async fn namespaces_share_no_record<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let other = case.seen_from(&space());
    let key = key!["k"];
    case.put(&key, "here").await;
    assert_eq!(other.get(&key).await, None);
    assert!(!other.touch(&key, LONG.into()).await);
    assert!(!other.delete(&key).await);
    assert_eq!(other.take(&key).await, None);
    assert!(!other.put_when(&key, "there", When::Present).await);
    assert!(other.put_when(&key, "there", When::Absent).await);
    assert_eq!(case.get(&key).await.as_deref(), Some("here"));
    assert_eq!(case.take(&key).await.as_deref(), Some("here"));
    assert_eq!(other.get(&key).await.as_deref(), Some("there"));
}

/// The same key in two namespaces has two deadlines: a put, a touch or a delete of one leaves the other's as it was.
pub async fn namespaces_share_no_deadline<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let other = case.seen_from(&space());
    let [put, touched, deleted, short] = ["put", "touched", "deleted", "short"].map(|name| key![name]);
    for key in [&put, &touched, &deleted] {
        case.put_for(key, "v", case.short()).await;
        other.put(key, "v").await;
    }
    other.touch(&touched, LONG.into()).await;
    other.delete(&deleted).await;
    case.put_for(&short, "v", LONG).await;
    other.put_for(&short, "v", case.short().into(), When::Always).await;
    case.expire().await;
    assert_eq!(case.get_all(&[put.clone(), touched, deleted]).await, [None, None, None], "each ends by its own");
    assert_eq!(other.get(&put).await.as_deref(), Some("v"));
    assert_eq!(case.get(&short).await.as_deref(), Some("v"), "nor does another's deadline end one too soon");
}

/// A listing tells the records of its namespace, and of no other, though the names begin alike.
pub async fn namespaces_list_their_own<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let name = case.space.term();
    let name = name.as_text().expect("the suite's namespaces are texts");
    let others = [format!("{name}x"), format!("{name}\0"), name[..name.len() - 1].to_owned(), format!("{name}:k")];
    case.put(&key!["k"], "v").await;
    for other in &others {
        let other = case.seen_from(&ok(Namespace::new(other.as_str()), "a short text is a namespace"));
        other.put(&key!["k", "other"], "v").await;
        other.put(&key!["other"], "v").await;
    }
    assert_eq!(case.list(&Pattern::any()).await, [key!["k"]]);
    for other in others {
        let other = case.seen_from(&ok(Namespace::new(other), "a short text is a namespace"));
        assert_eq!(other.list_by(&Pattern::any(), 1).await.len(), 2);
    }
}

/// A namespace is a term: the text, the atom, the list and the tuple of one name are four namespaces, and 1 is not 1.0.
pub async fn namespaces_differ_by_kind<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let text = case.space.term();
    let name = text.as_text().expect("the suite's namespaces are texts");
    let unique = fastrand::i64(1 << 40..1 << 50);
    let spaces = [
        ok(Term::atom(name), "a short name is an atom"),
        Term::list([text.clone()]),
        Term::tuple([text.clone()]),
        Term::list([text.clone(), "k".into()]),
        Term::from(unique),
        ok(Term::float(unique as f64), "it is finite"),
        text,
    ];
    let spaces = spaces.map(|term| case.seen_from(&ok(Namespace::new(term), "a small term is a namespace")));
    for (place, space) in spaces.iter().enumerate() {
        assert!(space.put_when(&key!["k"], &place.to_string(), When::Absent).await, "nobody else's is there");
    }
    for (place, space) in spaces.iter().enumerate() {
        assert_eq!(space.get(&key!["k"]).await, Some(place.to_string()));
        assert_eq!(space.list_by(&Pattern::any(), 10).await, [key!["k"]]);
    }
    for space in &spaces {
        assert!(ok(space.backend.delete(&space.space, &[key!["k"]]).await, "delete")[0]);
    }
}
