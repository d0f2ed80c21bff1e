//! Edits of somebody's YAML that leave every byte outside the change as it was: comments, layout, line ends, a byte order
//! mark, a missing newline at the end.
//!
//! Read (`read`, `tree`), find the way (`walk`), decide which bytes change (`change`, `flow`, `remove`), then read the result again
//! and compare it with what the change should have made of the old tree (`expected`). What does not come out as expected is
//! refused: no edit at all is better than a wrong one.

mod change;
mod expected;
mod flow;
mod read;
mod refusal;
mod remove;
mod source;
mod tree;
mod value;
mod walk;
mod write;

pub(crate) use refusal::{Refusal, Why};
pub(crate) use value::Value;

use source::{Source, Splice};
use tree::{Document, Shape};

/// One step on the way to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    Key(&'a str),
    /// An item of a sequence, from 0.
    At(usize),
}

/// Which document of a file is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// The only one; a file with more is refused.
    Only,
    /// One of several, from 0; see [`documents`].
    Nth(usize),
}

#[derive(Clone, Copy)]
pub(super) enum Change<'a> {
    Set(&'a Value),
    Push(&'a Value),
    Remove,
}

/// Replaces the scalar there, or creates what is missing of the way to it.
pub(crate) fn set(text: &str, path: &[Step<'_>], value: &Value) -> Result<String, Refusal> {
    set_in(text, Which::Only, path, value)
}

pub(crate) fn set_in(
    text: &str,
    which: Which,
    path: &[Step<'_>],
    value: &Value,
) -> Result<String, Refusal> {
    edit(text, which, path, Change::Set(value))
}

/// Appends to the sequence there, which is created if missing. Nothing changes if an equal scalar is in it.
#[cfg(test)]
pub(crate) fn push(text: &str, path: &[Step<'_>], value: &Value) -> Result<String, Refusal> {
    push_in(text, Which::Only, path, value)
}

pub(crate) fn push_in(
    text: &str,
    which: Which,
    path: &[Step<'_>],
    value: &Value,
) -> Result<String, Refusal> {
    edit(text, which, path, Change::Push(value))
}

/// Removes a key and what it holds. Nothing changes if it is not there.
pub(crate) fn remove(text: &str, path: &[Step<'_>]) -> Result<String, Refusal> {
    remove_in(text, Which::Only, path)
}

pub(crate) fn remove_in(text: &str, which: Which, path: &[Step<'_>]) -> Result<String, Refusal> {
    edit(text, which, path, Change::Remove)
}

/// The text of the scalar there. `None`: nothing is there, or a null.
#[cfg(test)]
pub(crate) fn scalar(text: &str, path: &[Step<'_>]) -> Result<Option<String>, Refusal> {
    scalar_in(text, Which::Only, path)
}

pub(crate) fn scalar_in(
    text: &str,
    which: Which,
    path: &[Step<'_>],
) -> Result<Option<String>, Refusal> {
    let documents = read::read(text)?;
    let Some(root) = chosen(&documents, which)?.and_then(|one| one.root.as_ref()) else {
        return Ok(None);
    };
    let spot = walk::walk(&Source::new(text), root, path)?;
    match &spot.node.shape {
        _ if !spot.rest.is_empty() || spot.node.is_null() => Ok(None),
        Shape::Scalar { text, .. } => Ok(Some(text.clone())),
        Shape::Alias(_) | Shape::List { .. } | Shape::Map { .. } => {
            Err(spot.node.refused(Why::NotScalar(spot.node.sort())))
        }
    }
}

/// How many documents the text has; one that is empty or only comments has none.
pub(crate) fn documents(text: &str) -> Result<usize, Refusal> {
    Ok(read::read(text)?.len())
}

/// A whole new file that holds this map, in block style.
pub(crate) fn render(entries: &[(&str, Value)]) -> String {
    let layout = write::Layout::default();
    let lines: Vec<String> = entries
        .iter()
        .map(|(key, value)| write::entry(key, value, 0, &layout))
        .collect();
    lines.join("\n") + "\n"
}

fn edit(
    text: &str,
    which: Which,
    path: &[Step<'_>],
    change: Change<'_>,
) -> Result<String, Refusal> {
    let documents = read::read(text)?;
    let source = Source::new(text);
    let document = chosen(&documents, which)?;
    let root = document.and_then(|one| one.root.as_ref());
    let spot = root
        .map(|root| walk::walk(&source, root, path))
        .transpose()?;
    let splices = match (&spot, change) {
        (Some(spot), Change::Set(value)) => change::set(&source, spot, value)?,
        (Some(spot), Change::Push(value)) => change::push(&source, spot, value)?,
        (Some(spot), Change::Remove) => remove::remove(&source, spot)?,
        (None, Change::Set(value)) => change::begin(&source, document, path, value)?,
        (None, Change::Push(value)) => {
            change::begin(&source, document, path, &Value::List(vec![value.clone()]))?
        }
        (None, Change::Remove) => Vec::new(),
    };
    if splices.is_empty() {
        return Ok(text.to_owned());
    }
    let at = spot.map_or((1, 1), |spot| (spot.node.line, spot.node.column));
    let refused = || Refusal::new(Why::Unsafe, at);
    let edited = Splice::apply(text, splices).ok_or_else(refused)?;
    let found = read::read(&edited).map_err(|_| refused())?;
    let number = match which {
        Which::Only => 0,
        Which::Nth(number) => number,
    };
    match expected::is_expected(&documents, number, path, change, &found) {
        true => Ok(edited),
        false => Err(refused()),
    }
}

fn chosen(documents: &[Document], which: Which) -> Result<Option<&Document>, Refusal> {
    match (which, documents) {
        (Which::Only, [_, second, ..]) => Err(Refusal::new(
            Why::Documents(documents.len()),
            (second.line, 1),
        )),
        (Which::Only, rest) => Ok(rest.first()),
        (Which::Nth(number), _) => match documents.get(number) {
            Some(document) => Ok(Some(document)),
            None => Err(Refusal::new(Why::NoDocument(number), (1, 1))),
        },
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
