use std::fmt::{self, Write};

use super::super::{Kind, Term, View};
use super::{OPERATORS, alias, is_plain, quoted};

/// What is still to be printed.
enum Rest<'a> {
    Elements { elements: &'a [Term], tail: Option<&'a Term>, keywords: bool, first: bool, close: &'static str },
    Pairs { keys: &'a [Term], values: &'a [Term], keywords: bool, is_struct: bool, first: bool },
    Term(&'a Term),
    Text(&'static str),
}

/// Prints an Elixir literal, as `inspect` does, without a limit: [`FromStr`](std::str::FromStr) gives the
/// same term again. Only references, funs, ports and pids have no literal; what stands for them is
/// refused on reading.
///
/// ```
/// use larder::Term;
///
/// let term = Term::map([(Term::atom("id")?, Term::from(1))]);
/// assert_eq!(term.to_string(), "%{id: 1}");
/// # Ok::<(), larder::Error>(())
/// ```
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = vec![Rest::Term(self)];
        while let Some(next) = rest.pop() {
            match next {
                Rest::Text(text) => f.write_str(text)?,
                Rest::Term(term) => print_one(term, f, &mut rest)?,
                Rest::Elements { elements, tail, keywords, first, close } => {
                    let Some((element, elements)) = elements.split_first() else {
                        rest.push(Rest::Text(close));
                        if let Some(tail) = tail {
                            f.write_str(" | ")?;
                            rest.push(Rest::Term(tail));
                        }
                        continue;
                    };
                    if !first {
                        f.write_str(", ")?;
                    }
                    rest.push(Rest::Elements { elements, tail, keywords, first: false, close });
                    match element.as_tuple() {
                        Some([key, value]) if keywords => {
                            print_key(key, f)?;
                            rest.push(Rest::Term(value));
                        }
                        _ => rest.push(Rest::Term(element)),
                    }
                }
                Rest::Pairs { keys, values, keywords, is_struct, first } => {
                    let (Some((key, keys)), Some((value, values))) = (keys.split_first(), values.split_first()) else {
                        f.write_char('}')?;
                        continue;
                    };
                    let skipped = is_struct && key.as_atom() == Some("__struct__");
                    let first_left = first && skipped;
                    rest.push(Rest::Pairs { keys, values, keywords, is_struct, first: first_left });
                    if skipped {
                        continue;
                    }
                    if !first {
                        f.write_str(", ")?;
                    }
                    rest.push(Rest::Term(value));
                    if keywords {
                        print_key(key, f)?;
                    } else {
                        rest.push(Rest::Text(" => "));
                        rest.push(Rest::Term(key));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Prints a term but for its children, which it adds to the rest.
fn print_one<'a>(term: &'a Term, f: &mut fmt::Formatter<'_>, rest: &mut Vec<Rest<'a>>) -> fmt::Result {
    match term.view() {
        View::Integer(value) => write!(f, "{value}"),
        View::Big(value) => write!(f, "{value}"),
        View::Float(value) => print_float(value, f),
        View::Atom(name) => print_atom(name, f),
        View::Opaque(opaque) => f.write_str(match opaque.kind() {
            Kind::Reference => "#Reference<opaque>",
            Kind::Fun => "#Function<opaque>",
            Kind::Port => "#Port<opaque>",
            _ => "#PID<opaque>",
        }),
        View::Bits(bytes, last_bits) => print_bits(bytes, last_bits, f),
        View::Tuple(elements) => {
            f.write_char('{')?;
            rest.push(Rest::Elements { elements, tail: None, keywords: false, first: true, close: "}" });
            Ok(())
        }
        View::List(elements, tail) => {
            if tail.is_none() && !elements.is_empty() && is_charlist(elements) {
                let characters = elements.iter().filter_map(Term::as_i64);
                let characters = characters.map(|character| char::from(character as u8));
                f.write_str("~c\"")?;
                quoted::print(characters, f)?;
                return f.write_char('"');
            }
            f.write_char('[')?;
            rest.push(Rest::Elements {
                elements,
                tail,
                keywords: tail.is_none() && elements.iter().all(is_keyword),
                first: true,
                close: "]",
            });
            Ok(())
        }
        View::Map(keys, values) => {
            let keywords = keys.iter().all(is_key);
            let module = term
                .get(&Term::known_atom("__struct__"))
                .and_then(|module| alias(module.as_atom()?))
                .filter(|_| keywords);
            write!(f, "%{}{{", module.unwrap_or_default())?;
            rest.push(Rest::Pairs { keys, values, keywords, is_struct: module.is_some(), first: true });
            Ok(())
        }
    }
}

fn is_keyword(element: &Term) -> bool {
    matches!(element.as_tuple(), Some([key, _]) if is_key(key))
}

/// Whether `key: value` is written for this key; Elixir does not for aliases.
fn is_key(key: &Term) -> bool {
    key.as_atom().is_some_and(|name| !name.starts_with("Elixir."))
}

fn is_charlist(elements: &[Term]) -> bool {
    elements.iter().all(|element| matches!(element.as_i64(), Some(7..=13 | 27 | 32..=126)))
}

fn print_atom(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if matches!(name, "nil" | "true" | "false") {
        return f.write_str(name);
    }
    if let Some(alias) = alias(name) {
        return f.write_str(alias);
    }
    f.write_char(':')?;
    print_name(name, f)
}

fn print_key(key: &Term, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let name = key.as_atom().unwrap_or_default();
    if alias(name).is_some() {
        write!(f, "\"{name}\": ")
    } else {
        print_name(name, f)?;
        f.write_str(": ")
    }
}

fn print_name(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if is_plain(name) || OPERATORS.contains(&name) {
        return f.write_str(name);
    }
    f.write_char('"')?;
    quoted::print(name.chars(), f)?;
    f.write_char('"')
}

fn print_bits(bytes: &[u8], last_bits: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if last_bits == 8
        && let Ok(text) = std::str::from_utf8(bytes)
        && text.chars().all(quoted::is_printable)
    {
        f.write_char('"')?;
        quoted::print(text.chars(), f)?;
        return f.write_char('"');
    }
    f.write_str("<<")?;
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        if index + 1 == bytes.len() && last_bits < 8 {
            write!(f, "{}::size({last_bits})", byte >> (8 - last_bits))?;
        } else {
            write!(f, "{byte}")?;
        }
    }
    f.write_str(">>")
}

/// From here on Erlang prints every float with an exponent.
const EXACT_END: f64 = 9_007_199_254_740_992.0;

/// The fewest digits that read back as the same float; with an exponent where that is shorter.
fn print_float(value: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut scientific = format!("{value:e}");
    if let Some(exponent) = scientific.find('e')
        && !scientific[..exponent].contains('.')
    {
        scientific.insert_str(exponent, ".0");
    }
    if value == 0.0 {
        return write!(f, "{value:?}");
    }
    if value.abs() < EXACT_END {
        let mut decimal = format!("{value}");
        if !decimal.contains('.') {
            decimal.push_str(".0");
        }
        if decimal.len() <= scientific.len() {
            return f.write_str(&decimal);
        }
    }
    f.write_str(&scientific)
}
