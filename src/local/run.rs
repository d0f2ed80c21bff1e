//! A pipeline from its file to the summary: one job after the other, each through the executor's four stages.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::driver::Driver;
use super::jobs::{Setting, assignment};
use super::pack::pack;
use super::predefined::Project;
use super::schedule;
use super::scratch::Scratch;
use super::scripts::Sources;
use super::signals::{Interrupt, Signals};
use super::turns::Turns;
use super::verdict::verdict;
use super::work_tree::{History, WorkTree};
use super::{Manner, OnFailure, Request, Shared, Started, picture, planned, table};
use crate::error::{Cause, Error, Result};
use crate::job::Variable;
use crate::output::Output;
use crate::pipeline::Plan;
use crate::settings::Settings;

/// What is run, and how.
pub(super) struct Wanted<'a> {
    pub(super) request: &'a Request,
    pub(super) on_failure: OnFailure,
}

/// Prints the jobs of the pipeline.
pub(super) fn list(request: &Request, output: &Output) -> Result<()> {
    let (tree, found) = WorkTree::of_pipeline(Path::new("."), &request.file)?;
    let event = planned::event(&request.event)?;
    let project = Project::of(&tree, first_id(), event);
    let plan = planned(request, &tree, &found, &project, &given(request)?, output)?;
    if let Some(path) = &request.svg {
        std::fs::write(path, picture::svg(&plan.pipeline)).map_err(|error| {
            Error::precondition(format!("cannot write the picture `{}`", path.display()))
                .caused_by(error)
        })?;
    }
    output.data(match request.json {
        true => format!("{}\n", table::json(&plan, event)),
        false => table::plan(&plan, event),
    });
    Ok(())
}

/// Prints why a job would run, or why not.
pub(super) fn explain(request: &Request, job: &str, output: &Output) -> Result<()> {
    let (tree, found) = WorkTree::of_pipeline(Path::new("."), &request.file)?;
    let event = planned::event(&request.event)?;
    let project = Project::of(&tree, first_id(), event);
    let plan = planned(request, &tree, &found, &project, &given(request)?, output)?;
    output.data(table::explain(&plan, event, job)?);
    Ok(())
}

/// `--var`.
fn given(request: &Request) -> Result<Vec<Variable>> {
    request
        .variables
        .iter()
        .map(|text| assignment(text))
        .collect()
}

fn planned(
    request: &Request,
    tree: &WorkTree,
    found: &Path,
    project: &Project,
    variables: &[Variable],
    output: &Output,
) -> Result<Plan> {
    let asked = planned::Asked {
        file: (&request.file, found),
        event: planned::event(&request.event)?,
        inputs: &request.inputs,
        maps: &request.maps,
        variables,
    };
    planned::plan(&asked, tree, project, output)
}

/// Runs the pipeline.
pub(super) fn run(
    wanted: &Wanted<'_>,
    settings: &Settings,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    if wanted.on_failure == OnFailure::Shell
        && !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal())
    {
        return Err(Error::usage("`--shell` needs a terminal")
            .hint("leave `--shell` out where nobody can type"));
    }
    let started = Instant::now();
    let request = wanted.request;
    let (tree, found) = WorkTree::of_pipeline(Path::new("."), &request.file)?;
    let event = planned::event(&request.event)?;
    let first_id = first_id();
    let project = Project::of(&tree, first_id, event);
    let variables = given(request)?;
    let plan = planned(request, &tree, &found, &project, &variables, output)?;
    if let Some(why) = plan.none.as_ref().filter(|_| request.jobs.is_empty()) {
        output.status(format!("No pipeline for the event {}: {why}", event.name()));
        return Ok(());
    }
    let pipeline = plan.pipeline;
    let chosen = pipeline.select(&request.jobs).map_err(|error| {
        let absent = plan
            .absent
            .iter()
            .find(|one| request.jobs.contains(&one.job));
        match absent {
            Some(one) => Error::usage(format!(
                "the event {} has no job `{}`",
                event.name(),
                one.job
            ))
            .caused_by(Cause::line(&one.why))
            .hint("`--event` and `--var` say what starts the pipeline; `--explain JOB` tells more"),
            None => error,
        }
    })?;
    let signals = Signals::listen(Interrupt::Soft)?;
    // Fails here, and once, where the engine cannot be reached.
    Driver::new(settings, config, &signals)?.engine()?;

    let scratch = Scratch::new("local")?;
    let packed = pack(&tree, &scratch)?;
    let told = told(&tree, packed.files);
    let setting = Setting {
        pipeline: &pipeline,
        tree: &tree,
        project: &project,
        variables: &variables,
        sources: Sources::WorkTree { told },
        archive: packed.archive,
    };
    let mut turns = Turns {
        setting: &setting,
        output: *output,
        scratch: &scratch,
        done: BTreeMap::new(),
    };
    let shared = Shared {
        ids: AtomicU64::new(first_id),
        running: AtomicUsize::new(0),
    };
    let manner = Manner {
        started: Started {
            settings,
            config,
            output: *output,
        },
        on_failure: wanted.on_failure,
        // Whoever types into one job cannot follow another.
        most: match wanted.on_failure {
            OnFailure::Remove => request.parallel,
            OnFailure::Shell => 1,
        },
        shared: &shared,
        maps: &request.maps,
        depth: 0,
        within: "",
        side_by_side: false,
    };
    let rows = schedule::run(&pipeline, &chosen, &mut turns, manner, &signals)?;
    output.data(format!("\n{}", table::summary(&rows, started.elapsed())));
    verdict(&rows, &request.jobs, signals.first())
}

const MILLIS_A_WEEK: u64 = 7 * 24 * 3600 * 1000;
/// Above the largest number of a process. Source: proc(5), `pid_max` is at most 2^22.
const PROCESSES: u64 = 1 << 22;
const JOBS: u64 = 1000;

/// Job ids must differ from those of every run that is alive on this engine, also of one begun in the same millisecond.
fn first_id() -> u64 {
    let millis = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_millis());
    id_of(u64::try_from(millis).unwrap_or(0), std::process::id())
}

/// The first id of a run, with room for a thousand jobs behind it. The number of a process fits below [`PROCESSES`].
fn id_of(millis: u64, process: u32) -> u64 {
    // A week is longer than any run lasts; time, process and job then fit into 63 bits.
    (millis % MILLIS_A_WEEK * PROCESSES + u64::from(process) % PROCESSES) * JOBS
}

/// The line of the job log that says what the jobs got.
fn told(tree: &WorkTree, files: usize) -> String {
    let files = if files == 1 {
        "1 file".to_owned()
    } else {
        format!("{files} files")
    };
    let taken = format!("Took {files} of `{}`", tree.root.display());
    let repository = match &tree.part_of {
        Some(repository) => format!(
            ", a part of the repository `{}`, whose history is left out",
            repository.display()
        ),
        None => String::new(),
    };
    match &tree.history {
        History::None => format!("{taken}, which is no git repository"),
        History::Unborn { .. } => format!("{taken}, without a commit yet{repository}"),
        History::Commit(commit) => {
            let sha = commit.sha.get(..8).unwrap_or(&commit.sha);
            let changes = if tree.is_changed() {
                ", with changes that are not committed"
            } else {
                ""
            };
            format!("{taken} at {sha}{changes}{repository}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_begun_in_the_same_millisecond_share_no_job_id() {
        let (one, other) = (
            id_of(1_795_575_607_672, 4711),
            id_of(1_795_575_607_672, 4712),
        );
        assert!(one + JOBS <= other);
        let largest = id_of(MILLIS_A_WEEK - 1, 4_194_303) + JOBS - 1;
        assert!(i64::try_from(largest).is_ok());
    }
}
