//! What `local` shows at a glance: the jobs of a pipeline, and at the end what became of each.

use std::time::Duration;

use super::decide::Fate;
use super::picture;
use super::verdict::Row;
use crate::error::Result;
use crate::output::{columns, duration};
use crate::pipeline::{EventKind, Job, Pipeline, Plan, When};
use serde_json::{Value, json};

/// What an event makes of a pipeline: its jobs by stage, and those it does not have.
pub(super) fn plan(plan: &Plan, event: EventKind) -> String {
    let mut out = match (&plan.none, &plan.name) {
        (Some(why), _) => format!("No pipeline for the event {}: {why}\n", event.name()),
        (None, Some(name)) => format!(
            "{name}\n\n{}\n{}",
            picture::text(&plan.pipeline),
            list(&plan.pipeline)
        ),
        (None, None) => format!(
            "{}\n{}",
            picture::text(&plan.pipeline),
            list(&plan.pipeline)
        ),
    };
    if !plan.absent.is_empty() {
        let rows = plan
            .absent
            .iter()
            .map(|one| [one.job.clone(), one.why.clone()]);
        out.push_str(&format!("\nNot in this pipeline ({}):\n", event.name()));
        out.push_str(&columns(&rows.collect::<Vec<_>>()));
    }
    out
}

/// `baws-ci/pipeline/1`.
pub(super) fn json(plan: &Plan, event: EventKind) -> Value {
    let why = |name: &str| {
        plan.present
            .iter()
            .find(|(job, _)| job == name)
            .map(|(_, why)| why.as_str())
    };
    let jobs = plan.pipeline.jobs.iter().map(|job| {
        json!({
            "name": job.name,
            "stage": job.stage,
            "when": job.when.word(),
            "needs": plan.pipeline.needs_there(job),
            "environment": job.environment.as_ref().map(|one| one.name.as_str()),
            "why": why(&job.name),
        })
    });
    let absent = plan
        .absent
        .iter()
        .map(|one| json!({"name": one.job, "stage": one.stage, "why": one.why}));
    json!({
        "schema": "baws-ci/pipeline/1",
        "event": event.name(),
        "name": plan.name,
        "none": plan.none,
        "jobs": if plan.none.is_some() { Vec::new() } else { jobs.collect::<Vec<_>>() },
        "absent": absent.collect::<Vec<_>>(),
    })
}

/// Why a job would run, or why not.
pub(super) fn explain(plan: &Plan, event: EventKind, name: &str) -> Result<String> {
    let event = event.name();
    if let Some(why) = &plan.none {
        return Ok(format!(
            "`{name}` would not run: there is no pipeline for the event {event}: {why}\n"
        ));
    }
    if let Some(absent) = plan.absent.iter().find(|one| one.job == name) {
        return Ok(format!(
            "`{name}` would not run for the event {event}: {}\n",
            absent.why
        ));
    }
    let jobs = plan.pipeline.jobs_called(name);
    let Some(job) = jobs.first() else {
        return Err(plan.pipeline.no_such_job(name));
    };
    let why = plan
        .present
        .iter()
        .find(|(known, _)| *known == job.name)
        .map_or("", |(_, why)| why.as_str());
    let how = match job.when {
        When::OnSuccess => "when what it needs has passed",
        When::OnFailure => "when something before it has failed",
        When::Always => "whatever becomes of the jobs before it",
        When::Manual => "when somebody starts it",
        When::Delayed => "after a time",
        When::Never => "never",
    };
    let needed: Vec<&str> = plan
        .pipeline
        .needed_by(job)
        .iter()
        .map(|other| other.name.as_str())
        .collect();
    let waits = match needed.is_empty() {
        true => "it waits for nothing".to_owned(),
        false => format!("it waits for {}", needed.join(", ")),
    };
    Ok(format!(
        "`{name}` would run for the event {event}, {how}: {why}; {waits}\n"
    ))
}

/// Jobs by stage, with image and needs.
fn list(pipeline: &Pipeline) -> String {
    let mut rows = vec![["STAGE", "JOB", "IMAGE", "NEEDS", "WHEN"].map(str::to_owned)];
    rows.extend(pipeline.jobs.iter().map(|job| {
        let when = match job.when {
            When::OnSuccess => "",
            when
            @ (When::OnFailure | When::Always | When::Manual | When::Delayed | When::Never) => {
                when.word()
            }
        };
        [
            job.stage.clone(),
            job.name.clone(),
            image(job),
            needs(pipeline, job),
            when.to_owned(),
        ]
    }));
    columns(&rows)
}

fn image(job: &Job) -> String {
    job.image
        .as_ref()
        .map_or("-", |image| image.name.as_str())
        .to_owned()
}

fn needs(pipeline: &Pipeline, job: &Job) -> String {
    match pipeline.needs_there(job) {
        None => "earlier stages".to_owned(),
        Some(needs) if needs.is_empty() => "nothing".to_owned(),
        Some(needs) => needs.join(", "),
    }
}

/// What became of each job, how long it took, where it deployed to, and the time of all.
pub(super) fn summary(rows: &[Row], total: Duration) -> String {
    let title = match rows.iter().any(|row| row.place.is_some()) {
        true => "ENVIRONMENT",
        false => "",
    };
    let mut lines = vec![["JOB", "RESULT", "TIME", title].map(str::to_owned)];
    lines.extend(rows.iter().map(|row| {
        let time = match &row.fate {
            Fate::Skipped(_) => String::new(),
            Fate::Passed | Fate::Allowed(_) | Fate::Failed(_) | Fate::Canceled => {
                duration(row.took)
            }
        };
        [
            row.name.clone(),
            words(&row.fate),
            time,
            row.place.clone().unwrap_or_default(),
        ]
    }));
    lines.push(["total", "", &duration(total), ""].map(str::to_owned));
    columns(&lines)
}

fn words(fate: &Fate) -> String {
    match fate {
        Fate::Passed => "passed".to_owned(),
        Fate::Allowed(why) => format!("allowed to fail ({why})"),
        Fate::Failed(why) => format!("failed ({why})"),
        Fate::Canceled => "cancelled".to_owned(),
        Fate::Skipped(why) => format!("skipped ({why})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_listed_by_stage() {
        let text = "
image: bench/busybox:1
build: {stage: build, script: x}
check: {script: x, needs: []}
ship: {stage: deploy, script: x, needs: [build, check], when: manual, image: other}
";
        insta::assert_snapshot!(list(&Pipeline::parse(text, "ci.yml").unwrap()), @r"
        STAGE   JOB    IMAGE            NEEDS           WHEN
        build   build  bench/busybox:1  earlier stages
        test    check  bench/busybox:1  nothing
        deploy  ship   other            build, check    manual
        ");
    }

    #[test]
    fn the_summary_says_what_became_of_each_job() {
        let row = |name: &str, fate, millis| Row {
            name: name.to_owned(),
            fate,
            took: Duration::from_millis(millis),
            place: None,
            failure: None,
        };
        let mut rows = [
            row("build", Fate::Passed, 1234),
            row("lint", Fate::Allowed("exit 1".to_owned()), 3000),
            row("test", Fate::Failed("exit 3".to_owned()), 200_000),
            row("deploy", Fate::Skipped("`test` failed".to_owned()), 0),
        ];
        insta::assert_snapshot!(summary(&rows, Duration::from_secs(205)), @r"
        JOB     RESULT                    TIME
        build   passed                    1.2 s
        lint    allowed to fail (exit 1)  3.0 s
        test    failed (exit 3)           3 min 20 s
        deploy  skipped (`test` failed)
        total                             3 min 25 s
        ");
        rows[0].place = Some("lower (https://shop.lower.example)".to_owned());
        insta::assert_snapshot!(summary(&rows[..1], Duration::from_secs(2)), @r"
        JOB    RESULT  TIME   ENVIRONMENT
        build  passed  1.2 s  lower (https://shop.lower.example)
        total          2.0 s
        ");
    }
}
