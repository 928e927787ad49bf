//! Pow's layouts on real servers, beside what Pow itself writes: the defects of its guides' stores are not here.
//!
//! The names in comments, S1 to S15 and I1 to I6, are those of the defects in the head of each file. Not yet here: S12,
//! keys in several slots of a cluster, since there is no cluster yet.

#![expect(clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "tests that tell what they measured")]

/// Runs each test in both of Pow's layouts.
macro_rules! in_both_layouts {
    ($($test:ident)*) => {
        mod pow {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test("pow").await;
                }
            )*
        }
        mod pow_indexed {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test("pow-indexed").await;
                }
            )*
        }
    };
}

mod access;
mod clear;
mod damage;
mod errors;
mod ground;
mod hostility;
mod index;
mod lost;
mod pages;
mod rights;
mod spellings;
