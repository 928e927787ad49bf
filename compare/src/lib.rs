//! Applications of the two frameworks, over whatever store they are given, and what the tests ask them with.

pub mod actix;
pub mod axum;
pub mod comparison;

/// The port that a sample listens on.
pub fn port() -> u16 {
    std::env::var("PORT").expect("PORT is set").parse().expect("PORT is a number")
}
