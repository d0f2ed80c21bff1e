//! What a change makes of the old tree, reckoned without its text, and compared with what the new text holds.

use super::tree::{Document, Node, Shape, Style};
use super::value::Value;
use super::{Change, Step};
use crate::yaml::{Kind, scalar};

#[derive(Clone, Debug, PartialEq)]
enum Data {
    /// A document without a value.
    Nothing,
    Old {
        shape: Old,
        anchor: usize,
        tag: Option<String>,
    },
    New(Value),
}

#[derive(Clone, Debug, PartialEq)]
enum Old {
    Alias(usize),
    Word { text: String, style: Style },
    List(Vec<Data>),
    Map(Vec<(Data, Data)>),
}

pub(super) fn is_expected(
    old: &[Document],
    number: usize,
    path: &[Step<'_>],
    change: Change<'_>,
    new: &[Document],
) -> bool {
    let mut wanted: Vec<Data> = old.iter().map(of_document).collect();
    if wanted.is_empty() {
        wanted.push(Data::Nothing);
    }
    let Some(one) = wanted.get_mut(number) else {
        return false;
    };
    let possible = apply(one, path, change).is_some();
    possible
        && wanted.len() == new.len()
        && wanted.iter().zip(new).all(|(wanted, new)| match &new.root {
            Some(root) => same(wanted, root),
            None => *wanted == Data::Nothing,
        })
}

/// Whether a node is this value already.
pub(super) fn means(node: &Node, value: &Value) -> bool {
    if node.anchor > 0 || node.tag.is_some() {
        return false;
    }
    match (&node.shape, value) {
        (Shape::Scalar { text, style }, Value::Text(wanted)) => {
            let is_text =
                *style != Style::Plain || matches!(scalar::plain(text), Ok(Kind::Text(_)));
            is_text && text == wanted
        }
        (Shape::Scalar { text, style }, Value::Number(wanted)) => {
            *style == Style::Plain && *text == wanted.to_string()
        }
        (Shape::Scalar { text, style }, Value::Bool(wanted)) => {
            *style == Style::Plain && *text == wanted.to_string()
        }
        (Shape::List { items, .. }, Value::List(wanted)) => {
            items.len() == wanted.len()
                && items
                    .iter()
                    .zip(wanted)
                    .all(|(item, wanted)| means(item, wanted))
        }
        (Shape::Map { entries, .. }, Value::Map(wanted)) => {
            entries.len() == wanted.len()
                && entries.iter().zip(wanted).all(|(entry, (key, value))| {
                    means(&entry.key, &Value::text(key.as_str())) && means(&entry.value, value)
                })
        }
        (
            Shape::Alias(_) | Shape::Scalar { .. } | Shape::List { .. } | Shape::Map { .. },
            Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::List(_) | Value::Map(_),
        ) => false,
    }
}

fn of_document(document: &Document) -> Data {
    document.root.as_ref().map_or(Data::Nothing, of_node)
}

fn of_node(node: &Node) -> Data {
    let shape = match &node.shape {
        Shape::Alias(id) => Old::Alias(*id),
        Shape::Scalar { text, style } => Old::Word {
            text: text.clone(),
            style: *style,
        },
        Shape::List { items, .. } => Old::List(items.iter().map(of_node).collect()),
        Shape::Map { entries, .. } => Old::Map(
            entries
                .iter()
                .map(|entry| (of_node(&entry.key), of_node(&entry.value)))
                .collect(),
        ),
    };
    Data::Old {
        shape,
        anchor: node.anchor,
        tag: node.tag.clone(),
    }
}

fn same(wanted: &Data, node: &Node) -> bool {
    let (shape, anchor, tag) = match wanted {
        Data::Nothing => return false,
        Data::New(value) => return means(node, value),
        Data::Old { shape, anchor, tag } => (shape, anchor, tag),
    };
    let marks = node.anchor == *anchor && node.tag == *tag;
    marks
        && match (shape, &node.shape) {
            (Old::Alias(wanted), Shape::Alias(id)) => wanted == id,
            (
                Old::Word { text, style },
                Shape::Scalar {
                    text: new,
                    style: as_new,
                },
            ) => text == new && style == as_new,
            (Old::List(wanted), Shape::List { items, .. }) => {
                wanted.len() == items.len()
                    && wanted
                        .iter()
                        .zip(items)
                        .all(|(wanted, item)| same(wanted, item))
            }
            (Old::Map(wanted), Shape::Map { entries, .. }) => {
                wanted.len() == entries.len()
                    && wanted.iter().zip(entries).all(|((key, value), entry)| {
                        same(key, &entry.key) && same(value, &entry.value)
                    })
            }
            (Old::Alias(_) | Old::Word { .. } | Old::List(_) | Old::Map(_), _) => false,
        }
}

/// `None`: the change does not fit the tree.
fn apply(data: &mut Data, path: &[Step<'_>], change: Change<'_>) -> Option<()> {
    let [step, rest @ ..] = path else {
        match (change, data) {
            (Change::Set(value), data) => *data = Data::New(value.clone()),
            (
                Change::Push(value),
                Data::Old {
                    shape: Old::List(items),
                    ..
                },
            ) => {
                items.push(Data::New(value.clone()));
            }
            (Change::Push(value), data) => *data = Data::New(Value::List(vec![value.clone()])),
            (Change::Remove, _) => return None,
        }
        return Some(());
    };
    match (step, data) {
        (
            Step::At(number),
            Data::Old {
                shape: Old::List(items),
                ..
            },
        ) => apply(items.get_mut(*number)?, rest, change),
        (
            Step::Key(key),
            Data::Old {
                shape: Old::Map(entries),
                ..
            },
        ) => {
            let number = entries.iter().position(|(name, _)| is_word(name, key));
            match (number, change, rest) {
                (Some(number), Change::Remove, []) => {
                    entries.remove(number);
                    Some(())
                }
                (Some(number), _, _) => apply(&mut entries[number].1, rest, change),
                (None, _, _) => {
                    let mut value = Data::Nothing;
                    apply(&mut value, rest, change)?;
                    entries.push((Data::New(Value::text(*key)), value));
                    Some(())
                }
            }
        }
        (Step::Key(key), data @ (Data::Nothing | Data::Old { .. })) => {
            let mut value = Data::Nothing;
            apply(&mut value, rest, change)?;
            let entries = vec![(Data::New(Value::text(*key)), value)];
            *data = Data::Old {
                shape: Old::Map(entries),
                anchor: 0,
                tag: None,
            };
            Some(())
        }
        (Step::At(_) | Step::Key(_), _) => None,
    }
}

fn is_word(data: &Data, wanted: &str) -> bool {
    match data {
        Data::Old {
            shape: Old::Word { text, .. },
            ..
        } => text == wanted,
        Data::Old { .. } | Data::Nothing | Data::New(_) => false,
    }
}
