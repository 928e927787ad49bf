//! The conformance suite, a clock that is moved by hand, and a backend that fails on purpose.
