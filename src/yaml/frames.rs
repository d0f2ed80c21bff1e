//! Collections that are being read, and what aliases stand for.

use std::collections::HashSet;
use std::rc::Rc;

use super::map::{Key, Map};
use super::{Node, Place};

/// What an alias stands for, how many nodes that is, and how deep they nest.
pub(super) struct Anchored {
    pub(super) node: Node,
    pub(super) count: usize,
    pub(super) height: usize,
}

/// A collection that is not closed yet.
pub(super) struct Frame {
    pub(super) at: Place,
    pub(super) anchor: usize,
    /// Of what is in it so far.
    pub(super) height: usize,
    /// Nodes read before it began.
    pub(super) before: usize,
    pub(super) tag: Option<String>,
    pub(super) inside: Inside,
}

pub(super) enum Inside {
    List(Vec<Node>),
    Map {
        map: Map,
        key: Option<(Key, bool)>,
        /// Keys written here, not merged.
        own: HashSet<Rc<str>>,
    },
}
