//! Which heredocs a line opens, and the text that belongs to them.
//!
//! Source: buildkit `parser.go` (0.10 and 0.20), `heredocsFromLine` and `heredocFromMatch`: a word of the form
//! `^(\d*)<<(-?)([^<]*)$`, found by the shell lexer with `\` as its escape character whatever the file says.

use crate::error::Result;

use super::directive::Escape;
use super::fault::{invalid, shown};
use super::lex::{DEEPEST, Marks, Variables, lex};
use super::text::Line;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heredoc {
    pub(super) name: String,
    indent: Indent,
    /// The lines between, then the line that ends it; with their line ends, byte for byte.
    pub(super) text: String,
    /// How many lines that is.
    pub(super) lines: usize,
}

/// `<<-` lets tabs stand before the word that ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Indent {
    Kept,
    Tabs,
}

/// The heredocs that the line `text` opens, still without their text.
///
/// # Errors
/// Builders differ over whether one is opened.
pub(super) fn opened(number: usize, text: &str) -> Result<Vec<Heredoc>> {
    if !text.contains("<<") {
        return Ok(Vec::new());
    }
    if text.matches("${").count() > DEEPEST {
        return Err(invalid(number, "`<<` stands on a line with very many `${…}`: whether it opens a heredoc is not worked out")
            .hint("put the commands into a script, COPY it and RUN that"));
    }
    // Source: an error of the lexer is ignored there and means that no word was found.
    let Ok(lexed) = lex(text, Escape::Backslash, Marks::Kept, &Variables::Kept) else {
        return Ok(Vec::new());
    };
    let mut opened = Vec::new();
    for word in &lexed.words {
        opened.extend(heredoc(number, word)?);
    }
    match lexed.young {
        Some(form) if !opened.is_empty() => Err(invalid(
            number,
            format!(
                "`{form}` on a line with a heredoc: older builders do not see the heredoc there"
            ),
        )
        .hint("move the variable into the heredoc, or the heredoc into an instruction of its own")),
        _ => Ok(opened),
    }
}

/// The heredoc that `word` is, if it is one.
pub(super) fn heredoc(number: usize, word: &str) -> Result<Option<Heredoc>> {
    let Some((descriptor, rest)) = word.split_once("<<") else {
        return Ok(None);
    };
    let (indent, rest) = match rest.strip_prefix('-') {
        Some(rest) => (Indent::Tabs, rest),
        None => (Indent::Kept, rest),
    };
    if !descriptor.chars().all(|c| c.is_ascii_digit()) || rest.contains('<') || rest.is_empty() {
        return Ok(None);
    }
    let broken = |why: String| invalid(number, format!("the heredoc {}: {why}", shown(word)));
    let lexed = lex(rest, Escape::Backslash, Marks::Removed, &Variables::Kept).map_err(broken)?;
    match lexed.words.as_slice() {
        [name] => Ok(Some(Heredoc {
            name: name.clone(),
            indent,
            text: String::new(),
            lines: 0,
        })),
        _ => Ok(None),
    }
}

impl Heredoc {
    /// Takes the lines up to and including the one that ends it off the front of `lines`.
    ///
    /// # Errors
    /// No line ends it.
    pub(super) fn fill(&mut self, opened_at: usize, lines: &[Line<'_>]) -> Result<()> {
        for line in lines {
            self.text.push_str(line.text);
            self.text.push_str(line.end.as_str());
            self.lines += 1;
            let bare = match self.indent {
                Indent::Tabs => line.text.trim_start_matches('\t'),
                Indent::Kept => line.text,
            };
            if bare == self.name {
                return Ok(());
            }
        }
        Err(invalid(
            opened_at,
            format!("the heredoc {} is not ended", shown(&self.name)),
        )
        .hint("end it by a line that holds this word and nothing else"))
    }
}
