//! `template sync` and `diff`: repositories brought to a version of the templates, by merge requests, wave by wave.
//!
//! One branch and at most one open merge request a repository. What people closed stays closed, what they committed to the
//! branch stays there. Read next: `update` (what changes in one repository), `waves` (whose turn it is), `bring` (one merge
//! request), `standing` (how far each repository is).

use std::collections::BTreeSet;
use std::rc::Rc;

use futures_util::stream::{self, StreamExt as _};

use super::bring::{self, Brought};
use super::edition::Edition;
use super::editions::{Editions, newest};
use super::repository::{CANARY, is_managed, skipped};
use super::standing::{Standing, standing};
use super::version::Version;
use super::waves::{Member, Progress, Rank, Turn, turn};
use crate::error::{Error, Result};
use crate::gitlab::{Gitlab, Of, Project};

/// Repositories at the same time. Source: GitLab's limits for one user leave room for a few hundred calls a minute.
pub(super) const AT_ONCE: usize = 6;

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// With all groups in them.
    pub(crate) groups: Vec<String>,
    pub(crate) repositories: Vec<String>,
    /// `None`: the newest that is published.
    pub(crate) to: Option<Version>,
    /// The project that holds the templates.
    pub(crate) templates: String,
    /// Beside those with the topic.
    pub(crate) canaries: Vec<String>,
    pub(crate) pace: Pace,
    /// So many merge requests at this run.
    pub(crate) most: Option<usize>,
    pub(crate) declined: Declined,
    pub(crate) mode: Mode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    Waves,
    AllAtOnce,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declined {
    Respect,
    AskAgain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Apply,
    DryRun,
}

/// What came of it.
pub(crate) struct Synced {
    pub(crate) to: Version,
    pub(super) turn: Turn,
    pub(crate) all: Vec<Outcome>,
    /// Projects that were not made from templates.
    pub(crate) strangers: usize,
}

/// One repository.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) project: String,
    pub(crate) from: Option<Version>,
    /// `opened`, `updated`, `unchanged`, `current`, `waiting`, `passed`, `failing`, `later`, `held`, `pinned`, `declined`, `left`,
    /// `skipped`, `newer`, `closed`, `failed`; of a dry run `would-open` and `would-close`.
    pub(crate) verdict: &'static str,
    pub(crate) url: Option<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) changes: Vec<String>,
    pub(crate) diff: String,
}

impl Outcome {
    pub(super) fn new(project: &str, from: Option<Version>, verdict: &'static str) -> Self {
        Outcome {
            project: project.to_owned(),
            from,
            verdict,
            url: None,
            notes: Vec::new(),
            changes: Vec::new(),
            diff: String::new(),
        }
    }

    pub(super) fn noted(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

/// `tell` hears of each repository that was brought on, when it was.
///
/// # Errors
/// Only where nothing can be known at all; the failure of one repository is an outcome.
pub(crate) async fn sync(
    request: &Request,
    gitlab: &Gitlab,
    tell: &dyn Fn(&Outcome),
) -> Result<Synced> {
    let editions = Editions::of(gitlab);
    let to = match request.to {
        Some(version) => version,
        None => newest(gitlab, &request.templates).await?,
    };
    let target = editions.get(&request.templates, to).await?.ok_or_else(|| {
        Error::precondition(format!(
            "version {to} of the templates is not published in `{}`",
            request.templates
        ))
        .hint("the operator publishes it, or another version is named by --to")
    })?;
    let projects = projects(&request.groups, &request.repositories, gitlab).await?;
    let (mut outcomes, mut strangers) = (Vec::new(), 0);
    let mut candidates = Vec::new();
    for project in projects {
        let named = request.repositories.contains(&project.path);
        match skipped(&project) {
            Some(why) => outcomes.push(Outcome::new(&project.path, None, "skipped").noted(why)),
            None if is_managed(&project) || named => candidates.push(project),
            None => strangers += 1,
        }
    }
    let mut standings: Vec<Standing> = stream::iter(candidates)
        .map(|project| standing(project, request, to, gitlab))
        .buffered(AT_ONCE)
        .collect()
        .await;
    let anything_due = standings.iter().any(|one| one.progress == Progress::Due);
    if anything_due && request.pace == Pace::Waves {
        // Only now it matters how those fared that have it.
        let looked = stream::iter(standings)
            .map(|one| one.judged(gitlab))
            .buffered(AT_ONCE);
        standings = looked.collect().await;
    }
    let members: Vec<Member> = standings.iter().map(|one| member(one, request)).collect();
    let turn = match request.pace {
        Pace::Waves => turn(&members),
        Pace::AllAtOnce => at_once(&members),
    };
    let chosen: BTreeSet<usize> = match &turn {
        Turn::Go { members, .. } => {
            let most = request.most.unwrap_or(usize::MAX);
            members.iter().copied().take(most).collect()
        }
        Turn::Wait { .. } | Turn::Stop { .. } | Turn::Done => BTreeSet::new(),
    };
    let work = standings.into_iter().enumerate().map(|(at, one)| {
        let (editions, target) = (&editions, &target);
        let is_chosen = chosen.contains(&at);
        async move {
            if !is_chosen {
                return one.outcome();
            }
            let outcome = brought(one, request, target, editions, gitlab).await;
            tell(&outcome);
            outcome
        }
    });
    let mut done: Vec<Outcome> = stream::iter(work).buffered(AT_ONCE).collect().await;
    outcomes.append(&mut done);
    outcomes.sort_by(|one, other| one.project.cmp(&other.project));
    Ok(Synced {
        to,
        turn,
        all: outcomes,
        strangers,
    })
}

async fn brought(
    one: Standing,
    request: &Request,
    target: &Rc<Edition>,
    editions: &Editions<'_>,
    gitlab: &Gitlab,
) -> Outcome {
    let (project, from) = (one.project.path.clone(), one.version());
    let ended = bring::bring(one, request.mode, target, editions, gitlab).await;
    match ended {
        Ok(Brought {
            verdict,
            url,
            notes,
            changes,
            diff,
        }) => Outcome {
            project,
            from,
            verdict,
            url,
            notes,
            changes,
            diff,
        },
        Err(error) => failed(&project, from, &error),
    }
}

pub(super) fn failed(project: &str, from: Option<Version>, error: &Error) -> Outcome {
    let mut outcome = Outcome::new(project, from, "failed").noted(error.to_string());
    outcome.notes.extend(error.hints().iter().cloned());
    outcome
}

fn member(one: &Standing, request: &Request) -> Member {
    let named = request.canaries.contains(&one.project.path);
    let marked = one.project.topics.iter().any(|topic| topic == CANARY);
    Member {
        id: one.project.id,
        rank: match named || marked {
            true => Rank::Canary,
            false => Rank::Other,
        },
        progress: one.progress,
    }
}

fn at_once(members: &[Member]) -> Turn {
    let due = (0..members.len()).filter(|at| members[*at].progress == Progress::Due);
    let members: Vec<usize> = due.collect();
    match members.is_empty() {
        true => Turn::Done,
        false => Turn::Go { wave: 1, members },
    }
}

/// Each once, by path.
pub(super) async fn projects(
    groups: &[String],
    repositories: &[String],
    gitlab: &Gitlab,
) -> Result<Vec<Project>> {
    let mut all: Vec<Project> = Vec::new();
    for group in groups {
        match gitlab.projects(group).await {
            Ok(found) => all.extend(found),
            Err(failure) if failure.is_not_found() => {
                return Err(Error::precondition(format!(
                    "there is no group `{group}`, or the token may not see it"
                )));
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    for path in repositories {
        let found = gitlab.project(&Of::Path(path)).await?;
        all.push(found.ok_or_else(|| {
            Error::precondition(format!(
                "there is no project `{path}`, or the token may not see it"
            ))
        })?);
    }
    all.sort_by(|one, other| one.path.cmp(&other.path));
    all.dedup_by(|one, other| one.id == other.id);
    Ok(all)
}
