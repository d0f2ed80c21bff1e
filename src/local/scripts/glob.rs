//! Path patterns of artifacts and caches, made ready for bash: alternatives written out, exclusions as regular expressions.
//!
//! Source of the syntax: gitlab-runner matches with doublestar (`*`, `**`, `?`, `[…]`, `{a,b}`).

/// Writes out `{a,b}`: bash does not do that to the value of a variable.
pub(super) fn alternatives(pattern: &str) -> Vec<String> {
    let Some((open, close, commas)) = first_braces(pattern) else {
        return vec![pattern.to_owned()];
    };
    let mut bounds = vec![open];
    bounds.extend(commas);
    bounds.push(close);
    let parts = bounds.windows(2).map(|pair| &pattern[pair[0] + 1..pair[1]]);
    parts
        .flat_map(|part| {
            alternatives(&format!(
                "{}{part}{}",
                &pattern[..open],
                &pattern[close + 1..]
            ))
        })
        .collect()
}

/// The first balanced pair of braces, and the commas that are directly in it.
fn first_braces(pattern: &str) -> Option<(usize, usize, Vec<usize>)> {
    let open = pattern.find('{')?;
    let (mut depth, mut commas) = (0, Vec::new());
    for (at, letter) in pattern.char_indices().skip_while(|(at, _)| *at < open) {
        match letter {
            '{' => depth += 1,
            '}' if depth == 1 => return Some((open, at, commas)),
            '}' => depth -= 1,
            ',' if depth == 1 => commas.push(at),
            _ => {}
        }
    }
    None
}

/// A POSIX extended regular expression for the same paths, and for everything below a directory that is named.
pub(super) fn expression(pattern: &str) -> String {
    let mut out = String::from("^(");
    for (n, one) in alternatives(pattern.trim_end_matches('/'))
        .iter()
        .enumerate()
    {
        if n > 0 {
            out.push('|');
        }
        translate(one, &mut out);
    }
    out.push_str(if pattern.ends_with('/') { ")/" } else { ")$" });
    out
}

fn translate(pattern: &str, out: &mut String) {
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        let mut used = letter.len_utf8();
        if rest.starts_with("**/") {
            out.push_str("(.*/)?");
            used = 3;
        } else if rest.starts_with("**") {
            out.push_str(".*");
            used = 2;
        } else if letter == '[' && rest[1..].find(']').is_some_and(|end| end > 0) {
            let end = 1 + rest[1..].find(']').unwrap_or(0);
            let inner = &rest[1..end];
            let (not, inner) = match inner.strip_prefix(['!', '^']) {
                Some(inner) => ("^", inner),
                None => ("", inner),
            };
            out.push_str(&format!("[{not}{inner}]"));
            used = end + 1;
        } else {
            match letter {
                '*' => out.push_str("[^/]*"),
                '?' => out.push_str("[^/]"),
                '\\' if rest.len() > 1 => {
                    let escaped = rest[1..].chars().next().unwrap_or('\\');
                    literal(escaped, out);
                    used += escaped.len_utf8();
                }
                other => literal(other, out),
            }
        }
        rest = &rest[used..];
    }
}

fn literal(letter: char, out: &mut String) {
    if "\\.^$|()[]{}*+?".contains(letter) {
        out.push('\\');
    }
    out.push(letter);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_are_written_out() {
        assert_eq!(
            alternatives("a/{b,c{d,e}}/*.{x}"),
            ["a/b/*.x", "a/cd/*.x", "a/ce/*.x"]
        );
        assert_eq!(alternatives("a{b"), ["a{b"]);
    }

    #[test]
    fn exclusions_become_expressions() {
        let pairs = [
            ("dist/**/*.map", r"^(dist/(.*/)?[^/]*\.map)$"),
            ("a?[!b]{x,y}", r"^(a[^/][^b]x|a[^/][^b]y)$"),
            ("build/", "^(build)/"),
            ("a/**", "^(a/.*)$"),
        ];
        for (pattern, wanted) in pairs {
            assert_eq!(expression(pattern), wanted);
        }
    }
}
