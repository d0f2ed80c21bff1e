//! Many services in one command: one exit code, and one table.
//!
//! The worst end decides. The order says how soon a person has to look: first ends after which nobody knows what runs, then
//! ends after which the wrong thing runs, then those that changed nothing.

use super::words;
use crate::deploy::end::Outcome;
use crate::deploy::result::Deployed;
use crate::output::columns;

/// Lower is worse.
fn rank(outcome: Outcome) -> u8 {
    match outcome {
        // The command was ended from outside: no other end is complete.
        Outcome::Cancelled => 0,
        Outcome::Internal => 1,
        // Service in an unknown or broken state.
        Outcome::RollbackFailed => 2,
        Outcome::Failed => 3,
        Outcome::Mismatch => 4,
        Outcome::Lost => 5,
        Outcome::Unavailable => 6,
        Outcome::TimedOut => 7,
        // The earlier version runs.
        Outcome::RolledBack => 8,
        Outcome::TaskFailed => 9,
        Outcome::Stopped => 10,
        Outcome::Paused => 11,
        // Nothing was touched.
        Outcome::Denied => 12,
        Outcome::Refused => 13,
        Outcome::Precondition => 14,
        Outcome::Usage => 15,
        // Nothing is broken.
        Outcome::Superseded => 16,
        Outcome::NotRunning => 17,
        Outcome::Started => 18,
        Outcome::Planned => 19,
        Outcome::Ok => 20,
        Outcome::NoChange => 21,
    }
}

/// `None` where there are none.
pub(crate) fn worst(all: &[Deployed]) -> Option<&Deployed> {
    all.iter().min_by_key(|one| rank(one.outcome))
}

/// Of the worst end; 0 where there are none.
pub(crate) fn exit_code(all: &[Deployed]) -> u8 {
    worst(all).map_or(0, |one| one.exit_code)
}

/// A line for each service, in the order given; empty for fewer than two.
pub(crate) fn table(all: &[Deployed]) -> String {
    if all.len() < 2 {
        return String::new();
    }
    let mut rows =
        vec![["service", "end", "exit code", "tasks", "digest", "took"].map(str::to_owned)];
    rows.extend(all.iter().map(|one| {
        [
            words::name(&one.target),
            words::outcome(one.outcome).to_owned(),
            one.exit_code.to_string(),
            format!("{} of {}", one.running, one.desired),
            words::digests(one),
            words::took(one.took_ms),
        ]
    }));
    columns(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::tell::samples::{OUTCOMES, done, ended};

    fn code(outcomes: &[Outcome]) -> u8 {
        exit_code(&outcomes.iter().map(|one| ended(*one)).collect::<Vec<_>>())
    }

    #[test]
    fn the_worst_end_decides_and_a_good_one_hides_no_bad_one() {
        assert_eq!(code(&[Outcome::Ok, Outcome::NoChange]), 0);
        assert_eq!(
            code(&[Outcome::Superseded, Outcome::RolledBack, Outcome::Ok]),
            6
        );
        assert_eq!(code(&[Outcome::RolledBack, Outcome::Failed]), 5);
        assert_eq!(code(&[Outcome::Failed, Outcome::RollbackFailed]), 7);
        assert_eq!(code(&[Outcome::NotRunning, Outcome::Superseded]), 8);
        assert_eq!(code(&[Outcome::Failed, Outcome::Cancelled]), 143);
        assert_eq!(code(&[]), 0);
        for outcome in OUTCOMES {
            let expected = ended(outcome).exit_code;
            assert_eq!(
                code(&[Outcome::Ok, outcome, Outcome::NoChange]),
                expected,
                "{outcome:?}"
            );
        }
    }

    #[test]
    fn every_end_has_a_rank_of_its_own() {
        let mut ranks: Vec<u8> = OUTCOMES.iter().map(|one| rank(*one)).collect();
        ranks.sort_unstable();
        ranks.dedup();
        assert_eq!(ranks.len(), OUTCOMES.len());
    }

    #[test]
    fn the_table_has_a_line_for_each_service() {
        let mut other = ended(Outcome::RolledBack);
        other.target = "prod/a-longer-name".to_owned();
        insta::assert_snapshot!(table(&[done("deploy"), other]), @r"
        service             end          exit code  tasks   digest                took
        prod/app            ok           0          2 of 2  sha256:ab12ab12ab12…  95 s
        prod/a-longer-name  rolled_back  6          2 of 2  sha256:ab12ab12ab12…  95 s
        ");
        assert_eq!(table(&[done("deploy")]), "");
    }
}
