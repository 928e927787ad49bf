use std::sync::Arc;

use super::{Kind, Repr, Term};

/// A reference, fun, port or pid: its ETF bytes from the tag on, kept so that they can be written again.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Opaque {
    kind: Kind,
    bytes: Box<[u8]>,
}

impl Opaque {
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Term {
    pub(super) fn opaque(kind: Kind, bytes: &[u8]) -> Self {
        Self(Repr::Opaque(Arc::new(Opaque { kind, bytes: bytes.into() })))
    }
}
