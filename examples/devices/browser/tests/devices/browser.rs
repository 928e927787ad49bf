//! A browser with a profile of its own, and what a person does with it.

use std::path::Path;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::driver::Driver;

pub struct Browser {
    client: Client,
    server: String,
}

#[derive(Clone, Copy)]
pub enum Kind {
    Desk,
    /// A desk in the dark.
    Dark,
    Phone,
    /// Somebody else's.
    Office,
}

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/26.0 Mobile/15E148 Safari/604.1";
const WINDOWS: &str = "--user-agent=Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                       Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0";

impl Browser {
    /// Opens a window with a new profile.
    pub async fn open(driver: &Driver, kind: Kind, server: &str) -> Self {
        // As root, and in a container, Chromium has no sandbox to offer; it only meets pages of ours.
        let mut args = vec!["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"];
        args.push("--window-size=1280,943");
        let mut options = json!({});
        match kind {
            Kind::Desk => {}
            Kind::Dark => args.push("--force-dark-mode"),
            Kind::Office => args.push(WINDOWS),
            Kind::Phone => {
                let metrics = json!({"width": 390, "height": 800, "pixelRatio": 1.5, "touch": true});
                options["mobileEmulation"] = json!({"deviceMetrics": metrics, "userAgent": IPHONE});
            }
        }
        options["args"] = json!(args);
        let Value::Object(capabilities) = json!({"browserName": "chrome", "goog:chromeOptions": options}) else {
            unreachable!("it is written as an object")
        };
        let builder = &mut ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities).connect(&driver.url()).await.expect("Chromium starts");
        Self { client, server: server.into() }
    }

    pub async fn go(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.server)).await.expect("the server answers");
    }

    pub async fn sign_in(&self, name: &str, password: &str) {
        self.go("/sign-in").await;
        self.fill("#name", name).await;
        self.fill("#password", password).await;
        self.press("Sign in").await;
        assert_eq!(self.text("h1").await, format!("Hello, {name}"));
    }

    pub async fn is_signed_in(&self) -> bool {
        self.go("/devices").await;
        self.text("h1").await == "Your devices"
    }

    /// The names in the list of devices.
    pub async fn devices(&self) -> Vec<String> {
        self.go("/devices").await;
        let mut names = Vec::new();
        for heading in self.client.find_all(Locator::Css(".sessions h2")).await.expect("a list") {
            names.push(heading.text().await.expect("a name").replace('\n', " "));
        }
        names
    }

    pub async fn fill(&self, field: &str, text: &str) {
        let field = self.client.find(Locator::Css(field)).await.expect("the field is there");
        field.clear().await.expect("it can be emptied");
        field.send_keys(text).await.expect("it takes text");
    }

    /// Presses the button that says this, and waits for the page it leads to.
    pub async fn press(&self, text: &str) {
        let button = format!("//button[normalize-space()='{text}']");
        press(&self.client, Locator::XPath(&button)).await;
    }

    pub async fn text(&self, place: &str) -> String {
        let found = self.client.find(Locator::Css(place)).await.expect("the place is there");
        found.text().await.expect("it has a text")
    }

    /// Presses "Save slowly", with fewer seconds than people get; the task ends with the answer.
    pub fn begin_slow_save(&self, seconds: u64) -> JoinHandle<()> {
        let client = self.client.clone();
        tokio::spawn(async move {
            let shorten =
                "document.querySelector('form[action^=\"/slow-save\"]').action = '/slow-save?seconds=' + arguments[0]";
            client.execute(shorten, vec![seconds.into()]).await.expect("the form is there");
            press(&client, Locator::Css("form[action^=\"/slow-save\"] button")).await;
        })
    }

    pub async fn photograph(&self, file: &Path) {
        let picture = self.client.screenshot().await.expect("a picture");
        std::fs::write(file, picture).expect("it can be kept");
    }

    pub async fn close(self) {
        self.client.close().await.expect("the window closes");
    }
}

async fn press(client: &Client, button: Locator<'_>) {
    let page = client.find(Locator::Css("main")).await.expect("a page");
    let button = client.find(button).await.expect("the button is there");
    button.click().await.expect("it can be pressed");
    // The driver does not wait for an answer that takes its time. When the page is gone, the next one is there.
    let gone = async {
        while page.tag_name().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), gone).await.expect("the button leads to another page");
}
