//! A mapping in the order it was written, each key with its place.

use super::{Node, Place};

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) text: std::rc::Rc<str>,
    pub(crate) at: Place,
    /// Whether Ruby reads it as a string; `1:` and `on:` are none.
    pub(crate) is_text: bool,
}

/// Keys are unique; the last value written for one wins, as in Ruby.
#[derive(Clone, Debug, Default)]
pub(crate) struct Map {
    entries: Vec<(Key, Node)>,
    /// Places of the entries by key, for maps that are large.
    index: std::collections::HashMap<std::rc::Rc<str>, usize>,
}

/// From here on keys are looked up by their hash.
const LARGE: usize = 12;

impl Map {
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.position(key).map(|at| &self.entries[at].1)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<(&Key, &Node)> {
        self.position(key)
            .map(|at| (&self.entries[at].0, &self.entries[at].1))
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Sets it; one that is there keeps its rank and gets the new place.
    pub(crate) fn set(&mut self, key: Key, value: Node) {
        match self.position(&key.text) {
            Some(at) => self.entries[at] = (key, value),
            None => {
                self.entries.push((key, value));
                self.reindex();
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.position(key)?;
        let (_, value) = self.entries.remove(at);
        self.index.clear();
        self.reindex();
        Some(value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Key, &Node)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn position(&self, key: &str) -> Option<usize> {
        match self.index.is_empty() {
            true => self
                .entries
                .iter()
                .position(|(known, _)| &*known.text == key),
            false => self.index.get(key).copied(),
        }
    }

    fn reindex(&mut self) {
        if self.entries.len() < LARGE {
            return;
        }
        let known = self.index.len();
        for (at, (key, _)) in self.entries.iter().enumerate().skip(known) {
            self.index.insert(key.text.clone(), at);
        }
    }
}
