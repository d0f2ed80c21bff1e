//! A few repositories first, then more, then all; and when it stops.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::mould::Mould;
use super::{LOCK, at, edit, ends, fleet, merge, open, other_port, requests, sync, traffic};
use crate::support::Hub;

const ALL: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

/// Twelve repositories behind a newer version; the fifth is the canary.
fn twelve() -> Hub {
    let hub = fleet(&["aa"]);
    let mould = Mould::of(&hub, "aws-app/aa");
    for name in &ALL[1..] {
        mould.cast(&hub, &path(name));
    }
    let topics = json!({"topics": ["baws-managed", "baws-canary"]});
    hub.api("PUT", &at(&path("e")), &topics);
    other_port(&hub, "1.1.0").out(&hub);
    traffic(&hub);
    hub
}

fn path(name: &str) -> String {
    match name {
        "a" => "aws-app/aa".to_owned(),
        name => format!("aws-app/{name}{name}"),
    }
}

/// Whose merge request is open.
fn offered(hub: &Hub) -> Vec<String> {
    let all = ALL.map(path).into_iter();
    let open = |one: &Value| one["state"] == "opened";
    all.filter(|name| requests(hub, name).iter().any(open))
        .collect()
}

#[test]
fn the_canary_goes_first_and_the_others_wait_until_its_pipeline_succeeds() {
    let hub = twelve();
    assert_snapshot!(sync(&hub, &[]).whole(), @r"
    0
    aws-app/ee: opened https://gitlab.test/aws-app/ee/-/merge_requests/1
    wave 1: 1 brought on, 11 to come; run it again when their pipelines have ended
    REPOSITORY  HAS            MERGE REQUEST
    aws-app/aa  1.0.0  later
    aws-app/bb  1.0.0  later
    aws-app/cc  1.0.0  later
    aws-app/dd  1.0.0  later
    aws-app/ee  1.0.0  opened  https://gitlab.test/aws-app/ee/-/merge_requests/1
    aws-app/ff  1.0.0  later
    aws-app/gg  1.0.0  later
    aws-app/hh  1.0.0  later
    aws-app/ii  1.0.0  later
    aws-app/jj  1.0.0  later
    aws-app/kk  1.0.0  later
    aws-app/ll  1.0.0  later
    ");
    assert_eq!(offered(&hub), ["aws-app/ee"]);
    traffic(&hub);
    for status in ["created", "pending", "running"] {
        ends(&hub, "aws-app/ee", status);
        let told = sync(&hub, &[]);
        let word = "wave 1: waiting for 1 pipelines; run it again later\n";
        assert_eq!(told.is(0).err, word, "{status}");
        assert_eq!(traffic(&hub).1, 0, "{status}");
        assert_eq!(offered(&hub), ["aws-app/ee"], "{status}");
    }
    ends(&hub, "aws-app/ee", "success");
    let told = sync(&hub, &[]);
    assert!(
        told.is(0)
            .err
            .contains("run it again when their pipelines have ended"),
        "{}",
        told.err
    );
    assert!(offered(&hub).len() > 1);
}

#[test]
fn every_repository_has_it_in_the_end_wave_by_wave_and_once() {
    let hub = twelve();
    let mut sizes = Vec::new();
    let last = loop {
        let told = sync(&hub, &[]).is(0).clone();
        let now = offered(&hub);
        if told.err.contains("all repositories have version") {
            break told;
        }
        assert!(
            sizes.last() < Some(&now.len()),
            "{sizes:?}: {}",
            told.whole()
        );
        sizes.push(now.len());
        for name in &now {
            ends(&hub, name, "success");
        }
    };
    assert_eq!(sizes.last(), Some(&12));
    assert!(sizes.len() > 2, "{sizes:?}");
    assert_snapshot!(last.whole(), @r"
    0
    all repositories have version 1.1.0, or a merge request for it
    REPOSITORY  HAS            MERGE REQUEST
    aws-app/aa  1.0.0  passed  https://gitlab.test/aws-app/aa/-/merge_requests/1
    aws-app/bb  1.0.0  passed  https://gitlab.test/aws-app/bb/-/merge_requests/1
    aws-app/cc  1.0.0  passed  https://gitlab.test/aws-app/cc/-/merge_requests/1
    aws-app/dd  1.0.0  passed  https://gitlab.test/aws-app/dd/-/merge_requests/1
    aws-app/ee  1.0.0  passed  https://gitlab.test/aws-app/ee/-/merge_requests/1
    aws-app/ff  1.0.0  passed  https://gitlab.test/aws-app/ff/-/merge_requests/1
    aws-app/gg  1.0.0  passed  https://gitlab.test/aws-app/gg/-/merge_requests/1
    aws-app/hh  1.0.0  passed  https://gitlab.test/aws-app/hh/-/merge_requests/1
    aws-app/ii  1.0.0  passed  https://gitlab.test/aws-app/ii/-/merge_requests/1
    aws-app/jj  1.0.0  passed  https://gitlab.test/aws-app/jj/-/merge_requests/1
    aws-app/kk  1.0.0  passed  https://gitlab.test/aws-app/kk/-/merge_requests/1
    aws-app/ll  1.0.0  passed  https://gitlab.test/aws-app/ll/-/merge_requests/1
    ");
    for name in ALL {
        assert_eq!(requests(&hub, &path(name)).len(), 1, "{name}");
    }
}

#[test]
fn it_goes_on_where_the_earlier_waves_are_merged_already() {
    let hub = twelve();
    sync(&hub, &[]).is(0);
    merge(&hub, "aws-app/ee");
    let told = sync(&hub, &[]);
    assert!(
        told.is(0).err.contains("waiting for 1 pipelines"),
        "{}",
        told.err
    );
    // What waits for a person has passed everything before.
    let main = json!({"project": "aws-app/ee", "ref": "main", "status": "manual"});
    hub.control("POST", "pipeline", &main);
    sync(&hub, &[]).is(0);
    assert!(!offered(&hub).is_empty());
}

#[test]
fn a_canary_that_fails_stops_everything_and_is_named() {
    let hub = twelve();
    sync(&hub, &[]).is(0);
    ends(&hub, "aws-app/ee", "failed");
    traffic(&hub);
    let told = sync(&hub, &[]);
    let number = told
        .err
        .split("pipelines/")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .unwrap_or_default()
        .to_owned();
    assert_snapshot!(told.is(4).err.replace(&number, "N"), @r"
    error: stopped at wave 1: 1 of 1 pipelines with version 1.1.0 fail; no more merge requests are opened
      caused by: `aws-app/ee` https://gitlab.test/aws-app/ee/-/pipelines/N

    hint: the operator mends the templates and publishes the next version, or goes back with --to; what fails for reasons of its own is held (`hold: true` in its lock)
    ");
    assert_eq!((traffic(&hub).1, offered(&hub).len()), (0, 1));
    assert_eq!(
        sync(&hub, &["--json"]).is(4).json()["progress"],
        json!({"turn": "stop", "wave": 1, "failed": 1, "of": 1})
    );
    // A next version is offered to the canary again, and to nobody else.
    other_port(&hub, "1.2.0").out(&hub);
    sync(&hub, &[]).is(0);
    assert_eq!(
        open(&hub, "aws-app/ee")["title"],
        "Bring the templates to 1.2.0"
    );
    assert_eq!(offered(&hub).len(), 1);
}

#[test]
fn one_that_fails_for_reasons_of_its_own_is_held_and_the_others_go_on() {
    let hub = twelve();
    sync(&hub, &[]).is(0);
    merge(&hub, "aws-app/ee");
    let main = json!({"project": "aws-app/ee", "ref": "main", "status": "failed"});
    hub.control("POST", "pipeline", &main);
    sync(&hub, &[]).is(4);
    edit(&hub, "aws-app/ee", LOCK, "hold: false", "hold: true");
    hub.control("POST", "pipeline", &main);
    sync(&hub, &[]).is(0);
    assert!(!offered(&hub).is_empty());
}

#[test]
fn a_canary_may_be_named() {
    let hub = twelve();
    sync(&hub, &["--canary", "aws-app/bb", "--canary", "aws-app/cc"]).is(0);
    assert_eq!(offered(&hub), ["aws-app/bb", "aws-app/cc", "aws-app/ee"]);
}

#[test]
fn all_at_once_means_all() {
    let hub = twelve();
    let told = sync(&hub, &["--all-at-once"]);
    assert!(
        told.is(0).err.ends_with(
            "wave 1: 12 brought on, 0 to come; run it again when their pipelines have ended\n"
        ),
        "{}",
        told.err
    );
    assert_eq!(offered(&hub).len(), 12);
}

#[test]
fn no_more_than_asked_for_are_opened_at_a_time() {
    let hub = twelve();
    let told = sync(&hub, &["--all-at-once", "--most", "5"]);
    assert!(!told.is(0).err.contains("12 repositories;"), "{}", told.err);
    assert_snapshot!(told.out, @r"
    REPOSITORY  HAS            MERGE REQUEST
    aws-app/aa  1.0.0  opened  https://gitlab.test/aws-app/aa/-/merge_requests/1
    aws-app/bb  1.0.0  opened  https://gitlab.test/aws-app/bb/-/merge_requests/1
    aws-app/cc  1.0.0  opened  https://gitlab.test/aws-app/cc/-/merge_requests/1
    aws-app/dd  1.0.0  opened  https://gitlab.test/aws-app/dd/-/merge_requests/1
    aws-app/ee  1.0.0  opened  https://gitlab.test/aws-app/ee/-/merge_requests/1
    aws-app/ff  1.0.0  later
    aws-app/gg  1.0.0  later
    aws-app/hh  1.0.0  later
    aws-app/ii  1.0.0  later
    aws-app/jj  1.0.0  later
    aws-app/kk  1.0.0  later
    aws-app/ll  1.0.0  later
    ");
    assert_eq!(offered(&hub).len(), 5);
    sync(&hub, &["--all-at-once", "--most", "5"]).is(0);
    sync(&hub, &["--all-at-once", "--most", "5"]).is(0);
    assert_eq!(offered(&hub).len(), 12);
}
