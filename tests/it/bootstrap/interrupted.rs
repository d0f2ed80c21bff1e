//! Killed at each request, and each answer lost after it took effect: the same repository in the end, and nothing twice.

use serde_json::{Value, json};

use super::{bootstrap, hub, traffic};

/// The state after one run that nothing disturbs, and how many requests it takes.
fn undisturbed() -> (Value, usize) {
    let hub = hub();
    bootstrap(&hub, &[]).is(0);
    (hub.project("aws-app/shop"), traffic(&hub.asked()).0)
}

/// Runs with each request disturbed by `rule`, several GitLabs at a time; then once more without.
fn at_each_request(rule: &(dyn Fn(usize) -> Value + Sync)) {
    let (wanted, count) = undisturbed();
    let at = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let number = at.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let hub = hub();
                    hub.rules(&json!([rule(number)]));
                    let disturbed = bootstrap(&hub, &[]);
                    hub.rules(&json!([]));
                    let again = bootstrap(&hub, &[]);
                    assert_eq!(
                        again.code,
                        0,
                        "at {number}: {}\n{}",
                        disturbed.whole(),
                        again.whole()
                    );
                    assert_eq!(
                        hub.project("aws-app/shop"),
                        wanted,
                        "at {number}: {}",
                        disturbed.whole()
                    );
                    hub.asked();
                    bootstrap(&hub, &[]).is(0);
                    assert_eq!(traffic(&hub.asked()).1, 0, "at {number}");
                }
            });
        }
    });
}

#[test]
fn whatever_request_it_dies_at_the_next_run_finishes_it() {
    // From that request on nobody answers: as if the process were killed there.
    at_each_request(&|number| json!({"match": "^[A-Z]+ /api/", "skip": number, "drop": true}));
}

#[test]
fn whatever_answer_is_lost_after_it_took_effect_nothing_is_done_twice() {
    at_each_request(&|number| json!({"match": "^[A-Z]+ /api/", "skip": number, "after": "drop"}));
}

#[test]
fn one_lost_answer_does_not_even_stop_the_run() {
    let (wanted, _) = undisturbed();
    for (what, rule) in [
        (
            "project",
            json!({"match": "^POST /api/v4/projects$", "times": 1, "after": "drop"}),
        ),
        (
            "variable",
            json!({"match": "^POST .*/variables", "skip": 1, "times": 1, "after": "drop"}),
        ),
        (
            "hook",
            json!({"match": "^POST .*/hooks", "times": 1, "after": {"status": 502, "body": "<html>"}}),
        ),
        (
            "commit",
            json!({"match": "^POST .*/commits", "times": 1, "after": "drop"}),
        ),
        (
            "fault",
            json!({"match": "^POST .*/environments", "times": 1, "status": 503, "body": "<html>"}),
        ),
    ] {
        let hub = hub();
        hub.rules(&json!([rule]));
        let told = bootstrap(&hub, &[]);
        assert_eq!(told.code, 0, "{what}: {}", told.whole());
        assert_eq!(hub.project("aws-app/shop"), wanted, "{what}");
    }
}
