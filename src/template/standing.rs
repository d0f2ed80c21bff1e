//! How far one repository is with a version of the templates: from its lock and its merge requests.

use super::marker::{BRANCH, Marker};
use super::repository::{self, Repository};
use super::sync::{Declined, Mode, Outcome, Pace, Request, failed};
use super::version::Version;
use super::waves::Progress;
use crate::error::Result;
use crate::gitlab::{Gitlab, MergeRequest, Of, Pipeline, Project, RequestState};

pub(super) struct Standing {
    pub(super) project: Project,
    pub(super) progress: Progress,
    pub(super) repository: Option<Repository>,
    /// Open, from our branch.
    pub(super) open: Option<MergeRequest>,
    /// Where it has the version already, or cannot get it.
    verdict: &'static str,
    notes: Vec<String>,
    url: Option<String>,
    /// What went wrong when it was looked at.
    error: Option<crate::error::Error>,
}

impl Standing {
    fn new(project: Project, progress: Progress, verdict: &'static str) -> Self {
        Standing {
            project,
            progress,
            repository: None,
            open: None,
            verdict,
            notes: Vec::new(),
            url: None,
            error: None,
        }
    }

    pub(super) fn version(&self) -> Option<Version> {
        self.repository.as_ref().map(|one| one.lock.version())
    }

    /// Of one whose turn it is not.
    pub(super) fn outcome(self) -> Outcome {
        if let Some(error) = &self.error {
            return failed(&self.project.path, self.version(), error);
        }
        let verdict = match self.progress {
            Progress::Due => "later",
            Progress::Waiting | Progress::Good | Progress::Failed | Progress::Out => self.verdict,
        };
        Outcome {
            url: self.url.clone(),
            notes: self.notes.clone(),
            ..Outcome::new(&self.project.path, self.version(), verdict)
        }
    }

    /// With the word of its pipelines, where that is still open.
    pub(super) async fn judged(mut self, gitlab: &Gitlab) -> Self {
        if self.progress != Progress::Good || self.open.is_some() {
            return self;
        }
        let Some(repository) = &self.repository else {
            return self;
        };
        let of = Of::Number(self.project.id);
        match gitlab.last_pipeline(&of, &repository.branch).await {
            Ok(pipeline) => self.settle(pipeline),
            Err(failure) => self.error = Some(failure.into()),
        }
        self
    }

    fn settle(&mut self, pipeline: Option<Pipeline>) {
        let Some(pipeline) = pipeline else {
            return;
        };
        (self.progress, self.verdict) = match (pipeline.has_failed(), pipeline.is_good()) {
            (true, _) => (Progress::Failed, "failing"),
            (false, true) => (Progress::Good, "passed"),
            (false, false) => (Progress::Waiting, "waiting"),
        };
        if self.progress == Progress::Failed && !pipeline.web_url.is_empty() {
            self.url = Some(pipeline.web_url);
        }
    }
}

/// Two requests for one that has the version, three or four for another.
pub(super) async fn standing(
    project: Project,
    request: &Request,
    to: Version,
    gitlab: &Gitlab,
) -> Standing {
    match look(&project, request, to, gitlab).await {
        Ok(standing) => standing,
        Err(error) => Standing {
            error: Some(error),
            ..Standing::new(project, Progress::Out, "failed")
        },
    }
}

async fn look(
    project: &Project,
    request: &Request,
    to: Version,
    gitlab: &Gitlab,
) -> Result<Standing> {
    let Some(repository) = repository::read(gitlab, project).await? else {
        return Ok(Standing {
            notes: vec!["it has no lock: `bootstrap-repo --adopt` writes one".to_owned()],
            ..Standing::new(project.clone(), Progress::Out, "skipped")
        });
    };
    let lock = &repository.lock;
    let is_newer = lock.version() > to && request.to.is_none();
    let pinned_away = lock.pin.as_ref().is_some_and(|pin| !to.fits(&pin.text()));
    let elsewhere = lock.project != request.templates;
    let standing = |progress, verdict| Standing {
        repository: Some(repository.clone()),
        ..Standing::new(project.clone(), progress, verdict)
    };
    let out = |verdict, note: &str| Standing {
        notes: vec![note.to_owned()],
        ..standing(Progress::Out, verdict)
    };
    if lock.hold {
        return Ok(out("held", "its lock says `hold: true`"));
    }
    let of = Of::Number(project.id);
    if lock.version() == to {
        let mut standing = standing(Progress::Good, "current");
        // Who goes back does not want what is still on offer.
        if request.to.is_some() {
            let requests = gitlab.merge_requests(&of, BRANCH).await?;
            standing.open = requests
                .into_iter()
                .find(|one| one.state == RequestState::Opened);
            if standing.open.is_some() {
                standing.progress = Progress::Due;
            }
        }
        return Ok(standing);
    }
    if elsewhere {
        let note = format!(
            "its templates are those of `{}`",
            crate::rollout::clean(&lock.project, 100)
        );
        return Ok(out("skipped", &note));
    }
    if pinned_away {
        let pin = lock
            .pin
            .as_ref()
            .map(super::lock::Pin::text)
            .unwrap_or_default();
        return Ok(out(
            "pinned",
            &format!("its lock is pinned to {}", crate::rollout::clean(&pin, 40)),
        ));
    }
    if is_newer {
        return Ok(out("newer", "it has a newer version than is published"));
    }
    let requests = gitlab.merge_requests(&of, BRANCH).await?;
    let of_version = |one: &&MergeRequest| {
        Marker::of(one).is_some_and(|marker| marker.version == to.to_string())
    };
    let open = requests
        .iter()
        .find(|one| one.state == RequestState::Opened);
    if let Some(open) = open {
        let mut standing = standing(Progress::Due, "open");
        let shows = request.mode == Mode::DryRun && request.pace == Pace::AllAtOnce;
        if !shows
            && of_version(&open)
            && Marker::of(open).is_some_and(|marker| marker.from == lock.version().to_string())
        {
            let whole = gitlab.merge_request(&of, open.iid).await?;
            standing.progress = Progress::Waiting;
            standing.verdict = "waiting";
            standing.settle(whole.head_pipeline.clone());
            standing.url = standing.url.or(Some(whole.web_url.clone()));
        }
        standing.open = Some(open.clone());
        return Ok(standing);
    }
    let closed = requests
        .iter()
        .filter(|one| one.state == RequestState::Closed)
        .find(of_version);
    match (closed, request.declined) {
        (Some(closed), Declined::Respect) => Ok(Standing {
            url: Some(closed.web_url.clone()),
            ..out(
                "declined",
                &format!(
                    "!{} was closed: this version is not wanted here; --again asks again",
                    closed.iid
                ),
            )
        }),
        (Some(_), Declined::AskAgain) | (None, _) => Ok(standing(Progress::Due, "due")),
    }
}
