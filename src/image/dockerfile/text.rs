//! Bytes become lines: the one place where an encoding or a character is refused.
//!
//! The engine reads its Dockerfile with Go's `bufio.Scanner` (64 KiB a line) and trims with `unicode.IsSpace`; versions
//! differ over carriage returns. Whatever could be read in two ways ends here, by name and line.

use crate::error::{Error, Result};

use super::fault::invalid;

/// Source: Go's `bufio.MaxScanTokenSize`; a line of that length no longer fits its buffer.
pub(super) const LONGEST_LINE: usize = 64 * 1024 - 2;
const LONGEST_FILE: usize = 2 * 1024 * 1024;

/// A physical line, without its line end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) end: LineEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    Unix,
    Dos,
    /// The last line of a file that does not end with a line end.
    Missing,
}

impl LineEnd {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            LineEnd::Unix => "\n",
            LineEnd::Dos => "\r\n",
            LineEnd::Missing => "",
        }
    }
}

/// # Errors
/// The file is too long, no UTF-8, or holds a control character other than tabs and line ends.
pub(super) fn lines(bytes: &[u8]) -> Result<Vec<Line<'_>>> {
    if bytes.len() > LONGEST_FILE {
        return Err(Error::usage("the Dockerfile is invalid")
            .caused_by(crate::error::Cause::line("it is larger than 2 MiB"))
            .hint("move long scripts and data into files and COPY them"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        invalid(line, "it is not UTF-8").hint("save the Dockerfile as UTF-8")
    })?;
    // Source: buildkit `parser.Parse` strips one byte order mark, on the first line only.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Vec::new();
    for (index, piece) in text.split_inclusive('\n').enumerate() {
        lines.push(line(index + 1, piece)?);
    }
    Ok(lines)
}

fn line(number: usize, piece: &str) -> Result<Line<'_>> {
    let (text, end) = match piece.strip_suffix('\n') {
        None => (piece, LineEnd::Missing),
        Some(text) => match text.strip_suffix('\r') {
            Some(text) => (text, LineEnd::Dos),
            None => (text, LineEnd::Unix),
        },
    };
    if text.len() > LONGEST_LINE {
        return Err(invalid(
            number,
            "the line is longer than 64 KiB, which no builder reads",
        )
        .hint("move the long text into a file and COPY it"));
    }
    if text.contains('\r') {
        return Err(invalid(
            number,
            "a carriage return stands where no line ends, and builders differ over it",
        )
        .hint("save the Dockerfile with Unix line ends"));
    }
    if let Some(odd) = text.chars().find(|c| c.is_control() && *c != '\t') {
        return Err(invalid(number, format!("it holds the control character {}", code(odd)))
            .hint("remove the character, or write it as an escape that the program of the line understands"));
    }
    Ok(Line { text, end })
}

/// Spaces that Go's `unicode.IsSpace` trims at some places and the builder's own patterns do not at others, and marks
/// that its scanner skips.
pub(super) fn is_odd_space(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && !c.is_ascii())
}

/// `U+00A0`
pub(super) fn code(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

/// # Errors
/// A line that is no heredoc's text begins or ends with a space that is none of ASCII's, or holds a byte order mark.
pub(super) fn check_edges(number: usize, text: &str) -> Result<()> {
    let bare = text.trim_matches([' ', '\t']);
    let edge = [bare.chars().next(), bare.chars().next_back()];
    let odd = edge.into_iter().flatten().find(|c| is_odd_space(*c));
    match odd.or_else(|| bare.chars().find(|c| *c == '\u{feff}')) {
        None => Ok(()),
        Some(odd) => Err(invalid(
            number,
            format!(
                "it holds {}, which looks like a space and is none to every builder",
                code(odd)
            ),
        )
        .hint("replace the character by a plain space")),
    }
}
