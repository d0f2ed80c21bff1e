//! What is told of a look, and put into the picture of the rollout: only what is new.

use super::super::event::EventKind;
use super::super::judge::State;
use super::super::place::Place;
use super::super::result::Moment;
use super::Watch;
use crate::rollout::{Event, clean};

impl<'w, 'a, P: Place> Watch<'w, 'a, P> {
    /// Puts what stands into the picture, and tells it where it changed.
    pub(super) fn record(&mut self) {
        let Some(service) = &self.last else { return };
        let own = service.deployment(&self.ours.id);
        self.work.moment(Moment {
            after_ms: 0,
            state: name(&self.state).to_owned(),
            running: own.map_or(0, |one| one.running),
            pending: own.map_or(0, |one| one.pending),
            failed: own.map_or(0, |one| one.failed_tasks),
            desired: own.map_or(service.desired, |one| one.desired),
            others: service.running_of_others(&self.ours.id),
        });
        let new: Vec<Event> = service
            .events
            .iter()
            .filter(|one| one.at >= self.ours.created_at && !self.told_events.contains(&one.id))
            .cloned()
            .collect();
        let counts = (
            own.map_or(0, |one| one.running),
            own.map_or(0, |one| one.pending),
            own.map_or(0, |one| one.failed_tasks),
        );
        let is_new = self.told != Some(counts);
        self.told = Some(counts);
        if is_new && self.state == State::Rolling {
            self.tell_state();
        }
        // Newest first in the list, oldest first in the log.
        for event in new.into_iter().rev() {
            self.work.say(EventKind::Event, event.message);
            self.told_events.push(event.id);
        }
    }

    pub(super) fn tell_state(&self) {
        let (own, others) = self.last.as_ref().map_or((None, 0), |service| {
            (
                service.deployment(&self.ours.id),
                service.running_of_others(&self.ours.id),
            )
        });
        let counts = own.map_or_else(String::new, |own| {
            let mut text = format!("{} of {} tasks run", own.running, own.desired);
            if own.pending > 0 {
                text.push_str(&format!(", {} are starting", own.pending));
            }
            if own.failed_tasks > 0 {
                text.push_str(&format!(", {} failed", own.failed_tasks));
            }
            if others > 0 {
                text.push_str(&format!(", {others} old ones remain"));
            }
            text
        });
        self.work.phase(name(&self.state));
        match &self.state {
            State::Started => {}
            State::Rolling => self.work.status(format!("rolling: {counts}")),
            State::Settling => self.work.status(format!("settling: {counts}")),
            State::RollingBack => {
                let why = self
                    .deployment
                    .as_ref()
                    .and_then(|one| one.rollback.as_ref());
                let why = why.map(|one| clean(&one.reason, 300)).unwrap_or_default();
                self.work.status(match why.is_empty() {
                    true => "rolling back".to_owned(),
                    false => format!("rolling back: {why}"),
                });
            }
            State::Paused(hook) => self.work.status(format!(
                "paused at the hook `{}`, until somebody lets it go on",
                clean(hook, 80)
            )),
        }
    }
}

fn name(state: &State) -> &'static str {
    match state {
        State::Started => "start",
        State::Rolling => "rolling",
        State::Paused(_) => "paused",
        State::Settling => "settling",
        State::RollingBack => "rolling_back",
    }
}
