//! This host as a runner of GitLab: made there, written into gitlab-runner's `config.toml`, remembered in the platform's secret;
//! and what systemd has to know of it.
//!
//! Each step can be repeated: a runner whose token is good is kept, and one that was made for this host and lost before its token
//! was written is taken up again. Refuses to touch other runners of the file, and to remove a runner before the new one is
//! verified. Source: GitLab REST API, "Users" (runners), "Runners". Read next: `config_file`, `secret`, `install`.

mod config_file;
mod install;
mod report;
mod secret;

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::{Cause, Error, Result};
use crate::gitlab::{Gitlab, MadeRunner, NewRunner, Of, RunnerScope};
use crate::job::Secret;
use config_file::{ConfigFile, Entry};
use report::without_tokens;
use secret::remembered;

pub(crate) use install::{
    Change, Did, Installation, Mode, When, changes_as_json, commands, install, is_for_this_host,
    uninstall,
};
pub(crate) use report::{Report, difference};
pub(crate) use secret::{Kept, keys};

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

fn host_name() -> String {
    told_by("/proc/sys/kernel/hostname")
}

fn told_by(path: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.trim().to_owned()
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

/// Puts a file into place at once: whoever reads it meanwhile has the old one or the new one. `rights`: from the first byte on.
fn replace(path: &Path, text: &str, rights: u32) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let mut new = path.as_os_str().to_owned();
    new.push(".baws-new");
    // What an ended run left, with whatever rights.
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(rights)
        .open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

/// This program, as another process finds it.
///
/// # Errors
/// `System` where the kernel does not tell.
pub(crate) fn this_program() -> Result<PathBuf> {
    std::env::current_exe()
        .map_err(|error| Error::system("cannot find this program's own file").caused_by(error))
}

/// Of this host, for people.
pub(crate) fn usual_name() -> String {
    format!("baws-ci on {}", host_name())
}

/// `path` as gitlab-runner finds it from wherever it stands.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path)
        .map_err(|error| Error::usage(format!("`{}` is no path", path.display())).caused_by(error))
}
