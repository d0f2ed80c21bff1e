//! A fault as people and programs see it: with the line it is about, as JSON, as GitLab's code quality report.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::output::Colour;
use crate::pipeline::{Fault, Files, Severity};

/// `file:line:column: error[rule]: text`, the line with a caret, the hint.
pub(super) fn text(fault: &Fault, files: &Files, colour: Colour) -> String {
    let (word, sgr) = match fault.severity {
        Severity::Error => ("error", "31;1"),
        Severity::Warning => ("warning", "33;1"),
    };
    let mut out = format!(
        "{}: {}: {}\n",
        files.shown(fault.at),
        colour.paint(sgr, &format!("{word}[{}]", fault.rule.name())),
        fault.text
    );
    if let Some(line) = files.line(fault.at) {
        // Long lines are cut around the place; tabs would move the caret.
        let letters: Vec<char> = line
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let column = (fault.at.column as usize)
            .saturating_sub(1)
            .min(letters.len());
        let start = column.saturating_sub(60);
        let cut: String = letters[start..].iter().take(100).collect();
        let number = fault.at.line.to_string();
        let gutter = " ".repeat(number.len());
        out.push_str(&format!("  {number} | {}\n", cut.trim_end()));
        out.push_str(&format!(
            "  {gutter} | {}{}\n",
            " ".repeat(column - start),
            colour.paint(sgr, "^")
        ));
    }
    if let Some(hint) = &fault.hint {
        out.push_str(&format!("  {} {hint}\n", colour.paint("36;1", "hint:")));
    }
    out
}

pub(super) fn json(fault: &Fault, files: &Files) -> Value {
    json!({
        "severity": word(fault.severity),
        "rule": fault.rule.name(),
        "file": files.name(fault.at),
        "line": fault.at.line,
        "column": fault.at.column,
        "text": fault.text,
        "hint": fault.hint,
    })
}

/// One entry of a report. Source: GitLab, "Code quality report format".
pub(super) fn quality(fault: &Fault, files: &Files) -> Value {
    let name = files.name(fault.at).trim_start_matches("./");
    let identity = format!("{name}\0{}\0{}", fault.rule.name(), fault.text);
    json!({
        "description": fault.text,
        "check_name": format!("baws-ci/{}", fault.rule.name()),
        "fingerprint": crate::digest::hexadecimal(&Sha256::digest(identity.as_bytes())),
        "severity": match fault.severity {
            Severity::Error => "major",
            Severity::Warning => "minor",
        },
        "location": {"path": name, "lines": {"begin": fault.at.line}},
    })
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
