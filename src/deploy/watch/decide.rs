//! What follows from a look: the verdict, and what was asked for at hooks and where a newer deployment takes our place.

use super::super::expected::Match;
use super::super::identity::resolved;
use super::super::judge::{Ours, Snapshot, State, Verdict, judge};
use super::super::place::{HookAnswer, Place, TaskSelection, TroubleKind};
use super::super::request::{OnPause, Until};
use super::super::work::Ended;
use super::{Watch, Watched};
use crate::rollout::{Deployment, Health, Service, ServiceDeploymentStatus};

/// Looks for which the service may still show what was there before a newer deployment.
const UNSEEN_LOOKS: u32 = 3;

impl<'w, 'a, P: Place> Watch<'w, 'a, P> {
    pub(super) async fn decide(&mut self) -> Result<Option<Watched>, Ended> {
        let is_healthy = self.is_healthy().await?;
        self.count_unexplained();
        let seen = Snapshot {
            service: self.last.as_ref(),
            deployment: self.deployment.as_ref(),
            is_newer_known: self.is_newer_known,
            failed: u32::try_from(self.failed.len()).unwrap_or(u32::MAX),
            most_failed: self.most_failed(),
            resolved: self.resolved.unwrap_or(Match::Unknown),
            is_healthy,
            looks: self.looks,
        };
        let verdict = judge(&self.ours, &self.state, &seen);
        self.record();
        match verdict {
            Verdict::Verify => Ok(Some(Watched::ToVerify)),
            Verdict::Ends(finding) => Ok(Some(Watched::Found(finding))),
            Verdict::Goes(state) => {
                if state != self.state {
                    self.state = state;
                    self.tell_state();
                }
                let State::Paused(hook) = self.state.clone() else {
                    return Ok(None);
                };
                self.at_hook(hook).await
            }
        }
    }

    /// Looks in a row in which another deployment stands in the place of ours, or ours has stopped without a word.
    fn count_unexplained(&mut self) {
        use ServiceDeploymentStatus::Stopped;
        let other = self
            .last
            .as_ref()
            .and_then(Service::primary)
            .is_some_and(|one| one.id != self.ours.id);
        let stopped = self
            .deployment
            .as_ref()
            .is_some_and(|one| one.status == Stopped);
        self.looks.unexplained = match other || stopped {
            true => self.looks.unexplained + 1,
            false => 0,
        };
    }

    /// For those who do not wait for old tasks to drain.
    async fn is_healthy(&self) -> Result<bool, Ended> {
        let own = self
            .last
            .as_ref()
            .and_then(|service| service.deployment(&self.ours.id));
        let Some(own) = own.filter(|_| self.request.until == Until::Healthy) else {
            return Ok(false);
        };
        if own.desired == 0 || own.running < own.desired {
            return Ok(false);
        }
        let tasks = match self.work.place.tasks(TaskSelection::Running).await {
            Ok(tasks) => tasks,
            Err(trouble) if trouble.kind == TroubleKind::Denied => {
                self.work.note(format!("{}", trouble.error));
                return Ok(own.pending == 0);
            }
            // The next look asks again.
            Err(trouble) if trouble.kind == TroubleKind::Unavailable => return Ok(false),
            Err(trouble) => return Err(trouble.into()),
        };
        let good = tasks.iter().filter(|task| {
            task.started_by == self.ours.id
                && task.last_status == "RUNNING"
                && task.health != Health::Unhealthy
        });
        Ok(good.count() >= own.desired as usize)
    }

    async fn at_hook(&mut self, hook: String) -> Result<Option<Watched>, Ended> {
        let answer = match self.request.on_pause {
            OnPause::Wait => return Ok(None),
            OnPause::Exit => return Ok(Some(Watched::Paused(hook))),
            OnPause::Continue => HookAnswer::Continue,
            OnPause::Rollback => HookAnswer::RollBack,
        };
        if self.answered_hooks.contains(&hook) {
            return Ok(None);
        }
        let Some(arn) = self.deployment.as_ref().map(|one| one.arn.clone()) else {
            return Ok(None);
        };
        self.work.place.answer_hook(&arn, &hook, answer).await?;
        self.answered_hooks.push(hook);
        Ok(None)
    }

    fn other_primary(&self) -> Option<Deployment> {
        let primary = self.last.as_ref().and_then(Service::primary);
        primary.filter(|one| one.id != self.ours.id).cloned()
    }

    /// Whether the deployment that took the place of ours carries what ours was to bring; then that one is watched.
    pub(in crate::deploy) async fn follow(&mut self) -> Result<bool, Ended> {
        let mut newer = self.other_primary();
        for _ in 0..UNSEEN_LOOKS {
            if newer.is_some() {
                break;
            }
            // Its service deployment is known already, and the service is read as it was before.
            self.work.pause().await;
            if let Some(seen) = self.work.place.service().await? {
                self.last = Some(seen.service);
            }
            newer = self.other_primary();
        }
        let Some(newer) = newer.filter(|_| self.expected.is_asked && self.expected.is_known())
        else {
            return Ok(false);
        };
        if resolved(self.work, &newer, self.expected).await != Match::Right {
            return Ok(false);
        }
        self.work.status(format!(
            "a newer deployment, {}, carries the same digest: following it",
            newer.id
        ));
        let before_id = Some(std::mem::take(&mut self.ours.id));
        let ours = Ours::of(&newer, before_id);
        self.work.so_far.write(|known| known.followed = true);
        let last = self.last.take();
        *self = Watch::of(
            self.work,
            ours,
            self.before,
            self.expected,
            self.request,
            self.deadline,
        );
        self.last = last;
        Ok(true)
    }
}
