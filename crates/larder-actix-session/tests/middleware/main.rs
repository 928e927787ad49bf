//! What the adapter promises, asked by requests through the middleware of actix-session, over every backend.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test that cannot run fails")]

mod app;
mod client;
mod hold;
mod place;
mod promises;
mod time;

macro_rules! promises {
    ($($name:ident)*) => {
        promises!(memory: $($name)*);
        promises!(disk: $($name)*);
        promises!(redis: $($name)*);
    };
    ($backend:ident: $($name:ident)*) => {
        mod $backend {
            $(
                #[actix_web::test]
                async fn $name() {
                    crate::promises::$name(crate::place::Place::$backend().await).await;
                }
            )*
        }
    };
}

promises! {
    revoked_sessions_stay_out_while_a_slow_request_saves
    requests_at_once_lose_no_field
    fields_that_are_removed_are_gone
    cleared_sessions_hold_nothing_of_before
    sessions_are_listed_and_ended
    others_can_be_ended_while_the_session_is_renewed
    renewal_keeps_the_session_and_ends_the_old_key
    renewal_never_outlives_an_end
    blocked_principals_get_no_session
    outage_is_no_logout
    outage_is_a_503_with_our_middleware
    cookies_stand_nowhere_in_the_store
}
