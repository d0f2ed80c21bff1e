//! Another deployment is under way when this one comes: followed where it is the same, else as was chosen.

use std::time::Duration;

use crate::deploy::end::Outcome;
use crate::deploy::expected::{Expected, Match};
use crate::deploy::identity::resolved;
use crate::deploy::judge::Ours;
use crate::deploy::place::Place;
use crate::deploy::preflight::{self, Before};
use crate::deploy::request::{DeployRequest, IfBusy};
use crate::deploy::work::{Ended, Work};

pub(super) enum Busy {
    Follow(Ours),
    GoOn,
}

/// Another deployment is under way: perhaps an earlier run of this one has begun it.
pub(super) async fn busy<P: Place>(
    work: &Work<'_, P>,
    before: &mut Before,
    expected: &Expected,
    request: &DeployRequest,
    deadline: Duration,
) -> Result<Busy, Ended> {
    loop {
        let Some(primary) = before.service.primary().cloned() else {
            return Ok(Busy::GoOn);
        };
        let same = expected.is_asked && resolved(work, &primary, expected).await == Match::Right;
        if same {
            work.status(format!(
                "the deployment {} is under way and carries this digest: following it",
                primary.id
            ));
            work.so_far.write(|known| known.followed = true);
            return Ok(Busy::Follow(Ours::of(&primary, None)));
        }
        let age = before.at.since(primary.created_at).as_secs();
        let other = format!(
            "another deployment, {} of {age} s ago, is under way",
            primary.id
        );
        match request.if_busy {
            IfBusy::Proceed => {
                work.status(format!("{other}: this one will take its place"));
                return Ok(Busy::GoOn);
            }
            IfBusy::Fail => {
                return Err(Ended::of(Outcome::Precondition, other)
                    .hint("wait for its end, or let `--if-busy wait` do that"));
            }
            IfBusy::Wait => {}
        }
        work.status(format!("{other}: waiting for its end"));
        loop {
            if work.elapsed() >= deadline {
                return Err(Ended::of(
                    Outcome::TimedOut,
                    format!(
                        "{other}, and was not over in {} s",
                        request.request.timeout_secs
                    ),
                ));
            }
            work.pause().await;
            let Some(seen) = work.place.service().await? else {
                return Err(preflight::missing(work));
            };
            *before = Before::of(seen);
            if !preflight::is_busy(&before.service) {
                return Ok(Busy::GoOn);
            }
            if before.primary_id.as_ref() != Some(&primary.id) {
                // Yet another one.
                break;
            }
        }
    }
}
