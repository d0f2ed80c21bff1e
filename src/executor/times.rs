//! How long each part of a job took: noted by every stage, and told in the log of the job's last stage.
//!
//! No state: where a note cannot be written or read, that part is not told.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use super::Job;
use crate::output;

const FILE: &str = "times";
/// What takes less is not worth a word.
const LEAST_MS: u64 = 50;

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
}
