//! The JSON form of arguments: `["a", "b"]`, and what only looks like it.
//!
//! Source: buildkit `line_parsers.go`, `parseJSON`: 0.8 decodes one value and drops what follows, 0.20 wants the whole
//! text to be the value; what is no JSON is taken as plain words. Go decodes lone surrogates, which we do not.

use crate::error::Result;

use super::fault::{invalid, shown};

/// The strings, if `text` is an array of them; `None`: it is plain text.
///
/// # Errors
/// Builders differ over what it is, or all refuse it.
pub(super) fn strings(line: usize, text: &str) -> Result<Option<Vec<String>>> {
    let text = text.trim();
    if !text.starts_with('[') {
        return Ok(None);
    }
    if let Ok(strings) = serde_json::from_str::<Vec<String>>(text) {
        return Ok(Some(strings));
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    let why = match values.next() {
        Some(Ok(_)) if text[values.byte_offset()..].trim().is_empty() => {
            "it is a JSON array, and not of strings only"
        }
        Some(Ok(_)) => {
            "text follows the JSON array: older builders drop it, newer ones take all of it as words"
        }
        // Go reads `\ud800` alone, which `serde_json` refuses.
        _ if text[1..].trim_start().starts_with('"') && text.contains("\\u") => {
            "it is a JSON array that cannot be read alike by all builders"
        }
        _ => return Ok(None),
    };
    Err(invalid(line, format!("{}: {why}", shown(text)))
        .hint("write either a JSON array of strings and nothing behind it, or plain words that do not begin with `[`"))
}

/// As JSON that the builder reads back as the same words.
pub(super) fn array(words: &[String]) -> String {
    serde_json::to_string(words).expect("strings are always JSON")
}
