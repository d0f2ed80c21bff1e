//! Which entries belong to the paths that a build names, links followed.
//!
//! Newer frontends ask only for what `COPY` and `ADD` name, and all of them ask for `.dockerignore` by itself first. More
//! than was asked for is fine with the engine, less is not: so a pattern that is not understood here chooses everything.
//! Source: tonistiigi/fsutil `followlinks.go`; moby/buildkit `frontend/dockerfile/dockerfile2llb/convert.go`.

use std::collections::HashSet;

use super::tree::compare;
use super::wildcard::fits;
use super::{Listed, ListedKind};

/// Links that lead to links end here; what remains is sent whole.
const MOST_PATHS: usize = 10_000;

/// The chosen ones of `order`; `None`: all.
pub(super) fn choose(
    entries: &[Listed],
    order: &[usize],
    patterns: &[String],
) -> Option<Vec<usize>> {
    if patterns.is_empty() {
        return None;
    }
    let mut choice = Choice {
        entries,
        order,
        chosen: vec![false; order.len()],
        seen: HashSet::new(),
    };
    patterns
        .iter()
        .try_for_each(|pattern| choice.follow(pattern.as_bytes()))
        .ok()?;
    choice.with_link_targets();
    let chosen = order.iter().zip(&choice.chosen);
    Some(
        chosen
            .filter_map(|(&index, &chosen)| chosen.then_some(index))
            .collect(),
    )
}

struct Choice<'a> {
    entries: &'a [Listed],
    order: &'a [usize],
    /// By place in `order`.
    chosen: Vec<bool>,
    seen: HashSet<Vec<u8>>,
}

/// Everything is to be sent.
struct Everything;

impl<'a> Choice<'a> {
    fn entry(&self, place: usize) -> &'a Listed {
        &self.entries[self.order[place]]
    }

    fn place(&self, path: &[u8]) -> Option<usize> {
        self.order
            .binary_search_by(|&index| compare(&self.entries[index].path, path))
            .ok()
    }

    fn follow(&mut self, pattern: &[u8]) -> Result<(), Everything> {
        let parts = clean(pattern);
        if parts.is_empty() || pattern.windows(2).any(|two| two == b"**") {
            return Err(Everything);
        }
        if pattern.iter().any(|byte| matches!(byte, b'[' | b'\\')) {
            return Err(Everything);
        }
        if !self.seen.insert(parts.join(&b'/')) {
            return Ok(());
        }
        if self.seen.len() > MOST_PATHS {
            return Err(Everything);
        }
        self.walk(b"", &parts)
    }

    /// Chooses what `parts` names below `base`, and all below that.
    fn walk(&mut self, base: &[u8], parts: &[&[u8]]) -> Result<(), Everything> {
        let Some((first, rest)) = parts.split_first() else {
            self.below(base).for_each(|place| self.chosen[place] = true);
            return Ok(());
        };
        for place in self.matching(base, first) {
            self.chosen[place] = true;
            let entry = self.entry(place);
            match &entry.kind {
                ListedKind::Directory => self.walk(&entry.path, rest)?,
                ListedKind::Symlink { target } => {
                    let mut path = match target.starts_with(b"/") {
                        true => Vec::new(),
                        false => base.to_vec(),
                    };
                    for part in std::iter::once(&target.as_slice()).chain(rest) {
                        path.push(b'/');
                        path.extend_from_slice(part);
                    }
                    self.follow(&path)?;
                }
                ListedKind::File { .. } | ListedKind::HardLink { .. } => {}
            }
        }
        Ok(())
    }

    /// The places of everything below a directory.
    fn below(&self, base: &[u8]) -> std::ops::Range<usize> {
        if base.is_empty() {
            return 0..self.order.len();
        }
        let Some(place) = self.place(base) else {
            return 0..0;
        };
        let inside = |index: &usize| {
            let rest = self.entries[*index].path.strip_prefix(base);
            rest.is_some_and(|rest| rest.starts_with(b"/"))
        };
        let start = place + 1;
        start..start + self.order[start..].partition_point(inside)
    }

    /// The places of a directory's own entries of this name.
    fn matching(&self, base: &[u8], name: &[u8]) -> Vec<usize> {
        let length = match base.len() {
            0 => 0,
            length => length + 1,
        };
        if !name.iter().any(|byte| matches!(byte, b'*' | b'?')) {
            let path = [base, if length == 0 { b"" } else { b"/" }, name].concat();
            return self.place(&path).into_iter().collect();
        }
        self.below(base)
            .filter(|&place| {
                let own = &self.entry(place).path[length..];
                !own.contains(&b'/') && fits(name, own)
            })
            .collect()
    }

    /// A hard link is nothing without the file it names.
    fn with_link_targets(&mut self) {
        for place in 0..self.order.len() {
            let ListedKind::HardLink { target } = &self.entry(place).kind else {
                continue;
            };
            if !self.chosen[place] {
                continue;
            }
            let ends = target.iter().enumerate().filter(|(_, byte)| **byte == b'/');
            let ends = ends.map(|(at, _)| at).chain([target.len()]);
            for end in ends {
                if let Some(place) = self.place(&target[..end]) {
                    self.chosen[place] = true;
                }
            }
        }
    }
}

/// The parts of a path seen from the context's root, which `..` does not leave.
fn clean(path: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    fn chosen(patterns: &[&str]) -> Vec<String> {
        let entry = |path: &str, kind| Listed {
            path: path.into(),
            kind,
            mode: 0,
            mtime_ns: 0,
        };
        let link = |target: &str| ListedKind::Symlink {
            target: target.into(),
        };
        let file = ListedKind::File { size: 1 };
        let entries = [
            entry("a", ListedKind::Directory),
            entry("a/first", file.clone()),
            entry("a/second.txt", file.clone()),
            entry("a/third.txt", link("../b/target")),
            entry("b", ListedKind::Directory),
            entry("b/deep", ListedKind::Directory),
            entry("b/deep/x", file.clone()),
            entry(
                "b/hard",
                ListedKind::HardLink {
                    target: b"a/first".to_vec(),
                },
            ),
            entry("b/target", file),
            entry("loop", link("loop")),
            entry("to-b", link("/b")),
        ];
        let order = tree::order(&entries).unwrap();
        let patterns: Vec<_> = patterns.iter().map(|one| (*one).to_owned()).collect();
        let chosen = choose(&entries, &order, &patterns).unwrap_or(order.clone());
        let text = |index: usize| String::from_utf8(entries[index].path.clone()).unwrap();
        match chosen.len() == order.len() {
            true => vec!["*".to_owned()],
            false => chosen.into_iter().map(text).collect(),
        }
    }

    #[test]
    fn what_is_named_comes_with_its_parents_and_all_below_it() {
        assert_eq!(chosen(&["a/first"]), ["a", "a/first"]);
        assert_eq!(chosen(&["b/deep/"]), ["b", "b/deep", "b/deep/x"]);
        assert_eq!(chosen(&["./b/../a/f*t"]), ["a", "a/first"]);
        assert_eq!(chosen(&[".dockerignore"]), Vec::<String>::new());
    }

    #[test]
    fn links_lead_on_and_never_round_and_round() {
        assert_eq!(
            chosen(&["a/*.txt"]),
            ["a", "a/second.txt", "a/third.txt", "b", "b/target"]
        );
        assert_eq!(chosen(&["to-b/deep"]), ["b", "b/deep", "b/deep/x", "to-b"]);
        assert_eq!(chosen(&["loop"]), ["loop"]);
        assert_eq!(chosen(&["b/hard"]), ["a", "a/first", "b", "b/hard"]);
    }

    #[test]
    fn what_is_not_understood_is_everything() {
        for pattern in [".", "/", "a/**", "[ab]", "a\\*", ""] {
            assert_eq!(chosen(&[pattern]), ["*"], "{pattern}");
        }
        assert_eq!(chosen(&[]), ["*"]);
    }
}
