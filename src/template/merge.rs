//! Three-way merge of a rendered file: what we rendered then, what developers made of it, what we render today.
//!
//! Refuses to guess: changes that overlap or touch are a conflict unless they are equal, and no marker is ever written. Lines
//! are compared without their endings; what stays from the repository stays byte for byte.

use std::ops::Range;

use super::lines::{Change, Numbers, changes};

/// Bytes of a file that is merged by lines.
const LARGEST: usize = 1024 * 1024;
const BOM: &str = "\u{feff}";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Merged {
    Clean(String),
    /// In order; at least one.
    Conflict(Vec<Conflict>),
}

/// Both sides changed the same place, differently. The three texts are whole lines, or, of a file that is binary or larger
/// than 1 MiB, the whole files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// In `ours`, from 1; where `ours` has no such line any more: the one it would stand before.
    pub(crate) line: usize,
    pub(crate) base: String,
    pub(crate) ours: String,
    pub(crate) theirs: String,
}

/// Takes the change from `base` to `theirs` over into `ours`.
///
/// Lines from `theirs` get the ending that most lines of `ours` have. Whether the last line has an ending is as in `ours`,
/// unless `theirs` changed the end of the file.
pub(crate) fn merge(base: &str, ours: &str, theirs: &str) -> Merged {
    if theirs == base || theirs == ours {
        return Merged::Clean(ours.to_owned());
    }
    let is_opaque = |text: &str| text.len() > LARGEST || text.contains('\0');
    if [base, ours, theirs].into_iter().any(is_opaque) {
        return match ours == base {
            true => Merged::Clean(theirs.to_owned()),
            false => Merged::Conflict(vec![Conflict {
                line: 1,
                base: base.to_owned(),
                ours: ours.to_owned(),
                theirs: theirs.to_owned(),
            }]),
        };
    }
    let mut numbers = Numbers::default();
    let [base, ours, theirs] = [base, ours, theirs].map(|text| Text::read(text, &mut numbers));
    let merged = by_lines(&base, &ours, &theirs);
    match merged {
        Ok(text) => Merged::Clean(text),
        Err(conflicts) => Merged::Conflict(conflicts),
    }
}

#[derive(Clone, Copy)]
struct Line<'a> {
    content: &'a str,
    /// Of the last line of a file it may lack the line feed.
    ending: &'a str,
}

struct Text<'a> {
    bom: &'static str,
    lines: Vec<Line<'a>>,
    /// The contents, comparable over all three texts.
    numbers: Vec<u32>,
}

impl<'a> Text<'a> {
    fn read(text: &'a str, numbers: &mut Numbers<'a>) -> Self {
        let (bom, text) = match text.strip_prefix(BOM) {
            Some(rest) => (BOM, rest),
            None => ("", text),
        };
        let lines = text.split_inclusive('\n').map(|whole| {
            // All carriage returns belong to the ending, else one that is left would become part of a new ending.
            let content = whole.strip_suffix('\n').unwrap_or(whole);
            let (content, ending) = whole.split_at(content.trim_end_matches('\r').len());
            Line { content, ending }
        });
        let lines: Vec<Line<'a>> = lines.collect();
        Text {
            bom,
            numbers: numbers.of(lines.iter().map(|line| line.content)),
            lines,
        }
    }

    /// The ending that most lines have.
    fn ending(&self) -> &'static str {
        let closed = self.lines.iter().map(|line| line.ending);
        let closed = closed.filter(|ending| ending.ends_with('\n'));
        let (all, dos) = closed.fold((0, 0), |(all, dos), ending| {
            (all + 1, dos + usize::from(ending.len() > 1))
        });
        match dos * 2 > all {
            true => "\r\n",
            false => "\n",
        }
    }

    /// Whether the last line has an ending, where there is one.
    fn is_closed(&self) -> Option<bool> {
        self.lines.last().map(|line| line.ending.ends_with('\n'))
    }

    fn raw(&self, range: &Range<usize>) -> String {
        let lines = self.lines[range.clone()].iter();
        lines.flat_map(|line| [line.content, line.ending]).collect()
    }
}

/// A place that at least one side changed, and what it is in each text.
struct Region {
    base: Range<usize>,
    ours: Range<usize>,
    theirs: Range<usize>,
}

/// A line of the result.
enum Taken<'a> {
    Ours(Line<'a>),
    Theirs(&'a str),
}

fn by_lines(base: &Text<'_>, ours: &Text<'_>, theirs: &Text<'_>) -> Result<String, Vec<Conflict>> {
    let mut conflicts = Vec::new();
    let mut taken: Vec<Taken<'_>> = Vec::new();
    let keep = |range: Range<usize>| ours.lines[range].iter().copied().map(Taken::Ours);
    let mut at = 0;
    let mut is_end_theirs = false;
    for region in regions(
        &changes(&base.numbers, &ours.numbers),
        &changes(&base.numbers, &theirs.numbers),
    ) {
        taken.extend(keep(at..region.ours.start));
        at = region.ours.end;
        let was = &base.numbers[region.base.clone()];
        let here = &ours.numbers[region.ours.clone()];
        let there = &theirs.numbers[region.theirs.clone()];
        if here == there || there == was {
            taken.extend(keep(region.ours));
        } else if here == was {
            is_end_theirs = region.base.end == base.lines.len();
            let lines = theirs.lines[region.theirs].iter();
            taken.extend(lines.map(|line| Taken::Theirs(line.content)));
        } else {
            conflicts.push(Conflict {
                line: region.ours.start + 1,
                base: base.raw(&region.base),
                ours: ours.raw(&region.ours),
                theirs: theirs.raw(&region.theirs),
            });
        }
    }
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    taken.extend(keep(at..ours.lines.len()));
    let is_closed = match is_end_theirs || base.is_closed() != theirs.is_closed() {
        true => theirs.is_closed(),
        false => ours.is_closed(),
    };
    Ok(format!(
        "{}{}",
        ours.bom,
        joined(&taken, ours.ending(), is_closed.unwrap_or(true))
    ))
}

fn joined(taken: &[Taken<'_>], new_ending: &str, is_closed: bool) -> String {
    let mut text = String::new();
    for (place, line) in taken.iter().enumerate() {
        let (content, own) = match line {
            Taken::Ours(line) => (line.content, line.ending),
            Taken::Theirs(content) => (*content, ""),
        };
        text.push_str(content);
        let has_ending = own.ends_with('\n');
        // An empty line is nothing but its ending.
        let is_all = content.is_empty() && (has_ending || own.is_empty());
        let wants_ending = is_closed || is_all || place + 1 < taken.len();
        text.push_str(match (wants_ending, has_ending) {
            (true, true) | (false, false) => own,
            (true, false) => new_ending,
            (false, true) => "",
        });
    }
    text
}

/// Brings the changes of both sides together; those that overlap or touch in `base` become one region.
fn regions(ours: &[Change], theirs: &[Change]) -> Vec<Region> {
    let mut sides = [Side::new(ours), Side::new(theirs)];
    let mut all = Vec::new();
    loop {
        let [here, there] = [sides[0].next(), sides[1].next()];
        let Some(start) = here.into_iter().chain(there).min() else {
            return all;
        };
        let starts = [sides[0].place(start), sides[1].place(start)];
        let mut end = start;
        // A change of one side may reach the next one of the other side.
        while sides.iter_mut().any(|side| side.take_from(&mut end)) {}
        all.push(Region {
            base: start..end,
            ours: starts[0]..sides[0].place(end),
            theirs: starts[1]..sides[1].place(end),
        });
    }
}

/// The changes of one side that are still to come.
struct Side<'a> {
    coming: &'a [Change],
    /// Behind the last change that was taken: a line of `base`, and the line it is on this side.
    behind: (usize, usize),
}

impl<'a> Side<'a> {
    fn new(coming: &'a [Change]) -> Self {
        Side {
            coming,
            behind: (0, 0),
        }
    }

    /// Where the next change starts in `base`.
    fn next(&self) -> Option<usize> {
        self.coming.first().map(|change| change.old.start)
    }

    /// The line on this side of a line of `base` between the last change and the next.
    fn place(&self, line: usize) -> usize {
        line - self.behind.0 + self.behind.1
    }

    /// Takes the next change if it starts at `end` or before, and moves `end` behind it.
    fn take_from(&mut self, end: &mut usize) -> bool {
        match self.coming.split_first() {
            Some((change, rest)) if change.old.start <= *end => {
                *end = change.old.end.max(*end);
                self.behind = (change.old.end, change.new.end);
                self.coming = rest;
                true
            }
            Some(_) | None => false,
        }
    }
}

#[cfg(test)]
mod tests;
