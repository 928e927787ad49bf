use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::float::{compare_big, compare_small};
use super::{Kind, Repr, Term, View};

/// Terms that are still to be compared, in this order.
enum Rest<'a> {
    /// As many on either side.
    Row(&'a [Term], &'a [Term], bool),
    /// The ends of two lists, one of which has no more elements.
    Ends(End<'a>, End<'a>, bool),
}

#[derive(Clone, Copy)]
enum End<'a> {
    Tail(&'a Term),
    Nil,
    More,
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Small(left), Repr::Small(right)) => left == right,
            (Repr::ShortBinary(left), Repr::ShortBinary(right)) => left.as_bytes() == right.as_bytes(),
            (Repr::LongBinary(left), Repr::LongBinary(right)) => left == right,
            _ => compare(self, other, false).is_eq(),
        }
    }
}

impl Eq for Term {}

impl Ord for Term {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self, other, false)
    }
}

impl PartialOrd for Term {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Term {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut rest: Vec<&[Term]> = Vec::new();
        let mut term = self;
        loop {
            state.write_u8(rank(term));
            match term.view() {
                View::Integer(value) => value.hash(state),
                View::Big(value) => value.hash(state),
                View::Float(value) => value.to_bits().hash(state),
                View::Atom(name) => name.hash(state),
                View::Opaque(opaque) => opaque.hash(state),
                View::Bits(bytes, last_bits) => {
                    bytes.hash(state);
                    state.write_u8(last_bits);
                }
                View::Tuple(_) | View::Map(..) | View::List(..) => {
                    state.write_u8(matches!(term.0, Repr::Improper(_)).into());
                    let children = term.children();
                    state.write_usize(children.len());
                    rest.push(children);
                }
            }
            term = loop {
                match rest.last_mut() {
                    None => return,
                    Some(terms) => match terms.split_first() {
                        None => {
                            rest.pop();
                        }
                        Some((first, others)) => {
                            *terms = others;
                            break first;
                        }
                    },
                }
            };
        }
    }
}

/// Compares as the keys of one map: every integer before every float.
pub(super) fn compare_keys(left: &Term, right: &Term) -> Ordering {
    compare(left, right, true)
}

fn compare(left: &Term, right: &Term, in_key: bool) -> Ordering {
    if let (Some(left), Some(right)) = (left.as_bytes(), right.as_bytes()) {
        return left.cmp(right);
    }
    let mut rest = Vec::new();
    let order = compare_one(left, right, in_key, &mut rest);
    if order.is_ne() {
        return order;
    }
    while let Some(next) = rest.pop() {
        let order = match next {
            Rest::Row(left, right, in_key) => {
                let (Some((left, lefts)), Some((right, rights))) = (left.split_first(), right.split_first()) else {
                    continue;
                };
                if !lefts.is_empty() {
                    rest.push(Rest::Row(lefts, rights, in_key));
                }
                compare_one(left, right, in_key, &mut rest)
            }
            Rest::Ends(End::Tail(left), End::Tail(right), in_key) => compare_one(left, right, in_key, &mut rest),
            Rest::Ends(left, right, _) => end_rank(left).cmp(&end_rank(right)),
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Compares two terms but for their children, which it adds to the rest.
fn compare_one<'a>(left: &'a Term, right: &'a Term, in_key: bool, rest: &mut Vec<Rest<'a>>) -> Ordering {
    if same(left, right) {
        return Ordering::Equal;
    }
    match (left.view(), right.view()) {
        (View::Integer(left), View::Integer(right)) => left.cmp(&right),
        (View::Big(left), View::Big(right)) => left.cmp(right),
        (View::Integer(_), View::Big(right)) => 0.cmp(&signum(right)),
        (View::Big(left), View::Integer(_)) => signum(left).cmp(&0),
        (View::Float(left), View::Float(right)) => left.total_cmp(&right),
        (View::Integer(_) | View::Big(_), View::Float(_)) if in_key => Ordering::Less,
        (View::Float(_), View::Integer(_) | View::Big(_)) if in_key => Ordering::Greater,
        (View::Integer(left), View::Float(right)) => compare_small(left, right),
        (View::Float(left), View::Integer(right)) => compare_small(right, left).reverse(),
        (View::Big(left), View::Float(right)) => compare_big(left, right),
        (View::Float(left), View::Big(right)) => compare_big(right, left).reverse(),
        (View::Atom(left), View::Atom(right)) => left.cmp(right),
        (View::Bits(left, left_bits), View::Bits(right, right_bits)) => {
            left.cmp(right).then(left_bits.cmp(&right_bits))
        }
        (View::Tuple(lefts), View::Tuple(rights)) => {
            rest.push(Rest::Row(lefts, rights, in_key));
            lefts.len().cmp(&rights.len())
        }
        (View::Map(left_keys, lefts), View::Map(right_keys, rights)) => {
            rest.push(Rest::Row(lefts, rights, in_key));
            rest.push(Rest::Row(left_keys, right_keys, true));
            lefts.len().cmp(&rights.len())
        }
        (View::List(lefts, left_tail), View::List(rights, right_tail)) => {
            let both = lefts.len().min(rights.len());
            let (left, left_more) = lefts.split_at(both);
            let (right, right_more) = rights.split_at(both);
            if both == 0 {
                return lefts.len().cmp(&rights.len());
            }
            rest.push(Rest::Ends(end(left_more, left_tail), end(right_more, right_tail), in_key));
            rest.push(Rest::Row(left, right, in_key));
            Ordering::Equal
        }
        (View::Opaque(left_opaque), View::Opaque(right_opaque)) => {
            rank(left).cmp(&rank(right)).then_with(|| left_opaque.bytes().cmp(right_opaque.bytes()))
        }
        _ => rank(left).cmp(&rank(right)),
    }
}

/// Whether both share their children, which need not be walked then.
fn same(left: &Term, right: &Term) -> bool {
    match (&left.0, &right.0) {
        (Repr::Tuple(left), Repr::Tuple(right))
        | (Repr::List(left), Repr::List(right))
        | (Repr::Improper(left), Repr::Improper(right))
        | (Repr::Map(left), Repr::Map(right)) => left.same(right),
        _ => false,
    }
}

fn signum(big: &num_bigint::BigInt) -> i8 {
    if big.sign() == num_bigint::Sign::Minus { -1 } else { 1 }
}

fn end<'a>(more: &[Term], tail: Option<&'a Term>) -> End<'a> {
    match tail {
        _ if !more.is_empty() => End::More,
        Some(tail) => End::Tail(tail),
        None => End::Nil,
    }
}

/// A tail is never a list, so that different ends have different ranks.
fn end_rank(end: End<'_>) -> u8 {
    match end {
        End::Tail(tail) => rank(tail),
        End::Nil => NIL,
        End::More => LIST,
    }
}

const NIL: u8 = 8;
const LIST: u8 = 9;

/// The place of a term's kind in Erlang's term order.
fn rank(term: &Term) -> u8 {
    match term.kind() {
        Kind::Integer | Kind::Float => 0,
        Kind::Atom => 1,
        Kind::Reference => 2,
        Kind::Fun => 3,
        Kind::Port => 4,
        Kind::Pid => 5,
        Kind::Tuple => 6,
        Kind::Map => 7,
        Kind::List if term.children().is_empty() => NIL,
        Kind::List => LIST,
        Kind::Binary | Kind::Bitstring => 10,
    }
}
