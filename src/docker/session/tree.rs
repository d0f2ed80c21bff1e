//! Which entries a call sends, and in which order.
//!
//! The engine takes entries only as a walk would meet them: parents first, names of one directory by their bytes.
//! Source: tonistiigi/fsutil `validator.go`, `hardlinks.go`.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use hyper::body::Bytes;

use super::follow;
use super::{Listed, ListedKind};

/// The entries of one call. What the engine asks for is a place in `sent`.
pub(super) struct Tree<'a> {
    entries: &'a [Listed],
    sent: Cow<'a, [usize]>,
    /// Of the only file, where we have it ourselves.
    here: Option<Bytes>,
}

/// Where the bytes of an entry are.
pub(super) enum Content<'a> {
    /// It is no file, or it is not of this tree.
    None,
    Here(Bytes),
    /// `index`: in the offer's entries.
    Elsewhere {
        index: usize,
        size: u64,
        path: &'a [u8],
    },
}

impl<'a> Tree<'a> {
    pub(super) fn dockerfile(entries: &'a [Listed], bytes: Bytes) -> Self {
        Tree {
            entries,
            sent: Cow::Borrowed(&[0]),
            here: Some(bytes),
        }
    }

    /// `patterns`: what the engine says it needs; empty: everything.
    pub(super) fn context(entries: &'a [Listed], order: &'a [usize], patterns: &[String]) -> Self {
        Tree {
            entries,
            sent: match follow::choose(entries, order, patterns) {
                Some(chosen) => Cow::Owned(chosen),
                None => Cow::Borrowed(order),
            },
            here: None,
        }
    }

    /// With the size that is told.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a Listed, u64)> {
        self.sent.iter().map(|&index| {
            let entry = &self.entries[index];
            let size = match &entry.kind {
                ListedKind::Directory => 0,
                ListedKind::File { size } => *size,
                ListedKind::Symlink { target } => target.len() as u64,
                ListedKind::HardLink { target } => match find(self.entries, &self.sent, target) {
                    Some(ListedKind::File { size }) => *size,
                    _ => 0,
                },
            };
            (entry, size)
        })
    }

    pub(super) fn content(&self, id: u32) -> Content<'a> {
        let place = usize::try_from(id).unwrap_or(usize::MAX);
        let Some(&index) = self.sent.get(place) else {
            return Content::None;
        };
        let entry = &self.entries[index];
        match (&entry.kind, &self.here) {
            (ListedKind::File { .. }, Some(bytes)) => Content::Here(bytes.clone()),
            (ListedKind::File { size: 0 }, None) => Content::Here(Bytes::new()),
            (ListedKind::File { size }, None) => Content::Elsewhere {
                index,
                size: *size,
                path: &entry.path,
            },
            (
                ListedKind::Directory | ListedKind::Symlink { .. } | ListedKind::HardLink { .. },
                _,
            ) => Content::None,
        }
    }
}

/// The Dockerfile as an entry. Its time is now, so that the engine never takes an older copy for it: exactly these bytes
/// are built.
pub(super) fn dockerfile(name: &str, length: usize) -> Listed {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Listed {
        path: name.as_bytes().to_vec(),
        kind: ListedKind::File {
            size: length as u64,
        },
        mode: 0o644,
        mtime_ns: i64::try_from(now.as_nanos()).unwrap_or(0),
    }
}

/// As a walk meets them: a directory's entries come right behind it.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let parts = |path| <[u8]>::split(path, |byte| *byte == b'/');
    parts(left).cmp(parts(right))
}

fn find<'a>(entries: &'a [Listed], order: &[usize], path: &[u8]) -> Option<&'a ListedKind> {
    let place = order.binary_search_by(|&index| compare(&entries[index].path, path));
    place.ok().map(|place| &entries[order[place]].kind)
}

/// The places of the entries in the order in which they are sent.
///
/// # Errors
/// They are not a tree: a path is unclean or there twice, a directory on the way to it is missing, a hard link names no
/// file that stands before it.
pub(super) fn order(entries: &[Listed]) -> Result<Vec<usize>, String> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    // Stable, and next to nothing where they are in order already.
    order.sort_by(|&a, &b| compare(&entries[a].path, &entries[b].path));
    let mut parents: Vec<&[u8]> = vec![b""];
    let mut last: Option<&[u8]> = None;
    for &index in &order {
        let Listed { path, kind, .. } = &entries[index];
        let say = |what: &str| Err(format!("context entry `{}` {what}", path.escape_ascii()));
        let unclean = |part: &[u8]| matches!(part, b"" | b"." | b"..");
        if path.split(|byte| *byte == b'/').any(unclean) || path.contains(&0) {
            return say("is not a clean relative path");
        }
        if last.replace(path) == Some(path) {
            return say("is there twice");
        }
        let parent = match path.iter().rposition(|byte| *byte == b'/') {
            Some(at) => &path[..at],
            None => b"",
        };
        while parents.len() > 1 && parents.last() != Some(&parent) {
            parents.pop();
        }
        if parents.last() != Some(&parent) {
            return say("lies in no directory of the context");
        }
        match kind {
            ListedKind::Directory => parents.push(path),
            ListedKind::File { .. } | ListedKind::Symlink { .. } => {}
            ListedKind::HardLink { target } => match find(entries, &order, target) {
                Some(ListedKind::File { .. }) if compare(target, path).is_lt() => {}
                _ => return say("is a hard link to no file before it"),
            },
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, kind: ListedKind) -> Listed {
        Listed {
            path: path.into(),
            kind,
            mode: 0,
            mtime_ns: 0,
        }
    }

    fn file(path: &str) -> Listed {
        entry(path, ListedKind::File { size: 1 })
    }

    fn directory(path: &str) -> Listed {
        entry(path, ListedKind::Directory)
    }

    #[test]
    fn entries_are_sent_as_a_walk_meets_them() {
        let entries = [
            file("b"),
            file("a.txt"),
            file("a/c"),
            directory("a"),
            directory("a/b"),
            file("a/b/x"),
        ];
        let order = order(&entries).unwrap();
        let paths: Vec<_> = order
            .iter()
            .map(|&index| str::from_utf8(&entries[index].path).unwrap())
            .collect();
        assert_eq!(paths, ["a", "a/b", "a/b/x", "a/c", "a.txt", "b"]);
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let link = |target: &str| ListedKind::HardLink {
            target: target.into(),
        };
        let refused = |entries: &[Listed]| order(entries).unwrap_err();
        for path in ["/a", "a//b", "../a", "a/.", "", "a\0"] {
            assert!(refused(&[file(path)]).contains("clean"), "{path}");
        }
        assert!(refused(&[file("a"), file("a")]).contains("twice"));
        assert!(refused(&[file("a"), file("a/b")]).contains("no directory"));
        assert!(refused(&[directory("a"), file("b/c")]).contains("no directory"));
        assert!(refused(&[entry("a", link("b")), file("b")]).contains("hard link"));
        assert!(refused(&[directory("a"), entry("b", link("a"))]).contains("hard link"));
        assert!(order(&[entry("b", link("a")), file("a")]).is_ok());
    }

    #[test]
    fn an_id_is_a_place_among_what_was_sent() {
        let entries = [file("b"), directory("a"), file("a/x")];
        let order = order(&entries).unwrap();
        let tree = Tree::context(&entries, &order, &["b".to_owned()]);
        assert_eq!(tree.entries().count(), 1);
        assert!(matches!(
            tree.content(0),
            Content::Elsewhere { index: 0, .. }
        ));
        let tree = Tree::context(&entries, &order, &[]);
        assert!(matches!(tree.content(0), Content::None));
        assert!(matches!(
            tree.content(1),
            Content::Elsewhere { index: 2, .. }
        ));
        assert!(matches!(tree.content(3), Content::None));
    }
}
