//! The wildcards of `COPY` in one name of a path. Source: Go `path/filepath`, `Match`.

/// `*` and `?` in one name.
pub(super) fn fits(pattern: &[u8], name: &[u8]) -> bool {
    // The place behind the last `*`, and how much of the name that star has swallowed.
    let (mut at, mut from, mut star) = (0, 0, None);
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, from));
                at += 1;
            }
            // A `?` is one character, not one byte; bytes within a character fit as well, which only chooses more.
            Some(b'?') => (at, from) = (at + 1, from + 1 + continued(&name[from + 1..])),
            Some(byte) if *byte == name[from] => (at, from) = (at + 1, from + 1),
            Some(_) | None => match star {
                Some((behind, swallowed)) => {
                    star = Some((behind, swallowed + 1));
                    (at, from) = (behind, swallowed + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Bytes at the beginning that continue a character of UTF-8.
fn continued(rest: &[u8]) -> usize {
    rest.iter().take_while(|byte| **byte & 0xc0 == 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match_names() {
        let all = [
            ("*", "x"),
            ("a*b*c", "aXbYbZc"),
            ("?", "\u{e9}"),
            ("*.t?t", "a.b.txt"),
            ("a*", "a"),
        ];
        for (pattern, name) in all {
            assert!(
                fits(pattern.as_bytes(), name.as_bytes()),
                "{pattern} {name}"
            );
        }
        for (pattern, name) in [("a", "b"), ("?", ""), ("*.txt", "a.tx"), ("a*b", "a")] {
            assert!(
                !fits(pattern.as_bytes(), name.as_bytes()),
                "{pattern} {name}"
            );
        }
    }
}
