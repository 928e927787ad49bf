//! What the sessions promise, as tests to run over any backend that keeps the contract.
//!
//! Each promise of [`sessions`](crate::sessions) is one test or several, named for it, in the module of its kind.
//! [`sessions_conformance!`](crate::sessions_conformance) makes tests of all of them for the backend of a
//! [`Fixture`](super::Fixture); they need no more of it than [`conformance!`](crate::conformance) does. Sessions are dated by a
//! clock of the suite's own, which moves with the fixture's.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//! use larder::testing::{Fixture, ManualClock, Reference};
//!
//! struct Plain(Arc<ManualClock>);
//!
//! impl Fixture for Plain {
//!     type Backend = Reference;
//!     async fn open(&self) -> Reference {
//!         Reference::new(self.0.clone())
//!     }
//!     async fn advance(&self, by: Duration) {
//!         self.0.advance(by);
//!     }
//! }
//!
//! larder::sessions_conformance!(Plain(Arc::new(ManualClock::new())));
//! ```

mod cut;
mod place;

pub mod adapters;
pub mod crashes;
pub mod limits;
pub mod listing;
pub mod merging;
pub mod outage;
pub mod principals;
pub mod racing;
pub mod rotation;
pub mod saving;
pub mod secrecy;
pub mod single_use;
pub mod telling;
pub mod timeouts;

use tokio::task::{JoinHandle, yield_now};

use super::Gate;

/// Waits until a task is held at a gate, or over: answers whether it is over.
async fn reached_or_done<T>(gate: &Gate, task: &JoinHandle<T>) -> bool {
    loop {
        if gate.is_reached() || task.is_finished() {
            return !gate.is_reached();
        }
        yield_now().await;
    }
}

/// Tells what was checked, for whoever runs a test for its numbers.
fn checked(what: String) {
    eprintln!("checked: {what}");
}

/// Makes a test of every promise of the sessions, under the promise's name. The fixture is written once and made anew
/// for every test.
///
/// The crate that says this depends on tokio, with its features `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! sessions_conformance {
    ($fixture:expr) => {
        $crate::__session_promises! { $fixture =>
            saving {
                save_never_brings_back_what_was_ended
                save_never_brings_back_what_has_expired
                save_of_the_dead_is_told
            }
            racing {
                revoke_all_racing_logins_has_an_order
                login_is_before_or_after_an_end
                logins_and_sign_outs_at_once_know_their_own
            }
            merging {
                merge_keeps_what_other_requests_wrote
                merge_lets_the_later_save_of_a_field_win
                merge_loses_no_update_of_ten_thousand
                update_loses_no_step_of_a_counter
                merge_follows_a_rotation
            }
            listing {
                list_tells_what_a_person_wants_to_know
                list_takes_two_round_trips
                revoke_ends_what_it_says_and_counts
                block_ends_all_and_refuses_new_ones
            }
            secrecy {
                bearers_stand_nowhere_in_a_dump
                what_is_stored_is_no_bearer
                secrets_open_what_they_closed
                debug_and_errors_show_nothing
            }
            timeouts {
                idle_sessions_end
                used_sessions_live_until_the_absolute_end
                the_absolute_end_needs_no_help_of_the_store
                touch_writes_once_in_a_window
                touch_rewrites_and_brings_back_nothing
            }
            limits {
                limit_refuses_the_new
                limit_counts_the_living
                limit_ends_the_oldest
                limit_holds_under_logins_at_once
            }
            rotation {
                rotation_keeps_the_session_and_ends_the_old_token
                rotation_without_grace_ends_the_old_token_at_once
                rotation_never_outlives_an_end
                rotation_loses_no_save
                rotations_at_once_leave_one_session
            }
            single_use {
                tokens_work_once
                tokens_are_of_one_purpose_and_end
                tokens_with_grace_serve_parallel_requests
            }
            telling {
                events_tell_what_happens
                events_tell_an_expiry_that_is_come_upon
                events_tell_of_visitors
            }
            outage {
                outage_is_an_error_and_never_an_answer
                load_needs_no_write
                damage_is_an_error_and_never_an_absence
            }
            principals {
                principals_are_told_apart_by_their_text
                principal_change_moves_the_session
                principal_change_and_an_end_leave_no_half
                dead_entries_heal_themselves
            }
            adapters {
                adapter_saves_what_the_request_changed
                adapter_reads_the_principal_out_of_the_fields
                adapter_renews_a_session
                adapter_renewal_never_outlives_an_end
                adapter_lets_go_for_good
                adapter_keeps_a_frameworks_times
            }
            crashes {
                crash_in_a_login_leaves_nothing_unlisted
                crash_in_a_login_over_the_limit_keeps_the_limit
                crash_in_a_sign_out_can_be_repeated
                crash_in_revoke_leaves_no_half
                crash_in_revoke_others_leaves_no_half
                crash_in_revoke_all_leaves_no_half
                crash_in_block_leaves_no_half
                crash_in_a_rotation_leaves_a_token_that_works
                crash_in_a_save_ends_nothing
                crash_in_a_principal_change_leaves_it_listed_once
                crash_in_a_renewal_leaves_nothing_unlisted
                crash_beside_an_end_leaves_nothing
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __session_promises {
    ($fixture:expr => $($group:ident { $($name:ident)* })*) => {$($(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $crate::testing::sessions::$group::$name($fixture).await;
        }
    )*)*};
}
