use super::{each_text, lines, term};
use larder::Term;

#[test]
fn elixirs_texts_are_read_and_printed() {
    let mut read = 0;
    let mut printed = 0;
    for line in lines("") {
        each_text(&line, &mut |text, tagged| {
            let Some(term) = term(tagged) else {
                assert!(text.parse::<Term>().is_err());
                return;
            };
            // One long list stands there as the call that makes it.
            if text.starts_with("List.duplicate") {
                return;
            }
            read += 1;
            let again: Term = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(again == term, "{text}");
            let own = term.to_string();
            assert!(own.parse::<Term>().is_ok_and(|again| again == term), "{text}");
            // Charlists and structs were recorded as lists and maps; the order of a map's pairs is not
            // fixed.
            if !own.contains("~c\"") && !own.contains("%") {
                printed += 1;
                assert_eq!(own, text);
            }
        });
    }
    assert!(read > 400 && printed > 300, "{read} read, {printed} printed");
}
