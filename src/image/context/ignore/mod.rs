//! `.dockerignore`: which paths of a context stay behind, exactly as the engine's own matcher has it.
//!
//! Source of every rule: `github.com/moby/patternmatcher` v0.6.1 (`ignorefile/ignorefile.go`, `patternmatcher.go`) and what
//! it calls of Go's standard library. Its oddities are kept on purpose: a file that is sent although the author's own
//! `docker build` would have left it behind may hold a secret. Bytes throughout: names need not be UTF-8.
//! Read next: `line` (text to patterns), `pattern` (one pattern), `expression` (Go's regular expressions, as far as a
//! pattern can reach them), `machine` (which runs them in bounded time).

mod class;
mod expression;
mod line;
mod machine;
mod pattern;
mod syntax;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use machine::Scratch;
use pattern::{Pattern, Subject};

use crate::error::{Cause, Error, Result};

/// The patterns of one ignore file, in their order.
#[derive(Debug, Default)]
pub(crate) struct Ignore {
    patterns: Vec<Pattern>,
    /// One matcher's working memory, so that 100,000 paths do not allocate it anew.
    scratch: RefCell<Scratch>,
}

/// Which patterns matched a directory: what its children start from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matches(Vec<bool>);

/// What becomes of one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Kept,
    Excluded,
}

impl Ignore {
    /// Leaves nothing behind.
    pub(crate) fn nothing() -> Self {
        Ignore::default()
    }

    /// Reads an ignore file; `name` is what errors call it.
    ///
    /// # Errors
    /// A line the matcher of the engine refuses as well, with its number.
    pub(crate) fn parse(name: &str, text: &[u8]) -> Result<Self> {
        let mut patterns = Vec::new();
        for (number, line) in (1..).zip(line::lines(text)) {
            let parsed = line::pattern(number, line).and_then(|written| {
                let compile = |written| Pattern::compile(written).map(Some);
                written.map_or(Ok(None), compile)
            });
            match parsed {
                Ok(pattern) => patterns.extend(pattern),
                Err(reason) => return Err(refused(name, number, line, &reason)),
            }
        }
        Ok(Ignore {
            patterns,
            scratch: RefCell::default(),
        })
    }

    /// What becomes of `path`; `parent`: what `matches` said of its directory, the default for the root's children.
    pub(crate) fn verdict(&self, path: &[u8], parent: &Matches) -> Verdict {
        self.evaluate(path, parent, None)
    }

    /// The verdict on a directory, and what its children start from.
    pub(crate) fn matches(&self, directory: &[u8], parent: &Matches) -> (Verdict, Matches) {
        let mut matched = vec![false; self.patterns.len()];
        let verdict = self.evaluate(directory, parent, Some(&mut matched));
        (verdict, Matches(matched))
    }

    /// `MatchesUsingParentResults`: in order, the last match wins, and what matched a directory matches all below it.
    ///
    /// A pattern that could change nothing is not tried, and then counts as unmatched for what is below: moby's own
    /// shortcut, which can be seen from outside (`a/b`, `!a`: `a/b` stays excluded).
    fn evaluate(
        &self,
        path: &[u8],
        parent: &Matches,
        mut record: Option<&mut Vec<bool>>,
    ) -> Verdict {
        let mut scratch = self.scratch.borrow_mut();
        let mut subject = Subject::new(path, &mut scratch);
        let mut verdict = Verdict::Kept;
        for (index, pattern) in self.patterns.iter().enumerate() {
            let inherited = parent.0.get(index).copied().unwrap_or(false);
            let matched =
                inherited || (pattern.gives() != verdict && pattern.matches(&mut subject));
            if matched {
                verdict = pattern.gives();
            }
            if let Some(record) = record.as_deref_mut() {
                record[index] = matched;
            }
        }
        verdict
    }

    /// Whether an excluded directory need not be looked into: nothing below it can be kept.
    ///
    /// Only `!` patterns after the last one that matched the directory count; that one matches everything below it, too.
    /// Errs on the side of looking.
    pub(crate) fn may_prune(&self, directory: &[u8], matches: &Matches) -> bool {
        let Some(last) = matches.0.iter().rposition(|matched| *matched) else {
            return false;
        };
        let mut scratch = self.scratch.borrow_mut();
        let mut below = directory.to_vec();
        below.push(b'/');
        let mut subject = Subject::new(&below, &mut scratch);
        !self.patterns[last + 1..]
            .iter()
            .any(|later| later.gives() == Verdict::Kept && later.may_match_below(&mut subject))
    }
}

fn refused(name: &str, number: usize, line: &[u8], reason: &str) -> Error {
    let shown = line[..line.len().min(200)].escape_ascii();
    Error::precondition(format!("cannot read `{name}`"))
        .caused_by(Cause::line(format!("line {number}, `{shown}`: {reason}")))
        .hint(format!(
            "correct line {number} of `{name}`: the engine's own builder stops at it as well"
        ))
}
