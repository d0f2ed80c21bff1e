//! What `local` says, without what differs from run to run.

use super::Project;
use crate::support::Ended;

impl Ended {
    /// The exit code as a person's shell sees it.
    #[track_caller]
    pub(super) fn exited_with(self, code: i32) -> Self {
        assert!(self.code == code, "should have ended with {code}: {self}");
        self
    }
}

impl Project {
    /// stdout, masked.
    pub(super) fn log(&self, ended: &Ended) -> String {
        self.masked(&ended.out())
    }

    /// stdout, masked, without what `prepare` says about engine, images and services.
    pub(super) fn story(&self, ended: &Ended) -> String {
        let log = self.log(ended);
        let of_prepare = |line: &&str| {
            ["Docker engine at ", "Image of ", "Service ", "Running on "]
                .iter()
                .any(|start| line.starts_with(start))
        };
        log.lines()
            .filter(|line| !of_prepare(line))
            .flat_map(|line| [line, "\n"])
            .collect()
    }

    /// [`Project::story`] of a script that was ended: its shell may say so, or be ended before that.
    pub(super) fn story_of_an_end(&self, ended: &Ended) -> String {
        self.story(ended).replace("\nTerminated\n", "\n")
    }

    /// The table at the end.
    pub(super) fn summary(&self, ended: &Ended) -> String {
        let log = self.log(ended);
        log.rfind("\nJOB ")
            .map_or(log.clone(), |at| log[at + 1..].to_owned())
    }

    /// What a person reads on stderr, masked.
    pub(super) fn said(&self, ended: &Ended) -> String {
        self.masked(&ended.err())
    }

    /// The text with names for what is this run's own: paths, commits, ids, times.
    pub(super) fn masked(&self, text: &str) -> String {
        let mut text = text
            .replace(&self.root.display().to_string(), "PROJECT")
            .replace(&self.stand.dir().display().to_string(), "STAND")
            .replace(&self.stand.bench.docker_host, "ENGINE")
            .replace(&format!("project-{}-", self.id()), "project-ID-");
        if self.root.join(".git").exists() {
            let sha = self.git(&["rev-parse", "HEAD"]);
            text = text.replace(&sha, "SHA").replace(&sha[..8], "SHA8");
        }
        numbers(&text)
    }
}

/// Job ids, which have sixteen to nineteen digits, become ID; seconds, sizes, digests and the engine's API become N.
fn numbers(text: &str) -> String {
    let mut masked = String::new();
    let mut parts = text.split("sha256:");
    masked.push_str(&measures(parts.next().unwrap_or_default()));
    for part in parts {
        masked.push_str("sha256:N");
        masked.push_str(&measures(
            part.trim_start_matches(|c: char| c.is_ascii_hexdigit()),
        ));
    }
    masked
}

fn measures(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        masked.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, after) = rest.split_at(end.unwrap_or(rest.len()));
        let unit = after.strip_prefix(' ').unwrap_or_default();
        let unit = unit.split(|c: char| !c.is_ascii_alphanumeric()).next();
        let measured = matches!(unit, Some("s" | "kB" | "MB"));
        masked.push_str(match number {
            id if (16..=19).contains(&id.len()) => "ID",
            _ if measured || masked.ends_with("API ") => "N",
            other => other,
        });
        rest = after;
    }
    masked + rest
}
