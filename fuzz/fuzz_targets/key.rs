//! The order-preserving bytes of keys, as found in a file or in a database: bytes are refused, or are those of one key.
#![no_main]

use larder::{Key, Namespace};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(key) = Key::from_bytes(bytes.to_vec().into()) {
        let parts = key.parts();
        assert_eq!(parts.len(), key.len());
        let again = Key::new(&parts).expect("a key has parts");
        assert!(again.as_bytes() == bytes, "a key has one form");
        assert!(again == key && again.parts() == parts);
    }
    if let Ok((namespace, rest)) = Namespace::split(bytes) {
        let again = Namespace::new(namespace.term()).expect("it was within the limits");
        assert!([again.as_bytes(), rest].concat() == bytes, "a namespace has one form");
    }
});
