//! Text of others, made fit for a log: event messages, stop reasons, log lines and names are partly a stranger's.

/// `text` in one line of at most `most` characters, without control characters and without those that change the
/// direction of what follows. What is cut is marked by `…`.
///
/// Escape sequences lose their first character, and with it their power. GitLab's job log takes `section_start:` at the
/// beginning of a line for a mark of its own; callers put words of ours before such text.
pub(crate) fn clean(text: &str, most: usize) -> String {
    let shown = |c: char| match c {
        '\n' | '\r' | '\t' => Some(' '),
        '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    };
    let mut characters = text.chars().filter_map(shown);
    let mut short: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() {
        short.pop();
        short.push('…');
    }
    short.truncate(short.trim_end().len());
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_sequence_and_no_second_line_comes_through() {
        assert_eq!(
            clean("a\u{1b}[31mred\u{9b}0m\r\nb\u{202e}c\0", 80),
            "a[31mred0m  bc"
        );
        assert_eq!(clean("abcdef", 6), "abcdef");
        assert_eq!(clean("abcdefg", 6), "abcde…");
        assert_eq!(clean("ab \n", 80), "ab");
    }
}
