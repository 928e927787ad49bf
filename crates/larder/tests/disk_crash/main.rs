//! The disk backend after power cuts, kills, failing calls and flipped bits.
//!
//! A small portion runs with every test; `scripts/crash` runs thousands, by the variables `LARDER_CUTS`,
//! `LARDER_KILLS` and `LARDER_FLIPS`, and needs `LARDER_SEED` to run one of them again.

#![expect(clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "a test that tells what it counted")]

mod calls;
mod cuts;
mod flips;
mod kills;
mod medium;
mod model;
mod mounts;

/// redb panics on some damaged files. The store catches that, and the terminal need not hear of it.
fn quiet_redb() {
    static QUIET: std::sync::Once = std::sync::Once::new();
    QUIET.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !panic.location().is_some_and(|location| location.file().contains("redb-")) {
                loud(panic);
            }
        }));
    });
}

/// How often: a number from the environment, or the small portion.
fn times(variable: &str, small: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is a number")),
        Err(_) => small,
    }
}

/// The seed of a run, printed so that a failure can be made again.
fn seed(what: &str) -> u64 {
    let seed = times("LARDER_SEED", fastrand::u64(..1 << 32));
    println!("{what}: LARDER_SEED={seed}");
    seed
}
