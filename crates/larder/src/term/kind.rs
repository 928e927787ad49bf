use std::fmt;

/// The kinds of [`Term`](super::Term).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A whole number of any size.
    Integer,
    /// A finite double.
    Float,
    /// A named constant.
    Atom,
    /// A reference of an Erlang node, kept as its bytes.
    Reference,
    /// A function of an Erlang node, kept as its bytes.
    Fun,
    /// A port of an Erlang node, kept as its bytes.
    Port,
    /// A process of an Erlang node, kept as its bytes.
    Pid,
    /// A fixed number of terms.
    Tuple,
    /// Keys and their values.
    Map,
    /// A list, proper or improper.
    List,
    /// Whole bytes, text among them.
    Binary,
    /// A number of bits that is not a multiple of eight.
    Bitstring,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Atom => "atom",
            Self::Reference => "reference",
            Self::Fun => "fun",
            Self::Port => "port",
            Self::Pid => "pid",
            Self::Tuple => "tuple",
            Self::Map => "map",
            Self::List => "list",
            Self::Binary => "binary",
            Self::Bitstring => "bitstring",
        })
    }
}
