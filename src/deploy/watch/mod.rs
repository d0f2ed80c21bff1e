//! Looks at a deployment again and again until its end is known.
//!
//! One call a look, fifteen a minute with a look every 4 s: mostly the service, every fourth time the service deployment,
//! and a second call at once where the first shows a change that matters. So an end is seen half a look after it came.
//! Read next: `look` (which calls), `decide` (what follows), `judge` (what a look means).

mod decide;
mod look;
mod told;

use std::time::Duration;

use super::expected::{Expected, Match};
use super::judge::{Finding, Looks, Ours, State};
use super::place::{Place, Trouble, TroubleKind};
use super::preflight::Before;
use super::request::ServiceRequest;
use super::work::{Ended, Work};
use crate::rollout::{At, Service, ServiceDeployment, Task};

/// Looks for which ECS may take to show the service deployment of an update: a minute.
const IDENTIFYING_LOOKS: u32 = 15;
/// So many of them come at once.
const EAGER_LOOKS: u32 = 3;
/// Every so many looks the service deployment is looked at, in place of the service.
const DEPLOYMENT_LOOK: u32 = 4;
/// Reads that are refused or not answered for so many looks' time end the wait: two minutes.
const UNANSWERED_LOOKS: u32 = 30;
/// Service deployments that began so long before ours may still be ours: clocks of one server, in whole seconds.
const SLACK_MS: i64 = 60_000;
/// Failing tasks that end the wait, where ECS has no breaker; fewer where trying again is useless.
const MOST_FAILED: u32 = 3;
const MOST_FAILED_USELESSLY: u32 = 2;

/// How a watch ended.
#[derive(Debug)]
pub(super) enum Watched {
    /// ECS calls it done.
    ToVerify,
    Found(Finding),
    TimedOut,
    /// At a hook, as was asked for.
    Paused(String),
}

/// What a watch knows of its deployment.
pub(super) struct Watch<'w, 'a, P> {
    work: &'w Work<'a, P>,
    pub(super) ours: Ours,
    before: &'w Before,
    expected: &'w Expected,
    request: &'w ServiceRequest,
    /// Since the work began.
    deadline: Duration,
    state: State,
    pub(super) deployment: Option<ServiceDeployment>,
    source: Source,
    is_newer_known: bool,
    looks: Looks,
    count: u32,
    failed: Vec<Task>,
    resolved: Option<Match>,
    last: Option<Service>,
    answered_hooks: Vec<String>,
    /// ECS does not let its revision be read.
    is_revision_closed: bool,
    /// Running tasks of ours at the last look, and whether failed ones are to be counted.
    last_running: u32,
    is_to_count: bool,
    told_events: Vec<String>,
    /// Running, pending, failed.
    told: Option<(u32, u32, u32)>,
}

/// Where the state of the rollout is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Source {
    /// Not known yet; looks so far.
    Identifying(u32),
    Modern,
    Classic,
}

impl<'w, 'a, P: Place> Watch<'w, 'a, P> {
    pub(super) fn of(
        work: &'w Work<'a, P>,
        ours: Ours,
        before: &'w Before,
        expected: &'w Expected,
        request: &'w ServiceRequest,
        deadline: Duration,
    ) -> Self {
        work.so_far.write(|known| {
            known.deployment_id = Some(ours.id.clone());
            known.task_definition_after = Some(ours.definition.clone());
        });
        Watch {
            work,
            ours,
            before,
            expected,
            request,
            deadline,
            state: State::Started,
            deployment: None,
            source: Source::Identifying(0),
            is_newer_known: false,
            looks: Looks::default(),
            count: 0,
            failed: Vec::new(),
            resolved: None,
            last: None,
            answered_hooks: Vec::new(),
            is_revision_closed: false,
            last_running: 0,
            is_to_count: false,
            told_events: Vec::new(),
            told: None,
        }
    }

    /// The service, as it was seen last.
    pub(super) fn service(&self) -> Option<&Service> {
        self.last.as_ref()
    }

    /// From here on only a rollback is waited for.
    pub(super) fn rolling_back(&mut self, deadline: Duration) {
        self.state = State::RollingBack;
        self.deadline = deadline;
        self.work.phase("rolling_back");
    }

    pub(super) async fn until_end(&mut self) -> Result<Watched, Ended> {
        let mut unanswered = 0;
        loop {
            match self.look().await {
                Ok(()) => unanswered = 0,
                Err(trouble) => {
                    let passes = matches!(
                        trouble.kind,
                        TroubleKind::Throttled | TroubleKind::Unavailable | TroubleKind::Unknown
                    );
                    unanswered += 1;
                    if !passes
                        || unanswered > UNANSWERED_LOOKS
                        || trouble.kind == TroubleKind::Throttled
                    {
                        return Err(self.gave_up(trouble));
                    }
                    if unanswered == 1 {
                        self.work.status(format!(
                            "AWS does not answer ({}): looking again",
                            trouble.error
                        ));
                    }
                }
            }
            if unanswered == 0
                && let Some(end) = self.decide().await?
            {
                return Ok(end);
            }
            if self.work.elapsed() >= self.deadline {
                return Ok(Watched::TimedOut);
            }
            self.work.pause().await;
        }
    }

    fn gave_up(&self, trouble: Trouble) -> Ended {
        let ended = Ended::from(trouble);
        ended.hint(format!(
            "the deployment {} goes on; `baws-ci status {}` tells how",
            self.ours.id, self.work.target
        ))
    }

    pub(super) fn work(&self) -> &'w Work<'a, P> {
        self.work
    }

    pub(super) fn expected(&self) -> &'w Expected {
        self.expected
    }

    pub(super) fn timeout_secs(&self) -> u64 {
        self.request.timeout_secs
    }

    /// What ran before ours.
    pub(super) fn before_definition(&self) -> String {
        self.before.service.task_definition.clone()
    }

    /// From here on the deployment of this answer is watched, which takes the service back.
    pub(super) fn becomes(&mut self, service: &Service) {
        if let Some(primary) = service.primary() {
            let before_id = Some(std::mem::take(&mut self.ours.id));
            self.ours = Ours::of(primary, before_id);
        }
        self.deployment = None;
        self.source = Source::Classic;
        self.looks = Looks::default();
    }
}

pub(super) fn a_little_before(moment: At) -> At {
    At(moment.0.saturating_sub(SLACK_MS))
}

/// That service deployment which is the one of `id`: by the number that both ids end with, else by the only one that began
/// at the same time.
///
/// The numbers look like the same in documented examples; that was not verified on live AWS, so it is a first guess.
pub(super) fn of_deployment<'k>(
    kept: &'k [ServiceDeployment],
    id: &str,
    created_at: At,
) -> Option<&'k ServiceDeployment> {
    const SAME_TIME_MS: i64 = 5000;
    let number = id.rsplit('/').next().unwrap_or(id);
    let by_number = kept
        .iter()
        .find(|one| !number.is_empty() && one.target.arn.rsplit('/').next() == Some(number));
    by_number.or_else(|| {
        let mut near = kept
            .iter()
            .filter(|one| (one.created_at.0 - created_at.0).abs() <= SAME_TIME_MS);
        let found = near.next()?;
        near.next().is_none().then_some(found)
    })
}
