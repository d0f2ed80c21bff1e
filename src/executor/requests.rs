//! The job socket of a user stage: opened before the script starts, closed when it has ended.
//!
//! Says who asks, from facts that the job cannot forge; what is done about a request is the desk's, which `dispatch` hands
//! in. Read next: `broker`.

use std::path::PathBuf;

use super::Job;
use super::place::Place;
use crate::broker::{self, Desk, Limits, Served};
use crate::env::Var;
use crate::error::Result;
use crate::job::{Credential, Facts, JobResponse, Place as StagePlace, Secret};
use crate::policy;
use crate::settings::Settings;
use crate::telemetry::Diary;

/// Makes the desk where a job's requests are worked on.
pub(crate) type OpenDesk<'a> = dyn Fn(Visitor) -> Box<dyn Desk> + 'a;

/// Whose requests will come.
pub(crate) struct Visitor {
    /// An error where GitLab did not say enough: the first request is told.
    pub(crate) facts: Result<Facts>,
    /// What GitLab sent with the job for registries.
    pub(crate) credentials: Vec<Credential>,
    /// The token that GitLab made for the job, as the job's variables hold it: nobody has verified it.
    pub(crate) id_token: Option<Secret>,
    pub(crate) standing: Standing,
    /// Where the host keeps what requests share: logins, locks.
    pub(crate) state: PathBuf,
    /// Takes down what was asked for.
    pub(crate) diary: Diary,
}

/// By whose order a job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// GitLab's: the operator's grants hold.
    Granted,
    /// The caller's own, on their own machine: `baws-ci local`.
    Own,
}

/// Listens in the build container's directory. `container`: its id; `None` where it is not known, and nothing is served.
pub(super) fn serve(
    job: &Job,
    place: &Place,
    settings: &Settings,
    container: Option<&str>,
    diary: &Diary,
    open: &OpenDesk<'_>,
) -> Result<Option<Served>> {
    let Some(container) = container else {
        return Ok(None);
    };
    let requests = &settings.executor.requests;
    let bytes = policy::bytes("executor.requests.max_context", &requests.max_context)?;
    let limits = Limits {
        parallel: requests.parallel as usize,
        context_entries: requests.max_context_entries,
        context_bytes: u64::try_from(bytes).unwrap_or(0),
    };
    let visitor = Visitor {
        facts: Facts::of(&job.response, &job.identity),
        credentials: job.response.credentials.clone(),
        id_token: id_token(&job.response),
        standing: match Var::DrivenByLocal.text() {
            Some(_) => Standing::Own,
            None => Standing::Granted,
        },
        state: place.state_dir().to_owned(),
        diary: diary.clone(),
    };
    let post = place.post(&job.identity, StagePlace::Build);
    let served = broker::serve(post.dir(), container, limits, open(visitor));
    served
        .map(Some)
        .map_err(|error| crate::error::Error::system("cannot open it").caused_by(error))
}

/// Where a job's `id_tokens` has the token for the host.
const ID_TOKEN: &str = "BAWS_CI_ID_TOKEN";

fn id_token(job: &JobResponse) -> Option<Secret> {
    let set = job.variables.iter().rfind(|one| one.key == ID_TOKEN);
    let value = set
        .map(|one| one.value.as_str())
        .filter(|value| !value.is_empty());
    value.map(Secret::new)
}
