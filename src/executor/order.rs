//! What the agent is told to do around a stage: the ground it runs on, and whose its files are afterwards.

use std::path::Path;

use super::Job;
use crate::agent::{Gift, Order};
use crate::job::{Place as StagePlace, Stage, expand};
use crate::settings::ExecutorSettings;

/// Source: GitLab Runner, feature flags: files are not open to all, but given to the user of the image.
const NO_UMASK: &str = "FF_DISABLE_UMASK_FOR_DOCKER_EXECUTOR";

/// Whether the files that this stage leaves are to be given to the user of the build container.
pub(super) fn is_given(job: &Job, stage: &Stage) -> bool {
    stage.fills_the_project() && job.flag(NO_UMASK)
}

/// The docker executor's helper leaves files that any user of the build container may change, and so does this one.
pub(super) fn order(
    settings: &ExecutorSettings,
    job: &Job,
    stage: &Stage,
    owner: Option<(u32, u32)>,
) -> Order {
    let grace_ms = settings.stop_grace_secs * 1000;
    match stage.place() {
        StagePlace::Build => Order {
            grace_ms,
            ..Order::default()
        },
        StagePlace::Helper => Order {
            umask: (!job.flag(NO_UMASK)).then_some(0),
            open_dirs: open_dirs(settings, job),
            gift: owner.map(|user| Gift {
                user,
                root: settings.builds_dir.clone(),
                dirs: own_dirs(settings, job),
            }),
            unlink: if stage.lays_down_sources() {
                project_paths(settings, job)
            } else {
                Vec::new()
            },
            grace_ms,
        },
    }
}

/// What any user of the build container may write: sources, cache and kept volumes. Never what the operator lends.
fn open_dirs(settings: &ExecutorSettings, job: &Job) -> Vec<String> {
    let texts = settings.docker.volumes.iter();
    let (kept, lent): (Vec<String>, Vec<String>) = texts
        .map(|text| expand(text, &job.variables))
        .partition(|text| !text.contains(':'));
    let is_lent = |dir: &String| {
        lent.iter()
            .filter_map(|text| text.split(':').nth(1))
            .any(|target| Path::new(dir).starts_with(target))
    };
    let own = [&settings.builds_dir, &settings.cache_dir];
    let own = own.into_iter().filter(|dir| !is_lent(dir)).cloned();
    own.chain(kept).collect()
}

/// The project's directory, those above it below `builds_dir`, and the runner's temporary one beside it.
fn project_paths(settings: &ExecutorSettings, job: &Job) -> Vec<String> {
    let project = job
        .variables
        .get("CI_PROJECT_DIR")
        .map_or("", String::as_str);
    let Some(below) = project.strip_prefix(&format!("{}/", settings.builds_dir)) else {
        return Vec::new();
    };
    let mut paths = vec![settings.builds_dir.clone()];
    for part in below
        .split('/')
        .filter(|part| !part.is_empty() && *part != "..")
    {
        paths.push(format!("{}/{part}", paths[paths.len() - 1]));
    }
    paths.remove(0);
    paths.extend(
        job.variables
            .get("RUNNER_TEMP_PROJECT_DIR")
            .filter(|dir| !dir.contains("/../"))
            .cloned(),
    );
    paths
}

/// What the docker executor gives to the image's user, too; below `builds_dir` only, as a job may name any directory.
fn own_dirs(settings: &ExecutorSettings, job: &Job) -> Vec<String> {
    let above = format!("{}/", settings.builds_dir);
    ["CI_PROJECT_DIR", "RUNNER_TEMP_PROJECT_DIR"]
        .iter()
        .filter_map(|name| job.variables.get(*name)?.strip_prefix(&above))
        .map(str::to_owned)
        .collect()
}
