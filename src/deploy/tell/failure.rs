//! An end that is not the wanted one, as the one error that is reported at the top: what, why, and what to do.
//!
//! Its class decides the exit code. Everything else that was seen stands in `diagnosis`, which is told before it.

use super::groups::{Group, groups};
use super::{ends, reason, several, words};
use crate::deploy::result::Deployed;
use crate::error::{Cause, Class, Error, Signal};

const MOST_HINTS: usize = 5;

/// Of one service: its end. Of several: how many did not end well, and each of those. `None`: all ended well.
pub(crate) fn failure(all: &[Deployed]) -> Option<Error> {
    let worst = several::worst(all)?;
    let class = match (worst.outcome.class()?, worst.exit_code) {
        // Only the process that was ended knows by which signal, and has written its code.
        (Class::Cancelled(_), 130) => Class::Cancelled(Signal::Interrupt),
        (class, _) => class,
    };
    let bad: Vec<&Deployed> = all.iter().filter(|one| !one.outcome.is_good()).collect();
    let mut error = match all {
        [one] => {
            let error = Error::new(class, ends::end_line(one));
            match &one.reason {
                Some(reason) => error.caused_by(Cause::line(words::line(reason))),
                None => error,
            }
        }
        _ => {
            let message = format!(
                "{} of {} services did not end well (exit code {})",
                bad.len(),
                all.len(),
                worst.exit_code
            );
            bad.iter().fold(Error::new(class, message), |error, one| {
                let why = one
                    .reason
                    .as_ref()
                    .map(|why| format!(": {}", words::line(why)));
                error.caused_by(Cause::line(format!(
                    "{}{}",
                    ends::end_line(one),
                    why.unwrap_or_default()
                )))
            })
        }
    };
    let mut told: Vec<String> = Vec::new();
    for hint in bad.iter().flat_map(|one| hints(one)) {
        if !told.contains(&hint) && told.len() < MOST_HINTS {
            error = error.hint(&hint);
            told.push(hint);
        }
    }
    Some(error)
}

/// What the work itself had to say, then what the stopped tasks and events mean, else what helps in general.
fn hints(deployed: &Deployed) -> Vec<String> {
    let groups: Vec<Group<'_>> = groups(&deployed.stopped_tasks);
    let mut hints: Vec<String> = deployed.hints.iter().map(|one| words::line(one)).collect();
    hints.extend(groups.iter().filter_map(|group| group.reason.hint()));
    if groups.is_empty() && deployed.outcome.class().is_some() {
        let from_events = deployed.events.iter().rev();
        hints.extend(
            from_events
                .filter_map(|event| reason::of_event(&event.message))
                .filter_map(|reason| reason.hint())
                .take(1),
        );
    }
    let advice = ends::advice(deployed);
    if !advice.is_empty() && deployed.hints.is_empty() {
        hints.push(advice.to_owned());
    }
    hints
}
