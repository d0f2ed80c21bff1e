//! How long each part of a job took: noted by every stage, told in the job's last stage, and kept as one JSON line a job
//! where the operator wants that.
//!
//! No state: where a note cannot be written or read, that part is not told.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::Job;
use crate::error::{Error, Result};
use crate::output;

const FILE: &str = "times";
/// What takes less is not worth a word.
const LEAST_MS: u64 = 50;

/// The part of a job that a stage of the runner's belongs to; `None`: too small to tell.
///
/// Source: gitlab-runner `common/build.go`, names of the stages.
pub(super) fn part(stage: &str) -> Option<&'static str> {
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

pub(super) fn note(job_dir: &Path, part: &str, took: Duration) {
    let line = format!("{} {part}\n", took.as_millis());
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(job_dir.join(FILE));
    // See above: it is not told then.
    file.and_then(|mut file| file.write_all(line.as_bytes()))
        .ok();
}

/// Milliseconds by part, in the order in which they began.
fn noted(job_dir: &Path) -> Vec<(String, u64)> {
    let text = std::fs::read_to_string(job_dir.join(FILE)).unwrap_or_default();
    let mut parts: Vec<(String, u64)> = Vec::new();
    for line in text.lines() {
        let Some((ms, part)) = line.split_once(' ') else {
            continue;
        };
        let ms = ms.parse().unwrap_or(0);
        match parts.iter_mut().find(|(known, _)| known == part) {
            Some((_, sum)) => *sum += ms,
            None => parts.push((part.to_owned(), ms)),
        }
    }
    parts
}

/// One line for the job log.
pub(super) fn told(job_dir: &Path) -> Option<String> {
    let parts = noted(job_dir).into_iter();
    let parts: Vec<(String, u64)> = parts.filter(|(_, ms)| *ms >= LEAST_MS).collect();
    if parts.is_empty() {
        return None;
    }
    let shown = parts
        .iter()
        .map(|(part, ms)| format!("{part} {}", output::duration(Duration::from_millis(*ms))));
    Some(format!(
        "Time of this job: {}",
        shown.collect::<Vec<_>>().join(", ")
    ))
}

/// What is told where the runner ends a stage; `what` says which. Whether the job was cancelled or its time is up, only the
/// runner knows.
///
/// Source: GitLab CI/CD variables, `RUNNER_SCRIPT_TIMEOUT` and `RUNNER_AFTER_SCRIPT_TIMEOUT`.
pub(super) fn told_early(job: &Job, what: &str, took: Duration) -> String {
    let own = match what {
        "`build_script`" => Some("RUNNER_SCRIPT_TIMEOUT"),
        "`after_script`" => Some("RUNNER_AFTER_SCRIPT_TIMEOUT"),
        _ => None,
    };
    let own = own
        .and_then(|name| Some((name, job.variables.get(name)?)))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!(", {name} is {value}"));
    format!(
        "the runner ended {what} after {}: cancelled, or out of time (the timeout of this job is {}{})",
        output::duration(took),
        output::duration(Duration::from_secs(job.response.timeout_secs())),
        own.unwrap_or_default()
    )
}

/// What `prepare` is at, by what it has noted.
pub(super) fn step_of_prepare(job_dir: &Path) -> &'static str {
    match noted(job_dir).iter().any(|(part, _)| part == "images") {
        true => "the start of its containers",
        false => "the fetching of its images",
    }
}

/// Adds the job to the operator's file, one JSON object a line (schema `baws-ci/job/1`).
///
/// # Errors
/// The file cannot be written.
pub(super) fn record(file: &Path, job: &Job, job_dir: &Path, now_secs: u64) -> Result<()> {
    let parts: serde_json::Map<String, Value> = noted(job_dir)
        .into_iter()
        .map(|(part, ms)| (format!("{part}_ms"), json!(ms)))
        .collect();
    let info = &job.response.job_info;
    let line = json!({
        "schema": "baws-ci/job/1",
        "ended_at": now_secs,
        "job_id": job.response.id,
        "job": info.name,
        "project_id": info.project_id,
        "project": info.project_full_path,
        "image": job.response.image.name,
        "services": job.response.services.len(),
        "parts": parts,
    });
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
    written.map_err(|error| {
        Error::system(format!("cannot write to `{}`", file.display()))
            .caused_by(error)
            .hint("the operator makes its directory, or corrects `job_records` in `[executor]`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_summed_in_their_order_and_small_ones_are_not_told() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(told(dir.path()), None);
        for (part, ms) in [
            ("images", 2000),
            ("script", 1500),
            ("cache", 10),
            ("script", 500),
        ] {
            note(dir.path(), part, Duration::from_millis(ms));
        }
        let text = told(dir.path()).unwrap();
        let (images, script) = (text.find("images"), text.find("script"));
        assert!(images < script && !text.contains("cache"), "{text}");
        assert_eq!(noted(dir.path())[1], ("script".to_owned(), 2000));
    }

    #[test]
    fn stages_belong_to_parts() {
        assert_eq!(part("restore_cache"), Some("cache"));
        assert_eq!(part("upload_artifacts_on_failure"), Some("artifacts"));
        assert_eq!(part("step_release"), Some("script"));
        assert_eq!(part("prepare_script"), None);
    }
}
