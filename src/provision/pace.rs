//! How often Step Functions is asked, and how long is waited where it takes no calls.

use std::time::{Duration, Instant, SystemTime};

use crate::aws::{Aws, Failure, Reason};
use crate::error::{Class, End, Error, Result};

/// Looks that no answer may cost, until AWS counts as unavailable: of 4 s each, ten minutes.
const PATIENCE: u32 = 150;
/// How far looks move apart while nothing happens.
const SLOWEST: u32 = 4;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Between two looks at something that moves.
    pub(crate) poll: Duration,
}

impl Pace {
    fn patience(self) -> Duration {
        self.poll * PATIENCE
    }

    /// The pause before the next look, where `quiet` looks before showed nothing new.
    pub(super) fn pause(self, quiet: u32) -> Duration {
        let factor = 1.5_f64.powi(i32::try_from(quiet.min(8)).unwrap_or(8));
        spread(self.poll.mul_f64(factor.min(f64::from(SLOWEST))))
    }

    /// The pause after the n-th failure in a row, from 1.
    fn retreat(self, failures: u32) -> Duration {
        let doubled = self.poll * 2_u32.saturating_pow(failures.min(4).saturating_sub(1));
        spread(doubled)
    }
}

/// Up to a fifth longer, so that many who began together do not go on together.
fn spread(pause: Duration) -> Duration {
    let nanos = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |now| now.subsec_nanos());
    pause + pause.mul_f64(f64::from(nanos % 1000) / 5000.0)
}

/// Calls again what may succeed a little later, and renews credentials that AWS ended early, once.
///
/// # Errors
/// `Unavailable` where AWS gave no answer for longer than can be waited; else as the failure says.
pub(crate) async fn persistently<T>(
    aws: &Aws,
    pace: Pace,
    tell: &dyn Fn(String),
    call: impl AsyncFn() -> Result<T, Failure>,
) -> Result<T> {
    let (mut failures, mut renewed) = (0_u32, false);
    let begun = Instant::now();
    loop {
        let failure = match call().await {
            Ok(done) => return Ok(done),
            Err(failure) => failure,
        };
        if failure.reason == Reason::Expired && !renewed {
            renewed = true;
            aws.renew().await;
            continue;
        }
        if !failure.is_transient() {
            return Err(failure.into());
        }
        failures += 1;
        let throttled = failure.reason == Reason::Throttled;
        if begun.elapsed() > pace.patience() {
            let error: Error = failure.into();
            let unavailable = Class::Ended(End::Unavailable);
            let causes = error.causes().iter().map(crate::error::Cause::line);
            let again = Error::new(unavailable, error.message());
            let again = causes.fold(again, Error::caused_by);
            return Err(error.hints().iter().fold(again, Error::hint));
        }
        if failures == 3 {
            tell(match throttled {
                true => "AWS takes no more of these calls for now; going on more slowly".to_owned(),
                false => "AWS does not answer; trying again".to_owned(),
            });
        }
        tokio::time::sleep(pace.retreat(failures)).await;
    }
}
