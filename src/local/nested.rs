//! Variables that refer to variables, written out as the GitLab server does it before a runner sees them.
//!
//! The runner expands once; so that `A: $B`, `B: $C` still gives `C`, references to values that hold references are
//! replaced beforehand. All else stays for the runner: unknown names, `$$`, raw values. Source: GitLab,
//! `Gitlab::Ci::Variables::Collection::Sort`; a circle is left as it is.

use std::collections::BTreeMap;

use crate::job::Variable;

/// Writes out what the runner's single pass would not reach.
pub(super) fn write_out(variables: &mut [Variable]) {
    // The last of several counts.
    let values: BTreeMap<String, String> = variables
        .iter()
        .map(|variable| {
            (
                variable.key.clone(),
                if variable.raw || variable.file {
                    String::new()
                } else {
                    variable.value.clone()
                },
            )
        })
        .collect();
    for variable in variables
        .iter_mut()
        .filter(|variable| !variable.raw && !variable.file)
    {
        variable.value = resolved(&variable.value, &values, &mut vec![variable.key.clone()]);
    }
}

fn resolved(text: &str, values: &BTreeMap<String, String>, open: &mut Vec<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (name, length) = reference(rest);
        match values
            .get(name)
            .filter(|value| value.contains('$') && !open.iter().any(|known| known == name))
        {
            Some(value) => {
                open.push(name.to_owned());
                out.push_str(&resolved(value, values, open));
                open.pop();
            }
            None => out.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// The name that a reference at the beginning of `text` names, or none, and how long it is.
fn reference(text: &str) -> (&str, usize) {
    let after = &text[1..];
    if after.starts_with('$') {
        return ("", 2);
    }
    if let Some((name, _)) = after
        .strip_prefix('{')
        .and_then(|inner| inner.split_once('}'))
    {
        return (name, name.len() + 3);
    }
    let end = after
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(after.len());
    (&after[..end], end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_one_pass_would_miss_is_written_out() {
        let one = |key: &str, value: &str, raw| Variable {
            key: key.into(),
            value: value.into(),
            public: true,
            file: false,
            masked: false,
            raw,
        };
        let mut variables = vec![
            one("A", "<$B>", false),
            one("B", "${C}-$$X-$UNKNOWN", false),
            one("C", "plain", false),
            one("RAW", "$C", true),
            one("D", "$RAW $C", false),
            one("E", "$F", false),
            one("F", "$E", false),
        ];
        write_out(&mut variables);
        let values: Vec<&str> = variables
            .iter()
            .map(|variable| variable.value.as_str())
            .collect();
        assert_eq!(
            values,
            [
                "<${C}-$$X-$UNKNOWN>",
                "${C}-$$X-$UNKNOWN",
                "plain",
                "$C",
                "$RAW $C",
                "$E",
                "$F"
            ]
        );
    }
}
