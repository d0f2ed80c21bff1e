//! Text of other people as a terminal or a browser may have it.

/// `text` with all that is not seen, or changes how its surroundings are seen, as `\u{…}`; but for `kept`.
pub(crate) fn visible(text: &str, kept: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match is_unseen(letter) && !kept.contains(&letter) {
            true => out.extend(letter.escape_unicode()),
            false => out.push(letter),
        }
    }
    out
}

/// Control characters, marks that turn the direction of writing, and characters without width. The joiners U+200C and U+200D
/// are letters' own business.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_shown() {
        let shown = visible("a\u{1b}[31m\tb\u{202e}c\u{9b}\u{feff}é…", &['\t']);
        assert_eq!(shown, "a\\u{1b}[31m\tb\\u{202e}c\\u{9b}\\u{feff}é…");
        assert_eq!(visible("a\tb\n", &[]), "a\\u{9}b\\u{a}");
    }
}
