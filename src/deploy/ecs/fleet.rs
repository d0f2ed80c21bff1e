//! What the services of one command share: one client, a number of calls a second, and looks at up to ten services at once.
//!
//! ECS's limits are those of an account and a region, shared by every pipeline and console in it. One service by itself
//! looks as seldom as its caller wants to; several keep to four calls in the time between two looks. What is throttled has
//! had no effect, so it waits its turn and goes again, for about thirty looks' time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex as Turn, oneshot};

use super::EcsPlace;
use super::troubles::{Effect, trouble};
use crate::aws::{Aws, Failure, Landed, MOST_SERVICES, Reason};
use crate::deploy::place::{Answered, Seen};
use crate::rollout::{Definition, ServiceArn};

/// Calls between two looks, where services share them: with a look every 4 s, one a second.
const CALLS_BETWEEN_LOOKS: u32 = 4;
/// For so many looks' time a throttled call is tried again: two minutes with a look every 4 s.
const THROTTLED_FOR: u32 = 30;
/// So often a read that fails for the moment is tried, before that is told.
const READS: u32 = 3;
/// Waits between tries grow up to so many looks' time.
const LONGEST_WAIT: u32 = 5;

/// Services that one set of credentials reaches in one region.
pub(crate) struct Fleet {
    pub(super) aws: Aws,
    begun: Instant,
    poll: Duration,
    /// Between two calls; zero for one service by itself.
    gap: Duration,
    /// When the next call may go.
    next: Turn<Instant>,
    /// Who holds it looks at services for all that wait.
    looking: Turn<()>,
    waiting: Mutex<Vec<Waiting>>,
    /// They never change.
    definitions: Mutex<BTreeMap<String, Definition>>,
}

/// A look that was asked for.
struct Waiting {
    service: ServiceArn,
    seen: oneshot::Sender<Option<Seen>>,
}

impl Fleet {
    /// `services`: how many will be worked on; `poll`: between two looks at each.
    pub(crate) fn of(aws: Aws, services: usize, poll: Duration) -> Self {
        let now = Instant::now();
        Fleet {
            aws,
            begun: now,
            poll,
            gap: match services {
                0 | 1 => Duration::ZERO,
                // A little more: there is one gap less than calls.
                _ => poll / CALLS_BETWEEN_LOOKS + poll / 80,
            },
            next: Turn::new(now),
            looking: Turn::new(()),
            waiting: Mutex::default(),
            definitions: Mutex::default(),
        }
    }

    pub(crate) fn place(&self, service: &ServiceArn) -> EcsPlace<'_> {
        EcsPlace::of(self, service.clone())
    }

    pub(super) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Looks at a service, together with others of its cluster that wait for a look.
    pub(super) async fn look(&self, service: &ServiceArn) -> Answered<Option<Seen>> {
        loop {
            let (seen, mut hears) = oneshot::channel();
            locked(&self.waiting).push(Waiting {
                service: service.clone(),
                seen,
            });
            let _looking = self.looking.lock().await;
            match hears.try_recv() {
                Ok(seen) => return Ok(seen),
                // Whoever looked for all failed, or was given up.
                Err(oneshot::error::TryRecvError::Closed) => continue,
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
            self.wait_for_turn(1).await;
            let together = self.taken(service);
            let arns: Vec<&ServiceArn> = together.iter().map(|one| &one.service).collect();
            let (found, at) = self
                .persist(Effect::Read, 0, || self.aws.services(&arns))
                .await?;
            let mut own = None;
            for waiting in together {
                let arn = waiting.service.to_string();
                let seen = found.iter().find(|one| one.arn == arn).map(|one| Seen {
                    service: one.clone(),
                    at,
                });
                if waiting.service == *service {
                    own.clone_from(&seen);
                }
                if waiting.seen.send(seen).is_err() {
                    // It is not waited for any more.
                }
            }
            return Ok(own);
        }
    }

    /// Those that can be looked at in the same call, with this one among them.
    fn taken(&self, service: &ServiceArn) -> Vec<Waiting> {
        let mut waiting = locked(&self.waiting);
        let cluster = service.cluster_arn();
        // Its own first: it must be among them.
        waiting.sort_by_key(|one| one.service != *service);
        let mut taken: Vec<Waiting> = Vec::new();
        let mut rest = Vec::new();
        for one in waiting.drain(..) {
            let known = taken.iter().any(|other| other.service == one.service);
            if taken.len() < MOST_SERVICES && one.service.cluster_arn() == cluster && !known {
                taken.push(one);
            } else {
                rest.push(one);
            }
        }
        *waiting = rest;
        taken
    }

    pub(super) async fn definition(&self, arn: &str) -> Answered<Definition> {
        if let Some(known) = locked(&self.definitions).get(arn) {
            return Ok(known.clone());
        }
        let found = self
            .persist(Effect::Read, 1, || self.aws.definition(arn))
            .await?;
        locked(&self.definitions).insert(arn.to_owned(), found.clone());
        Ok(found)
    }

    /// Makes a call, and makes it again where it certainly had no effect and may succeed later. `calls`: to AWS, of which
    /// each waits its turn.
    pub(super) async fn persist<T, F>(
        &self,
        effect: Effect,
        calls: u32,
        mut call: impl FnMut() -> F,
    ) -> Answered<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let give_up = self.now() + self.poll * THROTTLED_FOR;
        let (mut tries, mut renewed) = (0, false);
        loop {
            self.wait_for_turn(calls).await;
            let failure = match call().await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            tries += 1;
            let perhaps = effect == Effect::Write && failure.landed() == Landed::Perhaps;
            match &failure.reason {
                // Behind a status of 5xx it may have been taken all the same.
                Reason::Throttled if self.now() < give_up && !perhaps => {}
                // Nothing was sent yet.
                Reason::NoCredentials if failure.is_transient() && tries < READS => {}
                Reason::Expired if !renewed => {
                    renewed = true;
                    self.aws.renew().await;
                    continue;
                }
                Reason::Unreachable | Reason::Other
                    if effect == Effect::Read && failure.is_transient() && tries < READS => {}
                _ => return Err(trouble(failure, effect)),
            }
            self.sleep(self.pause(tries)).await;
        }
    }

    /// Doubles from a quarter of the time between two looks, and differs from process to process.
    fn pause(&self, tries: u32) -> Duration {
        let first = self.poll / CALLS_BETWEEN_LOOKS;
        let doubled = first * 2_u32.pow(tries.saturating_sub(1).min(8));
        let longest = self.poll * LONGEST_WAIT;
        let spread = self.begun.elapsed().subsec_nanos() % 256 + std::process::id() % 256;
        doubled.min(longest) * (768 + spread) / 1024
    }

    /// Holds calls apart where services share them.
    async fn wait_for_turn(&self, calls: u32) {
        if self.gap.is_zero() || calls == 0 {
            return;
        }
        let until = {
            let mut next = self.next.lock().await;
            let until = (*next).max(Instant::now());
            *next = until + self.gap * calls;
            until
        };
        tokio::time::sleep_until(until.into()).await;
    }

    pub(super) async fn sleep(&self, how_long: Duration) {
        tokio::time::sleep(how_long).await;
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
