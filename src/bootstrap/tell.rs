//! What people and Backstage are told.

use serde_json::{Value, json};

use super::run::{Mode, Report, Step};
use super::stopped::Stopped;
use super::wanted::Wanted;

const SCHEMA: &str = "baws-ci/bootstrap/1";

/// For people, in few lines.
pub(crate) fn tell(report: &Report, wanted: &Wanted, mode: Mode) -> String {
    let mut text = String::new();
    let path = wanted.path();
    match (mode, report.steps.is_empty()) {
        (_, true) => text.push_str(&format!("{path} is as it should be: nothing to do\n")),
        (Mode::DryRun, false) => {
            text.push_str(&format!("{path}: {} would be done\n", steps(report)));
            for step in &report.steps {
                text.push_str(&format!("  {}\n", line(step)));
            }
        }
        (Mode::Apply, false) => {
            text.push_str(&format!("{path} is ready: {}\n", steps(report)));
        }
    }
    if let (Some(project), Mode::Apply) = (&report.project, mode) {
        text.push_str(&format!(
            "  project   {}\n  clone     {}\n",
            project.web_url, project.clone_url
        ));
        if let Some(arn) = &report.secret_arn {
            text.push_str(&format!("  token     in {arn}\n"));
        }
        text.push_str(&format!("  catalog   {}\n", report.catalog_url));
    }
    for note in &report.notes {
        text.push_str(&format!("  note      {note}\n"));
    }
    text
}

fn steps(report: &Report) -> String {
    match report.steps.len() {
        1 => "1 step".to_owned(),
        count => format!("{count} steps"),
    }
}

/// One step.
pub(crate) fn line(step: &Step) -> String {
    let what = step.what.replace('_', " ");
    format!("{} {what}: {}", step.action, step.name)
}

/// One object, for Backstage. Its keys are told in `docs/bootstrap.md`.
pub(crate) fn as_json(report: &Report, wanted: &Wanted, mode: Mode) -> Value {
    let done = mode == Mode::Apply;
    let steps = report.steps.iter().map(
        |step| json!({"what": step.what, "action": step.action, "name": step.name, "done": done}),
    );
    json!({
        "schema": SCHEMA,
        "path": wanted.path(),
        "kind": wanted.kind,
        "dry_run": !done,
        "project": report.project.as_ref().map(|project| json!({
            "id": project.id, "web_url": project.web_url, "clone_url": project.clone_url,
        })),
        "default_branch": wanted.default_branch,
        "commit": report.commit,
        "access_token": wanted.access_token.as_ref().map(|token| json!({
            "name": token.name, "secret": token.secret, "secret_arn": report.secret_arn,
            "expires_at": report.token_expires_at,
        })),
        "catalog": {"url": report.catalog_url, "entity": report.entity},
        "steps": steps.collect::<Vec<_>>(),
        "notes": report.notes,
        "requests": report.traffic.requests,
        "writes": report.traffic.writes,
    })
}

/// The same with the reason why it ended; what was done until then stands.
pub(crate) fn stopped_as_json(
    report: &Report,
    wanted: &Wanted,
    mode: Mode,
    stopped: &Stopped,
) -> Value {
    let mut value = as_json(report, wanted, mode);
    value["error"] = error_as_json(stopped);
    value
}

/// The error alone, where not even what is wanted is known.
pub(crate) fn error_as_json(stopped: &Stopped) -> Value {
    json!({
        "code": stopped.code,
        "message": stopped.error.message(),
        "causes": stopped.error.causes(),
        "hints": stopped.error.hints(),
        "exit_code": stopped.error.class().code(),
    })
}
