//! ECS as the reference describes it, in virtual time: rollouts go by a plot, `wait` moves the clock, and nothing sleeps.
//!
//! Only for tests. Read next: `properties` (what holds for every plot), `plots` (single ones, by name).

mod place;
mod plots;
mod properties;
mod world;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::request::{DeployRequest, Target, Verb};
use super::result::Deployed;
use super::work::{Done, Pace, SoFar, work};
use crate::rollout::At;

pub(super) const WANTED: &str =
    "sha256:1111111111111111111111111111111111111111111111111111111111111111";
pub(super) const OTHER: &str =
    "sha256:2222222222222222222222222222222222222222222222222222222222222222";
pub(super) const IMAGE: &str = "registry.example/app";
/// When the simulation begins, by the server's clock.
const EPOCH_MS: i64 = 1_700_000_000_000;
pub(super) const POLL: Duration = Duration::from_secs(4);

/// How everything goes. Times are milliseconds since the update that they belong to.
#[derive(Clone, Debug)]
pub(super) struct Plot {
    pub(super) desired: u32,
    /// How long a rollout takes, or how long until it fails.
    pub(super) takes_ms: u64,
    pub(super) ends: Ends,
    /// Whether service deployments are offered.
    pub(super) is_modern: bool,
    /// Somebody else deploys so long after our update.
    pub(super) foreign: Option<Foreign>,
    pub(super) answer: Answer,
    /// Reads of the service that do not show the newest deployment yet.
    pub(super) lag_reads: u32,
    /// Tasks of ours run another digest than was pushed.
    pub(super) runs_other: bool,
    /// The service cannot be read in this span of the simulation.
    pub(super) unreadable: Option<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ends {
    Completes,
    /// And stays where it is.
    Fails,
    /// And ECS goes back: the old deployment is the newest again.
    GoesBackToOld,
    /// And ECS goes back, by a deployment with an id of its own.
    GoesBackByNew,
    Never,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Foreign {
    pub(super) after_ms: u64,
    pub(super) carries_ours: bool,
}

/// What comes of the first update.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    Comes,
    LostAfterLanding,
    LostBeforeLanding,
}

impl Default for Plot {
    fn default() -> Self {
        Plot {
            desired: 2,
            takes_ms: 30_000,
            ends: Ends::Completes,
            is_modern: true,
            foreign: None,
            answer: Answer::Comes,
            lag_reads: 0,
            runs_other: false,
            unreadable: None,
        }
    }
}

/// A deployment that somebody began.
#[derive(Clone, Debug)]
struct Begun {
    number: u64,
    at_ms: u64,
    digest: String,
    is_ours: bool,
}

pub(super) struct Simulated {
    plot: Plot,
    now_ms: Cell<u64>,
    begun: RefCell<Vec<Begun>>,
    lag_left: Cell<u32>,
    /// When each update of ours came, and how many reads of the service there had been by then.
    pub(super) updates: RefCell<Vec<(u64, u32)>>,
    pub(super) reads: Cell<u32>,
    pub(super) calls: Cell<u32>,
    /// The work is given up at this call, as by a kill.
    pub(super) dies_at: Cell<Option<u32>>,
}

impl Simulated {
    pub(super) fn of(plot: Plot) -> Self {
        let before = Begun {
            number: 1,
            at_ms: 0,
            digest: "sha256:0000000000000000000000000000000000000000000000000000000000000000"
                .to_owned(),
            is_ours: false,
        };
        Simulated {
            plot,
            // The service has stood for an hour.
            now_ms: Cell::new(3_600_000),
            begun: RefCell::new(vec![before]),
            lag_left: Cell::new(0),
            updates: RefCell::default(),
            reads: Cell::new(0),
            calls: Cell::new(0),
            dies_at: Cell::new(None),
        }
    }

    fn at(ms: u64) -> At {
        At(EPOCH_MS + i64::try_from(ms).unwrap_or(0))
    }

    /// Runs a verb to its end.
    pub(super) fn run(&self, verb: &Verb) -> Deployed {
        let target = Target::Ecs(
            "arn:aws:ecs:eu-west-1:123456789012:service/lower/app"
                .parse()
                .expect("it is one"),
        );
        let so_far = SoFar::of(verb, &target);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("it needs nothing");
        let tell = |_| {};
        let done = runtime.block_on(work(
            self,
            &target,
            verb,
            Pace { poll: POLL },
            &so_far,
            &tell,
        ));
        match done {
            Done::Deployed(deployed) => *deployed,
            Done::Status(_) => Deployed::default(),
        }
    }

    /// Since the simulation began.
    pub(super) fn elapsed_secs(&self) -> u64 {
        (self.now_ms.get() - 3_600_000) / 1000
    }

    /// What the newest deployment that has completed carries.
    pub(super) fn runs(&self) -> Option<String> {
        let (listed, _) = self.listed();
        let one = listed.iter().find(|one| one.is_completed)?;
        Some(one.digest.clone())
    }
}

pub(super) fn deploy(request: DeployRequest) -> Verb {
    Verb::Deploy(Box::new(DeployRequest {
        image: Some(format!("{IMAGE}@{WANTED}")),
        ..request
    }))
}
