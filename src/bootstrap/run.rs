//! The whole: read, plan, show, apply; and, where an answer was lost or somebody was faster, once more from the beginning.

use super::apply::{self, Applied, NotApplied};
use super::change::Change;
use super::first_commit;
use super::found::{self, Adopt, Found, Sources};
use super::plan::{Known, plan};
use super::stopped::Stopped;
use super::wanted::Wanted;
use crate::aws::Aws;
use crate::backstage::Backstage;
use crate::error::Error;
use crate::gitlab::{Failure, Gitlab, Traffic};
use crate::template::Edition;

/// How often what is there is read anew before this gives up.
const ROUNDS: usize = 4;
/// A token with fewer days left is replaced.
const SOON_DAYS: u64 = 30;

/// Whom to ask, and with what.
pub(crate) struct Means<'a> {
    pub(crate) gitlab: &'a Gitlab,
    pub(crate) aws: Option<&'a Aws>,
    pub(crate) backstage: Option<&'a Backstage>,
    pub(crate) edition: &'a Edition,
    pub(crate) adopt: Adopt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Apply,
    /// Tell what would be done.
    DryRun,
}

/// A step of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) what: &'static str,
    pub(crate) action: &'static str,
    pub(crate) name: String,
}

/// What is there now, and what was done for it.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) project: Option<Made>,
    /// Done; of a dry run: to be done.
    pub(crate) steps: Vec<Step>,
    /// What could not be had here.
    pub(crate) notes: Vec<String>,
    pub(crate) commit: Option<String>,
    pub(crate) secret_arn: Option<String>,
    pub(crate) token_expires_at: Option<String>,
    pub(crate) catalog_url: String,
    pub(crate) entity: String,
    pub(crate) traffic: Traffic,
}

impl Report {
    /// Before anything is known.
    pub(crate) fn empty(wanted: &Wanted, means: &Means<'_>) -> Self {
        Report {
            project: None,
            steps: Vec::new(),
            notes: Vec::new(),
            commit: None,
            secret_arn: None,
            token_expires_at: None,
            catalog_url: first_commit::catalog_url(wanted, means.gitlab.address()),
            entity: apply::entity_ref(&wanted.component),
            traffic: means.gitlab.traffic(),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) id: u64,
    pub(crate) web_url: String,
    pub(crate) clone_url: String,
}

/// `tell` hears of each step when it is done.
///
/// # Errors
/// With what was done until then: it stands, and the next run goes on from there.
pub(crate) async fn run(
    wanted: &Wanted,
    means: &Means<'_>,
    mode: Mode,
    tell: &dyn Fn(&Step),
) -> Result<Report, (Report, Stopped)> {
    let mut report = Report::empty(wanted, means);
    let ended = converge(wanted, means, mode, tell, &mut report).await;
    report.traffic = means.gitlab.traffic();
    match ended {
        Ok(()) => Ok(report),
        Err(stopped) => Err((report, about_token(stopped, means.gitlab).await)),
    }
}

/// What the token is, where that is the reason.
async fn about_token(stopped: Stopped, gitlab: &Gitlab) -> Stopped {
    match stopped.code {
        "scope_missing" | "role_too_low" => match gitlab.own_token().await {
            Ok(Some(token)) => {
                let name = crate::rollout::clean(&token.name, 80);
                let scopes = crate::rollout::clean(&token.scopes.join(", "), 200);
                stopped.because(format!("the token is `{name}`, with the scopes {scopes}"))
            }
            Ok(None) | Err(_) => stopped,
        },
        _ => stopped,
    }
}

async fn converge(
    wanted: &Wanted,
    means: &Means<'_>,
    mode: Mode,
    tell: &dyn Fn(&Step),
    report: &mut Report,
) -> Result<(), Stopped> {
    let sources = Sources {
        gitlab: means.gitlab,
        aws: means.aws,
        backstage: means.backstage,
    };
    // What cannot be rendered is told before anything is made.
    let skeleton = first_commit::skeleton(wanted, means.edition)?;
    first_commit::files(wanted, &skeleton, None)?;
    let soon = apply::day_in(SOON_DAYS);
    let known = Known {
        skeleton: &skeleton,
        address: means.gitlab.address(),
        soon: &soon,
        registers: means.backstage.is_some(),
    };
    let mut odd: Option<(Step, Failure)> = None;
    for _ in 0..ROUNDS {
        let mut found = found::read(wanted, &sources, means.adopt).await?;
        report.project = made(&found).or(report.project.take());
        let steps = |changes: &[Change]| {
            changes
                .iter()
                .map(|change| step(change, wanted))
                .collect::<Vec<_>>()
        };
        if mode == Mode::DryRun {
            report.steps = steps(&plan(wanted, &found, &known)?);
            return Ok(());
        }
        match settle(
            wanted,
            &mut found,
            &known,
            &sources,
            tell,
            report,
            odd.take(),
        )
        .await
        {
            Ok(()) => return Ok(()),
            Err(Ended::Stopped(stopped)) => return Err(stopped),
            Err(Ended::Odd(step, failure)) => odd = Some((step, failure)),
        }
    }
    Err(match odd {
        Some((_, failure)) => failure.into(),
        None => Stopped::new(
            "gitlab_failed",
            Error::system("GitLab's answers do not come to rest")
                .hint("run it again: it goes on where it stopped"),
        ),
    })
}

/// Why a round came to its end early.
enum Ended {
    /// At this step; what is there has to be read again.
    Odd(Step, Failure),
    Stopped(Stopped),
}

impl<T: Into<Stopped>> From<T> for Ended {
    fn from(error: T) -> Self {
        Ended::Stopped(error.into())
    }
}

/// Applies until nothing is left to do. `before`: the step at which the last round ended; if it is due again although GitLab
/// refused it, it would be so forever.
async fn settle(
    wanted: &Wanted,
    found: &mut Found,
    known: &Known<'_>,
    sources: &Sources<'_>,
    tell: &dyn Fn(&Step),
    report: &mut Report,
    before: Option<(Step, Failure)>,
) -> Result<(), Ended> {
    let mut changes = plan(wanted, found, known)?;
    if let Some((step_before, failure)) = before {
        let is_due = changes
            .iter()
            .any(|change| step(change, wanted) == step_before);
        match (is_due, failure.may_have_landed()) {
            (true, false) if !failure.is_transient() => {
                return Err(explained(&step_before, failure, wanted).into());
            }
            // It landed, though nobody said so.
            (false, true) => {
                tell(&step_before);
                report.steps.push(step_before);
            }
            (true | false, _) => {}
        }
    }
    while !changes.is_empty() {
        let change = changes.remove(0);
        let done = step(&change, wanted);
        let applied = match apply::apply(&change, wanted, found, sources, known.skeleton).await {
            Ok(applied) => applied,
            Err(NotApplied::Odd(failure)) => return Err(Ended::Odd(done, failure)),
            Err(NotApplied::Stopped(stopped)) => return Err(Ended::Stopped(stopped)),
        };
        if let Applied::Not(why) = applied {
            report.notes.push(why);
            continue;
        }
        tell(&done);
        report.steps.push(done);
        match applied {
            Applied::Done | Applied::Not(_) => {}
            Applied::Project(project) => {
                *found = Found::Project(project);
                report.project = made(found);
                changes = plan(wanted, found, known)?;
            }
            Applied::Secret { arn, expires_at } => {
                if let Found::Project(project) = found {
                    project.secret = Some(crate::aws::SecretFound::kept(&arn));
                }
                report.secret_arn = Some(arn);
                report.token_expires_at = Some(expires_at);
            }
            Applied::Commit(commit) => report.commit = Some(commit.id),
        }
    }
    if let Found::Project(project) = found
        && report.secret_arn.is_none()
    {
        report.secret_arn = project.secret.as_ref().map(|secret| secret.arn.clone());
    }
    Ok(())
}

fn explained(step: &Step, failure: Failure, wanted: &Wanted) -> Stopped {
    let told = failure.told().to_owned();
    let stopped = Stopped::from(failure);
    match step.what {
        "project" if stopped.code == "gitlab_refused" => Stopped::new(
            "name_taken",
            Error::precondition(format!("GitLab will not make the project `{}`", wanted.path()))
                .caused_by(crate::error::Cause::line(told))
                .hint("if the name is taken: by a project that this token may not see, or by one that is to be deleted. Give the application another name, or ask an owner of the group"),
        ),
        _ => stopped,
    }
}

fn step(change: &Change, wanted: &Wanted) -> Step {
    Step {
        what: change.what(),
        action: change.action(),
        name: change.name(wanted),
    }
}

fn made(found: &Found) -> Option<Made> {
    match found {
        Found::Nothing(_) => None,
        Found::Project(found) => Some(Made {
            id: found.project.id,
            web_url: found.project.web_url.clone(),
            clone_url: found.project.clone_url.clone(),
        }),
    }
}
