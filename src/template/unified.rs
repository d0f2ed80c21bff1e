//! A change of a file as `git diff` prints it, harmless for a terminal.
//!
//! Of texts without control characters it is a patch for `patch -p1`. Source of the form: GNU diffutils, "Detailed Description
//! of Unified Format"; of quoted names: git, `quote.c`.

use super::lines::{Change, Numbers, changes};
use crate::output::Colour;
use crate::output::visible;

/// Empty where nothing differs. A side without a name is a file that does not exist; `context`: unchanged lines around a
/// change.
///
/// Carriage returns at the end of lines are left out, but for changes that are about them: those show `^M`.
pub(crate) fn unified(
    old_name: Option<&str>,
    new_name: Option<&str>,
    old: &str,
    new: &str,
    context: usize,
    colour: Colour,
) -> String {
    if old == new && old_name.is_some() == new_name.is_some() {
        return String::new();
    }
    let header = format!("--- {}\n+++ {}", shown("a", old_name), shown("b", new_name));
    let mut out = String::new();
    for line in header.lines() {
        out.push_str(&colour.paint("1", line));
        out.push('\n');
    }
    let lines = [old, new].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let mut numbers = Numbers::default();
    let [before, after] = [0, 1].map(|side| numbers.of(lines[side].iter().copied()));
    let printer = Printer {
        old: &lines[0],
        new: &lines[1],
        colour,
    };
    let mut rest: &[Change] = &changes(&before, &after);
    while !rest.is_empty() {
        // Two changes are one hunk when their context meets.
        let apart = |pair: &[Change]| pair[1].old.start - pair[0].old.end > context * 2;
        let count = rest
            .windows(2)
            .position(apart)
            .map_or(rest.len(), |n| n + 1);
        let (hunk, later) = rest.split_at(count);
        printer.hunk(hunk, context, &mut out);
        rest = later;
    }
    out
}

fn shown(side: &str, name: Option<&str>) -> String {
    let Some(name) = name else {
        return "/dev/null".to_owned();
    };
    let is_odd = |letter: char| letter == '"' || letter == '\\';
    if name.contains(is_odd) || visible(name, &[]) != name {
        let mut quoted = format!("\"{side}/");
        for byte in name.bytes() {
            match byte {
                b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
                b' '..=b'~' => quoted.push(char::from(byte)),
                _ => quoted.push_str(&format!("\\{byte:03o}")),
            }
        }
        return format!("{quoted}\"");
    }
    // The tab ends a name with spaces.
    let end = if name.contains(' ') { "\t" } else { "" };
    format!("{side}/{name}{end}")
}

struct Printer<'a> {
    old: &'a [&'a str],
    new: &'a [&'a str],
    colour: Colour,
}

impl Printer<'_> {
    fn hunk(&self, changes: &[Change], context: usize, out: &mut String) {
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
            return;
        };
        let above = context.min(first.old.start);
        let below = context.min(self.old.len() - last.old.end);
        let old = first.old.start - above..last.old.end + below;
        let new = first.new.start - above..last.new.end + below;
        let head = format!(
            "@@ -{} +{} @@",
            position(old.start, old.len()),
            position(new.start, new.len())
        );
        out.push_str(&self.colour.paint("36", &head));
        out.push('\n');
        let mut at = old.start;
        for change in changes {
            self.kept(&self.old[at..change.old.start], out);
            self.change(change, out);
            at = change.old.end;
        }
        self.kept(&self.old[at..old.end], out);
    }

    fn kept(&self, lines: &[&str], out: &mut String) {
        for line in lines {
            self.line(' ', line, Returns::Unseen, out);
        }
    }

    fn change(&self, change: &Change, out: &mut String) {
        let gone = &self.old[change.old.clone()];
        let come = &self.new[change.new.clone()];
        // What only came or only went is held against the whole other side.
        let other = match (gone.is_empty(), come.is_empty()) {
            (true, _) => self.old,
            (_, true) => self.new,
            (false, false) => &[],
        };
        let mut all = [gone, come, other].into_iter().flatten();
        let mut closed = all.by_ref().filter(|line| line.ends_with('\n'));
        let is_dos = |line: &&&str| line.ends_with("\r\n");
        let returns = match closed.next().map(|line| is_dos(&line)) {
            Some(first) if closed.any(|line| is_dos(&line) != first) => Returns::Shown,
            Some(_) | None => Returns::Unseen,
        };
        for line in gone {
            self.line('-', line, returns, out);
        }
        for line in come {
            self.line('+', line, returns, out);
        }
    }

    fn line(&self, sign: char, line: &str, returns: Returns, out: &mut String) {
        let (text, is_closed) = match line.strip_suffix('\n') {
            Some(text) => (text, true),
            None => (line, false),
        };
        let text = match (text.strip_suffix('\r'), returns) {
            (Some(text), Returns::Unseen) if is_closed => visible(text, &['\t']),
            (Some(text), Returns::Shown | Returns::Unseen) => visible(text, &['\t']) + "^M",
            (None, Returns::Shown | Returns::Unseen) => visible(text, &['\t']),
        };
        let sgr = match sign {
            '-' => Some("31"),
            '+' => Some("32"),
            _ => None,
        };
        let text = format!("{sign}{text}");
        out.push_str(&sgr.map_or(text.clone(), |sgr| self.colour.paint(sgr, &text)));
        out.push('\n');
        if !is_closed {
            out.push_str("\\ No newline at end of file\n");
        }
    }
}

/// Carriage returns at the end of lines.
#[derive(Clone, Copy)]
enum Returns {
    Shown,
    Unseen,
}

/// Lines from 1; of an empty range the line before it.
fn position(start: usize, count: usize) -> String {
    match count {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        _ => format!("{},{count}", start + 1),
    }
}

#[cfg(test)]
mod tests;
