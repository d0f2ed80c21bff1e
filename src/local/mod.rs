//! `baws-ci local`: jobs through the executor's four stages where no gitlab-runner is.
//!
//! The driver takes one job, in the form GitLab sends it, and does what gitlab-runner would do: scripts, environment, order,
//! retries, signals, timeouts, artifacts. Two feed it: the pipeline file of a work tree, uncommitted changes included
//! (`run`), and a payload from a coordinator (`payload`). Refuses to reach into the executor: it calls the program, as the
//! runner does. Read next: `run`, `driver`, `scripts`, `pack`.

mod cached;
mod changes;
mod child;
mod commit;
mod decide;
mod dotenv;
mod driver;
mod filter;
mod jobs;
mod log;
mod nested;
mod outcome;
mod pack;
mod payload;
mod picture;
mod planned;
mod predefined;
mod remote;
mod run;
mod schedule;
mod scratch;
mod scripts;
mod signals;
mod slots;
mod started;
mod table;
mod turns;
mod variables;
mod verdict;
mod work_tree;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::error::{Class, Result};
use crate::output::Output;
use crate::settings::Settings;

use outcome::Failure;

/// What is asked of `local`, in the words of its flags; the command line sees to it that they fit together.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) asked: Asked,
    /// What starts the pipeline, in the words of the command line.
    pub(crate) event: String,
    pub(crate) inputs: crate::pipeline::Given,
    /// `PROJECT=DIRECTORY`.
    pub(crate) maps: Vec<String>,
    pub(crate) json: bool,
    /// Where a picture of the pipeline goes.
    pub(crate) svg: Option<PathBuf>,
    /// Most jobs at the same time.
    pub(crate) parallel: usize,
    /// Names; empty: all but the manual ones.
    pub(crate) jobs: Vec<String>,
    /// `KEY=VALUE`.
    pub(crate) variables: Vec<String>,
    pub(crate) shell: bool,
    /// The pipeline.
    pub(crate) file: PathBuf,
    /// One job as GitLab's coordinator sends it, in place of a pipeline.
    pub(crate) payload: Option<PathBuf>,
    pub(crate) artifacts_in: Option<PathBuf>,
    pub(crate) artifacts_out: Option<PathBuf>,
    pub(crate) result: Option<PathBuf>,
}

/// What to do with the pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Run,
    List,
    /// Why the job would run, or why not.
    Explain(String),
}

/// What the program was started with.
#[derive(Clone, Copy)]
struct Started<'a> {
    settings: &'a Settings,
    /// The settings file, for the stages.
    config: Option<&'a Path>,
    output: Output,
}

/// What happens to the containers of a failed job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnFailure {
    Remove,
    /// First a shell in the build container.
    Shell,
}

/// How jobs are run.
#[derive(Clone, Copy)]
struct Manner<'a> {
    started: Started<'a>,
    on_failure: OnFailure,
    /// Most at the same time, of this pipeline and those it starts.
    most: usize,
    shared: &'a Shared,
    /// For the includes of child pipelines.
    maps: &'a [String],
    /// How many pipelines this one is below the first.
    depth: usize,
    /// Before the names of this pipeline's jobs.
    within: &'a str,
    /// Whether other jobs may run meanwhile.
    side_by_side: bool,
}

/// What a pipeline and those it starts count together.
#[derive(Debug)]
struct Shared {
    /// The next job's.
    ids: AtomicU64,
    /// Jobs that run, those that start a pipeline left out.
    running: AtomicUsize,
}

impl Manner<'_> {
    fn next_id(&self) -> u64 {
        self.shared.ids.fetch_add(1, Ordering::Relaxed)
    }
}

/// Does what is asked. `config`: the settings file, for the stages.
///
/// # Errors
/// `Script` when a job failed, `System` when it was not the job's fault, `Cancelled` after a signal, `Usage` for a pipeline
/// or a payload that cannot be run.
pub(crate) fn run(
    request: &Request,
    settings: &Settings,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    if let Some(payload) = &request.payload {
        let files = payload::Files {
            payload,
            artifacts_in: request.artifacts_in.as_deref(),
            artifacts_out: request.artifacts_out.as_deref(),
            result: request.result.as_deref(),
        };
        return payload::run(&files, settings, config);
    }
    let wanted = run::Wanted {
        request,
        on_failure: if request.shell {
            OnFailure::Shell
        } else {
            OnFailure::Remove
        },
    };
    match &request.asked {
        Asked::Run => run::run(&wanted, settings, config, output),
        Asked::List => run::list(request, output),
        Asked::Explain(job) => run::explain(request, job, output),
    }
}

/// The class of a job's failure.
fn script_class(failure: &Failure) -> Class {
    match failure {
        Failure::Script(code) => Class::Script(
            code.and_then(|code| u8::try_from(code).ok())
                .unwrap_or(1)
                .max(1),
        ),
        Failure::JobTimeout | Failure::ScriptTimeout | Failure::Canceled => Class::Script(1),
        Failure::System(_) => Class::System,
    }
}
