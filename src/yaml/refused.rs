//! Why a text is refused, in words for people.

use super::{DEEPEST, Place};

/// Why, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) text: String,
    pub(crate) at: Place,
    pub(crate) hint: Option<String>,
}

pub(super) fn fault(at: Place, text: &str, hint: Option<&str>) -> Fault {
    Fault {
        text: text.to_owned(),
        at,
        hint: hint.map(str::to_owned),
    }
}

pub(super) fn too_deep(at: Place) -> Fault {
    let text = format!("values nest more than {DEEPEST} levels deep");
    fault(at, &text, None)
}

pub(super) fn unknown_tag(at: Place, tag: &str) -> Fault {
    fault(
        at,
        &format!("the tag `{tag}` is unknown"),
        Some("GitLab knows `!reference`; put quotes around text that begins with `!`"),
    )
}

/// The parser's own complaint, with what usually causes it. `line`: the one it is about.
pub(super) fn syntax(at: Place, line: &str, info: &str) -> Fault {
    // The parser has a limit of its own, far behind ours, that it meets first: it looks ahead.
    if info.contains("recursion") {
        return too_deep(at);
    }
    if info.contains("unknown anchor") {
        let name: String = line
            .chars()
            .skip(at.column.saturating_sub(1) as usize)
            .take_while(|c| !c.is_whitespace() && !",[]{}".contains(*c))
            .collect();
        let hint = "an alias `*name` needs an anchor `&name` before it, in the same file";
        return fault(at, &format!("the alias `{name}` has no anchor"), Some(hint));
    }
    let hint = if line.trim_start_matches(' ').starts_with('\t') || info.contains("tab") {
        Some("YAML knows no tabs for indentation: use blanks")
    } else if line.contains("$[[") {
        Some("put quotes around `$[[ … ]]` inside `[ ]` and `{ }`")
    } else if info.contains("quoted") {
        Some("a quote is not closed, or the text after it is not indented")
    } else if info.contains("indentation") || info.contains("flow") || info.contains("',' or") {
        Some("a bracket `[` or `{` is not closed, or a line is not indented as the ones around it")
    } else if line.contains(": ") {
        Some("put quotes around a value that holds a colon and a blank, and check the indentation")
    } else {
        None
    };
    fault(at, &format!("this is not valid YAML: {info}"), hint)
}
