//! Parser directives: `# escape=`, `# syntax=`, `# check=` at the very top of the file.
//!
//! Source: buildkit `frontend/dockerfile/parser/directives.go` (0.20) and `parser.go` (0.8, where `check` is unknown and
//! ends the directives). Only `escape` changes how the rest is read.

use crate::error::Result;

use super::fault::{invalid, shown};
use super::text::Line;

/// The character that joins lines and takes the meaning from the next character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    Backslash,
    Backtick,
}

impl Escape {
    pub(super) fn as_char(self) -> char {
        match self {
            Escape::Backslash => '\\',
            Escape::Backtick => '`',
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directives {
    pub(super) escape: Escape,
    /// Line and image of a frontend that the file asks for.
    pub(super) syntax: Option<(usize, String)>,
}

/// # Errors
/// A directive stands twice, names no escape character, or is one that only some builders see.
pub(super) fn directives(lines: &[Line<'_>]) -> Result<Directives> {
    let mut found = Directives {
        escape: Escape::Backslash,
        syntax: syntax_after_shebang(lines),
    };
    let mut seen: Vec<String> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let number = index + 1;
        let Some((key, value)) = directive(line.text) else {
            break;
        };
        if seen.contains(&key) {
            return Err(invalid(
                number,
                format!("the directive `# {key}=` stands twice"),
            ));
        }
        match key.as_str() {
            "syntax" => found.syntax = Some((number, value.to_owned())),
            "escape" if seen.iter().any(|key| key == "check") => {
                return Err(invalid(
                    number,
                    "`# escape=` stands behind `# check=`, where older builders take it for a comment",
                )
                .hint("put `# escape=` first"));
            }
            "escape" => {
                found.escape = match value {
                    "\\" => Escape::Backslash,
                    "`" => Escape::Backtick,
                    other => {
                        return Err(invalid(
                            number,
                            format!(
                                "{} is no escape character: only `\\` and ` are",
                                shown(other)
                            ),
                        ));
                    }
                };
            }
            "check" => (),
            _ => break,
        }
        seen.push(key);
    }
    Ok(found)
}

/// Source: the pattern `^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$` on the line without leading space.
fn directive(text: &str) -> Option<(String, &str)> {
    const BLANKS: [char; 2] = [' ', '\t'];
    let text = text.trim_start_matches(BLANKS).strip_prefix('#')?;
    let (key, value) = text.split_once('=')?;
    let (key, value) = (key.trim_matches(BLANKS), value.trim_matches(BLANKS));
    let sound = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric());
    (sound && !value.is_empty()).then(|| (key.to_ascii_lowercase(), value))
}

/// Newer builders look for `# syntax=` also behind a first line `#!…`, and behind `//` in place of `#`. To us these are
/// no directives; they are told of because the author meant a frontend.
fn syntax_after_shebang(lines: &[Line<'_>]) -> Option<(usize, String)> {
    let skipped = usize::from(lines.first()?.text.starts_with("#!"));
    let (key, value) = directive(lines.get(skipped)?.text)?;
    (key == "syntax").then(|| (skipped + 1, value.to_owned()))
}
