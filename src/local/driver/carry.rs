//! What the driver carries itself, over the engine's archive API: the sources of a work tree, artifacts in and out.

use std::fs::File;

use super::super::outcome::Failure;
use super::super::scratch::create;
use super::super::scripts::{self, Course};
use super::{Run, system};
use crate::error::Error;
use crate::job::Role;

/// Where the project is in the containers: `GIT_CLONE_PATH`, else below the builds directory as in its URL.
pub(super) fn project_dir(run: &Run<'_>) -> Result<String, Failure> {
    let (job, builds_dir) = (&run.task.response, &run.builds_dir);
    if let Some(wanted) = run.variables().get("GIT_CLONE_PATH") {
        let wanted = wanted.trim_end_matches('/');
        let inside = wanted
            .strip_prefix(builds_dir.as_str())
            .is_some_and(|rest| rest.starts_with('/'));
        if !inside || wanted.split('/').any(|part| part == "..") {
            return Err(Failure::System(format!(
                "GIT_CLONE_PATH `{wanted}` is not below `{builds_dir}`"
            )));
        }
        return Ok(wanted.to_owned());
    }
    let path = match job
        .git_info
        .repo_url
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
    {
        Some((_, path)) => path
            .trim_end_matches('/')
            .trim_end_matches(".git")
            .to_owned(),
        None => job.job_info.project_full_path.clone().unwrap_or_default(),
    };
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != "." && *part != "..")
        .collect();
    Ok(match parts.is_empty() {
        true => format!("{builds_dir}/project-{}", job.job_info.project_id),
        false => format!("{builds_dir}/{}", parts.join("/")),
    })
}

/// Copies the sources in, if they come from a work tree and the job wants them.
pub(super) fn work_tree(run: &mut Run<'_>) -> Result<(), Failure> {
    let Some(archive) = run
        .task
        .work_tree
        .as_ref()
        .filter(|_| scripts::wants_work_tree(&run.variables()))
    else {
        return Ok(());
    };
    let container = run.identity().container(Role::Helper);
    let file = File::open(archive).map_err(|error| unreadable(archive, error))?;
    run.driver
        .engine()
        .and_then(|engine| engine.copy_in(&container, &run.project_dir, file))
        .map_err(system)
}

/// Copies what earlier jobs left beside the project. An archive that is not there is reported by the script.
pub(super) fn incoming(run: &mut Run<'_>) -> Result<(), Failure> {
    let container = run.identity().container(Role::Helper);
    for one in &run.task.incoming {
        let content = match File::open(&one.archive) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(unreadable(&one.archive, error)),
        };
        let engine = run.driver.engine().map_err(system)?;
        let directory = format!("{}.tmp", run.project_dir);
        engine
            .put_file(&container, &directory, &scripts::incoming(one.id), content)
            .map_err(system)?;
    }
    Ok(())
}

/// Copies this job's artifacts out, as `<index>.tar`. One whose patterns matched nothing is not there.
pub(super) fn outgoing(run: &mut Run<'_>, course: Course) -> Result<(), Failure> {
    let Some(directory) = &run.task.outgoing else {
        return Ok(());
    };
    let container = run.identity().container(Role::Helper);
    let engine = run.driver.engine().map_err(system)?;
    for (index, spec) in run.task.response.artifacts.iter().enumerate() {
        if !course.keeps(&spec.when) {
            continue;
        }
        let path = scripts::outgoing(&format!("{}.tmp", run.project_dir), index);
        let target = directory.join(format!("{index}.tar"));
        let mut file = create(&target, 0o600).map_err(system)?;
        let found = engine
            .get_file(&container, &path, &mut file)
            .map_err(system)?;
        if !found && std::fs::remove_file(&target).is_err() {
            return Err(Failure::System(format!(
                "cannot remove `{}`",
                target.display()
            )));
        }
    }
    Ok(())
}

fn unreadable(path: &std::path::Path, cause: std::io::Error) -> Failure {
    system(Error::system(format!("cannot read `{}`", path.display())).caused_by(cause))
}
