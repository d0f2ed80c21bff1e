//! Small readers of YAML values, shared by the keywords. `of` names whose keyword it is: "`build`", "the defaults".

use crate::yaml::{Kind, Map, Node};

use super::duration;
use super::fault::{Fault, Faults, Rule};

/// How deep lists of lists may be. Source: GitLab, `!reference` and anchors may nest ten levels.
const DEEPEST: usize = 10;

/// One string as a list of one, or a list of strings.
pub(super) fn strings(node: &Node) -> Option<Vec<String>> {
    if let Some(one) = node.as_text() {
        return Some(vec![one.to_owned()]);
    }
    let items = node.as_list()?;
    items
        .iter()
        .map(|item| item.as_text().map(str::to_owned))
        .collect()
}

/// The same with lists in the list, as `!reference` makes them.
pub(super) fn flat_strings(node: &Node) -> Option<Vec<String>> {
    let mut all = Vec::new();
    gather(node, DEEPEST, &mut all).ok().map(|()| all)
}

/// The items of a list, and of the lists in it that `!reference` and aliases make.
pub(super) fn flattened(items: &[Node]) -> Vec<Node> {
    let mut all = Vec::new();
    unfold(items, DEEPEST, &mut all);
    all
}

fn unfold(items: &[Node], levels: usize, all: &mut Vec<Node>) {
    for item in items {
        match item.as_list() {
            Some(inner) if levels > 0 => unfold(inner, levels - 1, all),
            Some(_) | None => all.push(item.clone()),
        }
    }
}

/// `keyword` of `map`, if it is there and not null.
pub(super) fn given<'a>(map: &'a Map, keyword: &str) -> Option<&'a Node> {
    map.get(keyword).filter(|node| !node.is_null())
}

/// A fault for each keyword of `map` that is not among `known`. `prefix`: the keyword they stand below, with its colon.
pub(super) fn refuse_unknown(
    map: &Map,
    known: &[&str],
    prefix: &str,
    of: &str,
    faults: &mut Faults,
) {
    for (key, _) in map.iter().filter(|(key, _)| !known.contains(&&*key.text)) {
        let text = format!("unknown keyword `{prefix}{}` in {of}", key.text);
        faults.add(Fault::new(Rule::Keyword, key.at, text).near(&key.text, known.iter().copied()));
    }
}

pub(super) fn must(node: &Node, keyword: &str, of: &str, be: &str) -> Fault {
    Fault::new(
        Rule::Value,
        node.at,
        format!("`{keyword}` of {of} must be {be}, and is {}", node.sort()),
    )
}

pub(super) fn text(map: &Map, keyword: &str, of: &str, faults: &mut Faults) -> Option<String> {
    let node = given(map, last(keyword))?;
    let found = node.scalar();
    if found.is_none() {
        faults.add(must(node, keyword, of, "a string"));
    }
    found
}

pub(super) fn flag(map: &Map, keyword: &str, of: &str, faults: &mut Faults) -> Option<bool> {
    let node = given(map, last(keyword))?;
    let found = node.as_bool();
    if found.is_none() {
        faults.add(must(node, keyword, of, "true or false"));
    }
    found
}

/// A string or a list of strings.
pub(super) fn list(map: &Map, keyword: &str, of: &str, faults: &mut Faults) -> Option<Vec<String>> {
    let node = given(map, last(keyword))?;
    let found = flat_strings(node);
    if found.is_none() {
        faults.add(must(node, keyword, of, "a list of strings"));
    }
    found
}

/// Seconds.
pub(super) fn seconds(map: &Map, keyword: &str, of: &str, faults: &mut Faults) -> Option<u64> {
    let node = given(map, last(keyword))?;
    let text = node.scalar().unwrap_or_default();
    let read = duration::seconds(&text);
    if read.is_none() && !text.contains('$') {
        let fault = Fault::new(
            Rule::Value,
            node.at,
            format!("`{keyword}` of {of} is no duration: `{text}`"),
        );
        faults.add(fault.hint(duration::HINT));
    }
    read
}

/// One of `words`; `None` where it is missing or another.
pub(super) fn one_of<'a>(
    map: &Map,
    keyword: &str,
    words: &[&'a str],
    of: &str,
    faults: &mut Faults,
) -> Option<&'a str> {
    let node = given(map, last(keyword))?;
    let text = node.scalar().unwrap_or_default();
    let found = words.iter().find(|word| **word == text).copied();
    if found.is_none() && !text.contains('$') {
        let shown = match node.as_bool() {
            Some(flag) => flag.to_string(),
            None => text.clone(),
        };
        faults.add(
            Fault::new(
                Rule::Value,
                node.at,
                format!("`{keyword}` of {of} cannot be `{shown}`"),
            )
            .hint(format!("it is one of {}", words.join(", "))),
        );
    }
    found
}

/// `artifacts:when` is looked up as `when`.
fn last(keyword: &str) -> &str {
    keyword.rsplit(':').next().unwrap_or(keyword)
}

/// The lines of a script: a string, or a list of strings and further lists.
pub(super) fn script(node: &Node, keyword: &str, of: &str) -> Result<Vec<String>, Fault> {
    let mut lines = Vec::new();
    gather(node, DEEPEST, &mut lines).map_err(|why| match why {
        Wrong::Deep(at) => Fault::new(
            Rule::Value,
            at.at,
            format!("`{keyword}` of {of} has lists more than {DEEPEST} levels deep"),
        ),
        Wrong::Kind(at) => must(&at, keyword, of, "a string or a list of strings").hint(
            "put quotes around a line that holds a colon and a blank, such as `- 'echo a: b'`",
        ),
    })?;
    Ok(lines)
}

enum Wrong {
    Kind(Node),
    Deep(Node),
}

fn gather(node: &Node, levels: usize, lines: &mut Vec<String>) -> Result<(), Wrong> {
    match &node.kind {
        Kind::Text(line) => lines.push(line.to_string()),
        Kind::List(items) if levels > 0 => {
            for item in items.iter() {
                gather(item, levels - 1, lines)?;
            }
        }
        Kind::List(_) => return Err(Wrong::Deep(node.clone())),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Map(_) | Kind::Reference(_) => {
            return Err(Wrong::Kind(node.clone()));
        }
    }
    Ok(())
}
