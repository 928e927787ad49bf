//! Terms as text: Elixir literals, parsed by [`FromStr`](std::str::FromStr) and printed by
//! [`Display`](std::fmt::Display).

mod bits;
mod number;
mod parse;
mod print;
mod quoted;
mod scan;

#[cfg(test)]
mod tests;

/// The operators that need no quotes as atoms, longer ones before their beginnings.
const OPERATORS: [&str; 52] = [
    "<<>>", "..//", "===", "!==", "&&&", "|||", "^^^", "~~~", "<<<", ">>>", "<<~", "~>>", "<~>", "<|>", "+++", "---",
    "...", "%{}", "{}", "->", "<-", "<~", "~>", "|>", "&&", "||", "++", "--", "<>", "=~", "==", "!=", "<=", ">=",
    "\\\\", "//", "**", "..", "!", "@", "+", "-", "*", "/", "<", ">", "^", "&", "|", "=", ".", "%",
];

/// Whether a name is written without quotes: letters, digits, `_` and `@`, and at the end `?` or `!`.
fn is_plain(name: &str) -> bool {
    let body = name.strip_suffix(['?', '!']).unwrap_or(name);
    let mut characters = body.chars();
    characters.next().is_some_and(starts_name) && characters.all(continues_name)
}

fn starts_name(character: char) -> bool {
    character == '_' || character.is_alphabetic()
}

fn continues_name(character: char) -> bool {
    matches!(character, '_' | '@') || character.is_alphanumeric()
}

/// The text of an alias, such as `MyApp.User`, if the atom is one.
fn alias(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("Elixir")?;
    if !rest.is_empty() {
        let mut pieces = rest.strip_prefix('.')?.split('.');
        if !pieces.all(is_alias_piece) {
            return None;
        }
    }
    match rest.strip_prefix('.') {
        Some(alias) if alias.split('.').next() != Some("Elixir") => Some(alias),
        _ => Some(name),
    }
}

fn is_alias_piece(piece: &str) -> bool {
    piece.starts_with(|first: char| first.is_ascii_uppercase())
        && piece.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
