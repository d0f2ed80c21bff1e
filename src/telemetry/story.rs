//! How a job went, worked out of its diary: what took how long, how it ended, and whose fault that is.
//!
//! Pure. A stage that began and has no end was killed: what it would have done is not known, and neither is the job's end.

use serde::{Deserialize, Serialize};

use super::about::About;
use super::diary::{End, Entry, Trouble, Work};
use crate::error::Class;
use crate::job::{Place, Stage};

/// A stage that the runner ended so shortly before the job's time was up ended for that reason: the runner's clock started
/// before ours.
const CLOSE_MS: u64 = 2000;

pub(super) struct Story {
    pub(super) about: About,
    pub(super) ended_ms: u64,
    /// In the order of their beginnings.
    pub(super) spans: Vec<Span>,
    pub(super) outcome: Outcome,
    pub(super) failure: Option<Failure>,
}

pub(super) struct Span {
    pub(super) work: Work,
    pub(super) began_ms: u64,
    /// With how it ended; `None`: nobody saw that.
    pub(super) ended: Option<(u64, End)>,
}

/// How a job ended, as far as this host can know.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Success,
    /// By the job's own script.
    Failed,
    Refused,
    SystemFailure,
    /// By somebody, or by a timeout that this host does not know.
    Cancelled,
    TimedOut,
    #[default]
    #[serde(other)]
    Unknown,
}

impl Outcome {
    pub(super) const ALL: [Outcome; 7] = [
        Outcome::Success,
        Outcome::Failed,
        Outcome::Refused,
        Outcome::SystemFailure,
        Outcome::Cancelled,
        Outcome::TimedOut,
        Outcome::Unknown,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Outcome::Success => "success",
            Outcome::Failed => "failed",
            Outcome::Refused => "refused",
            Outcome::SystemFailure => "system_failure",
            Outcome::Cancelled => "cancelled",
            Outcome::TimedOut => "timed_out",
            Outcome::Unknown => "unknown",
        }
    }
}

/// What a job that did not succeed ended by.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default)]
pub(super) struct Failure {
    /// `prepare`, or the runner's name of a stage.
    pub(super) stage: String,
    /// Whose turn it is, as in `error`: `script`, `refused`, `system`, `usage`, …, `cancelled`, `timed_out`, `killed`.
    pub(super) class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exit_status: Option<u8>,
    /// The first sentence of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) causes: Vec<String>,
}

/// The part of a job that a stage of the runner's belongs to; `None`: too small to tell.
///
/// Source: gitlab-runner `common/build.go`, names of the stages.
pub(crate) fn part_of(stage: &str) -> Option<&'static str> {
    Some(match stage {
        "get_sources" | "clear_worktree" => "sources",
        "build_script" => "script",
        "after_script" => "after_script",
        name if name.starts_with("step_") => "script",
        name if name.contains("cache") => "cache",
        name if name.contains("artifacts") => "artifacts",
        _ => return None,
    })
}

impl Story {
    /// `ended_ms`: `None` where it ended with the last that is known of it. `None`: the diary does not say what job it is of.
    pub(super) fn of(entries: Vec<Entry>, ended_ms: Option<u64>) -> Option<Self> {
        let mut about = None;
        let mut spans: Vec<Span> = Vec::new();
        for entry in entries {
            match entry {
                Entry::Job(job) => about = Some(*job),
                Entry::Began { work, at_ms } => spans.push(Span {
                    work,
                    began_ms: at_ms,
                    ended: None,
                }),
                Entry::Ended {
                    work,
                    began_ms,
                    at_ms,
                    end,
                } => {
                    let open = spans.iter_mut().rev().find(|span| {
                        span.work == work && span.began_ms == began_ms && span.ended.is_none()
                    });
                    let ended = Some((at_ms.max(began_ms), end));
                    match open {
                        Some(span) => span.ended = ended,
                        None => spans.push(Span {
                            work,
                            began_ms,
                            ended,
                        }),
                    }
                }
            }
        }
        let about = about?;
        spans.sort_by_key(|span| span.began_ms);
        let last = spans.iter().map(|span| match &span.ended {
            Some((at_ms, _)) => *at_ms,
            None => span.began_ms,
        });
        let last = last.max().unwrap_or(0).max(about.started_ms);
        let (outcome, failure) = verdict(&about, &spans);
        Some(Story {
            ended_ms: ended_ms.unwrap_or(last).max(last),
            about,
            spans,
            outcome,
            failure,
        })
    }

    pub(super) fn took_ms(&self) -> u64 {
        self.ended_ms.saturating_sub(self.about.started_ms)
    }

    /// Milliseconds by part, in the order in which they began. What a job asked for lies within its script; a build is told
    /// without the push at its end.
    pub(super) fn parts(&self) -> Vec<(&str, u64)> {
        let mut parts: Vec<(&str, u64)> = Vec::new();
        for span in &self.spans {
            let (Some(part), Some((at_ms, _))) = (span.part(), &span.ended) else {
                continue;
            };
            let took = at_ms.saturating_sub(span.began_ms);
            let took = match part {
                "build" => took.saturating_sub(self.pushing_ms(span.began_ms, *at_ms)),
                _ => took,
            };
            match parts.iter_mut().find(|(known, _)| *known == part) {
                Some((_, sum)) => *sum += took,
                None => parts.push((part, took)),
            }
        }
        parts
    }

    /// How long was pushed between two moments.
    fn pushing_ms(&self, from_ms: u64, until_ms: u64) -> u64 {
        let pushes = self.spans.iter().filter(|span| span.part() == Some("push"));
        let within = pushes.filter_map(|span| {
            let (at_ms, _) = span.ended.as_ref()?;
            let is_within = span.began_ms >= from_ms && *at_ms <= until_ms;
            is_within.then(|| at_ms.saturating_sub(span.began_ms))
        });
        within.sum()
    }
}

impl Span {
    fn part(&self) -> Option<&str> {
        match &self.work {
            Work::Images => Some("images"),
            Work::Containers => Some("containers"),
            Work::Stage(name) => part_of(name),
            Work::Request(verb) => Some(verb),
            Work::Prepare | Work::Pull(_) => None,
        }
    }
}

/// The first that went wrong decides. Of a stage that was tried several times the last try counts; `after_script` and the
/// runner's last stage change nothing about a job's end.
///
/// Source: gitlab-runner `common/build.go`, `executeScript` and `pickPriorityError`.
fn verdict(about: &About, spans: &[Span]) -> (Outcome, Option<Failure>) {
    let mut did_its_work = false;
    for (index, span) in spans.iter().enumerate() {
        let name = match &span.work {
            Work::Prepare => "prepare",
            Work::Stage(name) => name,
            Work::Images | Work::Containers | Work::Pull(_) | Work::Request(_) => continue,
        };
        let is_tried_again = spans[index + 1..].iter().any(|one| one.work == span.work);
        if is_tried_again || matches!(name, "after_script" | "cleanup_file_variables") {
            continue;
        }
        let failure = |class: &str| Failure {
            stage: name.to_owned(),
            class: class.to_owned(),
            ..Failure::default()
        };
        let (outcome, failure) = match &span.ended {
            Some((_, End::Done)) => {
                did_its_work |=
                    span.work != Work::Prepare && Stage::new(name).place() == Place::Build;
                continue;
            }
            Some((_, End::Status(status))) => {
                let failure = Failure {
                    exit_status: Some(*status),
                    ..failure("script")
                };
                (Outcome::Failed, failure)
            }
            Some((at_ms, End::Cancelled)) => match is_late(about, *at_ms) {
                true => (Outcome::TimedOut, failure("timed_out")),
                false => (Outcome::Cancelled, failure("cancelled")),
            },
            Some((_, End::Trouble(trouble))) => {
                let Trouble {
                    class,
                    sentence,
                    causes,
                } = trouble;
                let outcome = match class == Class::Refused.name() {
                    true => Outcome::Refused,
                    false => Outcome::SystemFailure,
                };
                let failure = Failure {
                    message: Some(sentence.clone()),
                    causes: causes.clone(),
                    ..failure(class)
                };
                (outcome, failure)
            }
            None => (Outcome::Unknown, failure("killed")),
        };
        return (outcome, Some(failure));
    }
    match did_its_work {
        true => (Outcome::Success, None),
        // It was ended between two stages, or its runner was.
        false => (Outcome::Unknown, None),
    }
}

fn is_late(about: &About, at_ms: u64) -> bool {
    let took = at_ms.saturating_sub(about.started_ms);
    took + CLOSE_MS >= about.timeout_secs.saturating_mul(1000)
}

#[cfg(test)]
#[path = "story_tests.rs"]
mod tests;
