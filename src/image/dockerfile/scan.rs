//! From lines to instructions: comments dropped, continued lines joined, heredocs taken whole.
//!
//! Source: buildkit `parser.go`, `Parse`, read in 0.8 (Docker 20.10), 0.10 (23.0) and 0.20 (28). Blank and comment lines
//! inside a continued line are skipped there, and here.

use crate::error::{Cause, Error, Result};

use super::dialect::{Dialect, Feature};
use super::directive::{Directives, Escape, directives};
use super::fault::invalid;
use super::heredoc::opened;
use super::instruction::{BLANKS, Instruction};
use super::text::{LONGEST_LINE, Line, check_edges, lines};

/// Far more than any file has that a person wrote: what a job sends is judged by the host, in the host's time.
const MOST_INSTRUCTIONS: usize = 5000;

#[derive(Debug)]
pub(super) struct Scanned {
    pub(super) directives: Directives,
    pub(super) instructions: Vec<Instruction>,
    pub(super) warnings: Vec<String>,
}

/// # Errors
/// The text is no Dockerfile, or one that builders read in different ways, or needs what this builder lacks.
pub(super) fn scan(bytes: &[u8], dialect: &Dialect) -> Result<Scanned> {
    let lines = lines(bytes)?;
    let directives = directives(&lines)?;
    let mut scanner = Scanner {
        lines: &lines,
        at: 0,
        escape: directives.escape,
        warnings: Vec::new(),
    };
    let mut instructions = Vec::new();
    while let Some((line, text)) = scanner.joined()? {
        let mut instruction = Instruction::parse(line, &text)?;
        instruction.end = scanner.at;
        if instruction.may_hold_heredocs()? {
            scanner.heredocs(&mut instruction, dialect)?;
        }
        instructions.push(instruction);
        if instructions.len() > MOST_INSTRUCTIONS {
            return Err(invalid(
                line,
                format!(
                    "it is the {}th instruction, and that many are not read",
                    MOST_INSTRUCTIONS + 1
                ),
            )
            .hint("put the commands into a script, COPY it and RUN that"));
        }
    }
    if instructions.is_empty() {
        return Err(Error::usage("the Dockerfile is invalid")
            .caused_by(Cause::line("it holds no instruction"))
            .hint("begin it with a line such as `FROM alpine:3.22`"));
    }
    let warnings = scanner.warnings;
    Ok(Scanned {
        directives,
        instructions,
        warnings,
    })
}

struct Scanner<'a> {
    lines: &'a [Line<'a>],
    /// How many lines were taken; so the number of the line taken last.
    at: usize,
    escape: Escape,
    warnings: Vec<String>,
}

impl<'a> Scanner<'a> {
    /// The next line that is no heredoc's.
    fn next(&mut self) -> Result<Option<&'a str>> {
        let Some(line) = self.lines.get(self.at) else {
            return Ok(None);
        };
        self.at += 1;
        check_edges(self.at, line.text)?;
        Ok(Some(line.text))
    }

    /// The next instruction's first line and its text on one line.
    fn joined(&mut self) -> Result<Option<(usize, String)>> {
        let (first, mut open) = loop {
            let Some(text) = self.next()? else {
                return Ok(None);
            };
            let text = text.trim_start_matches(BLANKS);
            if !text.is_empty() && !text.starts_with('#') {
                break self.piece(text);
            }
        };
        let line = self.at;
        let mut joined = first.to_owned();
        let mut blank = None;
        while open {
            let Some(text) = self.next()? else {
                break;
            };
            let bare = text.trim_start_matches(BLANKS);
            if bare.starts_with('#') {
                continue;
            }
            if bare.is_empty() {
                blank.get_or_insert(self.at);
                continue;
            }
            let piece;
            (piece, open) = self.piece(text);
            joined.push_str(piece);
        }
        if let Some(blank) = blank {
            self.warnings.push(format!(
                "line {blank} of the Dockerfile is empty inside a continued line: remove it, newer builders may refuse it"
            ));
        }
        self.check(line, &joined)?;
        Ok(Some((line, joined)))
    }

    /// Without the continuation character, and whether there was one.
    ///
    /// Source: the pattern `([^\\])\\[ \t]*$|^\\[ \t]*$`: an escape character at the end, with spaces behind it, unless
    /// another one stands before it.
    fn piece<'t>(&self, text: &'t str) -> (&'t str, bool) {
        let escape = self.escape.as_char();
        match text.trim_end_matches(BLANKS).strip_suffix(escape) {
            Some(head) if !head.ends_with(escape) => (head, true),
            _ => (text, false),
        }
    }

    /// What has to hold for the joined line to be one line to the engine.
    fn check(&self, line: usize, joined: &str) -> Result<()> {
        if joined.trim_matches(BLANKS).is_empty() {
            return Err(invalid(line, "nothing is continued by this line"));
        }
        check_edges(line, joined)?;
        if self.piece(joined).1 {
            return Err(invalid(
                line,
                "two escape characters end it, parted by spaces: builders take one for the other",
            )
            .hint("end a continued line with one escape character"));
        }
        if joined.len() > LONGEST_LINE {
            return Err(invalid(
                line,
                "the instruction is longer than 64 KiB when its lines are joined",
            )
            .hint("put the commands into a script, COPY it and RUN that"));
        }
        Ok(())
    }

    fn heredocs(&mut self, instruction: &mut Instruction, dialect: &Dialect) -> Result<()> {
        // Source: the builder looks at the whole line, also at keyword and flags.
        let mut heredocs = opened(instruction.line, &instruction.text)?;
        if !heredocs.is_empty() {
            dialect.require(Feature::Heredocs, instruction.line)?;
        }
        for heredoc in &mut heredocs {
            heredoc.fill(instruction.line, &self.lines[self.at..])?;
            self.at += heredoc.lines;
        }
        instruction.heredocs = heredocs;
        Ok(())
    }
}
