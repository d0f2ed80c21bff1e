//! Collections in brackets: one more value in them.

use super::refusal::{Refusal, Why};
use super::source::{Source, Splice};
use super::tree::{Flow, Node};

/// `last`: where the last value begins and ends.
pub(super) fn append(
    source: &Source<'_>,
    node: &Node,
    last: Option<(usize, usize)>,
    text: String,
) -> Result<Vec<Splice>, Refusal> {
    if node.flow() != Some(Flow::Brackets) {
        return Err(node.refused(Why::Unsafe));
    }
    let Some((start, end)) = last else {
        return Ok(vec![Splice::insert(node.start + 1, text)]);
    };
    let comma = source.behind(end, ',').filter(|comma| *comma < node.end);
    if !source.is_first_on_line(start) {
        return Ok(vec![Splice::insert(end, format!(", {text}"))]);
    }
    // Each value has a line of its own; a comment behind the last one stays with it.
    let line = format!("{}{}", source.newline, source.before(start));
    let done = comma.unwrap_or(end);
    let (at, same_line) = (source.line_end(end), source.is_last_on_line(done));
    Ok(match (comma, same_line && done <= at) {
        (Some(_), true) => vec![Splice::insert(at, format!("{line}{text},"))],
        (None, true) => vec![
            Splice::insert(end, ",".to_owned()),
            Splice::insert(at, format!("{line}{text}")),
        ],
        (Some(_) | None, false) => vec![Splice::insert(end, format!(",{line}{text}"))],
    })
}
