//! One look: which calls are made, and what is kept of their answers.

use super::super::evidence;
use super::super::expected::Match;
use super::super::place::{Place, Trouble, TroubleKind};
use super::{
    DEPLOYMENT_LOOK, EAGER_LOOKS, IDENTIFYING_LOOKS, MOST_FAILED, MOST_FAILED_USELESSLY, Source,
    Watch, a_little_before, of_deployment,
};
use crate::rollout::{
    At, Breaker, Service, ServiceDeployment, ServiceDeploymentStatus, ServiceStatus,
};

impl<'w, 'a, P: Place> Watch<'w, 'a, P> {
    /// One look: the service, or its service deployment, or both where something changed.
    pub(super) async fn look(&mut self) -> Result<(), Trouble> {
        self.count += 1;
        let instead = self.source == Source::Modern
            && self.count.is_multiple_of(DEPLOYMENT_LOOK)
            && self.last.is_some();
        if instead {
            return self.look_at_deployment().await;
        }
        let seen = self.work.place.service().await?;
        let changed = self.compare(seen.as_ref().map(|seen| &seen.service));
        match seen {
            None => {
                self.looks.missing += 1;
                self.last = None;
                return Ok(());
            }
            Some(seen) => self.last = Some(seen.service),
        }
        if self.is_gone() {
            self.looks.missing += 1;
            return Ok(());
        }
        self.looks.missing = 0;
        if let Source::Identifying(_) = self.source {
            self.identify().await?;
        } else if changed && self.source == Source::Modern {
            self.look_at_deployment().await?;
            if self.resolved == Some(Match::Unknown) && !self.is_revision_closed {
                self.resolve().await?;
            }
        }
        self.count_failed(changed).await
    }

    fn is_gone(&self) -> bool {
        self.last.as_ref().is_some_and(|one| {
            matches!(
                one.status,
                ServiceStatus::Draining | ServiceStatus::Inactive
            )
        })
    }

    /// Whether something changed that the service deployment may explain; counts looks without change.
    fn compare(&mut self, now: Option<&Service>) -> bool {
        let (Some(now), Some(last)) = (now, &self.last) else {
            return true;
        };
        let shape = |service: &Service| -> Vec<_> {
            let each = service.deployments.iter();
            each.map(|one| (one.id.clone(), one.rollout.clone(), one.failed_tasks))
                .collect()
        };
        let counts = |service: &Service| (service.running, service.pending, service.desired);
        self.looks.still = match counts(now) == counts(last) && shape(now) == shape(last) {
            true => self.looks.still + 1,
            false => 0,
        };
        let own = |service: &Service| {
            service
                .deployment(&self.ours.id)
                .map(|one| one.running >= one.desired && one.pending == 0)
        };
        shape(now) != shape(last) || own(now) != own(last)
    }

    /// Finds the service deployment of ours among those that ECS keeps.
    async fn identify(&mut self) -> Result<(), Trouble> {
        let Source::Identifying(looks) = self.source else {
            return Ok(());
        };
        // Seen at once, or late: a call for every look would be twice as many as are to be made.
        if looks >= EAGER_LOOKS && !looks.is_multiple_of(DEPLOYMENT_LOOK) {
            self.source = Source::Identifying(looks + 1);
            return Ok(());
        }
        let since = a_little_before(self.ours.created_at);
        let kept = match self.work.place.service_deployments(since).await {
            Ok(kept) => kept,
            Err(trouble) => return self.fall_back(trouble),
        };
        match of_deployment(&kept, &self.ours.id, self.ours.created_at) {
            Some(found) => {
                self.source = Source::Modern;
                self.work
                    .so_far
                    .write(|known| known.service_deployment_arn = Some(found.arn.clone()));
                self.deployment = Some(found.clone());
                self.note_newer(&kept);
                self.resolve().await
            }
            None if looks >= IDENTIFYING_LOOKS => {
                self.source = Source::Classic;
                Ok(())
            }
            None => {
                self.source = Source::Identifying(looks + 1);
                Ok(())
            }
        }
    }

    /// What is nice to have and not given is done without.
    fn fall_back(&mut self, trouble: Trouble) -> Result<(), Trouble> {
        match trouble.kind {
            TroubleKind::Denied => {
                self.work.note(format!(
                    "going by the service alone, because {}",
                    trouble.error
                ));
            }
            TroubleKind::Unsupported | TroubleKind::NotFound | TroubleKind::Invalid => {}
            TroubleKind::Throttled
            | TroubleKind::NotSent
            | TroubleKind::Unknown
            | TroubleKind::Unavailable
            | TroubleKind::Other => return Err(trouble),
        }
        self.source = Source::Classic;
        self.deployment = None;
        Ok(())
    }

    /// Whether somebody has deployed after us, as far as ECS keeps it.
    fn note_newer(&mut self, kept: &[ServiceDeployment]) {
        let own = self.deployment.as_ref().map_or(At(0), |one| one.created_at);
        self.is_newer_known |= kept.iter().any(|one| one.created_at > own);
    }

    async fn look_at_deployment(&mut self) -> Result<(), Trouble> {
        let Some(arn) = self.deployment.as_ref().map(|one| one.arn.clone()) else {
            return Ok(());
        };
        match self.work.place.service_deployment(&arn).await {
            Ok(Some(found)) => {
                use ServiceDeploymentStatus::Stopped;
                let is_stopped = found.status == Stopped;
                self.deployment = Some(found);
                match is_stopped {
                    true => self.look_for_newer().await,
                    false => Ok(()),
                }
            }
            // Reads lag behind writes.
            Ok(None) => Ok(()),
            Err(trouble) => self.fall_back(trouble),
        }
    }

    /// Who stopped it: a newer deployment does that without a word.
    async fn look_for_newer(&mut self) -> Result<(), Trouble> {
        let since = a_little_before(self.ours.created_at);
        match self.work.place.service_deployments(since).await {
            Ok(kept) => {
                self.note_newer(&kept);
                Ok(())
            }
            Err(trouble) if trouble.kind == TroubleKind::Denied => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }

    /// Which digests ECS has resolved for our revision: the earliest proof of what will run.
    async fn resolve(&mut self) -> Result<(), Trouble> {
        let is_settled = matches!(self.resolved, Some(Match::Right | Match::Wrong));
        if is_settled || !self.expected.is_asked || !self.expected.is_known() {
            return Ok(());
        }
        let Some(arn) = self.deployment.as_ref().map(|one| one.target.arn.clone()) else {
            return Ok(());
        };
        match self.work.place.revision(&arn).await {
            Ok(Some(revision)) => {
                let found = self.expected.of_revision(&revision);
                if found == Match::Wrong {
                    evidence::resolved(self.work, &revision, self.expected);
                }
                self.resolved = Some(found);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(trouble) if trouble.kind == TroubleKind::Denied => {
                self.work.note(format!("{}", trouble.error));
                self.resolved = Some(Match::Unknown);
                self.is_revision_closed = true;
                Ok(())
            }
            Err(trouble)
                if matches!(
                    trouble.kind,
                    TroubleKind::Unsupported | TroubleKind::Invalid
                ) =>
            {
                self.is_revision_closed = true;
                self.resolved = Some(Match::Unknown);
                Ok(())
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Tasks of ours that failed by themselves; asked for only where something hints at one.
    async fn count_failed(&mut self, changed: bool) -> Result<(), Trouble> {
        let own = self
            .last
            .as_ref()
            .and_then(|service| service.deployment(&self.ours.id));
        let (failing, running) = own.map_or((false, 0), |one| (one.failed_tasks > 0, one.running));
        // ECS counts from 0 again when a task runs: those that run and then fail show only in what runs.
        let fell = running < self.last_running;
        self.last_running = running;
        self.is_to_count |= (failing && changed) || fell;
        if self.most_failed().is_none() || !self.is_to_count {
            return Ok(());
        }
        match evidence::failed(self.work, &self.ours.id).await {
            Ok(failed) => {
                self.failed = failed;
                self.is_to_count = false;
                Ok(())
            }
            Err(trouble) if trouble.kind == TroubleKind::Denied => {
                self.work.note(format!("{}", trouble.error));
                self.is_to_count = false;
                Ok(())
            }
            Err(trouble) => Err(trouble),
        }
    }

    pub(super) fn most_failed(&self) -> Option<u32> {
        let is_ours_to_count = self.before.service.breaker == Breaker::Off;
        let useless = self
            .failed
            .iter()
            .any(super::super::tell::is_useless_to_retry);
        is_ours_to_count.then_some(match useless {
            true => MOST_FAILED_USELESSLY,
            false => MOST_FAILED,
        })
    }
}
