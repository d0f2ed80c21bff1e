//! One event of an execution's history, as far as it matters here. What is not known is passed over.
//!
//! Source: Step Functions API reference, `HistoryEvent`.

use serde_json::Value;

use crate::rollout::clean;

/// Causes may have 32 kB, mostly JSON.
const LONGEST_CAUSE: usize = 2000;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    /// From 1, without gaps.
    pub(super) id: u64,
    /// 0: none.
    pub(super) previous: u64,
    pub(super) at_ms: i64,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    StateEntered {
        name: String,
    },
    StateExited {
        name: String,
    },
    MapStarted {
        length: u64,
    },
    IterationStarted {
        name: String,
        index: u64,
    },
    IterationSucceeded {
        name: String,
        index: u64,
    },
    /// Several ways go on from here at once.
    ParallelStarted,
    /// Something outside was asked to do the work.
    TaskSubmitted {
        build: Option<String>,
        execution: Option<String>,
    },
    TaskSucceeded,
    /// A task, a function, or the machine itself.
    Failed(Failed),
    Other,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failed {
    pub(super) error: String,
    /// One line.
    pub(super) cause: String,
    pub(super) timed_out: bool,
    /// ARN of the build that the cause tells of.
    pub(super) build: Option<String>,
    pub(super) execution: Option<String>,
}

impl Event {
    /// `None`: it has no number.
    pub(super) fn read(event: &Value) -> Option<Event> {
        Some(Event {
            id: event["id"].as_u64().filter(|id| *id > 0)?,
            previous: event["previousEventId"].as_u64().unwrap_or(0),
            at_ms: event["timestamp"]
                .as_f64()
                .map_or(0, |at| (at * 1000.0) as i64),
            kind: kind(event),
        })
    }
}

fn kind(event: &Value) -> Kind {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = event["type"].as_str().unwrap_or_default();
    let details = |name: &str| &event[format!("{name}EventDetails")];
    let iteration = || {
        let found = details(&uncapitalised(told));
        (text(&found["name"]), found["index"].as_u64().unwrap_or(0))
    };
    match told {
        "MapStateStarted" => Kind::MapStarted {
            length: details("mapStateStarted")["length"].as_u64().unwrap_or(0),
        },
        "MapIterationStarted" => {
            let (name, index) = iteration();
            Kind::IterationStarted { name, index }
        }
        "MapIterationSucceeded" => {
            let (name, index) = iteration();
            Kind::IterationSucceeded { name, index }
        }
        "ParallelStateStarted" => Kind::ParallelStarted,
        "TaskSubmitted" => {
            let output = text(&details("taskSubmitted")["output"]);
            Kind::TaskSubmitted {
                build: arn_in(&output, "codebuild", ":build/"),
                execution: arn_in(&output, "states", ":execution:"),
            }
        }
        "TaskSucceeded" | "LambdaFunctionSucceeded" | "ActivitySucceeded" => Kind::TaskSucceeded,
        _ if told.ends_with("StateEntered") => Kind::StateEntered {
            name: text(&details("stateEntered")["name"]),
        },
        _ if told.ends_with("StateExited") => Kind::StateExited {
            name: text(&details("stateExited")["name"]),
        },
        _ if is_failure(told) => failed(told, details(&uncapitalised(told))),
        _ => Kind::Other,
    }
}

/// Of a task, a function or a lookup; those of iterations and of the whole execution only pass on what failed within.
fn is_failure(told: &str) -> bool {
    [
        "TaskFailed",
        "TaskTimedOut",
        "TaskStartFailed",
        "TaskSubmitFailed",
        "LambdaFunctionFailed",
        "LambdaFunctionTimedOut",
        "LambdaFunctionScheduleFailed",
        "LambdaFunctionStartFailed",
        "ActivityFailed",
        "ActivityTimedOut",
        "ActivityScheduleFailed",
        "EvaluationFailed",
        "MapRunFailed",
    ]
    .contains(&told)
}

fn failed(told: &str, details: &Value) -> Kind {
    let cause = details["cause"].as_str().unwrap_or_default();
    let timed_out = told.ends_with("TimedOut");
    let error = details["error"].as_str().unwrap_or(match timed_out {
        true => "States.Timeout",
        false => told,
    });
    Kind::Failed(Failed {
        error: clean(error, 200),
        timed_out,
        build: arn_in(cause, "codebuild", ":build/"),
        execution: arn_in(cause, "states", ":execution:"),
        cause: plain_cause(cause),
    })
}

/// A cause is often JSON: of a function its error, of a task the whole answer of the service.
pub(super) fn plain_cause(cause: &str) -> String {
    let value: Value = serde_json::from_str(cause).unwrap_or(Value::Null);
    let told = ["errorMessage", "Cause", "cause", "StatusReason", "message"]
        .iter()
        .find_map(|key| value[*key].as_str());
    let build = || {
        let status = value["Build"]["BuildStatus"].as_str()?;
        Some(format!("the build ended with {status}"))
    };
    let plain = told.map(str::to_owned).or_else(build);
    clean(plain.as_deref().unwrap_or(cause), LONGEST_CAUSE)
}

/// The first ARN of that service in a text, which may be JSON that was cut.
fn arn_in(text: &str, service: &str, within: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || ":/_-.".contains(c);
    let starts = text.match_indices("arn:aws").map(|(at, _)| at);
    let arns = starts.map(|at| {
        let rest = &text[at..];
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        &rest[..end.min(1000)]
    });
    let mut fitting =
        arns.filter(|arn| arn.split(':').nth(2) == Some(service) && arn.contains(within));
    fitting.next().map(str::to_owned)
}

fn uncapitalised(told: &str) -> String {
    let mut letters = told.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}
