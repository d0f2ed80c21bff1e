//! Which directories make a context large. Pure.

/// A directory worth naming, and the bytes of all files below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directory {
    pub(crate) path: Vec<u8>,
    pub(crate) bytes: u64,
}

const NAMED: usize = 5;

/// Sums up while a walk goes down and up again.
///
/// A directory of which one child has more than half is not named, that child is; and nothing below a named one is.
#[derive(Debug, Default)]
pub(super) struct Sums {
    open: Vec<Sum>,
    named: Vec<Directory>,
}

#[derive(Debug, Default)]
struct Sum {
    bytes: u64,
    largest_child: u64,
    /// How many were named before this directory was entered.
    named_before: usize,
}

impl Sums {
    pub(super) fn enter(&mut self) {
        self.open.push(Sum {
            named_before: self.named.len(),
            ..Sum::default()
        });
    }

    pub(super) fn file(&mut self, bytes: u64) {
        if let Some(sum) = self.open.last_mut() {
            sum.bytes += bytes;
        }
    }

    /// Leaves the directory entered last.
    pub(super) fn leave(&mut self, path: &[u8]) {
        let Some(sum) = self.open.pop() else { return };
        if sum.bytes > 0 && sum.largest_child <= sum.bytes / 2 {
            self.named.truncate(sum.named_before);
            self.named.push(Directory {
                path: path.to_vec(),
                bytes: sum.bytes,
            });
        }
        if let Some(parent) = self.open.last_mut() {
            parent.bytes += sum.bytes;
            parent.largest_child = parent.largest_child.max(sum.bytes);
        }
    }

    /// The largest first; of equals the first by name.
    pub(super) fn largest(self) -> Vec<Directory> {
        let mut named = self.named;
        named.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
        named.truncate(NAMED);
        named
    }
}
