//! Single plots, by name.

use super::*;
use crate::deploy::end::Outcome;
use crate::deploy::request::ServiceRequest;

fn ended(plot: Plot) -> (Deployed, Simulated) {
    let place = Simulated::of(plot);
    let deployed = place.run(&deploy(DeployRequest::default()));
    (deployed, place)
}

#[test]
fn a_rollout_that_completes_is_verified_soon_after_its_end() {
    for is_modern in [true, false] {
        let (deployed, place) = ended(Plot {
            is_modern,
            ..Plot::default()
        });
        assert_eq!(deployed.outcome, Outcome::Ok, "{deployed:?}");
        assert_eq!((deployed.running, deployed.desired), (2, 2));
        assert!(place.elapsed_secs() <= 30 + 5, "{} s", place.elapsed_secs());
    }
}

#[test]
fn fifteen_calls_a_minute_are_enough() {
    let (deployed, place) = ended(Plot {
        takes_ms: 600_000,
        ..Plot::default()
    });
    assert_eq!(deployed.outcome, Outcome::Ok);
    // Beyond those at the start and at the end.
    let allowed = 15 * place.elapsed_secs() / 60 + 15;
    assert!(
        u64::from(place.calls.get()) <= allowed,
        "{} calls",
        place.calls.get()
    );
}

#[test]
fn a_rollback_in_each_shape_is_called_one() {
    for is_modern in [true, false] {
        for ends in [Ends::GoesBackToOld, Ends::GoesBackByNew] {
            let (deployed, place) = ended(Plot {
                ends,
                is_modern,
                ..Plot::default()
            });
            assert_eq!(
                deployed.outcome,
                Outcome::RolledBack,
                "{ends:?} {is_modern} {deployed:?}"
            );
            assert_eq!(place.updates.borrow().len(), 1);
        }
    }
}

#[test]
fn a_lost_answer_is_adopted_or_sent_again_when_reads_have_proved_it_lost() {
    for lag_reads in [0, 3] {
        let (deployed, place) = ended(Plot {
            answer: Answer::LostAfterLanding,
            lag_reads,
            ..Plot::default()
        });
        assert_eq!(
            (deployed.outcome, deployed.adopted),
            (Outcome::Ok, true),
            "{deployed:?}"
        );
        assert_eq!(place.updates.borrow().len(), 1);
    }
    let (deployed, place) = ended(Plot {
        answer: Answer::LostBeforeLanding,
        ..Plot::default()
    });
    assert_eq!((deployed.outcome, deployed.adopted), (Outcome::Ok, false));
    let updates = place.updates.borrow();
    assert!(
        updates.len() == 2 && updates[1].1 >= updates[0].1 + 8,
        "{updates:?}"
    );
}

#[test]
fn a_run_that_is_killed_at_any_call_leaves_what_a_second_run_follows_or_begins() {
    let calls = ended(Plot::default()).1.calls.get();
    for call in 1..=calls {
        let place = Simulated::of(Plot::default());
        place.dies_at.set(Some(call));
        let first = std::panic::AssertUnwindSafe(|| place.run(&deploy(DeployRequest::default())));
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let died = std::panic::catch_unwind(first).is_err();
        std::panic::set_hook(hook);
        assert!(died, "call {call}");
        place.dies_at.set(None);
        let sent = place.updates.borrow().len();
        let second = place.run(&deploy(DeployRequest::default()));
        assert_eq!(
            second.outcome,
            Outcome::Ok,
            "killed at call {call}: {second:?}"
        );
        if second.followed {
            assert_eq!(place.updates.borrow().len(), sent, "killed at call {call}");
        }
    }
}

#[test]
fn what_never_ends_is_given_up_in_time() {
    let place = Simulated::of(Plot {
        ends: Ends::Never,
        ..Plot::default()
    });
    let request = ServiceRequest {
        timeout_secs: 300,
        ..ServiceRequest::default()
    };
    let deployed = place.run(&deploy(DeployRequest {
        request,
        ..DeployRequest::default()
    }));
    assert_eq!(deployed.outcome, Outcome::TimedOut);
    assert!(place.elapsed_secs() <= 310);
}

#[test]
fn a_service_that_cannot_be_read_for_a_while_is_waited_for() {
    let (deployed, _) = ended(Plot {
        unreadable: Some((8_000, 60_000)),
        ..Plot::default()
    });
    assert_eq!(deployed.outcome, Outcome::Ok, "{deployed:?}");
    let (deployed, _) = ended(Plot {
        takes_ms: 600_000,
        is_modern: false,
        unreadable: Some((8_000, 500_000)),
        ..Plot::default()
    });
    assert_eq!(deployed.outcome, Outcome::Unavailable, "{deployed:?}");
}
