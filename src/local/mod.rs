//! `baws-ci local`: jobs through the executor's four stages where no gitlab-runner is.
//!
//! The driver takes one job, in the form GitLab sends it, and does what gitlab-runner would do: scripts, environment, order,
//! retries, signals, timeouts, artifacts. Two feed it: the pipeline file of a work tree, uncommitted changes included
//! (`run`), and a payload from a coordinator (`payload`). Refuses to reach into the executor: it calls the program, as the
//! runner does. Read next: `run`, `driver`, `scripts`, `pack`.

mod cached;
mod changes;
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
mod planned;
mod predefined;
mod remote;
mod run;
mod scratch;
mod scripts;
mod signals;
mod slots;
mod started;
mod table;
mod turns;
mod variables;
mod work_tree;

use std::path::{Path, PathBuf};

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

/// What happens to the containers of a failed job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnFailure {
    Remove,
    /// First a shell in the build container.
    Shell,
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
