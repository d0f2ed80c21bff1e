//! `local` on a terminal: through `script`, which makes one.

use std::io::Write;
use std::process::{Command, Stdio};

use super::Project;

impl Project {
    /// What a terminal shows of `baws-ci local WORDS…`, where a person types `typed`; and the exit code.
    #[track_caller]
    pub(super) fn on_a_terminal(
        &self,
        words: &[&str],
        typed: &str,
        env: &[(&str, &str)],
    ) -> (String, Option<i32>) {
        let inner = self.command(&self.root, words);
        let line: Vec<String> = std::iter::once(inner.get_program())
            .chain(inner.get_args())
            .map(|word| format!("'{}'", word.to_string_lossy()))
            .collect();
        let mut command = Command::new("/usr/bin/script");
        command
            .args([
                "--quiet",
                "--return",
                "--command",
                &line.join(" "),
                "/dev/null",
            ])
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
            .stderr(Stdio::piped())
            .spawn()
            .expect("`script` is a part of every Debian");
        let mut keyboard = child.stdin.take().expect("asked for above");
        keyboard.write_all(typed.as_bytes()).expect("it reads");
        // An end of input would be typed as ^D at once: the keyboard stays until the program has ended.
        let waiting = std::thread::spawn(move || child.wait_with_output());
        let done = waiting
            .join()
            .expect("the thread only waits")
            .expect("a child can be waited for");
        drop(keyboard);
        self.nothing_left();
        (
            String::from_utf8_lossy(&done.stdout).into_owned(),
            done.status.code(),
        )
    }
}
