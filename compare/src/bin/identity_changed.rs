//! The same with the store's line changed.
#![allow(clippy::all, unused_imports)]

use larder_actix_session::SessionStore;
use larder_compare::port;

include!(concat!(env!("OUT_DIR"), "/identity-changed.rs"));

fn store() -> SessionStore {
    static STORE: std::sync::OnceLock<SessionStore> = std::sync::OnceLock::new();
    let open = || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let opened = runtime.block_on(larder::open("memory:")).expect("memory opens");
        SessionStore::new(opened).index_actix_identity()
    };
    // The sample asks for it where a runtime runs already.
    STORE.get_or_init(|| std::thread::spawn(open).join().expect("it opens")).clone()
}
