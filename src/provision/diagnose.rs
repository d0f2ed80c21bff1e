//! Why it failed, by those who did the work: the build's phase and the end of its log, and what CloudFormation says itself.
//!
//! What cannot be looked at is a note, and no other failure.

use serde_json::Value;

use super::follow::boilerplates;
use super::history::Trouble;
use super::words;
use crate::aws::{Aws, Execution, StackEvent};
use crate::error::Error;
use crate::output::utc;
use crate::rollout::clean;

const LOG_LINES: u32 = 15;
const LONGEST_LINE: usize = 300;
const MOST_STACKS: usize = 5;

/// What is known of a failure.
#[derive(Clone, Debug, Default)]
pub(crate) struct Diagnosis {
    /// The first thing that failed; `None`: the history tells of none.
    pub(crate) trouble: Option<Trouble>,
    /// What else failed, each in a line.
    pub(crate) more: Vec<String>,
    /// Phase of the build, and what is said of it.
    pub(crate) phase: Option<(String, String)>,
    pub(crate) log: Vec<String>,
    /// Of the log, for people.
    pub(crate) link: Option<String>,
    pub(crate) stacks: Vec<StackTrouble>,
    pub(crate) notes: Vec<String>,
}

/// The first thing that failed in a stack.
#[derive(Clone, Debug)]
pub(crate) struct StackTrouble {
    pub(crate) stack: String,
    pub(crate) resource: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) reason: String,
}

/// `troubles`: as the history tells them.
pub(crate) async fn diagnose(aws: &Aws, execution: &Execution, troubles: &[Trouble]) -> Diagnosis {
    let mut found = Diagnosis {
        trouble: troubles.first().cloned(),
        more: troubles.iter().skip(1).map(line).collect(),
        ..Diagnosis::default()
    };
    if let Some(build) = troubles.iter().find_map(|one| one.build.as_deref()) {
        build_of(aws, build, &mut found).await;
    }
    let input: Value =
        serde_json::from_str(execution.input.as_deref().unwrap_or_default()).unwrap_or(Value::Null);
    let value = |key: &str| {
        let text = input["parameters"][key].as_str()?;
        Some(text.to_owned()).filter(|text| !text.is_empty())
    };
    let items: Vec<&str> = troubles
        .iter()
        .filter_map(|one| one.item.as_deref())
        .collect();
    let all = boilerplates(execution.input.as_deref());
    let concerned = all
        .iter()
        .filter(|one| items.is_empty() || items.contains(&one.as_str()));
    let stacks: Vec<String> = concerned
        .flat_map(|one| words::stacks(one, value))
        .take(MOST_STACKS)
        .collect();
    for stack in stacks {
        match aws.stack_events(&stack).await {
            Ok(Some(events)) => {
                let begun = utc(execution.started_ms / 1000);
                found.stacks.extend(first_failure(&stack, &events, &begun));
            }
            Ok(None) => {}
            Err(failure) => found.note(&failure.into()),
        }
    }
    found
}

async fn build_of(aws: &Aws, arn: &str, found: &mut Diagnosis) {
    let build = match aws.build(arn).await {
        Ok(Some(build)) => build,
        Ok(None) => return,
        Err(failure) => return found.note(&failure.into()),
    };
    found.phase = build
        .failed_phase
        .map(|(phase, said)| (clean(&phase, LONGEST_LINE), clean(&said, LONGEST_LINE)));
    found.link = build.link.map(|link| clean(&link, 1000));
    let Some((group, stream)) = build.log else {
        return;
    };
    let region = arn.split(':').nth(3).unwrap_or_default();
    match aws.last_lines(region, &group, &stream, LOG_LINES).await {
        Ok(lines) => found.log = lines.iter().map(|line| clean(line, LONGEST_LINE)).collect(),
        Err(failure) => found.note(&failure.into()),
    }
}

impl Diagnosis {
    fn note(&mut self, error: &Error) {
        let hint = error.hints().first().map(|hint| format!(" ({hint})"));
        self.notes
            .push(format!("{error}{}", hint.unwrap_or_default()));
    }
}

/// The oldest failure since `begun`; what was cancelled on account of it is none. `events`: the newest first.
fn first_failure(stack: &str, events: &[StackEvent], begun: &str) -> Option<StackTrouble> {
    let is_new = |event: &&StackEvent| event.at.as_str() >= begun;
    let failed = events.iter().take_while(is_new).filter(|event| {
        let reason = event.reason.as_deref().unwrap_or_default();
        event.status.ends_with("_FAILED") && !reason.contains("cancelled")
    });
    let first = failed.last()?;
    let text = |text: &str| clean(text, LONGEST_LINE);
    Some(StackTrouble {
        stack: text(stack),
        resource: text(&first.resource),
        kind: text(&first.kind),
        status: text(&first.status),
        reason: text(first.reason.as_deref().unwrap_or("no reason was given")),
    })
}

/// Where, what, why.
pub(super) fn line(trouble: &Trouble) -> String {
    let item = trouble.item.as_ref().map(|item| format!(" of `{item}`"));
    let how = match trouble.timed_out {
        true => "took too long",
        false => "failed",
    };
    let cause = match trouble.cause.is_empty() {
        true => String::new(),
        false => format!(": {}", trouble.cause),
    };
    format!(
        "`{}`{} {how}: {}{cause}",
        trouble.state,
        item.unwrap_or_default(),
        trouble.error
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: &str, resource: &str, status: &str, reason: &str) -> StackEvent {
        StackEvent {
            at: at.to_owned(),
            resource: resource.to_owned(),
            kind: "AWS::ECS::Service".to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
        }
    }

    #[test]
    fn the_first_failure_of_this_time_is_the_reason() {
        let events = [
            event(
                "2026-11-02T00:00:04.1Z",
                "shop",
                "ROLLBACK_IN_PROGRESS",
                "[Service, Role]",
            ),
            event(
                "2026-11-02T00:00:03.1Z",
                "Role",
                "CREATE_FAILED",
                "Resource creation cancelled",
            ),
            event(
                "2026-11-02T00:00:02.1Z",
                "Service",
                "CREATE_FAILED",
                "no such cluster",
            ),
            event(
                "2026-11-02T00:00:01.1Z",
                "Service",
                "CREATE_IN_PROGRESS",
                "",
            ),
            event(
                "2026-11-01T00:00:00.1Z",
                "Old",
                "CREATE_FAILED",
                "of the last time",
            ),
        ];
        let first = first_failure("shop-ecs-resources", &events, "2026-11-02T00:00:01").unwrap();
        assert_eq!(
            (first.resource.as_str(), first.reason.as_str()),
            ("Service", "no such cluster")
        );
        assert!(first_failure("x", &events[..2], "2026-11-02T00:00:01").is_none());
    }
}
