//! From an update that has landed to the end: watched, verified, and taken back where that was asked for.

use std::time::Duration;

use super::not_running;
use crate::deploy::end::Outcome;
use crate::deploy::expected::Expected;
use crate::deploy::going_back;
use crate::deploy::judge::{Finding, Ours};
use crate::deploy::place::Place;
use crate::deploy::preflight::Before;
use crate::deploy::request::{RollbackChoice, ServiceRequest, Superseded, Until};
use crate::deploy::verify::{self, Shown};
use crate::deploy::watch::{Watch, Watched};
use crate::deploy::work::{Ended, Work};

/// From an update that has landed to the end.
pub(super) async fn follow_through<P: Place>(
    work: &Work<'_, P>,
    ours: Option<Ours>,
    before: &Before,
    expected: &Expected,
    request: &ServiceRequest,
    deadline: Duration,
) -> Result<Ended, Ended> {
    let is_new = ours.is_some();
    let ours = ours.unwrap_or_else(|| standing(before));
    work.so_far.write(|known| {
        known.deployment_id = Some(ours.id.clone());
        known.task_definition_after = Some(ours.definition.clone());
        known.digests_expected = expected.digests();
    });
    if request.until == Until::Started {
        return Ok(Ended::of(Outcome::Started, String::new()));
    }
    let mut watch = Watch::of(work, ours, before, expected, request, deadline);
    loop {
        match watch.until_end().await? {
            Watched::ToVerify => {
                let revision = watch.deployment.as_ref().map(|one| one.target.arn.clone());
                let shown =
                    verify::verify(work, &watch.ours, revision.as_deref(), expected).await?;
                if shown == Shown::Displaced {
                    // What has taken its place is the next look's to tell.
                    work.pause().await;
                    if work.elapsed() < deadline {
                        continue;
                    }
                    let late = Ended::of(
                        Outcome::TimedOut,
                        format!("it could not be verified within {} s", request.timeout_secs),
                    );
                    return going_back::bad_end(&mut watch, late, request.on_timeout).await;
                }
                let ended = verdict(work, &shown, expected, request, is_new);
                if ended.outcome.is_good() || ended.outcome == Outcome::NotRunning {
                    return Ok(ended);
                }
                return going_back::bad_end(&mut watch, ended, request.on_mismatch).await;
            }
            Watched::Found(Finding::Superseded(id)) => {
                if request.superseded == Superseded::Follow && watch.follow().await? {
                    continue;
                }
                return Ok(going_back::superseded(&mut watch, id).await);
            }
            Watched::Found(finding) => {
                let choice = match finding {
                    Finding::Mismatch => request.on_mismatch,
                    Finding::Failed(_) => request.on_failure,
                    Finding::Lost
                    | Finding::RolledBack(_)
                    | Finding::RollbackFailed(_)
                    | Finding::Superseded(_)
                    | Finding::Stopped(_) => RollbackChoice::Leave,
                };
                let ended = going_back::found(&watch, finding);
                return going_back::bad_end(&mut watch, ended, choice).await;
            }
            Watched::TimedOut => {
                let ended = Ended::of(
                    Outcome::TimedOut,
                    format!("it is not over after {} s", request.timeout_secs),
                );
                return going_back::bad_end(&mut watch, ended, request.on_timeout).await;
            }
            Watched::Paused(hook) => {
                return Ok(Ended::of(
                    Outcome::Paused,
                    format!(
                        "the deployment waits at the hook `{}`",
                        crate::rollout::clean(&hook, 80)
                    ),
                ));
            }
        }
    }
}

fn verdict<P: Place>(
    work: &Work<'_, P>,
    shown: &Shown,
    expected: &Expected,
    request: &ServiceRequest,
    is_new: bool,
) -> Ended {
    let (counts, observed) = work.so_far.write(|known| {
        known.verified = verify::verified(shown, expected);
        (
            (known.running, known.desired),
            known.digests_observed.clone(),
        )
    });
    let good = match is_new {
        true => Outcome::Ok,
        false => Outcome::NoChange,
    };
    match shown {
        Shown::Right => Ended::of(good, String::new()),
        Shown::NotRunning => not_running(work),
        // Nobody has asked for a digest: that the tasks run is all that can be said.
        Shown::Unknown if !expected.is_asked || request.accept_unverified => {
            Ended::of(good, String::new())
        }
        Shown::Wrong | Shown::Few | Shown::Unknown | Shown::Displaced => {
            verify::not_right(shown, counts, &observed)
        }
    }
}

/// The deployment that stood already, where none was needed.
fn standing(before: &Before) -> Ours {
    let primary = before.service.primary();
    primary.map_or_else(Ours::default, |one| Ours::of(one, None))
}
