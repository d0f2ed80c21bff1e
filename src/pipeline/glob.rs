//! Path patterns of `changes`, `exists` and `include:local`.
//!
//! Source of the syntax: Ruby's `File.fnmatch` with FNM_PATHNAME, FNM_DOTMATCH and FNM_EXTGLOB: `*`, `**/`, `?`, `[…]`, `{a,b}`.

use regex::Regex;

/// A pattern that is ready for use.
#[derive(Clone, Debug)]
pub(crate) struct Glob(Option<Regex>);

impl Glob {
    /// One that is no pattern at all fits nothing.
    pub(crate) fn new(pattern: &str) -> Self {
        let pattern = pattern.trim_start_matches("./").trim_start_matches('/');
        Glob(Regex::new(&expression(pattern)).ok())
    }

    pub(crate) fn fits(&self, path: &str) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(path))
    }
}

fn expression(pattern: &str) -> String {
    let mut out = String::from("^(?:");
    let mut depth = 0;
    let letters: Vec<char> = pattern.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        let rest = &letters[at..];
        at += match rest {
            ['*', '*', '/', ..] => {
                out.push_str("(?:[^/]*/)*");
                3
            }
            ['*', '*', ..] => {
                out.push_str(".*");
                2
            }
            ['*', ..] => {
                out.push_str("[^/]*");
                1
            }
            ['?', ..] => {
                out.push_str("[^/]");
                1
            }
            ['{', ..] => {
                depth += 1;
                out.push_str("(?:");
                1
            }
            ['}', ..] if depth > 0 => {
                depth -= 1;
                out.push(')');
                1
            }
            [',', ..] if depth > 0 => {
                out.push('|');
                1
            }
            ['[', ..] => class(rest, &mut out),
            ['\\', next, ..] => {
                out.push_str(&regex::escape(&next.to_string()));
                2
            }
            [letter, ..] => {
                out.push_str(&regex::escape(&letter.to_string()));
                1
            }
            [] => 1,
        };
    }
    out.push_str(")$");
    out
}

/// `[a-z]`; returns how many letters it took. One that is not closed is a bracket.
fn class(rest: &[char], out: &mut String) -> usize {
    match rest.iter().skip(2).position(|c| *c == ']') {
        None => {
            out.push_str("\\[");
            1
        }
        Some(end) => {
            let inner: String = rest[1..end + 2].iter().collect();
            out.push('[');
            let inner = match inner.strip_prefix(['!', '^']) {
                Some(inner) => {
                    out.push('^');
                    inner.to_owned()
                }
                None => inner,
            };
            out.push_str(
                &inner
                    .replace('\\', "\\\\")
                    .replace('[', "\\[")
                    .replace("&&", "&\\&"),
            );
            out.push(']');
            end + 3
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn paths_fit_as_ruby_fits_them() {
        for (pattern, path, fits) in [
            ("*.md", "README.md", true),
            ("*.md", "docs/README.md", false),
            ("**/*.md", "README.md", true),
            ("**/*.md", "a/b/README.md", true),
            ("docs/**/*", "docs/a/b", true),
            ("docs/*", "docs/a/b", false),
            ("src/**/*.{rb,erb}", "src/a/b.erb", true),
            ("Dockerfile", "Dockerfile", true),
            ("Dockerfile", "x/Dockerfile", false),
            ("file[0-9].t?t", "file7.txt", true),
            ("a{b", "ab", false),
            ("**", "a/b", true),
        ] {
            assert_eq!(Glob::new(pattern).fits(path), fits, "{pattern} {path}");
        }
    }
}
