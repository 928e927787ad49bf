//! Takes the sample application out of the published package of actix-identity, and changes its store.
//!
//! Also its port, so that a test can run it beside anything else. Nothing else is changed; a line that is not there
//! fails the build.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

const STORE: &str = "CookieSessionStore::default()";
const PORT: &str = "8080))";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let sample = fs::read_to_string(package("actix-identity").join("examples/identity.rs")).expect("its sample");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let published = changed(&sample, PORT, "crate::port()))");
    fs::write(out.join("published.rs"), &published).expect("it can be written");
    fs::write(out.join("changed.rs"), changed(&published, STORE, "crate::store()")).expect("it can be written");
}

fn changed(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "the sample has changed");
    // Documentation of a file cannot stand in the middle of another.
    text.replace(from, to).lines().filter(|line| !line.starts_with("//!")).map(|line| format!("{line}\n")).collect()
}

/// The folder of a dependency.
fn package(name: &str) -> PathBuf {
    let metadata = Command::new(env::var("CARGO").expect("cargo sets it"))
        // Of another platform there may be nothing here.
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform"])
        .arg(env::var("TARGET").expect("cargo sets it"))
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("cargo speaks JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let package = packages.iter().find(|package| package["name"] == name).expect("it is a dependency");
    let manifest = PathBuf::from(package["manifest_path"].as_str().expect("it is a path"));
    manifest.parent().expect("it lies in a folder").to_owned()
}
