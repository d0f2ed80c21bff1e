//! Scripts in the form in which gitlab-runner hands them to `executor run`.
//!
//! Source of the form: gitlab-runner 19.3 `shells/bash.go`; the text is ours.

use std::fmt::Write;

use super::job::Variable;

/// A whole script: the job's variables exported, then `body`, all of it one quoted word for `eval`.
pub(crate) fn script(variables: &[Variable], body: &str) -> String {
    let mut inner = String::new();
    for variable in variables {
        if variable.file {
            let path = format!("/builds/it/project.tmp/{}", variable.key);
            let _ = writeln!(inner, "mkdir -p /builds/it/project.tmp");
            let _ = writeln!(inner, "printf '%s' {} > {path}", quoted(&variable.value));
            let _ = writeln!(inner, "export {}={}", variable.key, quoted(&path));
        } else {
            let _ = writeln!(inner, "export {}={}", variable.key, quoted(&variable.value));
        }
    }
    inner.push_str(body);
    inner.push('\n');
    format!(
        "#!/usr/bin/env bash\n\ntrap 'exit 1' TERM\n\n\
         case \"$(set -o)\" in *pipefail*) set -o pipefail;; esac; set -o errexit\nset +o noclobber\n\
         (trap 'exit 1' TERM; eval {}) < /dev/null\n\nexit 0\n",
        quoted(&inner)
    )
}

/// `$'…'`.
fn quoted(text: &str) -> String {
    let mut word = String::from("$'");
    for character in text.chars() {
        match character {
            '\'' => word.push_str("\\'"),
            '\\' => word.push_str("\\\\"),
            '\n' => word.push_str("\\n"),
            '\r' => word.push_str("\\r"),
            '\t' => word.push_str("\\t"),
            other if other.is_ascii_control() => {
                let _ = write!(word, "\\x{:02x}", u32::from(other));
            }
            other => word.push(other),
        }
    }
    word.push('\'');
    word
}
