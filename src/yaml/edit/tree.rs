//! A text as a tree that knows which bytes each value takes.

use super::refusal::{Refusal, Why};
use crate::yaml::{Kind, scalar};

#[derive(Debug)]
pub(super) struct Document {
    /// Behind `---`, if it is there.
    pub(super) open: usize,
    pub(super) line: u32,
    /// `None`: nothing stands in it.
    pub(super) root: Option<Node>,
}

#[derive(Debug)]
pub(super) struct Node {
    /// Bytes; a block collection ends with its last value, not where the next begins.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) line: u32,
    pub(super) column: u32,
    /// The parser's number; 0 for none.
    pub(super) anchor: usize,
    pub(super) tag: Option<String>,
    pub(super) shape: Shape,
}

#[derive(Debug)]
pub(super) enum Shape {
    Alias(usize),
    Scalar { text: String, style: Style },
    List { items: Vec<Node>, flow: Flow },
    Map { entries: Vec<Entry>, flow: Flow },
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Node,
    /// Behind the `:`; `[a, b]` and `{a}` have keys without.
    pub(super) colon: Option<usize>,
    pub(super) value: Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    /// `|` and `>`.
    Block,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Block,
    /// In brackets.
    Brackets,
    /// A mapping of one pair without brackets, in a flow sequence.
    Pair,
}

impl Entry {
    pub(super) fn end(&self) -> usize {
        let colon = self.colon.unwrap_or_default();
        self.key.end.max(self.value.end).max(colon)
    }
}

impl Node {
    pub(super) fn is_empty(&self) -> bool {
        matches!(&self.shape, Shape::Scalar { text, style: Style::Plain } if text.is_empty())
    }

    pub(super) fn is_null(&self) -> bool {
        match &self.shape {
            Shape::Scalar {
                text,
                style: Style::Plain,
            } => self.tag.is_none() && matches!(scalar::plain(text), Ok(Kind::Null)),
            Shape::Scalar { .. } | Shape::Alias(_) | Shape::List { .. } | Shape::Map { .. } => {
                false
            }
        }
    }

    pub(super) fn has_anchor(&self) -> bool {
        self.anchor > 0
            || match &self.shape {
                Shape::Alias(_) | Shape::Scalar { .. } => false,
                Shape::List { items, .. } => items.iter().any(Node::has_anchor),
                Shape::Map { entries, .. } => entries
                    .iter()
                    .any(|entry| entry.key.has_anchor() || entry.value.has_anchor()),
            }
    }

    pub(super) fn flow(&self) -> Option<Flow> {
        match &self.shape {
            Shape::Alias(_) | Shape::Scalar { .. } => None,
            Shape::List { flow, .. } | Shape::Map { flow, .. } => Some(*flow),
        }
    }

    pub(super) fn sort(&self) -> &'static str {
        match &self.shape {
            Shape::Alias(_) => "an alias",
            Shape::Scalar { .. } => "a single value",
            Shape::List { .. } => "a list",
            Shape::Map { .. } => "a mapping",
        }
    }

    pub(super) fn refused(&self, why: Why) -> Refusal {
        Refusal::new(why, (self.line, self.column))
    }
}
