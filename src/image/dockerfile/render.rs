//! The Dockerfile that the engine is given: never the author's bytes, always ours, and read back before they leave.
//!
//! Each instruction stands on one line, as near to its own line number as blank lines can bring it.

use std::collections::BTreeMap;

use crate::error::Result;

use super::directive::Escape;
use super::fault::invalid;
use super::instruction::Instruction;
use super::judge::Judged;
use super::rewrite::{Rewrites, complete, rewritten, unfit};
use super::rules::CACHE_ARG;
use super::scan::scan;

#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) bytes: Vec<u8>,
    pub(crate) lines: LineMap,
    /// To be given to the build besides its own.
    pub(crate) build_args: BTreeMap<String, String>,
}

/// From the lines that the engine sees to those of the author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineMap(Vec<usize>);

impl LineMap {
    /// Both counted from 1.
    pub(crate) fn original(&self, rendered: usize) -> usize {
        let known = rendered.checked_sub(1).and_then(|index| self.0.get(index));
        known.copied().unwrap_or(rendered)
    }
}

/// # Errors
/// The rewrites do not fit, or (a fault of this program) what was written would not be read as it was judged.
pub(crate) fn render(judged: &Judged<'_>, rewrites: &Rewrites) -> Result<Rendered> {
    complete(judged, rewrites)?;
    let instructions = rewritten(judged, rewrites)?;
    let mut page = Page::default();
    match judged.file.directives.escape {
        Escape::Backslash => (),
        Escape::Backtick => page.put("# escape=`", 1),
    }
    for instruction in &instructions {
        page.instruction(instruction);
    }
    read_back(judged, &page.text, &instructions)?;
    let cache = rewrites
        .cache
        .iter()
        .map(|value| (CACHE_ARG.to_owned(), value.clone()));
    Ok(Rendered {
        bytes: page.text.into_bytes(),
        lines: LineMap(page.origins),
        build_args: cache.collect(),
    })
}

#[derive(Default)]
struct Page {
    text: String,
    /// Of each line written, the author's line.
    origins: Vec<usize>,
}

impl Page {
    fn put(&mut self, line: &str, origin: usize) {
        while self.origins.len() + 1 < origin {
            self.origins.push(self.origins.len() + 1);
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.text.push('\n');
        self.origins.push(origin);
    }

    fn instruction(&mut self, instruction: &Instruction) {
        self.put(&instruction.text, instruction.line);
        let mut origin = instruction.end;
        for heredoc in &instruction.heredocs {
            self.text.push_str(&heredoc.text);
            for _ in 0..heredoc.lines {
                origin += 1;
                self.origins.push(origin);
            }
        }
    }
}

/// The last guard: our own scanner has to find in the page exactly what was meant.
fn read_back(judged: &Judged<'_>, text: &str, meant: &[Instruction]) -> Result<()> {
    let read = scan(text.as_bytes(), &judged.file.dialect)
        .map_err(|error| unfit(format!("it would not be read: {error}")))?;
    let pairs = read.instructions.iter().zip(meant);
    let other = pairs.into_iter().find(|(read, meant)| !same(read, meant));
    match other {
        Some((_, meant)) => Err(invalid(
            meant.line,
            "the instruction cannot be written so that every builder reads it alike",
        )
        .hint("write it on one line, or in a simpler way")),
        None if read.instructions.len() != meant.len()
            || read.directives.escape != judged.file.directives.escape =>
        {
            Err(unfit("it would be read as other instructions".to_owned()))
        }
        None => Ok(()),
    }
}

/// Apart from the line.
fn same(read: &Instruction, meant: &Instruction) -> bool {
    let triggers = match (&read.trigger, &meant.trigger) {
        (Some(read), Some(meant)) => same(read, meant),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    let heredocs = read.heredocs.len() == meant.heredocs.len()
        && read
            .heredocs
            .iter()
            .zip(&meant.heredocs)
            .all(|(read, meant)| read.text == meant.text && read.name == meant.name);
    read.keyword == meant.keyword
        && read.flags == meant.flags
        && read.rest == meant.rest
        && heredocs
        && triggers
}
