//! Every page, once at a desk and once on a phone, for people to look at.

use std::path::{Path, PathBuf};

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
    for (browser, kind) in [(&phone, "phone"), (&desk, "desk")] {
        browser.go("/sign-in").await;
        browser.photograph(&picture(folder, "sign-in", kind)).await;
        browser.fill("#name", "ann").await;
        browser.fill("#password", "wrong").await;
        browser.press("Sign in").await;
        browser.photograph(&picture(folder, "wrong-password", kind)).await;
        browser.sign_in("ann", "plum-jam-2026").await;
    }
    for (browser, kind) in [(&phone, "phone"), (&desk, "desk")] {
        for (path, page) in [("/", "home"), ("/devices", "devices"), ("/password", "password"), ("/no", "not-found")] {
            browser.go(path).await;
            browser.photograph(&picture(folder, page, kind)).await;
        }
    }
    let dark = Browser::open(&driver, Kind::Dark, &url).await;
    dark.sign_in("ann", "plum-jam-2026").await;
    dark.go("/devices").await;
    dark.photograph(&picture(folder, "devices", "dark")).await;
    dark.press("Sign out").await;
    for (browser, kind) in [(&phone, "phone"), (&desk, "desk")] {
        browser.go("/").await;
        browser.press("Sign out").await;
        browser.sign_in("carla", "keeper-of-keys-2026").await;
        for (path, page) in [("/admin", "accounts"), ("/admin/ann", "account")] {
            browser.go(path).await;
            browser.photograph(&picture(folder, page, kind)).await;
        }
    }
    for browser in [office, phone, desk, dark] {
        browser.close().await;
    }
}

fn picture(folder: &Path, page: &str, kind: &str) -> PathBuf {
    folder.join(format!("{page}-{kind}.png"))
}
