//! What stands between quotes.

use std::fmt::{self, Write};

/// The characters that are written as a letter after a backslash.
const ESCAPES: [(char, char); 11] = [
    ('\0', '0'),
    ('\x07', 'a'),
    ('\x08', 'b'),
    ('\t', 't'),
    ('\n', 'n'),
    ('\x0B', 'v'),
    ('\x0C', 'f'),
    ('\r', 'r'),
    ('\x1B', 'e'),
    ('\x7F', 'd'),
    (' ', 's'),
];

/// The character that a letter after a backslash stands for.
pub(super) fn unescape(letter: char) -> Option<char> {
    let (character, _) = ESCAPES.iter().find(|(_, escape)| *escape == letter)?;
    Some(*character)
}

/// Whether a text that holds this character is printed as text. Characters that turn the direction of
/// writing are, but escaped.
pub(super) fn is_printable(character: char) -> bool {
    matches!(
        character,
        '\x07'..='\x0D' | '\x1B' | ' '..='\x7F' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'..
    )
}

/// Prints the characters with escapes where one is needed.
pub(super) fn print(characters: impl Iterator<Item = char>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut characters = characters.peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' | '\\' => write!(f, "\\{character}")?,
            '#' if characters.peek() == Some(&'{') => f.write_str("\\#")?,
            ' ' => f.write_char(' ')?,
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => print_code(character, f)?,
            _ => match ESCAPES.iter().find(|(escaped, _)| *escaped == character) {
                Some((_, letter)) => write!(f, "\\{letter}")?,
                None if is_printable(character) => f.write_char(character)?,
                None => print_code(character, f)?,
            },
        }
    }
    Ok(())
}

/// As Elixir does, but for U+0080 to U+00FF: `\x80` is a byte when it is read back.
fn print_code(character: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match u32::from(character) {
        code @ 0..0x80 => write!(f, "\\x{code:02X}"),
        code @ 0x80..0x1_0000 => write!(f, "\\x{{{code:04X}}}"),
        code => write!(f, "\\x{{{code:06X}}}"),
    }
}
