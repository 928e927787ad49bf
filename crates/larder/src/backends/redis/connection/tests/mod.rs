//! The connection against a peer of our own that can be made to do harm, and against real servers.

mod deadlines;
mod driving;
mod mixing;
mod peer;
mod servers;

use std::time::Duration;

use super::{Address, Connection, Options};
use crate::backends::Url;
use crate::error::Result;

/// A connection by URL, with deadlines that tests can wait for.
fn open(url: &str) -> Result<Connection> {
    let mut url = Url::parse(url)?;
    let address = Address::from_url(&mut url)?;
    let options = Options::from_url(&mut url)?;
    url.finish()?;
    Ok(Connection::new(address, options))
}

fn quick() -> Options {
    let short = Duration::from_millis(200);
    Options { timeout: short, connect_timeout: short, grace: Duration::from_millis(100), ..Options::default() }
}
