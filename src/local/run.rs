//! A pipeline from its file to the summary: one job after the other, each through the executor's four stages.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::decide::{self, Fate};
use super::driver::Driver;
use super::jobs::{self, Setting, assignment};
use super::outcome::Failure;
use super::pack::pack;
use super::predefined::Project;
use super::scratch::Scratch;
use super::scripts::Sources;
use super::signals::{Interrupt, Signals, Urgency};
use super::slots::Slot;
use super::turns::{Done, Turns};
use super::work_tree::{History, WorkTree};
use super::{OnFailure, Request, planned, table};
use crate::error::{Cause, Class, Error, Result, Signal};
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
    let driver = Driver::new(settings, config, &signals)?;
    // Fails here, and once, where the engine cannot be reached.
    driver.engine()?;

    let slot = Slot::take(project.id)?;
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
        slot: slot.number,
    };
    let mut turns = Turns {
        setting: &setting,
        driver: &driver,
        output: *output,
        scratch: &scratch,
        on_failure: wanted.on_failure,
        done: BTreeMap::new(),
    };
    let mut fates = BTreeMap::new();
    let mut rows = Vec::new();
    for (n, job) in (0..).zip(&chosen) {
        let skipped = match signals.urgency() {
            Urgency::None => decide::skip(&pipeline, job, &fates),
            Urgency::Soft | Urgency::Hard => Some("the pipeline was cancelled".to_owned()),
        };
        let (fate, took) = match skipped {
            Some(why) => (Fate::Skipped(why), Duration::ZERO),
            None => match jobs::not_here(job) {
                Some(why) => (Fate::Skipped(why), Duration::ZERO),
                None => turns.one(job, first_id + n)?,
            },
        };
        fates.insert(job.name.clone(), fate.clone());
        rows.push((job.name.clone(), fate, took));
    }
    output.data(format!("\n{}", table::summary(&rows, started.elapsed())));
    verdict(&rows, &turns.done, signals.first())
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

fn verdict(
    rows: &[(String, Fate, Duration)],
    done: &BTreeMap<String, Done>,
    signal: Option<Signal>,
) -> Result<()> {
    if let Some(signal) = signal {
        let name = match signal {
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
        };
        return Err(Error::new(
            Class::Cancelled(signal),
            format!("the pipeline was cancelled by {name}"),
        ));
    }
    let failed: Vec<&String> = rows
        .iter()
        .filter(|(_, fate, _)| matches!(fate, Fate::Failed(_)))
        .map(|(name, ..)| name)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = failed.iter().map(|name| format!("`{name}`")).collect();
    let message = match names.as_slice() {
        [one] => format!("the job {one} failed"),
        several => format!("{} jobs failed: {}", several.len(), several.join(", ")),
    };
    let failures: Vec<&Failure> = failed
        .iter()
        .filter_map(|name| done.get(*name)?.failure.as_ref())
        .collect();
    let system = failures
        .iter()
        .all(|failure| matches!(failure, Failure::System(_)));
    Err(Error::new(
        if system {
            Class::System
        } else {
            super::script_class(failures[0])
        },
        message,
    ))
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
