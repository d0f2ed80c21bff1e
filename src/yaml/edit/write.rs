//! Values as text: quotes where a plain word would be read as something else, and block style for what is new.

use std::fmt::Write as _;

use super::source::Source;
use super::tree::{Flow, Node, Shape, Style};
use super::value::Value;
use crate::yaml::{Kind, scalar};

/// How the author lays out collections.
#[derive(Debug)]
pub(super) struct Layout {
    /// Blanks that a mapping is deeper than its key.
    pub(super) step: usize,
    /// Blanks that the dashes of a sequence are deeper than its key.
    pub(super) dashes: usize,
    pub(super) newline: &'static str,
}

impl Default for Layout {
    fn default() -> Self {
        Layout {
            step: 2,
            dashes: 2,
            newline: "\n",
        }
    }
}

impl Layout {
    /// As the first collections under `root` are laid out.
    pub(super) fn of(source: &Source<'_>, root: Option<&Node>) -> Self {
        let (mut step, mut dashes) = (None, None);
        let mut open: Vec<&Node> = root.into_iter().collect();
        while let Some(node) = open.pop().filter(|_| step.is_none() || dashes.is_none()) {
            let (Shape::Map { entries, flow }, column) = (&node.shape, source.column(node.start))
            else {
                if let Shape::List { items, .. } = &node.shape {
                    open.extend(items.iter().rev());
                }
                continue;
            };
            for entry in entries.iter().filter(|_| *flow == Flow::Block) {
                let deeper = |at: usize| source.column(at).checked_sub(column);
                match (&entry.value.shape, entry.value.flow()) {
                    (Shape::Map { .. }, Some(Flow::Block)) => {
                        step = step.or(deeper(entry.value.start).filter(|n| *n > 0));
                    }
                    (Shape::List { .. }, Some(Flow::Block)) => {
                        let dash = entry.colon.and_then(|colon| source.behind(colon, '-'));
                        dashes = dashes.or(dash.and_then(|dash| deeper(dash - 1)));
                    }
                    (
                        Shape::Alias(_)
                        | Shape::Scalar { .. }
                        | Shape::List { .. }
                        | Shape::Map { .. },
                        _,
                    ) => {}
                }
            }
            open.extend(entries.iter().rev().map(|entry| &entry.value));
        }
        let step = step.unwrap_or(2);
        Layout {
            step,
            dashes: dashes.unwrap_or(step),
            newline: source.newline,
        }
    }

    pub(super) fn line(&self, column: usize) -> String {
        format!("{}{}", self.newline, " ".repeat(column))
    }
}

/// `key: value`, where the key stands in `column`; no newline behind it.
pub(super) fn entry(key: &str, value: &Value, column: usize, layout: &Layout) -> String {
    let key = scalar(&Value::text(key), Style::Plain, false);
    format!("{key}:{}", after(value, column, layout))
}

/// What follows a key's `:`, with the blank or newline before it.
pub(super) fn after(value: &Value, column: usize, layout: &Layout) -> String {
    match value {
        Value::List(items) if !items.is_empty() => {
            let dashes = column + layout.dashes;
            let lines = items
                .iter()
                .map(|item| layout.line(dashes) + &self::item(item, dashes, layout));
            lines.collect()
        }
        Value::Map(entries) if !entries.is_empty() => {
            let deeper = column + layout.step;
            let lines = entries
                .iter()
                .map(|(key, value)| layout.line(deeper) + &entry(key, value, deeper, layout));
            lines.collect()
        }
        Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::List(_) | Value::Map(_) => {
            format!(" {}", flow(value, false))
        }
    }
}

/// `- value`, where the dash stands in `column`.
pub(super) fn item(value: &Value, column: usize, layout: &Layout) -> String {
    let deeper = column + 2;
    let lines: Vec<String> = match value {
        Value::List(items) if !items.is_empty() => items
            .iter()
            .map(|value| item(value, deeper, layout))
            .collect(),
        Value::Map(entries) if !entries.is_empty() => entries
            .iter()
            .map(|(key, value)| entry(key, value, deeper, layout))
            .collect(),
        Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::List(_) | Value::Map(_) => {
            vec![flow(value, false)]
        }
    };
    format!("- {}", lines.join(&layout.line(deeper)))
}

/// On one line; collections in brackets.
pub(super) fn flow(value: &Value, in_flow: bool) -> String {
    match value {
        Value::Text(_) | Value::Number(_) | Value::Bool(_) => scalar(value, Style::Plain, in_flow),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, true)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let pairs: Vec<String> = entries
                .iter()
                .map(|(key, value)| flow_entry(key, value))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

pub(super) fn flow_entry(key: &str, value: &Value) -> String {
    let key = scalar(&Value::text(key), Style::Plain, true);
    format!("{key}: {}", flow(value, true))
}

/// In the wanted style if the text is safe in it, else in double quotes.
pub(super) fn scalar(value: &Value, style: Style, in_flow: bool) -> String {
    match (value, style) {
        (Value::Text(text), Style::Plain | Style::Block) if is_plain(text, in_flow) => text.clone(),
        (Value::Text(text), Style::Single) if !text.chars().any(needs_escape) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        (Value::Text(text), Style::Plain | Style::Block | Style::Single | Style::Double) => {
            quoted(text)
        }
        (Value::Number(number), _) => number.to_string(),
        (Value::Bool(is), _) => is.to_string(),
        (Value::List(_) | Value::Map(_), _) => flow(value, in_flow),
    }
}

/// Whether every reader, of YAML 1.1 or 1.2, takes the word for this text; rather too strict than too loose.
fn is_plain(text: &str, in_flow: bool) -> bool {
    const OTHER: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let first = text
        .chars()
        .next()
        .is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '/' | '$'));
    (first || is_version(text))
        && !text.chars().any(needs_escape)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && (!in_flow || !text.contains([',', '[', ']', '{', '}']))
        && !OTHER.contains(&text.to_lowercase().as_str())
        && matches!(scalar::plain(text), Ok(Kind::Text(_)))
}

/// `1.4.2`, which is a text to every reader.
fn is_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(number)
}

fn needs_escape(c: char) -> bool {
    let hidden = matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    );
    c.is_control() || hidden
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if needs_escape(c) => write!(quoted, "\\u{:04X}", u32::from(c))
                .expect("a string takes all that is written"),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
