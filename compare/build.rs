//! Takes sample applications out of the published packages of the frameworks, and changes their store.
//!
//! Each is written down twice, as it was published and with the line of its store changed. In both its port can be set,
//! so that a test can run it beside anything else; and what axum-login's documentation leaves to be done, as `todo!()`,
//! is done. Nothing else is changed; a line that is not there fails the build.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    println!("cargo:rustc-env=SAMPLES={}", out.display());
    let metadata = metadata();
    let read = |name: &str, version: &str, file: &str| {
        fs::read_to_string(package(&metadata, name, version).join(file)).expect("its sample")
    };

    let identity = Sample(read("actix-identity", "", "examples/identity.rs")).with("8080))", "crate::port()))");
    identity.write(&out, "identity", "CookieSessionStore::default()", "store()");

    let counter = Sample(read("tower-sessions", "0.14", "examples/counter.rs"));
    let counter = counter.with("([127, 0, 0, 1], 3000)", "([127, 0, 0, 1], crate::port())");
    counter.write(&out, "counter", "MemoryStore::default()", "store().await");

    let login = documented(&read("axum-login", "", "src/lib.rs"))
        .with("#[derive(Clone)]\nstruct Credentials", "#[derive(Clone, serde::Deserialize)]\nstruct Credentials")
        .with("= Backend::default()", "= backend()")
        .with(r#""/protected", get(todo!())"#, r#""/protected", get(|| async { "Gotta be logged in to see me!" })"#)
        .with("post(todo!())", "post(login)")
        .with(r#""/login", get(todo!())"#, r#""/login", get(|| async { "Who are you?" })"#)
        .with(r#""0.0.0.0:3000""#, r#"("127.0.0.1", crate::port())"#);
    login.write(&out, "login", "MemoryStore::default()", "store().await");
}

struct Sample(String);

impl Sample {
    fn with(self, from: &str, to: &str) -> Self {
        assert_eq!(self.0.matches(from).count(), 1, "the sample has changed: {from}");
        Self(self.0.replace(from, to))
    }

    /// As published, and with another store.
    fn write(self, out: &Path, name: &str, from: &str, to: &str) {
        // Documentation of a file cannot stand in the middle of another.
        let lines = self.0.lines().filter(|line| !line.starts_with("//!")).map(|line| format!("{line}\n"));
        let published = Self(lines.collect());
        fs::write(out.join(format!("{name}-published.rs")), &published.0).expect("it can be written");
        fs::write(out.join(format!("{name}-changed.rs")), published.with(from, to).0).expect("it can be written");
    }
}

/// The application that the documentation of axum-login shows step by step: the last step with what is hidden in it, and
/// the handler of an earlier one.
fn documented(text: &str) -> Sample {
    let lines = text.lines().filter_map(|line| line.strip_prefix("//!"));
    let documentation: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let steps: Vec<&[&str]> = documentation.split(|line| line.starts_with("```")).skip(1).step_by(2).collect();
    let step = |with: &str| {
        let mut found = steps.iter().filter(|step| step.iter().any(|line| line.starts_with(with)));
        found.next().unwrap_or_else(|| panic!("the documentation has changed: {with}"))
    };
    let last = step("async fn main").iter().map(|line| line.strip_prefix("# ").unwrap_or(line));
    let handler = step("async fn login").iter().copied().filter(|line| !line.starts_with("# "));
    let all = last.chain(handler).filter(|line| *line != "#").map(|line| format!("{line}\n"));
    Sample(all.collect())
}

fn metadata() -> Value {
    let metadata = Command::new(env::var("CARGO").expect("cargo sets it"))
        // Of another platform there may be nothing here.
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform"])
        .arg(env::var("TARGET").expect("cargo sets it"))
        .output()
        .expect("cargo runs");
    serde_json::from_slice(&metadata.stdout).expect("cargo speaks JSON")
}

/// The folder of a dependency.
fn package(metadata: &Value, name: &str, version: &str) -> PathBuf {
    let packages = metadata["packages"].as_array().expect("there are packages");
    let is_it = |package: &&Value| {
        package["name"] == name && package["version"].as_str().is_some_and(|other| other.starts_with(version))
    };
    let package = packages.iter().find(is_it).expect("it is a dependency");
    let manifest = PathBuf::from(package["manifest_path"].as_str().expect("it is a path"));
    manifest.parent().expect("it lies in a folder").to_owned()
}
