//! Real `redis-server`s for tests, and a proxy that stands before one and does it harm.
//!
//! * [`Server`] starts a server of its own on a free port, with a folder of its own, and takes both away with it:
//!   also when the test is killed.
//! * [`Client`] looks at a server behind the back of the code under test, and sets it up.
//! * [`Proxy`] delays, loses, repeats and mangles what the server says, as its [`Fault`] tells it to.
//! * [`Relay`] stands there too, does no harm, and counts round trips and bytes.
//!
//! The rig panics where it cannot do its work: a test that cannot run has failed.
//!
//! ```
//! use larder_test_redis::{Fault, Proxy, Reply, Server};
//!
//! let server = Server::start();
//! assert_eq!(server.command(&["SET", "k", "v"]), Reply::ok());
//! assert_eq!(server.calls()["set"], 1);
//!
//! let proxy = Proxy::new(&server, 1);
//! proxy.set(Fault::Drop { one_in: 100 });
//! assert!(proxy.url().starts_with("redis://127.0.0.1:"));
//! ```
#![allow(clippy::panic)] // A rig that cannot do its work says so by failing the test.

mod client;
mod proxy;
mod relay;
mod reply;
mod server;

pub use client::Client;
pub use proxy::{Fault, Proxy};
pub use relay::{Relay, Traffic};
pub use reply::Reply;
pub use server::{Builder, Certificates, Server};
