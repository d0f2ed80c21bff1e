//! `local` on a terminal: through `script`, which makes one.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use super::Project;

/// What a person types, once the terminal shows `after`.
pub(super) struct Typed<'a> {
    pub(super) after: &'a str,
    pub(super) text: &'a str,
}

impl Project {
    /// What a terminal shows of `baws-ci local WORDS…`; and the exit code.
    #[track_caller]
    pub(super) fn on_a_terminal(
        &self,
        words: &[&str],
        env: &[(&str, &str)],
        typed: Option<Typed<'_>>,
    ) -> (String, Option<i32>) {
        let inner = self.command(&self.root, words);
        let line: Vec<String> = std::iter::once(inner.get_program())
            .chain(inner.get_args())
            .map(|word| format!("'{}'", word.to_string_lossy()))
            .collect();
        let line = line.join(" ");
        // A test that has failed does not wait for ever.
        let mut command = Command::new("/usr/bin/timeout");
        command
            .args(["100", "/usr/bin/script", "--quiet", "--return"])
            .args(["--command", &line, "/dev/null"])
            .current_dir(&self.root)
            .env_clear()
            .envs(
                inner
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm")
            .envs(env.iter().copied());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`script` is a part of every Debian");
        // An end of input would be typed as ^D at once: the keyboard stays until the program has ended.
        let mut keyboard = child.stdin.take().expect("asked for above");
        let mut screen = child.stdout.take().expect("asked for above");
        let (mut shown, mut typed) = (Vec::new(), typed);
        let mut buffer = [0; 4096];
        while let count @ 1.. = screen.read(&mut buffer).expect("a pipe can be read") {
            shown.extend_from_slice(&buffer[..count]);
            let seen = |typed: &mut Typed<'_>| contains(&shown, typed.after);
            if let Some(typed) = typed.take_if(seen) {
                keyboard
                    .write_all(typed.text.as_bytes())
                    .expect("the terminal is there");
            }
        }
        let end = child.wait().expect("a child can be waited for");
        drop(keyboard);
        self.nothing_left();
        (String::from_utf8_lossy(&shown).into_owned(), end.code())
    }
}

fn contains(shown: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(shown).contains(text)
}
