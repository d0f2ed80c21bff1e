//! The way to a value, and what on it forbids an edit.

use super::Step;
use super::refusal::{Refusal, Why};
use super::source::Source;
use super::tree::{Entry, Flow, Node, Shape, Style};

/// The deepest value of the way that is there.
pub(super) struct Spot<'t, 'p> {
    pub(super) root: &'t Node,
    pub(super) node: &'t Node,
    pub(super) via: Via<'t>,
    /// Steps that lead to nothing yet; the first is a key.
    pub(super) rest: &'p [Step<'p>],
    pub(super) in_flow: bool,
}

/// What holds it.
#[derive(Clone, Copy)]
pub(super) enum Via<'t> {
    Root,
    Value {
        map: &'t Node,
        number: usize,
    },
    /// Behind its `-`, or nowhere in a flow sequence.
    Item {
        dash: Option<usize>,
    },
}

impl Spot<'_, '_> {
    /// Behind the `:` or `-` before it.
    pub(super) fn from(&self) -> Option<usize> {
        match self.via {
            Via::Root => None,
            Via::Value { map, number } => entries(map).get(number).and_then(|entry| entry.colon),
            Via::Item { dash } => dash,
        }
    }
}

pub(super) fn entries(map: &Node) -> &[Entry] {
    match &map.shape {
        Shape::Map { entries, .. } => entries,
        Shape::Alias(_) | Shape::Scalar { .. } | Shape::List { .. } => &[],
    }
}

pub(super) fn walk<'t, 'p>(
    source: &Source<'_>,
    root: &'t Node,
    path: &'p [Step<'p>],
) -> Result<Spot<'t, 'p>, Refusal> {
    let mut spot = Spot {
        root,
        node: root,
        via: Via::Root,
        rest: path,
        in_flow: false,
    };
    loop {
        unmarked(spot.node)?;
        spot.in_flow |= matches!(spot.node.flow(), Some(Flow::Brackets | Flow::Pair));
        let [step, rest @ ..] = spot.rest else {
            return Ok(spot);
        };
        let node = spot.node;
        match (&node.shape, *step) {
            (Shape::Map { entries, .. }, Step::Key(key)) => {
                let Some(number) = find(entries, key)? else {
                    return Ok(spot);
                };
                unmarked(&entries[number].key)?;
                spot.node = &entries[number].value;
                spot.via = Via::Value { map: node, number };
            }
            (Shape::List { items, flow }, Step::At(number)) => {
                let item = items
                    .get(number)
                    .ok_or_else(|| node.refused(Why::NoItem(number)))?;
                let dash = match flow {
                    Flow::Block => dash_of(source, &spot, number),
                    Flow::Brackets | Flow::Pair => None,
                };
                spot.node = item;
                spot.via = Via::Item { dash };
            }
            (Shape::Scalar { .. }, Step::Key(_)) if node.is_null() => return Ok(spot),
            (Shape::Scalar { .. }, Step::At(number)) if node.is_null() => {
                return Err(node.refused(Why::NoItem(number)));
            }
            (_, Step::Key(_)) => return Err(node.refused(Why::NotMapping(node.sort()))),
            (_, Step::At(_)) => return Err(node.refused(Why::NotSequence(node.sort()))),
        }
        spot.rest = rest;
    }
}

/// Behind the dash of an item of the block sequence at `spot`.
pub(super) fn dash_of(source: &Source<'_>, spot: &Spot<'_, '_>, number: usize) -> Option<usize> {
    let Shape::List { items, .. } = &spot.node.shape else {
        return None;
    };
    let from = match (number.checked_sub(1), spot.via) {
        (Some(before), _) => items.get(before)?.end,
        // A sequence that is as deep as its key begins behind its first dash, for the parser.
        (None, Via::Value { .. }) => spot.from()?,
        (None, Via::Root | Via::Item { .. }) => spot.node.start,
    };
    source.behind(from, '-')
}

fn find(entries: &[Entry], key: &str) -> Result<Option<usize>, Refusal> {
    let mut found: Option<usize> = None;
    for (number, Entry { key: node, .. }) in entries.iter().enumerate() {
        match &node.shape {
            Shape::Alias(_) => return Err(node.refused(Why::Alias)),
            Shape::Scalar {
                text,
                style: Style::Plain,
            } if text == "<<" => return Err(node.refused(Why::Merge)),
            Shape::Scalar { text, .. } if text == key => match found {
                Some(first) => {
                    let line = entries[first].key.line;
                    return Err(node.refused(Why::Duplicate(key.to_owned(), line)));
                }
                None => found = Some(number),
            },
            Shape::Scalar { .. } | Shape::List { .. } | Shape::Map { .. } => {}
        }
    }
    Ok(found)
}

fn unmarked(node: &Node) -> Result<(), Refusal> {
    match (&node.shape, &node.tag) {
        (Shape::Alias(_), _) => Err(node.refused(Why::Alias)),
        _ if node.anchor > 0 => Err(node.refused(Why::Anchor)),
        (_, Some(tag)) => Err(node.refused(Why::Tag(tag.clone()))),
        (Shape::Scalar { .. } | Shape::List { .. } | Shape::Map { .. }, None) => Ok(()),
    }
}
