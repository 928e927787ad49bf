//! Every page, once at a desk and once on a phone, for people to look at.

use std::path::Path;

use crate::browser::{Browser, Kind};
use crate::driver::Driver;
use crate::server::Server;

pub async fn take(server: &Server, folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder for the pictures");
    let (driver, url) = (Driver::start(), server.url());
    let office = Browser::open(&driver, Kind::Office, &url).await;
    office.sign_in("ann", "plum-jam-2026").await;
    let (desk, phone) =
        (Browser::open(&driver, Kind::Desk, &url).await, Browser::open(&driver, Kind::Phone, &url).await);
    let dark = Browser::open(&driver, Kind::Dark, &url).await;
    for (browser, width) in [(&phone, "phone"), (&desk, "desk"), (&dark, "dark")] {
        let keep = |page: &str| folder.join(format!("{page}-{width}.png"));
        browser.go("/sign-in").await;
        browser.photograph(&keep("sign-in")).await;
        browser.fill("#name", "ann").await;
        browser.fill("#password", "wrong").await;
        browser.press("Sign in").await;
        browser.photograph(&keep("wrong-password")).await;
        browser.sign_in("ann", "plum-jam-2026").await;
    }
    office.close().await;
    for (browser, width) in [(&phone, "phone"), (&desk, "desk"), (&dark, "dark")] {
        let keep = |page: &str| folder.join(format!("{page}-{width}.png"));
        for (path, page) in [("/", "home"), ("/devices", "devices"), ("/password", "password")] {
            browser.go(path).await;
            browser.photograph(&keep(page)).await;
        }
    }
    for (browser, width) in [(&phone, "phone"), (&desk, "desk"), (&dark, "dark")] {
        let keep = |page: &str| folder.join(format!("{page}-{width}.png"));
        browser.press("Sign out").await;
        browser.sign_in("carla", "keeper-of-keys-2026").await;
        for (path, page) in [("/admin", "accounts"), ("/admin/ann", "account"), ("/nothing", "not-found")] {
            browser.go(path).await;
            browser.photograph(&keep(page)).await;
        }
    }
    for browser in [phone, desk, dark] {
        browser.close().await;
    }
}
