//! Which bytes change when a value is set or appended.

use super::flow;
use super::refusal::{Refusal, Why};
use super::source::{Source, Splice};
use super::tree::{Document, Flow, Node, Shape, Style};
use super::value::Value;
use super::walk::{Spot, Via, dash_of, entries};
use super::write::{self, Layout};
use super::{Step, expected};

pub(super) fn set(
    source: &Source<'_>,
    spot: &Spot<'_, '_>,
    value: &Value,
) -> Result<Vec<Splice>, Refusal> {
    let node = spot.node;
    if spot.rest.is_empty() {
        return match &node.shape {
            _ if expected::means(node, value) => Ok(Vec::new()),
            Shape::Scalar { text, style } => replace(source, spot, text, *style, value),
            Shape::Alias(_) | Shape::List { .. } | Shape::Map { .. } => {
                Err(node.refused(Why::NotScalar(node.sort())))
            }
        };
    }
    let (key, value) = nested(spot, value)?;
    match &node.shape {
        Shape::Map {
            entries,
            flow: Flow::Block,
        } => {
            let column = source.column(node.start);
            let last = entries.last().ok_or_else(|| node.refused(Why::Unsafe))?;
            let layout = layout(source, spot);
            let text = layout.line(column) + &write::entry(key, &value, column, &layout);
            below(source, node, last.end(), node.start, text)
        }
        Shape::Map { entries, .. } => {
            let last = entries.last().map(|entry| (entry.key.start, entry.end()));
            flow::append(source, node, last, write::flow_entry(key, &value))
        }
        Shape::Scalar { text, style } => {
            let value = Value::Map(vec![(key.to_owned(), value)]);
            replace(source, spot, text, *style, &value)
        }
        Shape::Alias(_) | Shape::List { .. } => Err(node.refused(Why::NotMapping(node.sort()))),
    }
}

pub(super) fn push(
    source: &Source<'_>,
    spot: &Spot<'_, '_>,
    value: &Value,
) -> Result<Vec<Splice>, Refusal> {
    let node = spot.node;
    if !spot.rest.is_empty() || node.is_null() {
        return set(source, spot, &Value::List(vec![value.clone()]));
    }
    let Shape::List { items, flow } = &node.shape else {
        return Err(node.refused(Why::NotSequence(node.sort())));
    };
    if items.iter().any(|item| expected::means(item, value)) {
        return Ok(Vec::new());
    }
    match (flow, items.last()) {
        (Flow::Block, Some(last)) => {
            let dash = dash_of(source, spot, 0).ok_or_else(|| node.refused(Why::Unsafe))? - 1;
            let column = source.column(dash);
            let layout = layout(source, spot);
            let text = layout.line(column) + &write::item(value, column, &layout);
            below(source, node, last.end, dash, text)
        }
        (Flow::Block | Flow::Brackets | Flow::Pair, last) => {
            let last = last.map(|last| (last.start, last.end));
            flow::append(source, node, last, write::flow(value, true))
        }
    }
}

/// The first entry of a document that holds nothing.
pub(super) fn begin(
    source: &Source<'_>,
    document: Option<&Document>,
    path: &[Step<'_>],
    value: &Value,
) -> Result<Vec<Splice>, Refusal> {
    let line = document.map_or(1, |document| document.line);
    let [Step::Key(key), rest @ ..] = path else {
        return Err(Refusal::new(Why::NotMapping("nothing"), (line, 1)));
    };
    let layout = Layout::of(source, None);
    let value = wrapped(rest, value).ok_or_else(|| Refusal::new(Why::NoItem(0), (line, 1)))?;
    let entry = write::entry(key, &value, 0, &layout);
    let text = source.text;
    let is_bare = text.trim_start_matches('\u{feff}').is_empty();
    Ok(match document {
        Some(document) => {
            let end = source.line_end(document.open);
            vec![Splice::insert(end, layout.newline.to_owned() + &entry)]
        }
        None if is_bare || text.ends_with('\n') => {
            vec![Splice::insert(text.len(), entry + layout.newline)]
        }
        None => vec![Splice::insert(
            text.len(),
            layout.newline.to_owned() + &entry,
        )],
    })
}

/// A new line below the one where a value ends.
fn below(
    source: &Source<'_>,
    node: &Node,
    end: usize,
    first: usize,
    text: String,
) -> Result<Vec<Splice>, Refusal> {
    if source.before(first).contains('\t') {
        return Err(node.refused(Why::Tab));
    }
    if !source.is_last_on_line(end) {
        return Err(node.refused(Why::Unsafe));
    }
    Ok(vec![Splice::insert(source.line_end(end), text)])
}

/// A scalar becomes another, or a collection below its key.
fn replace(
    source: &Source<'_>,
    spot: &Spot<'_, '_>,
    text: &str,
    style: Style,
    value: &Value,
) -> Result<Vec<Splice>, Refusal> {
    let node = spot.node;
    let refused = || node.refused(Why::Unsafe);
    let fits_line = match value {
        Value::Text(_) | Value::Number(_) | Value::Bool(_) => true,
        Value::List(items) => items.is_empty() || spot.in_flow,
        Value::Map(entries) => entries.is_empty() || spot.in_flow,
    };
    if !fits_line {
        let (Via::Value { map, number }, Some(colon)) = (spot.via, spot.from()) else {
            return Err(refused());
        };
        let key = &entries(map)[number].key;
        // A comment between the key and its value would go with the value.
        let apart = source.line_end(colon) < node.end;
        if apart || !source.is_last_on_line(node.end) {
            return Err(refused());
        }
        let column = source.column(map.start);
        if source.before(key.start).contains('\t') {
            return Err(node.refused(Why::Tab));
        }
        let after = write::after(value, column, &layout(source, spot));
        return Ok(vec![
            Splice::delete(colon, node.end),
            Splice::insert(source.line_end(node.end), after),
        ]);
    }
    let written = write::scalar(value, style, spot.in_flow);
    if node.is_empty() {
        let sign = match (spot.via, spot.from()) {
            (Via::Value { .. }, None) => ": ",
            (Via::Value { .. } | Via::Item { .. } | Via::Root, _) => " ",
        };
        let at = spot.from().unwrap_or(node.start);
        return Ok(vec![Splice::insert(at, sign.to_owned() + &written)]);
    }
    if style != Style::Block {
        return Ok(vec![Splice::replace(node.start, node.end, written)]);
    }
    // The `|` becomes the value; a comment behind it stays, the lines below go.
    let header = source.skip(spot.from().ok_or_else(refused)?);
    let word = source.text[header..]
        .find([' ', '\t', '\r', '\n'])
        .map_or(source.text.len(), |n| header + n);
    let mut splices = vec![Splice::replace(header, word, written)];
    if !text.is_empty() {
        splices.push(Splice::delete(source.line_end(word), node.end));
    }
    Ok(splices)
}

fn layout(source: &Source<'_>, spot: &Spot<'_, '_>) -> Layout {
    Layout::of(source, Some(spot.root))
}

/// The key that is missing, and what it shall hold.
fn nested<'p>(spot: &Spot<'_, 'p>, value: &Value) -> Result<(&'p str, Value), Refusal> {
    match spot.rest {
        [Step::Key(key), rest @ ..] => match wrapped(rest, value) {
            Some(value) => Ok((key, value)),
            None => Err(spot.node.refused(Why::NoItem(0))),
        },
        [Step::At(_), ..] | [] => Err(spot.node.refused(Why::Unsafe)),
    }
}

/// `None`: an item of a sequence that is not there.
pub(super) fn wrapped(path: &[Step<'_>], value: &Value) -> Option<Value> {
    path.iter()
        .rev()
        .try_fold(value.clone(), |value, step| match step {
            Step::Key(key) => Some(Value::Map(vec![((*key).to_owned(), value)])),
            Step::At(_) => None,
        })
}
