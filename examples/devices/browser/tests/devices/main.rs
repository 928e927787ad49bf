//! Two browsers, two devices: whoever is signed out is out and stays out.
//!
//! A phone and a desk sign in as the same person. What each then sees is what a person would: pages, lists, buttons.
//! The servers are processes of their own, and are killed and started again under the browsers' feet.

mod browser;
mod driver;
mod server;
mod tour;

use larder_test_redis::Server as Redis;

use browser::{Browser, Kind};
use driver::Driver;
use server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn ended_is_ended_on_the_embedded_store() {
    let folder = tempfile::tempdir().expect("a folder for the store");
    let mut server = Server::start(&format!("disk:{}", folder.path().join("devices.larder").display()));
    story(&mut [&mut server]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_is_ended_on_two_servers_with_one_redis() {
    let redis = Redis::start();
    let store = redis.url_with("?namespace=devices");
    let (mut one, mut other) = (Server::start(&store), Server::start(&store));
    story(&mut [&mut one, &mut other]).await;
}

/// Pictures of every page, in both widths, into the folder that the environment names.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes into docs/: scripts/devices-test --screenshots"]
async fn every_page_can_be_photographed() {
    let folder = std::env::var_os("SCREENSHOTS").expect("SCREENSHOTS names a folder");
    let server = Server::start("memory:");
    tour::take(&server, folder.as_ref()).await;
}

/// The desk talks to the first server, the phone to the last.
async fn story(servers: &mut [&mut Server]) {
    let (of_desk, of_phone) = (servers[0].url(), servers[servers.len() - 1].url());
    let driver = Driver::start();
    let (desk, phone) =
        (Browser::open(&driver, Kind::Desk, &of_desk).await, Browser::open(&driver, Kind::Phone, &of_phone).await);

    // Both sign in, and each sees both.
    desk.sign_in("ann", "plum-jam-2026").await;
    phone.sign_in("ann", "plum-jam-2026").await;
    for (browser, this, other) in
        [(&desk, "Chrome on Linux", "Safari on iPhone"), (&phone, "Safari on iPhone", "Chrome on Linux")]
    {
        let listed = browser.devices().await;
        assert_eq!(listed.len(), 2, "{listed:?}");
        assert!(listed.contains(&format!("{this} This device")) && listed.contains(&other.to_owned()), "{listed:?}");
    }

    // The desk signs the phone out, while a request of the phone is under way that saves after that.
    phone.go("/").await;
    let saving = phone.begin_slow_save(5);
    let server = servers.last_mut().expect("there is one");
    tokio::task::block_in_place(|| server.await_line("is read, and will be saved"));
    desk.go("/devices").await;
    desk.press("Sign out Safari on iPhone").await;
    assert_eq!(desk.text(".notice").await, "1 device was signed out.");
    // What it gets is the page for a request that found its session, and whose save then found none.
    saving.await.expect("the phone waits for its answer");
    assert_eq!(phone.text("h1").await, "Signed out meanwhile");
    assert!(!phone.is_signed_in().await, "the save brought the phone back");
    assert_eq!(desk.devices().await, ["Chrome on Linux This device"]);

    // It can sign in again. Then the servers die, and come back to the same store: both are still signed in.
    phone.sign_in("ann", "plum-jam-2026").await;
    desk.go("/").await;
    let visits: u64 = desk.text("#visits").await.parse().expect("a number");
    for server in servers.iter_mut() {
        server.restart();
    }
    assert!(phone.is_signed_in().await && desk.is_signed_in().await);
    assert_eq!(desk.devices().await.len(), 2);
    desk.go("/").await;
    assert_eq!(desk.text("#visits").await, (visits + 1).to_string());

    // Everywhere is everywhere, here included, and a restart changes nothing about that.
    desk.go("/devices").await;
    desk.press("Sign out everywhere").await;
    assert!(!desk.is_signed_in().await && !phone.is_signed_in().await);
    for server in servers.iter_mut() {
        server.restart();
    }
    assert!(!desk.is_signed_in().await && !phone.is_signed_in().await);

    desk.close().await;
    phone.close().await;
}
