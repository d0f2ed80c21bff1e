//! Patterns for image names: `*` stops at a slash, `**` does not, `?` is one character but a slash.

/// Whether the whole of `text` fits.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    matches(pattern.as_bytes(), text.as_bytes())
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', rest @ ..] => {
            // `**/` also stands for no directory at all.
            let without = rest
                .strip_prefix(b"/")
                .is_some_and(|rest| matches(rest, text));
            without || (0..=text.len()).any(|at| matches(rest, &text[at..]))
        }
        [b'*', rest @ ..] => {
            let end = text.iter().position(|c| *c == b'/').unwrap_or(text.len());
            (0..=end).any(|at| matches(rest, &text[at..]))
        }
        [b'?', rest @ ..] => text
            .split_first()
            .is_some_and(|(c, after)| *c != b'/' && matches(rest, after)),
        [c, rest @ ..] => text
            .split_first()
            .is_some_and(|(first, after)| first == c && matches(rest, after)),
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn one_star_stops_at_a_slash_and_two_do_not() {
        for (pattern, text, expected) in [
            (
                "registry.example/*/app:*",
                "registry.example/team/app:1",
                true,
            ),
            ("registry.example/*:*", "registry.example/team/app:1", false),
            ("registry.example/**", "registry.example/team/app:1", true),
            ("**/app", "app", true),
            ("app:?", "app:1", true),
            ("app", "xapp", false),
            ("app", "app2", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
