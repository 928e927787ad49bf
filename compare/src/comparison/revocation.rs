//! A session ends while one of its requests is under way, which then saves.

use super::contender::Contender;

/// How the session ends.
#[derive(Clone, Copy, PartialEq)]
pub enum Way {
    /// Another request of the same session signs out.
    SignOut,
    /// All sessions of its user are ended, from elsewhere.
    Everywhere,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// What the request under way was answered.
    pub status: u16,
    /// Whether the session lives, by the cookie it always had.
    pub is_back: bool,
    /// Whether it lives by a cookie that the request under way was given.
    pub is_back_renamed: bool,
    /// Whether a second process knew it, right after it was ended and before anybody saved.
    pub second_accepts: Option<bool>,
}

/// Load, end, save, load. None where the store knows no such way.
pub async fn run(contender: &Contender, way: Way) -> Option<Outcome> {
    if way == Way::Everywhere && contender.revoke_all.is_none() {
        return None;
    }
    let mut client = contender.app.client();
    client.must("/login/7").await;
    let elsewhere = contender.second.as_ref().map(|app| {
        let mut client = client.clone();
        client.app = app.clone();
        client
    });
    if let Some(elsewhere) = &elsewhere {
        assert!(elsewhere.is_signed_in().await, "both processes know it");
    }
    let (mut slow, mut tab) = (client.clone(), client.clone());
    let under_way = slow.ask("/set/a/1?at=0&times=2");
    let ending = async {
        contender.app.meet(0).await;
        match (&contender.revoke_all, way) {
            (Some(revoke_all), Way::Everywhere) => assert_eq!(revoke_all(7).await, 1),
            _ => drop(tab.must("/end").await),
        }
        let second_accepts = match &elsewhere {
            Some(elsewhere) => Some(elsewhere.is_signed_in().await),
            None => None,
        };
        contender.app.meet(0).await;
        second_accepts
    };
    let ((status, _), second_accepts) = tokio::join!(under_way, ending);
    let is_back = client.is_signed_in().await;
    let is_renamed = slow.cookie.is_some() && slow.cookie != client.cookie;
    let is_back_renamed = is_renamed && slow.is_signed_in().await;
    Some(Outcome { status, is_back, is_back_renamed, second_accepts })
}
