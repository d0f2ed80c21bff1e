//! Small readers of YAML values, shared by the keywords.

use serde_yaml::Value;

use super::fault::Fault;

/// How deep lists of lists may be. Source: GitLab, `!reference` and anchors may nest ten levels.
const DEEPEST: usize = 10;

/// One string as a list of one, or a list of strings.
pub(super) fn strings(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Sequence(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

/// A string or a number as text. Not a boolean: GitLab refuses it, as `yes` and `true` would become the same.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The lines of a script: a string, or a list of strings and further lists.
pub(super) fn script(value: &Value, keyword: &str, place: &str) -> Result<Vec<String>, Fault> {
    let mut lines = Vec::new();
    gather(value, DEEPEST, &mut lines).map_err(|why| match why {
        Wrong::Deep => Fault::new(format!(
            "`{keyword}` of {place} has lists more than {DEEPEST} levels deep"
        )),
        Wrong::Kind => Fault::new(format!(
            "`{keyword}` of {place} must be a string or a list of strings"
        ))
        .hint("put quotes around a line that holds a colon and a blank, such as `- 'echo a: b'`"),
    })?;
    Ok(lines)
}

enum Wrong {
    Kind,
    Deep,
}

fn gather(value: &Value, levels: usize, lines: &mut Vec<String>) -> Result<(), Wrong> {
    match value {
        Value::String(line) => lines.push(line.clone()),
        Value::Sequence(items) if levels > 0 => {
            for item in items {
                gather(item, levels - 1, lines)?;
            }
        }
        Value::Sequence(_) => return Err(Wrong::Deep),
        _ => return Err(Wrong::Kind),
    }
    Ok(())
}
