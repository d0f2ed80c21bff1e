//! What `local` shows at a glance: the jobs of a pipeline, and at the end what became of each.

use std::time::Duration;

use super::decide::Fate;
use crate::output::{columns, duration};
use crate::pipeline::{Job, Pipeline, When};

/// Jobs by stage, with image and needs.
pub(super) fn list(pipeline: &Pipeline) -> String {
    let mut rows = vec![["STAGE", "JOB", "IMAGE", "NEEDS", "WHEN"].map(str::to_owned)];
    rows.extend(pipeline.jobs.iter().map(|job| {
        let when = match job.when {
            When::OnSuccess => "",
            When::OnFailure => "on_failure",
            When::Always => "always",
            When::Manual => "manual",
        };
        [
            job.stage.clone(),
            job.name.clone(),
            image(job),
            needs(job),
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

fn needs(job: &Job) -> String {
    match &job.needs {
        None => "earlier stages".to_owned(),
        Some(needs) if needs.is_empty() => "nothing".to_owned(),
        Some(needs) => needs
            .iter()
            .map(|need| need.job.as_str())
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// What became of each job, how long it took, and the time of all.
pub(super) fn summary(rows: &[(String, Fate, Duration)], total: Duration) -> String {
    let mut lines = vec![["JOB", "RESULT", "TIME"].map(str::to_owned)];
    lines.extend(rows.iter().map(|(name, fate, took)| {
        let time = if matches!(fate, Fate::Skipped(_)) {
            String::new()
        } else {
            duration(*took)
        };
        [name.clone(), words(fate), time]
    }));
    lines.push(["total".to_owned(), String::new(), duration(total)]);
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
        let rows = [
            (
                "build".to_owned(),
                Fate::Passed,
                Duration::from_millis(1234),
            ),
            (
                "lint".to_owned(),
                Fate::Allowed("exit 1".to_owned()),
                Duration::from_secs(3),
            ),
            (
                "test".to_owned(),
                Fate::Failed("exit 3".to_owned()),
                Duration::from_secs(200),
            ),
            (
                "deploy".to_owned(),
                Fate::Skipped("`test` failed".to_owned()),
                Duration::ZERO,
            ),
        ];
        insta::assert_snapshot!(summary(&rows, Duration::from_secs(205)), @r"
        JOB     RESULT                    TIME
        build   passed                    1.2 s
        lint    allowed to fail (exit 1)  3.0 s
        test    failed (exit 3)           3 min 20 s
        deploy  skipped (`test` failed)
        total                             3 min 25 s
        ");
    }
}
