//! Image names: the engine's forms of them, and the user's.

use std::collections::BTreeMap;

/// A reference as people write it: Docker Hub's names are not written out, a digest is recognized by its beginning.
pub(super) fn image_name(names: &BTreeMap<String, String>, reference: &str) -> String {
    let familiar = reference
        .strip_prefix("docker-image://")
        .unwrap_or(reference);
    let familiar = familiar
        .strip_prefix("docker.io/library/")
        .or_else(|| familiar.strip_prefix("docker.io/"))
        .unwrap_or(familiar);
    let named = renamed(names, familiar);
    match named.split_once("@sha256:") {
        Some((name, hex)) if hex.len() >= 64 && hex.is_char_boundary(12) => {
            let rest = hex.find(' ').map_or("", |at| &hex[at..]);
            format!("{name}@sha256:{}…{rest}", &hex[..12])
        }
        Some(_) | None => named,
    }
}

/// Every name of `names` in `text` replaced, in one pass from the left, the longest that fits first.
pub(super) fn renamed(names: &BTreeMap<String, String>, text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next() {
        let found = names
            .iter()
            .filter(|(ours, _)| !ours.is_empty() && !out.ends_with(is_part))
            .filter(|(ours, _)| rest.strip_prefix(ours.as_str()).is_some_and(is_over))
            .max_by_key(|(ours, _)| ours.len());
        match found {
            Some((ours, theirs)) => {
                out.push_str(theirs);
                rest = &rest[ours.len()..];
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

/// Whether a name ends before `after`: a full stop may end a sentence, or go on as in `1.2`.
fn is_over(after: &str) -> bool {
    !after
        .strip_prefix('.')
        .unwrap_or(after)
        .starts_with(is_part)
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/')
}
