//! Defences switched off, one at a time, in a build made for that: the test of each has to fail there
//! (`scripts/sabotage`).

/// Whether a defence is switched off: never, and at no cost, but in a build with `--cfg sabotage`.
#[inline]
pub(crate) fn is_off(defence: &str) -> bool {
    cfg!(sabotage) && std::env::var("LARDER_SABOTAGE").is_ok_and(|off| off == defence)
}
