//! YAML as GitLab's Ruby reads it, with the place of every value: text in, a tree out.
//!
//! GitLab reads YAML 1.1 with Ruby's Psych: `no` is a boolean, `22:22` a number, `<<` merges where it stands. Refuses what
//! would fill the machine (`limits`), and what Ruby refuses. Knows nothing of pipelines. Read next: `read` (events to
//! nodes), `scalar` (what a plain word is), `merge` (the `<<` key).

pub(crate) mod edit;
mod frames;
mod map;
mod merge;
mod read;
mod refused;
mod scalar;

use std::rc::Rc;

pub(crate) use map::{Key, Map};
pub(crate) use read::{Oddity, read};
pub(crate) use scalar::{Flag, Number};

/// Largest file, bytes. Source: GitLab's application setting `max_yaml_size_bytes`, 2 MiB.
pub(crate) const LARGEST_FILE: usize = 2 * 1024 * 1024;
/// How deep values may nest. Source: GitLab's application setting `max_yaml_depth`.
const DEEPEST: usize = 100;
/// Most values of a file, with each alias counted as what it stands for: GitLab measures the memory of the whole instead.
const MOST_NODES: usize = 500_000;

/// Where something stands; line and column count from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Which of the files that were read.
    pub(crate) file: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) at: Place,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Null,
    Bool(Flag),
    Number(Number),
    Text(Rc<str>),
    List(Rc<Vec<Node>>),
    Map(Rc<Map>),
    /// `!reference [a, b]`: the names on the way to what it stands for.
    Reference(Rc<Vec<Node>>),
}

impl Node {
    pub(crate) fn text(text: impl Into<Rc<str>>, at: Place) -> Self {
        Node {
            kind: Kind::Text(text.into()),
            at,
        }
    }

    pub(crate) fn map(map: Map, at: Place) -> Self {
        Node {
            kind: Kind::Map(Rc::new(map)),
            at,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Number(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Reference(_) => None,
        }
    }

    pub(crate) fn as_map(&self) -> Option<&Map> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Number(_)
            | Kind::Text(_)
            | Kind::List(_)
            | Kind::Reference(_) => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Number(_)
            | Kind::Text(_)
            | Kind::Map(_)
            | Kind::Reference(_) => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(flag) => Some(flag.is),
            Kind::Null
            | Kind::Number(_)
            | Kind::Text(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Reference(_) => None,
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match &self.kind {
            Kind::Number(number) => number.int(),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Text(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Reference(_) => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// Text, or a number as Ruby prints it. Not a boolean: GitLab refuses it, as `yes` and `true` would become the same.
    pub(crate) fn scalar(&self) -> Option<String> {
        match &self.kind {
            Kind::Text(text) => Some(text.to_string()),
            Kind::Number(number) => Some(number.to_string()),
            Kind::Null | Kind::Bool(_) | Kind::List(_) | Kind::Map(_) | Kind::Reference(_) => None,
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.as_map().and_then(|map| map.get(key))
    }

    /// What it is, in a word.
    pub(crate) fn sort(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a string",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
            Kind::Reference(_) => "a !reference",
        }
    }
}
