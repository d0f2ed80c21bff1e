//! What the entries of a tar amount to, in the order of a context. Pure.
//!
//! The last entry of a path holds, as when unpacking: a file in place of a directory takes all below it away. A hard link
//! shares what its target was at that moment, whatever comes later.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Bound;

use super::super::entry::{is_below, order};

/// Directories that only the paths of others name. Source: moby's `pkg/archive`, `ImpliedDirectoryMode`.
const IMPLIED_MODE: u32 = 0o755;

#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: BTreeMap<Place, Node>,
    contents: Vec<Content>,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    Directory {
        mode: u32,
    },
    Symlink {
        mode: u32,
        target: Vec<u8>,
    },
    /// By its content's number, which hard links share.
    File(usize),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Content {
    pub(super) mode: u32,
    pub(super) size: u64,
    /// In the spool.
    pub(super) offset: u64,
}

/// A path, in the order of a context.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place(Vec<u8>);

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        order(&self.0, &other.0)
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Tree {
    pub(super) fn nodes(&self) -> impl Iterator<Item = (&[u8], &Node)> {
        self.nodes.iter().map(|(place, node)| (&place.0[..], node))
    }

    pub(super) fn content(&self, index: usize) -> Content {
        self.contents[index]
    }

    /// One for each content.
    pub(super) fn contents_without_names(&self) -> Vec<Option<&[u8]>> {
        vec![None; self.contents.len()]
    }

    pub(super) fn file(&self, path: &[u8]) -> Option<Content> {
        match self.nodes.get(&Place(path.to_vec())) {
            Some(Node::File(index)) => Some(self.content(*index)),
            Some(Node::Directory { .. } | Node::Symlink { .. }) | None => None,
        }
    }

    pub(super) fn insert_file(&mut self, path: &[u8], content: Content) -> Result<(), String> {
        self.contents.push(content);
        self.insert(path, Node::File(self.contents.len() - 1))
    }

    pub(super) fn insert_link(&mut self, path: &[u8], target: &[u8]) -> Result<(), String> {
        match self.nodes.get(&Place(target.to_vec())) {
            Some(node @ (Node::File(_) | Node::Symlink { .. })) => {
                let node = node.clone();
                self.insert(path, node)
            }
            Some(Node::Directory { .. }) => Err("it is a hard link to a directory".to_owned()),
            None => Err("it is a hard link to a file that did not come before it".to_owned()),
        }
    }

    pub(super) fn insert(&mut self, path: &[u8], node: Node) -> Result<(), String> {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        for (slash, _) in slashes {
            let above = Place(path[..slash].to_vec());
            match self.nodes.get(&above) {
                Some(Node::Directory { .. }) => {}
                Some(Node::File(_) | Node::Symlink { .. }) => {
                    return Err("it lies below what is no directory".to_owned());
                }
                None => {
                    let mode = IMPLIED_MODE;
                    self.nodes.insert(above, Node::Directory { mode });
                }
            }
        }
        let place = Place(path.to_vec());
        let is_directory = matches!(node, Node::Directory { .. });
        let was_directory = matches!(self.nodes.get(&place), Some(Node::Directory { .. }));
        if was_directory && !is_directory {
            self.clear(&place);
        }
        self.nodes.insert(place, node);
        Ok(())
    }

    fn clear(&mut self, directory: &Place) {
        let behind = (Bound::Excluded(directory), Bound::Unbounded);
        let below = self.nodes.range::<Place, _>(behind).map(|(place, _)| place);
        let below: Vec<Place> = below
            .take_while(|place| is_below(&place.0, &directory.0))
            .cloned()
            .collect();
        for place in below {
            self.nodes.remove(&place);
        }
    }
}
