//! Killed at each write, and each answer lost after it took effect: the same merge requests in the end, and none twice.

use serde_json::{Value, json};

use super::mould::Mould;
use super::{BRANCH, fleet, open, other_port, requests, traffic};
use crate::support::Hub;
use crate::support::hub::Told;

/// Repositories a run.
const EACH: usize = 2;
const WRITES: &str = "^(POST|PUT|PATCH|DELETE) /api/";

fn names(run: usize) -> Vec<String> {
    (0..EACH)
        .map(|one| format!("aws-app/run-{run}-{one}"))
        .collect()
}

fn sync(hub: &Hub, run: usize) -> Told {
    let names = names(run);
    let mut all = vec!["template", "sync", "--all-at-once"];
    for name in &names {
        all.extend(["--repository", name]);
    }
    hub.run(&all)
}

/// What the repository is, but for what differs from run to run.
fn made(hub: &Hub, project: &str) -> Value {
    let mut made = hub.project(project);
    made["pipelines"] = json!(null);
    made["settings"]["name"] = json!(null);
    // Which commit it was is another one each time.
    let letter = made["merge_requests"][0]["description"].as_str();
    let letter = letter.and_then(|text| text.split(" commit=").next());
    made["merge_requests"][0]["description"] = json!(letter);
    made
}

/// One GitLab, and for each write repositories of their own.
fn at_each_write(rule: &dyn Fn(usize) -> Value) {
    let hub = fleet(&["first"]);
    let mould = Mould::of(&hub, "aws-app/first");
    other_port(&hub, "1.1.0").out(&hub);
    let cast = |run: usize| {
        for name in names(run) {
            mould.cast(&hub, &name);
        }
    };
    cast(0);
    traffic(&hub);
    sync(&hub, 0).is(0);
    let asked = hub.asked();
    let count = asked.iter().filter(|one| one["method"] != "GET").count();
    assert!(count >= 2 * EACH, "{count} writes");
    let wanted = made(&hub, &names(0)[0]);
    for number in 0..count {
        let run = number + 1;
        cast(run);
        hub.rules(&json!([rule(number)]));
        let disturbed = sync(&hub, run);
        hub.rules(&json!([]));
        let again = sync(&hub, run);
        assert_eq!(
            again.code,
            0,
            "at {number}: {}\n{}",
            disturbed.whole(),
            again.whole()
        );
        for name in names(run) {
            open(&hub, &name);
            assert_eq!(requests(&hub, &name).len(), 1, "{name}");
            assert_eq!(
                made(&hub, &name),
                wanted,
                "at {number}: {}\n{}",
                disturbed.whole(),
                again.whole()
            );
        }
        traffic(&hub);
        sync(&hub, run).is(0);
        assert_eq!(traffic(&hub).1, 0, "at {number}");
    }
}

#[test]
fn whatever_write_it_dies_at_the_next_run_finishes_it() {
    at_each_write(&|number| json!({"match": WRITES, "skip": number, "drop": true}));
}

#[test]
fn whatever_answer_is_lost_after_it_took_effect_no_merge_request_is_opened_twice() {
    at_each_write(&|number| json!({"match": WRITES, "skip": number, "times": 1, "after": "drop"}));
}

#[test]
fn all_answers_lost_from_a_write_on_leave_nothing_twice() {
    at_each_write(&|number| json!({"match": WRITES, "skip": number, "after": "drop"}));
}

#[test]
fn one_lost_answer_does_not_even_stop_the_run() {
    let hub = fleet(&["shop", "till"]);
    other_port(&hub, "1.1.0").out(&hub);
    hub.rules(&json!([
        {"match": "^POST .*/commits", "times": 1, "after": "drop"},
        {"match": "^POST .*/merge_requests", "times": 1, "after": {"status": 502, "body": "<html>"}},
    ]));
    super::sync(&hub, &["--all-at-once"]).is(0);
    for name in ["aws-app/shop", "aws-app/till"] {
        assert_eq!(requests(&hub, name).len(), 1);
        assert!(hub.file(name, "Dockerfile", BRANCH).contains("PORT=8110"));
    }
}
