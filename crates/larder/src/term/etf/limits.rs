/// How much a term in the external term format may hold, so that bytes from elsewhere cannot exhaust the
/// memory. What goes beyond is refused, before anything is allocated for it.
///
/// ```
/// use larder::Term;
/// use larder::term::Limits;
///
/// let nested = [131, 104, 1, 104, 1, 106];
/// assert!(Term::from_etf(&nested).is_ok());
/// assert!(Term::from_etf_within(&nested, Limits::default().depth(1)).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Limits {
    pub(super) bytes: usize,
    pub(super) depth: usize,
    pub(super) nodes: usize,
    pub(super) inflated: usize,
}

impl Limits {
    /// The most bytes that are read. 16 MiB by default.
    pub fn bytes(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }

    /// The most terms that stand one inside the other. 10,000 by default.
    pub fn depth(self, depth: usize) -> Self {
        Self { depth, ..self }
    }

    /// The most terms in all: elements, keys, values, and the characters of a charlist. 1,000,000 by
    /// default.
    pub fn nodes(self, nodes: usize) -> Self {
        Self { nodes, ..self }
    }

    /// The most bytes that a compressed term may inflate to. 16 MiB by default; 0 refuses compressed
    /// terms.
    pub fn inflated(self, bytes: usize) -> Self {
        Self { inflated: bytes, ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 16 << 20, depth: 10_000, nodes: 1_000_000, inflated: 16 << 20 }
    }
}
