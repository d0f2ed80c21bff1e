//! Shell words from any text: bare where that is safe, `$'…'` otherwise, as the runner quotes.
//!
//! `$'…'` is known to bash, busybox, ksh and zsh, not to dash: the docker executor has the same limit.

/// A word that the shell takes as `text`, whatever is in it.
pub(in crate::local) fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:,+@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        ansi_c(text)
    }
}

/// `text` as `$'…'`. Three octal digits for control characters: they end by themselves, whatever follows.
pub(super) fn ansi_c(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    out.push_str("$'");
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // No variable and no argument can hold it.
            '\0' => {}
            control if control.is_ascii_control() => {
                out.push_str(&format!("\\{:03o}", control as u32))
            }
            other => out.push(other),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn every_shell_of_ours_gives_back_what_was_quoted() {
        let all: String = (1..=255u8).map(char::from).collect();
        let texts = [
            "",
            "plain",
            "it's \\ \"$HOME\" `x` $(y)\n\ttab \u{7}1\u{1b}[0m",
            "ünïcode ✓ 漢",
            "-n",
            "a\\nb\\0411",
            &all,
        ];
        for shell in [&["bash", "-c"][..], &["busybox", "ash", "-c"][..]] {
            for text in texts {
                let script = format!("printf '%s' {}", quoted(text));
                let Ok(done) = Command::new(shell[0])
                    .args(&shell[1..])
                    .arg(&script)
                    .output()
                else {
                    continue;
                };
                assert_eq!(
                    String::from_utf8_lossy(&done.stdout),
                    text,
                    "{shell:?}: {script}"
                );
            }
        }
    }
}
