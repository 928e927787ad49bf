//! What the adapter promises, asked by requests through the layer of tower-sessions, over every backend.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test that cannot run fails")]

mod app;
mod client;
mod hold;
mod place;
mod promises;
mod time;

macro_rules! promises {
    ($($name:ident)*) => {
        promises!(v0_14: $($name)*);
        promises!(v0_15: $($name)*);
    };
    ($version:ident: $($name:ident)*) => {
        mod $version {
            promises!($version, memory: $($name)*);
            promises!($version, disk: $($name)*);
            promises!($version, redis: $($name)*);
        }
    };
    ($version:ident, $backend:ident: $($name:ident)*) => {
        mod $backend {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    crate::promises::$name(crate::place::Place::$backend(crate::app::$version).await).await;
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
    current_session_needs_an_id
    renewal_keeps_the_session_and_ends_the_old_id
    renewal_never_outlives_an_end
    renewal_can_follow_a_save_in_the_same_request
    blocked_principals_get_no_session
    outage_is_no_logout
    outage_is_a_503_with_our_layer
    cookies_stand_nowhere_in_the_store
}
