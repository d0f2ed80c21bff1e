//! Which bytes go when a key is removed.

use super::refusal::{Refusal, Why};
use super::source::{Source, Splice};
use super::tree::{Entry, Flow, Node, Shape};
use super::walk::{Spot, Via};

pub(super) fn remove(source: &Source<'_>, spot: &Spot<'_, '_>) -> Result<Vec<Splice>, Refusal> {
    if !spot.rest.is_empty() {
        return Ok(Vec::new());
    }
    let node = spot.node;
    let Via::Value { map, number } = spot.via else {
        return Err(node.refused(Why::NoKey));
    };
    if node.has_anchor() {
        return Err(node.refused(Why::Anchor));
    }
    let (Shape::Map { entries, flow }, before) = (&map.shape, number.checked_sub(1)) else {
        return Err(node.refused(Why::Unsafe));
    };
    let entry = &entries[number];
    match (
        flow,
        before.map(|before| &entries[before]),
        entries.get(number + 1),
    ) {
        (Flow::Pair, _, _) => Err(node.refused(Why::Unsafe)),
        (Flow::Brackets, before, next) => Ok(in_flow(source, map, entry, before, next)),
        (Flow::Block, None, None) => Ok(only(source, entry)),
        (Flow::Block, _, next) => in_block(source, entry, next),
    }
}

/// The only entry: what is left is an empty mapping, not nothing.
fn only(source: &Source<'_>, entry: &Entry) -> Vec<Splice> {
    vec![Splice::replace(
        entry.key.start,
        value_end(source, entry),
        "{}".to_owned(),
    )]
}

fn in_block(
    source: &Source<'_>,
    entry: &Entry,
    next: Option<&Entry>,
) -> Result<Vec<Splice>, Refusal> {
    let refused = || entry.key.refused(Why::Unsafe);
    let end = value_end(source, entry);
    if !source.is_last_on_line(end) || entry.colon.is_none() {
        return Err(refused());
    }
    if source.is_first_on_line(entry.key.start) {
        return Ok(vec![lines(source, entry.key.start, end)]);
    }
    // The first key behind a dash: the next one takes its place.
    next.ok_or_else(refused)?;
    let line = source.next_line(end);
    let next = source.blanks(line);
    let dashes = source.before(entry.key.start);
    match dashes.bytes().all(|c| c == b' ' || c == b'-') {
        true => Ok(vec![Splice::delete(entry.key.start, next)]),
        false => Err(refused()),
    }
}

fn value_end(source: &Source<'_>, entry: &Entry) -> usize {
    // An empty value may be anywhere behind the colon.
    match entry.value.is_empty() {
        true => entry.colon.unwrap_or(entry.key.end),
        false => entry.end().min(source.text.len()),
    }
}

/// Whole lines; a text that ends without a newline still does.
fn lines(source: &Source<'_>, first: usize, last: usize) -> Splice {
    let (start, end) = (source.line_start(first), source.next_line(last));
    if source.text[start..end].ends_with('\n') || start == 0 {
        return Splice::delete(start, end);
    }
    let before = source.text[..start].strip_suffix('\n').unwrap_or_default();
    let before = before.strip_suffix('\r').unwrap_or(before);
    Splice::delete(before.len(), end)
}

fn in_flow(
    source: &Source<'_>,
    map: &Node,
    entry: &Entry,
    before: Option<&Entry>,
    next: Option<&Entry>,
) -> Vec<Splice> {
    let (start, end) = (entry.key.start, entry.end());
    let comma = source.behind(end, ',').filter(|comma| *comma < map.end);
    let done = comma.unwrap_or(end);
    let own_lines = source.is_first_on_line(start) && source.is_last_on_line(done);
    match (before, next) {
        (_, Some(_)) | (None, None) if own_lines && comma.is_some() => {
            vec![lines(source, start, done)]
        }
        (_, Some(next)) if source.line_end(done) > next.key.start => {
            vec![Splice::delete(start, next.key.start)]
        }
        (_, Some(_)) => vec![Splice::delete(start, done)],
        (None, None) => vec![Splice::delete(start, done)],
        (Some(before), None) if own_lines => {
            let mut splices = vec![lines(source, start, done)];
            let early = source.behind(before.end(), ',');
            splices.extend(
                early
                    .filter(|_| comma.is_none())
                    .map(|early| Splice::delete(early - 1, early)),
            );
            splices
        }
        (Some(before), None) => vec![Splice::delete(before.end(), end)],
    }
}
