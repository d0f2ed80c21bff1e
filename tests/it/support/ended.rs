//! How a stage ended, and the sentences in which tests speak of it.

use std::fmt::{self, Display};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

pub(crate) struct Ended {
    name: String,
    /// 128 and the signal's number for one that was killed.
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// What BUILD_EXIT_CODE_FILE holds afterwards.
    pub(crate) status: Option<String>,
    pub(crate) took: Duration,
}

impl Ended {
    pub(crate) fn new(
        name: String,
        end: ExitStatus,
        stdout: Vec<u8>,
        stderr: Vec<u8>,
        status: Option<String>,
        took: Duration,
    ) -> Self {
        let code = end
            .code()
            .or_else(|| end.signal().map(|signal| 128 + signal))
            .unwrap_or(-1);
        Ended {
            name,
            code,
            stdout,
            stderr,
            status,
            took,
        }
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert!(
            self.code == 0 && self.status.is_none(),
            "should have succeeded: {self}"
        );
        self
    }

    /// The script's own fault, with its exact status.
    #[track_caller]
    pub(crate) fn failed_with(self, status: u8) -> Self {
        let told = self.status.as_deref().map(str::trim) == Some(&status.to_string());
        assert!(
            self.code == 1 && told,
            "should have failed with the script's status {status}: {self}"
        );
        self
    }

    /// The script's own fault, with one of these statuses.
    #[track_caller]
    pub(crate) fn failed_with_any(self, statuses: &[u8]) -> Self {
        let told = self
            .status
            .as_deref()
            .and_then(|text| text.trim().parse().ok());
        assert!(
            self.code == 1 && told.is_some_and(|status| statuses.contains(&status)),
            "should have failed with one of {statuses:?}: {self}"
        );
        self
    }

    /// The job's author has to act; there is no status of a script.
    #[track_caller]
    pub(crate) fn refused(self) -> Self {
        assert!(
            self.code == 1 && self.status.is_none(),
            "should have been refused: {self}"
        );
        self.in_house_form()
    }

    #[track_caller]
    pub(crate) fn cancelled(self) -> Self {
        assert!(
            self.code == 1 && self.status.is_none(),
            "should have been cancelled: {self}"
        );
        self
    }

    /// Not the job's fault.
    #[track_caller]
    pub(crate) fn system_failure(self) -> Self {
        assert!(
            self.code == 2 && self.status.is_none(),
            "should have been a system failure: {self}"
        );
        self.in_house_form()
    }

    /// The log ends with one error: `error: sentence`, its causes, and after a blank line its hints.
    #[track_caller]
    fn in_house_form(self) -> Self {
        let log = self.err();
        let at = log
            .match_indices("error: ")
            .map(|(at, _)| at)
            .find(|at| *at == 0 || log[..*at].ends_with('\n'));
        let at = at.unwrap_or_else(|| panic!("there is no error: {self}"));
        let mut lines = log[at..].lines();
        let sentence = lines
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ");
        let begins_small = !sentence.starts_with(char::is_uppercase);
        assert!(
            begins_small && !sentence.ends_with(['.', ':', '!']),
            "`{sentence}` is no sentence of the house: {self}"
        );
        let rest: Vec<&str> = lines
            .skip_while(|line| {
                line.starts_with("  caused by: ") || line.starts_with("             ")
            })
            .collect();
        let hints = rest.is_empty()
            || rest[0].is_empty()
                && rest.len() > 1
                // What is to be added to the settings stands indented below its hint.
                && rest[1].starts_with("hint: ")
                && rest[1..]
                    .iter()
                    .all(|line| line.starts_with("hint: ") || line.starts_with("    "));
        assert!(
            hints,
            "after its causes an error has a blank line and hints, or nothing: {self}"
        );
        self
    }

    /// stderr holds `text`.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.err().contains(text),
            "should have said `{text}`: {self}"
        );
        self
    }

    /// stdout holds `text`.
    #[track_caller]
    pub(crate) fn printed(self, text: &str) -> Self {
        assert!(
            self.out().contains(text),
            "should have printed `{text}`: {self}"
        );
        self
    }

    #[track_caller]
    pub(crate) fn silent(self) -> Self {
        assert!(
            self.stdout.is_empty() && self.stderr.is_empty(),
            "should have been silent: {self}"
        );
        self
    }

    #[track_caller]
    pub(crate) fn within_secs(self, secs: u64) -> Self {
        assert!(
            self.took <= Duration::from_secs(secs),
            "should have taken {secs} s at most: {self}"
        );
        self
    }
}

impl Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = |text: String| {
            if text.len() > 4000 {
                format!("… ({} bytes)", text.len())
            } else {
                text
            }
        };
        write!(
            f,
            "`{}` ended with {} after {:.1} s, status file {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.name,
            self.code,
            self.took.as_secs_f64(),
            self.status,
            cut(self.out()),
            cut(self.err())
        )
    }
}
