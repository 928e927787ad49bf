//! A term with holes inside, and the terms it matches.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::term::{Term, ordered};

/// How deep holes may be nested in a part.
const MAX_DEPTH: usize = 128;

/// A term with holes, as an Erlang match specification reads it.
#[derive(Clone, PartialEq, Eq)]
pub enum Shape {
    Any,
    Variable(u64),
    /// No hole and no map inside.
    Exact(Term),
    Tuple(Vec<Self>),
    /// Cells, then what their tail is like; `None` for a proper end.
    List(Vec<Self>, Option<Box<Self>>),
    /// Pairs that a map must hold, among others.
    Map(Vec<(Term, Self)>),
}

/// What variables stand for so far, in order-preserving bytes.
#[derive(Default)]
pub(super) struct Bindings<'a>(Vec<(u64, Cow<'a, [u8]>)>);

impl<'a> Bindings<'a> {
    /// Binds a variable, or tells whether it stands for the same already.
    pub(super) fn bind(&mut self, variable: u64, bytes: Cow<'a, [u8]>) -> bool {
        match self.0.iter().find(|(bound, _)| *bound == variable) {
            Some((_, same)) => *same == bytes,
            None => {
                self.0.push((variable, bytes));
                true
            }
        }
    }

    pub(super) fn bind_term(&mut self, variable: u64, term: &Term) -> bool {
        let mut bytes = Vec::new();
        ordered::write(term, &mut bytes);
        self.bind(variable, bytes.into())
    }
}

impl Shape {
    pub(super) fn of(term: &Term) -> Result<Self> {
        Self::at(term, 0)
    }

    fn at(term: &Term, depth: usize) -> Result<Self> {
        if depth > MAX_DEPTH {
            // A part without holes may be nested deeper; whether this one is would take the same descent to tell.
            return Err(Error::invalid("a part of a pattern is nested at most 128 deep"));
        }
        let below =
            |terms: &[Term]| -> Result<Vec<Self>> { terms.iter().map(|term| Self::at(term, depth + 1)).collect() };
        let is_exact = |shape: &Self| matches!(shape, Self::Exact(_));
        if let Some(name) = term.as_atom() {
            return Ok(match hole(name) {
                Some(shape) => shape,
                None => Self::Exact(term.clone()),
            });
        }
        if let Some(elements) = term.as_tuple() {
            let shapes = below(elements)?;
            return Ok(if shapes.iter().all(is_exact) { Self::Exact(term.clone()) } else { Self::Tuple(shapes) });
        }
        if let Some((elements, tail)) = cells(term) {
            let shapes = below(elements)?;
            let tail = tail.map(|tail| Self::at(tail, depth + 1)).transpose()?;
            let exact = shapes.iter().chain(&tail).all(is_exact);
            return Ok(if exact { Self::Exact(term.clone()) } else { Self::List(shapes, tail.map(Box::new)) });
        }
        if let Some(pairs) = term.as_map() {
            let pair = |(key, value): (&Term, _)| match key.as_atom().and_then(hole) {
                // A key is looked up, not matched: what looks like a hole inside it, or a map, stands for itself.
                None => Ok((key.clone(), Self::at(value, depth + 1)?)),
                Some(_) => Err(Error::invalid("a hole cannot stand as the key of a map")),
            };
            return Ok(Self::Map(pairs.map(pair).collect::<Result<_>>()?));
        }
        Ok(Self::Exact(term.clone()))
    }

    pub(super) fn encoded_len(&self) -> usize {
        match self {
            Self::Any | Self::Variable(_) => 1,
            Self::Exact(term) => {
                let mut bytes = Vec::new();
                ordered::write(term, &mut bytes);
                bytes.len()
            }
            Self::Tuple(shapes) => 1 + shapes.iter().map(Self::encoded_len).sum::<usize>(),
            Self::List(shapes, tail) => 1 + shapes.iter().chain(tail.as_deref()).map(Self::encoded_len).sum::<usize>(),
            Self::Map(pairs) => {
                let pair = |(key, value): &(Term, Self)| Self::Exact(key.clone()).encoded_len() + value.encoded_len();
                1 + pairs.iter().map(pair).sum::<usize>()
            }
        }
    }

    pub(super) fn matches(&self, term: &Term, bindings: &mut Bindings<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Variable(number) => bindings.bind_term(*number, term),
            Self::Exact(exact) => exact == term,
            Self::Tuple(shapes) => term.as_tuple().is_some_and(|elements| {
                elements.len() == shapes.len()
                    && shapes.iter().zip(elements).all(|(shape, element)| shape.matches(element, bindings))
            }),
            Self::List(shapes, tail) => match_cells(shapes, tail.as_deref(), term, bindings),
            Self::Map(pairs) => {
                let holds =
                    |(key, shape): &(Term, Self)| term.get(key).is_some_and(|value| shape.matches(value, bindings));
                term.as_map().is_some() && pairs.iter().all(holds)
            }
        }
    }
}

fn match_cells(shapes: &[Shape], tail: Option<&Shape>, term: &Term, bindings: &mut Bindings<'_>) -> bool {
    let Some((elements, end)) = cells(term) else { return false };
    if elements.len() < shapes.len() {
        return false;
    }
    let (cells, rest) = elements.split_at(shapes.len());
    if !shapes.iter().zip(cells).all(|(shape, cell)| shape.matches(cell, bindings)) {
        return false;
    }
    match tail {
        None => rest.is_empty() && end.is_none(),
        Some(Shape::Any) => true,
        Some(shape) => match (rest.is_empty(), end) {
            (true, Some(end)) => shape.matches(end, bindings),
            (_, None) => shape.matches(&Term::list(rest.to_vec()), bindings),
            (false, Some(end)) => shape.matches(&Term::improper(rest.to_vec(), end.clone()), bindings),
        },
    }
}

/// The hole that an atom stands for: `_`, or `$` and decimal digits without a leading zero.
fn hole(name: &str) -> Option<Shape> {
    if name == "_" {
        return Some(Shape::Any);
    }
    let digits = name.strip_prefix('$')?;
    let canonical = digits == "0" || (!digits.starts_with('0') && !digits.is_empty());
    if !canonical || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // However long, it is a variable; beyond 64 bits numbers wrap round, as Erlang's do beyond its own bound.
    let number =
        digits.bytes().fold(0_u64, |number, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')));
    Some(Shape::Variable(number))
}

/// The cells of a list and what stands in place of its proper end; `None` for any other term.
pub(super) fn cells(term: &Term) -> Option<(&[Term], Option<&Term>)> {
    match term.as_improper() {
        Some((elements, tail)) => Some((elements, Some(tail))),
        None => Some((term.as_list()?, None)),
    }
}
