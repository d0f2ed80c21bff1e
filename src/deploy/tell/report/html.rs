//! The page: for each service its end, the picture, facts, stopped tasks with their last lines, events, what to do.

use super::super::{ends, reason, words};
use super::{escape, svg, tone};
use crate::deploy::result::{Deployed, StoppedTask};

const STYLE: &str = "\
body{margin:2rem auto;max-width:64rem;padding:0 1rem;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}\
svg{width:100%;height:auto}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere}\
th{font-weight:600;white-space:nowrap;width:14rem}pre{overflow-x:auto;padding:.6rem;background:var(--phase)}\
h1{font-size:1.5rem}h2{font-size:1.25rem;margin-top:2.5rem}h3{font-size:1rem;margin:1.5rem 0 .3rem}";

pub(super) fn page(all: &[Deployed]) -> String {
    let body: String = all.iter().map(service).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;\">\n\
         <title>Deployment</title>\n<style>{}{STYLE}</style>\n</head>\n<body>\n<h1>Deployment</h1>\n{body}</body>\n</html>\n",
        svg::STYLE
    )
}

fn service(one: &Deployed) -> String {
    let mut text = format!(
        "<h2>{}</h2>\n<p class=\"{}\">{}</p>\n",
        escape(&one.target),
        tone(one),
        escape(&ends::end_line(one))
    );
    if let Some(reason) = &one.reason {
        text.push_str(&format!("<p>{}</p>\n", escape(reason)));
    }
    text.push_str(&svg::inline(one));
    text.push_str(&facts(one));
    if !one.stopped_tasks.is_empty() {
        text.push_str("<h3>Stopped tasks</h3>\n");
        text.extend(one.stopped_tasks.iter().map(stopped));
    }
    if !one.events.is_empty() {
        text.push_str("<h3>Events of the service</h3>\n<table>\n");
        for event in &one.events {
            let at = words::utc(event.at).unwrap_or_default();
            text.push_str(&row(&at, &event.message));
        }
        text.push_str("</table>\n");
    }
    if !one.hints.is_empty() {
        text.push_str("<h3>What to do</h3>\n<ul>\n");
        let items = one.hints.iter();
        text.extend(items.map(|hint| format!("<li>{}</li>\n", escape(hint))));
        text.push_str("</ul>\n");
    }
    text
}

/// What is not known has no row.
fn facts(one: &Deployed) -> String {
    let known = |value: &Option<String>| value.clone().unwrap_or_default();
    let phases = one.phases.iter();
    let phases: Vec<String> = phases
        .map(|phase| format!("{} {}", phase.name, words::took(phase.took_ms)))
        .collect();
    let back = one.rollback.as_ref().map(|back| {
        let to = back.to.clone().unwrap_or("an earlier version".to_owned());
        format!("to {to}: {}", back.reason)
    });
    let by = one.superseded_by.as_ref();
    let by = by.map(|by| format!("{} with {}", by.deployment_id, by.task_definition));
    let rows = [
        ("Verb", one.verb.clone()),
        (
            "Outcome",
            format!(
                "{} (exit code {})",
                words::outcome(one.outcome),
                one.exit_code
            ),
        ),
        ("Service", one.service_arn.clone()),
        ("Image", known(&one.image)),
        ("Strategy", known(&one.strategy)),
        ("Digests wanted", one.digests_expected.join(" ")),
        ("Digests that run", one.digests_observed.join(" ")),
        ("Tasks", words::tasks_run(one.running, one.desired)),
        ("Task definition before", known(&one.task_definition_before)),
        ("Task definition after", known(&one.task_definition_after)),
        ("Deployment", known(&one.deployment_id)),
        ("Service deployment", known(&one.service_deployment_arn)),
        ("Began", words::utc(one.began_at).unwrap_or_default()),
        ("Took", words::took(one.took_ms)),
        ("Phases", phases.join(", ")),
        ("Rolled back", back.unwrap_or_default()),
        ("Superseded by", by.unwrap_or_default()),
        ("Alarms", one.alarms.join(", ")),
        ("URL", known(&one.url)),
        ("Notes", one.notes.join("; ")),
    ];
    let rows = rows.iter().filter(|(_, value)| !value.is_empty());
    let rows: String = rows.map(|(name, value)| row(name, value)).collect();
    format!("<table>\n{rows}</table>\n")
}

fn stopped(task: &StoppedTask) -> String {
    let reason = reason::classify(task.stop_code.as_ref(), &[&task.reason], task.exit_code);
    let code = task.stop_code.as_ref().map(words::stop_code);
    let status = task.exit_code.map(|status| status.to_string());
    let rows = [
        ("Task", task.task.clone()),
        ("Container", task.container.clone().unwrap_or_default()),
        ("Meaning", reason.plain.clone()),
        ("Stop code", code.unwrap_or_default()),
        ("Reason", task.reason.clone()),
        ("Exit code", status.unwrap_or_default()),
        ("What to do", reason.hint().unwrap_or_default()),
    ];
    let rows = rows.iter().filter(|(_, value)| !value.is_empty());
    let mut text: String = rows.map(|(name, value)| row(name, value)).collect();
    text = format!("<table>\n{text}</table>\n");
    if !task.log.is_empty() {
        let lines: Vec<String> = task.log.iter().map(|line| escape(line)).collect();
        text.push_str(&format!("<pre>{}</pre>\n", lines.join("\n")));
    }
    text
}

fn row(name: &str, value: &str) -> String {
    format!(
        "<tr><th>{}</th><td>{}</td></tr>\n",
        escape(name),
        escape(value)
    )
}
