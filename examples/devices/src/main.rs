//! Sign in, see your devices, end any of them: Larder's sessions in an axum application.
//!
//! Read [`app`] first, which has the routes; then `pages/home.rs` for the counter that loses no visit,
//! `pages/sign_in.rs` for the beginning of a session, and `pages/devices.rs` for its end.

#![allow(clippy::print_stdout)] // The terminal is where this application says what happens.

mod account; //  who can sign in, and the hash of their password
mod app; //      the store, the sessions, the routes
mod caller; //   whose request this is: `Caller`, `SignedIn`, `Admin`
mod config; //   what the environment says
mod cookie; //   the cookie of a session, and its flags
mod csrf; //     no form counts that was not ours
mod device; //   "Firefox on Linux", and the address
mod failure; //  what a request gets that is not answered as asked
mod headers; //  what browsers are told to refuse
mod html; //     what the pages share
mod notice; //   what a page says of the request before it
mod pages; //    a file a page: its handlers, and what it looks like
mod password; // hashing, by Argon2
mod random; //   bytes that nobody can guess

#[cfg(test)]
mod tests;

use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

use crate::app::App;
use crate::config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("devices: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let config = Config::from_env()?;
    let opened = larder::open(&config.store).await?;
    let app = App::new(opened, config.is_https(), say)?;
    app.accounts.seed().await?;

    let listener = tokio::net::TcpListener::bind(config.listen).await?;
    println!("{}", config.greeting(listener.local_addr()?));
    let service = app.router().into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
}

/// Where nobody listens any longer, nothing is said.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
