//! The trace of a job: its span, and below it one for each pull, for the start of its containers, for each stage, and for what
//! it asked the host for.
//!
//! Source: opentelemetry-proto `trace.proto` in JSON (ids in hexadecimal, 64-bit numbers as text); OpenTelemetry, "Semantic
//! conventions for CICD spans" and the registry's `cicd`, `container`, `error`, `vcs` (status: development). What has no name
//! there begins with `baws_ci.`.

use serde_json::{Value, json};

use super::super::diary::{End, Trouble, Work};
use super::super::record::end_of_request;
use super::super::story::{Outcome, Span, Story, part_of};
use super::super::{about::Trace, host};
use super::ids;

/// Source: `trace.proto`, Span.SpanKind.
const INTERNAL: u8 = 1;
/// Spans of one trace: what a job asks for may be much.
const MOST: usize = 500;
/// Source: `trace.proto`, Status.StatusCode.
const OK: u8 = 1;
const ERROR: u8 = 2;

pub(super) fn trace(story: &Story) -> Value {
    let trace = ids::trace(&story.about);
    let mut spans = vec![job(story, &trace)];
    let mut stage = None;
    for (index, span) in story.spans.iter().enumerate() {
        if index >= MOST && !matches!(span.work, Work::Stage(_)) {
            continue;
        }
        let id = ids::span(&story.about, index + 1);
        let parent = match span.work {
            Work::Request(_) => stage.clone(),
            Work::Prepare | Work::Images | Work::Pull(_) | Work::Containers | Work::Stage(_) => {
                None
            }
        };
        if matches!(span.work, Work::Stage(_)) {
            stage = Some(id.clone());
        }
        let parent = parent.unwrap_or_else(|| ids::span(&story.about, 0));
        spans.extend(part(span, story, &trace.id, id, &parent));
    }
    let about = &story.about;
    let mut resource = vec![
        text("service.name", "baws-ci"),
        text("service.version", env!("CARGO_PKG_VERSION")),
        text("host.name", &host()),
        text("cicd.worker.name", &host()),
    ];
    let pipeline = about.pipeline_id.map(|id| id.to_string());
    resource.extend(pipeline.map(|id| text("cicd.pipeline.run.id", &id)));
    json!({"resourceSpans": [{
        "resource": {"attributes": resource},
        "scopeSpans": [{
            "scope": {"name": "baws-ci", "version": env!("CARGO_PKG_VERSION")},
            "spans": spans,
        }],
    }]})
}

fn job(story: &Story, trace: &Trace) -> Value {
    let about = &story.about;
    let mut attributes = vec![
        text("cicd.pipeline.task.name", &about.job),
        text("cicd.pipeline.task.run.id", &about.job_id.to_string()),
        text("baws_ci.outcome", story.outcome.name()),
        text("baws_ci.stage", &about.stage),
        number("baws_ci.project.id", about.project_id),
        number("baws_ci.services", about.services),
    ];
    let pipeline = about.pipeline_id.map(|id| id.to_string());
    attributes.extend(pipeline.map(|id| text("cicd.pipeline.run.id", &id)));
    let project = about.project.as_deref();
    attributes.extend(project.map(|path| text("vcs.repository.name", path)));
    if !about.image.is_empty() {
        attributes.push(text("container.image.name", &about.image));
    }
    if matches!(about.ref_type.as_str(), "branch" | "tag") {
        attributes.push(text("vcs.ref.head.type", &about.ref_type));
    }
    let protected = about.protected;
    attributes.extend(protected.map(|is| flag("baws_ci.ref.protected", is)));
    attributes.extend(result(story.outcome).map(|it| text("cicd.pipeline.task.run.result", it)));
    let mut status = json!({});
    if story.outcome == Outcome::Success {
        status = json!({"code": OK});
    }
    if let Some(failure) = &story.failure {
        attributes.push(text("error.type", &failure.class));
        attributes.push(text("baws_ci.failed_stage", &failure.stage));
        let exit = failure.exit_status;
        attributes.extend(exit.map(|exit| number("process.exit.code", exit.into())));
        let message = match (&failure.message, exit) {
            (Some(message), _) => message.clone(),
            (None, Some(exit)) => format!("exit status {exit}"),
            (None, None) => story.outcome.name().to_owned(),
        };
        status = json!({"code": ERROR, "message": message});
    }
    let mut span = span(
        &about.job,
        &trace.id,
        ids::span(about, 0),
        trace.parent.as_deref(),
        (about.started_ms, story.ended_ms),
    );
    span["attributes"] = json!(attributes);
    span["status"] = status;
    span
}

/// Source: registry, `cicd.pipeline.task.run.result`; `error` is a fault of the CI system. `None`: not known.
fn result(outcome: Outcome) -> Option<&'static str> {
    Some(match outcome {
        Outcome::Success => "success",
        Outcome::Failed | Outcome::Refused => "failure",
        Outcome::SystemFailure => "error",
        Outcome::Cancelled => "cancellation",
        Outcome::TimedOut => "timeout",
        Outcome::Unknown => return None,
    })
}

/// A span below the job's; `None` for what is told by its parts, or by the job itself.
fn part(one: &Span, story: &Story, trace: &str, id: String, parent: &str) -> Option<Value> {
    let (name, mut attributes) = match &one.work {
        Work::Prepare | Work::Images => return None,
        Work::Pull(image) => ("pull", vec![text("container.image.name", image)]),
        Work::Containers => ("start", Vec::new()),
        Work::Stage(stage) => (part_of(stage)?, vec![text("baws_ci.stage", stage)]),
        Work::Request(verb) => (verb.as_str(), Vec::new()),
    };
    let mut status = json!({});
    let ended_ms = match &one.ended {
        Some((at_ms, end)) => {
            status = match end {
                End::Done => json!({"code": OK}),
                End::Status(exit) => {
                    attributes.push(number("process.exit.code", (*exit).into()));
                    json!({"code": ERROR, "message": format!("exit status {exit}")})
                }
                End::Cancelled => json!({"code": ERROR, "message": "cancelled"}),
                End::Trouble(Trouble { sentence, .. }) => {
                    json!({"code": ERROR, "message": sentence})
                }
            };
            if *end != End::Done {
                attributes.push(text("error.type", end_of_request(end)));
            }
            *at_ms
        }
        // Somebody killed it; when, nobody saw.
        None => {
            attributes.push(flag("baws_ci.killed", true));
            story.ended_ms
        }
    };
    let mut span = span(name, trace, id, Some(parent), (one.began_ms, ended_ms));
    span["attributes"] = json!(attributes);
    span["status"] = status;
    Some(span)
}

fn span(name: &str, trace: &str, id: String, parent: Option<&str>, ms: (u64, u64)) -> Value {
    let nanos = |ms: u64| format!("{ms}000000");
    let mut span = json!({
        "traceId": trace,
        "spanId": id,
        "name": name,
        "kind": INTERNAL,
        "startTimeUnixNano": nanos(ms.0),
        "endTimeUnixNano": nanos(ms.1.max(ms.0)),
    });
    if let Some(parent) = parent {
        span["parentSpanId"] = json!(parent);
    }
    span
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn number(key: &str, value: u64) -> Value {
    json!({"key": key, "value": {"intValue": value.to_string()}})
}

fn flag(key: &str, value: bool) -> Value {
    json!({"key": key, "value": {"boolValue": value}})
}
