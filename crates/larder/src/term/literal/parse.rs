use std::str::FromStr;

use crate::error::{Error, Result};

use super::super::Term;
use super::scan::Scanner;
use super::starts_name;

/// Parses an Elixir literal.
///
/// Everything that `inspect` prints for terms is understood, and what people write by hand: comments, `_`
/// in numbers, `?a`, structs, keywords at the end of a list, tuple or map. Nothing is evaluated: `#{` in a
/// text is refused, and so are names that stand for something else. There is no limit on depth; that on
/// length is the caller's.
///
/// An error tells the line and the column and quotes nothing.
///
/// ```
/// use larder::Term;
///
/// let term: Term = r#"{MyApp.User, [id: 1], <<5::size(3)>>}"#.parse()?;
/// assert_eq!(term.as_tuple().map(<[Term]>::len), Some(3));
/// assert!("[1, 2".parse::<Term>().is_err());
/// # Ok::<(), larder::Error>(())
/// ```
impl FromStr for Term {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Parser(Scanner::new(text)).whole()
    }
}

struct Parser<'a>(Scanner<'a>);

/// What a term begins with, or all of it.
enum Start {
    Open(Open),
    Whole(Term),
    /// `key:`, whose value follows.
    Key(Term),
    Close,
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    List,
    Tuple,
    Map,
}

/// A term that is not closed yet.
struct Open {
    shape: Shape,
    started: usize,
    next: Next,
    children: Vec<Term>,
    /// The keywords at the end of a tuple, which are its last element.
    keywords: Vec<Term>,
    in_keywords: bool,
    tail: Option<Term>,
}

enum Next {
    /// An element, a key, or the end.
    Entry,
    /// The value of `key =>`, which is the last child.
    Value,
    /// The value of `key:`.
    KeywordValue(Term),
    Tail,
}

impl Open {
    fn new(shape: Shape, started: usize) -> Self {
        Self {
            shape,
            started,
            next: Next::Entry,
            children: Vec::new(),
            keywords: Vec::new(),
            in_keywords: false,
            tail: None,
        }
    }

    fn closing(&self) -> &'static str {
        if self.shape == Shape::List { "]" } else { "}" }
    }

    fn add_keyword(&mut self, key: Term, value: Term) {
        match self.shape {
            Shape::List => self.children.push(Term::tuple(vec![key, value])),
            Shape::Tuple => self.keywords.push(Term::tuple(vec![key, value])),
            Shape::Map => self.children.extend([key, value]),
        }
    }

    fn close(mut self) -> Term {
        match self.shape {
            Shape::List => match self.tail {
                Some(tail) => Term::improper(self.children, tail),
                None => Term::list(self.children),
            },
            Shape::Tuple => {
                if self.in_keywords {
                    self.children.push(Term::list(self.keywords));
                }
                Term::tuple(self.children)
            }
            Shape::Map => {
                let (pairs, _) = self.children.as_chunks::<2>();
                Term::map(pairs.iter().map(|[key, value]| (key, value)))
            }
        }
    }
}

impl Parser<'_> {
    fn whole(mut self) -> Result<Term> {
        let mut stack: Vec<Open> = Vec::new();
        loop {
            self.0.skip_space();
            let mut done = match self.start(stack.last())? {
                Start::Whole(term) => term,
                Start::Open(open) => {
                    stack.push(open);
                    continue;
                }
                Start::Key(key) => {
                    if let Some(open) = stack.last_mut() {
                        open.in_keywords = true;
                        open.next = Next::KeywordValue(key);
                    }
                    continue;
                }
                Start::Close => match stack.pop() {
                    Some(open) => open.close(),
                    None => return Err(self.0.error("expected a term")),
                },
            };
            // The term is whole: it may be the last one of those it stands in.
            loop {
                self.0.skip_space();
                let Some(open) = stack.last_mut() else {
                    return match self.0.peek() {
                        None => Ok(done),
                        Some(_) => Err(self.0.error("expected the end of the text")),
                    };
                };
                if !self.attach(open, done)? {
                    break;
                }
                match stack.pop() {
                    Some(open) => done = open.close(),
                    None => return Err(self.0.error("expected a term")),
                }
            }
        }
    }

    /// Adds a term to the one it stands in and reads what comes after it. Whether that was the end.
    fn attach(&mut self, open: &mut Open, term: Term) -> Result<bool> {
        let mut after_tail = false;
        match std::mem::replace(&mut open.next, Next::Entry) {
            Next::Entry if open.shape == Shape::Map => {
                open.children.push(term);
                if !self.0.take("=>") {
                    return Err(self.expected("=> after the key", open));
                }
                open.next = Next::Value;
                return Ok(false);
            }
            Next::Entry | Next::Value => open.children.push(term),
            Next::KeywordValue(key) => open.add_keyword(key, term),
            Next::Tail => {
                open.tail = Some(term);
                after_tail = true;
            }
        }
        if self.0.take(open.closing()) {
            return Ok(true);
        }
        if after_tail {
            return Err(self.expected("the end of the list after its tail", open));
        }
        if self.0.take(",") {
            return Ok(false);
        }
        if open.shape == Shape::List && !open.in_keywords && self.0.take("|") {
            open.next = Next::Tail;
            return Ok(false);
        }
        Err(self.expected("a comma or the closing bracket", open))
    }

    fn expected(&self, what: &str, open: &Open) -> Error {
        match self.0.peek() {
            Some(_) => self.0.error(&format!("expected {what}")),
            None => self.0.error_at(open.started, "what opens here is not closed"),
        }
    }

    fn start(&mut self, open: Option<&Open>) -> Result<Start> {
        let entry = open.filter(|open| matches!(open.next, Next::Entry));
        if let Some(open) = entry {
            if self.0.take(open.closing()) {
                return Ok(Start::Close);
            }
            if let Some(key) = self.0.key()? {
                return Ok(Start::Key(key));
            }
            // A key in quotes is seen to be one after it.
            if open.in_keywords && self.0.peek() != Some('"') {
                return Err(self.expected("another key and its colon, or the end", open));
            }
        }
        let started = self.0.at();
        let Some(first) = self.0.peek() else {
            return Err(match open {
                Some(open) => self.expected("a term", open),
                None => self.0.error("expected a term"),
            });
        };
        let term = match first {
            '[' => return Ok(self.open(Shape::List)),
            '{' => return Ok(self.open(Shape::Tuple)),
            '%' => {
                self.0.take("%");
                let module = match self.0.peek() {
                    Some('A'..='Z') => Some(self.0.alias()?),
                    _ => None,
                };
                if self.0.peek() != Some('{') {
                    return Err(self.0.error("expected { or the name of a struct"));
                }
                self.0.take("{");
                let mut open = Open::new(Shape::Map, started);
                if let Some(module) = module {
                    open.children.extend([Term::known_atom("__struct__"), module]);
                }
                return Ok(Start::Open(open));
            }
            '<' => self.0.bits()?,
            '"' => {
                let text = self.0.quoted()?;
                if entry.is_some() && self.0.take_key_colon()? {
                    return Ok(Start::Key(self.0.named(started, text)?));
                }
                if let Some(open) = entry.filter(|open| open.in_keywords) {
                    return Err(self.expected("a colon after the key", open));
                }
                Term::from(text)
            }
            '\'' | '~' => self.0.charlist()?,
            ':' => self.0.atom()?,
            '?' => self.0.character()?,
            '-' | '+' | '0'..='9' => self.0.number()?,
            'A'..='Z' => self.0.alias()?,
            _ if starts_name(first) => self.0.word()?,
            _ => return Err(self.0.error("expected a term")),
        };
        Ok(Start::Whole(term))
    }

    fn open(&mut self, shape: Shape) -> Start {
        let started = self.0.at();
        self.0.take(if shape == Shape::List { "[" } else { "{" });
        Start::Open(Open::new(shape, started))
    }
}
