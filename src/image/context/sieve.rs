//! Applies an ignore file to paths that come in order, with their directories first.
//!
//! An excluded directory is held back until something below it is kept, and goes out before it, as in BuildKit's own walk
//! (`github.com/tonistiigi/fsutil`, `filter.go`).

use super::ignore::{Ignore, Matches, Verdict};

pub(super) struct Sieve<'i, T> {
    ignore: &'i Ignore,
    /// The directories above the path in question, from the root's child down.
    above: Vec<Above<T>>,
    top: Matches,
}

struct Above<T> {
    matches: Matches,
    held: Option<T>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Below {
    Look,
    /// Nothing below can be kept.
    Skip,
}

impl<'i, T> Sieve<'i, T> {
    pub(super) fn new(ignore: &'i Ignore) -> Self {
        Sieve {
            ignore,
            above: Vec::new(),
            top: Matches::default(),
        }
    }

    /// On anything but a directory. Changes nothing of what is held: `release` does.
    pub(super) fn verdict(&mut self, path: &[u8]) -> Verdict {
        self.climb(path);
        let parent = self.above.last().map_or(&self.top, |above| &above.matches);
        self.ignore.verdict(path, parent)
    }

    /// Lets the directories above the path last asked about go.
    pub(super) fn release(&mut self, out: &mut Vec<T>) {
        out.extend(self.above.iter_mut().filter_map(|above| above.held.take()));
    }

    /// Takes a directory: it goes out now, or once something below it is kept.
    pub(super) fn directory(&mut self, path: &[u8], item: T, out: &mut Vec<T>) -> Below {
        self.climb(path);
        let parent = self.above.last().map_or(&self.top, |above| &above.matches);
        let (verdict, matches) = self.ignore.matches(path, parent);
        let below = match verdict {
            Verdict::Excluded if self.ignore.may_prune(path, &matches) => Below::Skip,
            Verdict::Excluded | Verdict::Kept => Below::Look,
        };
        let held = match verdict {
            Verdict::Kept => {
                self.release(out);
                out.push(item);
                None
            }
            Verdict::Excluded => Some(item),
        };
        self.above.push(Above { matches, held });
        below
    }

    fn climb(&mut self, path: &[u8]) {
        if !self.above.is_empty() {
            let depth = path.iter().filter(|byte| **byte == b'/').count();
            self.above.truncate(depth);
        }
    }
}
