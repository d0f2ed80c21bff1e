//! A runner is made in GitLab, or the one that is there is kept, and written into `config.toml`.
//!
//! Each step can be repeated: a runner whose token is good is kept, and one that was made for this host and lost before its token
//! was written is taken up again. Refuses to remove a runner before the new one is verified. Source: GitLab REST API, "Users"
//! (runners), "Runners".

use std::path::PathBuf;

use super::config_file::{ConfigFile, Entry};
use super::report::{Report, without_tokens};
use super::secret::{Kept, remembered};
use super::{Mode, host_name, told_by};
use crate::error::{Cause, Error, Result};
use crate::gitlab::{Gitlab, MadeRunner, NewRunner, Of, RunnerScope};
use crate::job::Secret;

/// What an authentication token of a runner begins with. Registration tokens are older, and have no such beginning.
const TOKEN_PREFIX: &str = "glrt-";

/// What the runner is to be.
pub(crate) struct Wanted {
    /// In the file, and the description in GitLab.
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) tags: Vec<String>,
    pub(crate) run_untagged: bool,
    pub(crate) locked: bool,
    pub(crate) protected: bool,
    pub(crate) maximum_timeout_secs: Option<u64>,
    /// gitlab-runner's.
    pub(crate) file: PathBuf,
    pub(crate) concurrent: Option<u32>,
    /// This program, as gitlab-runner is to call it.
    pub(crate) program: PathBuf,
    pub(crate) settings: Option<PathBuf>,
    /// Of a runner that was made in GitLab by hand.
    pub(crate) token: Option<Secret>,
    pub(crate) replace: Replace,
    pub(crate) mode: Mode,
}

/// Whose jobs it takes.
pub(crate) enum Place {
    Instance,
    Group(String),
    Project(String),
}

/// Whether the runner that the secret named before is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replace {
    Yes,
    No,
}

/// # Errors
/// `Usage` for a token of the old kind; `Precondition` where the file cannot be changed, or a group or project is not there;
/// GitLab's and AWS's own.
pub(crate) async fn register(
    wanted: &Wanted,
    gitlab: &Gitlab,
    kept: Option<&Kept<'_>>,
    tell: &dyn Fn(String),
) -> Result<Report> {
    let mut file = ConfigFile::read(&wanted.file)?;
    let (url, name) = (gitlab.address(), wanted.name.as_str());
    let known = match &wanted.token {
        Some(token) => Some(of_this_kind(token)?.clone()),
        None => file.token(url, name)?,
    };
    let verified = match &known {
        Some(token) => gitlab.verify_runner(token).await?,
        None => None,
    };
    let (made, runner) = match (verified, known) {
        (Some(id), Some(token)) => {
            tell(format!("The runner {id} is there, and its token is good"));
            (false, Some(MadeRunner { id, token }))
        }
        (None, Some(_)) if wanted.token.is_some() => {
            return Err(
                Error::denied(format!("`{url}` does not know this runner token"))
                    .hint("check that it is of this GitLab, and that the runner was not removed"),
            );
        }
        (_, known) => {
            if known.is_some() {
                tell(format!(
                    "GitLab does not know the token of `{name}` any more"
                ));
            }
            let new = new_runner(wanted, gitlab).await?;
            match wanted.mode {
                Mode::DryRun => (true, None),
                Mode::Apply => (true, Some(taken_up_or_made(&new, gitlab, tell).await?)),
            }
        }
    };
    let placeholder = Secret::new(TOKEN_PREFIX);
    file.put(&Entry {
        name,
        url,
        id: runner.as_ref().map(|runner| runner.id),
        token: runner.as_ref().map_or(&placeholder, |runner| &runner.token),
        program: &wanted.program,
        settings: wanted.settings.as_deref(),
        concurrent: wanted.concurrent,
    })?;
    let (before, after) = file.texts();
    let changed = before != after;
    let mut report = Report {
        id: runner.as_ref().map(|runner| runner.id),
        made,
        file: file.path().to_owned(),
        changed,
        before: without_tokens(before),
        after: without_tokens(&after),
        previous: None,
        removed: false,
    };
    if changed && wanted.mode == Mode::Apply {
        file.save()?;
        tell(format!("Wrote `{}`", file.path().display()));
    }
    if let Some(kept) = kept {
        let id = report.id;
        let before = remembered(kept, id.filter(|_| wanted.mode == Mode::Apply), tell).await?;
        report.previous = before.filter(|old| Some(*old) != id);
    }
    if let (Some(old), Mode::Apply) = (report.previous, wanted.mode) {
        match wanted.replace {
            Replace::Yes => {
                report.removed = gitlab.delete_runner(old).await?;
                tell(format!("Removed the runner {old}, which this one replaces"));
            }
            Replace::No => tell(format!(
                "The runner {old}, which the secret named before, is left as it is (--replace removes it)"
            )),
        }
    }
    Ok(report)
}

fn of_this_kind(token: &Secret) -> Result<&Secret> {
    match token.reveal().starts_with(TOKEN_PREFIX) {
        true => Ok(token),
        false => Err(Error::usage("this is no authentication token of a runner")
            .caused_by(Cause::line(format!("it does not begin with `{TOKEN_PREFIX}`")))
            .hint("registration tokens are of the past, and GitLab lets them be switched off: make the runner in GitLab (Settings, CI/CD, Runners) and give the token that it shows")
            .hint("or leave the token away: with a token for GitLab's API that has the scope `create_runner`, the runner is made here")),
    }
}

async fn new_runner(wanted: &Wanted, gitlab: &Gitlab) -> Result<NewRunner> {
    let missing = |what: &str, path: &str| {
        Error::precondition(format!(
            "there is no {what} `{path}`, or this token may not see it"
        ))
    };
    let scope = match &wanted.place {
        Place::Instance => RunnerScope::Instance,
        Place::Group(path) => {
            let found = gitlab.group(path).await?;
            let found = found.ok_or_else(|| missing("group", path))?;
            RunnerScope::Group(found.id, found.full_path)
        }
        Place::Project(path) => {
            let found = gitlab.project(&Of::Path(path)).await?;
            let found = found.ok_or_else(|| missing("project", path))?;
            RunnerScope::Project(found.id, path.clone())
        }
    };
    Ok(NewRunner {
        scope,
        description: wanted.name.clone(),
        tags: wanted.tags.clone(),
        run_untagged: wanted.run_untagged,
        locked: wanted.locked,
        protected: wanted.protected,
        maximum_timeout_secs: wanted.maximum_timeout_secs,
        note: note(),
    })
}

/// Tells hosts apart, also those that have one name.
fn note() -> String {
    let (host, machine) = (host_name(), told_by("/etc/machine-id"));
    let digits = crate::digest::digest([&machine, &host]);
    format!("made by baws-ci on {host} ({})", &digits[..12])
}

/// A runner that was made for this host and never called, because its token was lost, gets a new token; else one is made.
async fn taken_up_or_made(
    new: &NewRunner,
    gitlab: &Gitlab,
    tell: &dyn Fn(String),
) -> Result<MadeRunner> {
    let lost = gitlab
        .runners_for(&new.scope)
        .await?
        .into_iter()
        .filter(|runner| {
            runner.status == "never_contacted"
                && runner.description.as_deref() == Some(new.description.as_str())
        });
    for runner in lost {
        let found = gitlab.runner(runner.id).await?;
        if found.is_some_and(|found| found.maintenance_note.as_deref() == Some(new.note.as_str())) {
            let token = gitlab.reset_runner_token(runner.id).await?;
            tell(format!(
                "Took up the runner {}, which was made for this host and never called",
                runner.id
            ));
            return Ok(MadeRunner {
                id: runner.id,
                token,
            });
        }
    }
    let made = gitlab.create_runner(new).await.map_err(|failure| {
        let error = Error::from(failure);
        match &new.scope {
            RunnerScope::Instance => error.hint("runners for the whole GitLab are made by administrators; --group or --project make one for less"),
            RunnerScope::Group(_, path) => error.hint(format!("owners of `{path}` make runners for it")),
            RunnerScope::Project(_, path) => error.hint(format!("maintainers of `{path}` make runners for it")),
        }
    })?;
    tell(format!(
        "Made the runner {} (`{}`)",
        made.id, new.description
    ));
    Ok(made)
}
