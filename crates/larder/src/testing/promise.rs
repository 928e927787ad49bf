//! The one list of promises, and the two ways to run it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::fixture::Fixture;

/// One promise of the contract, as a test to run on a fixture.
pub struct Promise<F> {
    name: &'static str,
    prove: fn(F) -> Proof,
}

/// A test under way. It panics where the promise is not kept.
pub type Proof = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<F> Promise<F> {
    /// What is promised, as the name of its test.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Puts the promise to the backend of a fixture; to be run on a tokio runtime.
    pub fn prove(&self, fixture: F) -> Proof {
        (self.prove)(fixture)
    }
}

impl<F> fmt::Debug for Promise<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Promise({})", self.name)
    }
}

/// Every promise, for runners that are not `cargo test`.
pub fn all<F: Fixture>() -> Vec<Promise<F>> {
    macro_rules! list {
        (() $($group:ident { $($name:ident)* })*) => {
            vec![$($(Promise { name: stringify!($name), prove: |fixture| Box::pin(super::$group::$name(fixture)) },)*)*]
        };
    }
    crate::__promises!([list]())
}

/// Makes a test of every promise, under the promise's name, in the module where it stands. The fixture is written
/// once and made anew for every test.
///
/// The crate that says this depends on tokio, with its features `macros` and `rt-multi-thread`.
///
/// ```
/// # use std::sync::Arc;
/// # use std::time::Duration;
/// use larder::testing::{Fixture, ManualClock, Reference};
///
/// struct Plain(Arc<ManualClock>);
/// # impl Fixture for Plain {
/// #     type Backend = Reference;
/// #     async fn open(&self) -> Reference { Reference::new(self.0.clone()) }
/// #     async fn advance(&self, by: Duration) { self.0.advance(by) }
/// # }
///
/// mod plain {
///     use super::*;
///     larder::conformance!(Plain(Arc::new(ManualClock::new())));
/// }
/// ```
#[macro_export]
macro_rules! conformance {
    ($fixture:expr) => {
        $crate::__promises!([$crate::__tests]($fixture));
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    (($fixture:expr) $($group:ident { $($name:ident)* })*) => {$($(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $crate::testing::$group::$name($fixture).await;
        }
    )*)*};
}

/// The list. A new promise has a line here, a function of that name in the module of its group, and a defect that it
/// catches in `tests/conformance_bites`.
#[doc(hidden)]
#[macro_export]
macro_rules! __promises {
    ([$($then:tt)*] $arguments:tt) => {
        $($then)*! {
            $arguments
            put {
                put_replaces_value_and_ttl_together
                put_never_ends_until_replaced
                put_rounds_a_ttl_up
                put_keeps_the_longest_ttl
                put_keeps_every_byte
                put_of_a_nothing_is_present
                put_absent_creates_and_never_overwrites
                put_absent_prolongs_nothing
                put_absent_counts_the_expired_as_nothing
                put_present_overwrites_and_never_creates
                put_present_never_brings_back_the_deleted
                put_present_never_brings_back_the_expired
                put_unchanged_writes_over_that_version_alone
                put_unchanged_goes_by_the_bytes
                put_unchanged_never_brings_back
            }
            batch {
                batch_answers_in_order
                batch_condition_undoes_nothing_else
                batch_records_have_their_own_ttls
                batch_puts_a_key_twice_in_order
                batch_refuses_a_key_twice_under_a_condition
                batch_may_be_empty
                batch_of_a_thousand_is_whole
            }
            get {
                get_answers_in_order
                get_tells_what_remains
                get_tells_that_a_record_never_ends
                get_ends_at_the_deadline
                get_prolongs_nothing
                get_brings_what_is_selected
                get_and_all_others_take_the_expired_for_absent
            }
            take {
                take_gives_the_value_once
                take_never_gives_the_expired
                take_has_one_winner_of_a_hundred
            }
            touch {
                touch_gives_a_new_ttl_and_keeps_the_value
                touch_shortens_too
                touch_never_creates
                touch_never_brings_back
                touch_keeps_the_version
                touch_answers_in_order
                touch_racing_a_delete_leaves_it_deleted
            }
            delete {
                delete_says_what_lived
                delete_is_idempotent
                delete_counts_the_expired_as_absent
                delete_is_final
                delete_leaves_no_deadline_behind
            }
            keys {
                keys_of_different_kinds_are_different
                keys_come_back_as_they_were
                keys_of_one_part_need_no_list
            }
            namespace {
                namespaces_share_no_record
                namespaces_share_no_deadline
                namespaces_list_their_own
                namespaces_differ_by_kind
            }
            scan {
                scan_finds_a_key_without_holes
                scan_matches_a_hole_at_the_end
                scan_matches_holes_in_the_middle
                scan_matches_the_rest
                scan_matches_every_key
                scan_binds_variables_by_identity
                scan_matches_inside_a_part
                scan_takes_a_hole_in_a_key_literally
                scan_of_nothing_is_empty
                scan_leaves_out_the_expired
                scan_brings_what_is_selected
                scan_gives_the_verdict_of_the_pattern
            }
            pages {
                pages_hold_each_record
                pages_come_in_key_order_where_told
                pages_find_what_lives_throughout
                pages_leave_out_what_expires_between
                pages_of_limit_zero_estimate
                pages_go_on_from_a_position
                pages_of_two_listings_stand_apart
            }
            limits {
                limits_refuse_a_key
                limits_refuse_a_pattern
                limits_refuse_a_value
                limits_refuse_a_ttl
                limits_refuse_a_batch_before_anything_is_written
                limits_allow_the_largest
            }
            sweep {
                sweep_changes_no_answer
                sweep_that_compacts_changes_no_answer
                sweep_frees_what_has_expired
                info_says_what_the_backend_is
                info_says_whether_records_persist
            }
            concurrency {
                concurrent_tasks_read_what_others_wrote
                concurrent_creates_have_one_winner
                concurrent_swaps_lose_no_update
                concurrent_readers_see_of_a_batch_what_info_says
                concurrent_calls_on_a_key_have_an_order
            }
            cancel {
                cancelled_put_leaves_no_half_batch
                cancelled_calls_never_mix_answers
                cancelled_calls_leave_the_backend_well
            }
            secrets {
                secrets_stand_in_no_error
                secrets_stand_in_no_debug
                secrets_stand_in_no_report_of_damage
            }
            store {
                store_gives_values_back
                store_takes_null_for_present
                store_needs_a_ttl
                store_puts_and_gets_many
                store_tells_what_does_not_decode_from_what_is_absent
                store_tells_an_outage_from_an_absence
                store_tells_a_lost_reply
            }
            listing {
                all_gives_each_once_in_key_order
                keys_and_count_agree_with_all
                pages_of_a_store_hold_each_record
                delete_all_ends_what_matches
                clear_ends_one_namespace
                explain_says_how_matches_are_found
                strict_refuses_what_would_scan
                stats_count_what_lives
                all_reports_what_does_not_decode
                damage_hides_no_other_record
            }
            model {
                model_agrees_on_a_random_walk
            }
        }
    };
}
