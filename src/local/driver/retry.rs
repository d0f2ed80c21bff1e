//! Stages that are tried again, and the durations that the runner's variables hold.

use std::time::Duration;

use super::super::outcome::Failure;
use super::super::signals::Urgency;
use super::Run;

/// Source: gitlab-runner `helpers/retry`: 5 s at first, twice as long each time, five minutes at most.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Tries again as often as the job's variable says, with growing waits. Source: gitlab-runner `helpers/retry`.
pub(super) fn repeated(
    run: &mut Run<'_>,
    variable: &str,
    mut stage: impl FnMut(&mut Run<'_>, u32) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let wanted = run
        .variables()
        .get(variable)
        .and_then(|text| text.parse().ok())
        .filter(|n| (1..=10).contains(n))
        .unwrap_or(1);
    let mut wait = FIRST_WAIT;
    for n in 1..=wanted {
        match stage(run, n) {
            Err(Failure::Script(_) | Failure::System(_)) if n < wanted => {
                run.log.warn(&format!(
                    "attempt {n} of {wanted} failed, trying again in {} s",
                    wait.as_secs()
                ));
                run.driver.signals.wait(wait);
                if run.driver.signals.urgency() != Urgency::None {
                    return Err(Failure::Canceled);
                }
                wait = (wait * 2).min(LONGEST_WAIT);
            }
            ended => return ended,
        }
    }
    Ok(())
}

/// A Go duration such as `1h30m`, `2s`, `500ms`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (mut rest, mut seconds) = (text.trim(), 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let letters = rest[digits..]
            .find(|c: char| !c.is_ascii_alphabetic())
            .map_or(rest.len(), |end| digits + end);
        let unit = match &rest[digits..letters] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        seconds += rest[..digits].parse::<f64>().ok()? * unit;
        rest = &rest[letters..];
    }
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|time| !time.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_the_runner_are_those_of_go() {
        let read = ["3s", "1h30m", "500ms", "5", "x"]
            .map(|text| duration(text).map(|time| time.as_millis()));
        assert_eq!(read, [Some(3000), Some(5_400_000), Some(500), None, None]);
    }
}
