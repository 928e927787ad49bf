//! Compares the published session stores with ours, writes `docs/comparison.md`, and fails where ours breaks a promise.
//!
//! Options: `--updates N` (10,000), `--print` writes nothing and prints the page.

use larder_compare::comparison::{self, page};
use larder_test_redis::Server;

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let (mut updates, mut writes) = (10_000, true);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--updates" => updates = arguments.next().and_then(|n| n.parse().ok()).expect("--updates wants a number"),
            "--print" => writes = false,
            other => panic!("{other} is not known"),
        }
    }
    let told = comparison::run(updates, |name| eprintln!("{name}")).await;
    let page = page::page(&told, updates, &Server::start().info("redis_version"));
    if writes {
        std::fs::write("docs/comparison.md", &page)?;
    } else {
        println!("{page}");
    }
    let broken: Vec<_> = told.iter().filter(|told| told.is_ours && !told.keeps_promises()).collect();
    assert!(broken.is_empty(), "{}", broken.iter().map(|told| told.name).collect::<Vec<_>>().join(", "));
    eprintln!("{} stores, {updates} updates each; ours: none came back, 0 lost, no key stored", told.len());
    Ok(())
}
