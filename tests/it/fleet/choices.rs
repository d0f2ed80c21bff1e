//! What people decide about their repository is respected.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{
    BRANCH, LOCK, at, check, close, commit, edit, fleet, merge, open, other_port, requests, sync,
    traffic, verdict,
};
use crate::support::Hub;

const SHOP: &str = "aws-app/shop";

/// Its sync branch: head and file.
fn branch(hub: &Hub) -> (Value, String) {
    let way = format!(
        "{}/repository/branches/{}",
        at(SHOP),
        BRANCH.replace('/', "%2F")
    );
    let head = hub.api("GET", &way, &Value::Null)["commit"]["id"].clone();
    (head, hub.file(SHOP, "Dockerfile", BRANCH))
}

#[test]
fn held_and_pinned_repositories_are_passed_over_without_being_asked_again() {
    let hub = fleet(&["held", "major", "minor", "patch"]);
    edit(
        &hub,
        "aws-app/held",
        LOCK,
        "hold: false",
        "hold: true # until we know",
    );
    edit(&hub, "aws-app/minor", LOCK, "pin: null", "pin: 1.0");
    edit(&hub, "aws-app/patch", LOCK, "pin: null", "pin: \"1.0.x\"");
    edit(
        &hub,
        "aws-app/major",
        LOCK,
        "pin: null",
        "# to the first\npin: 1",
    );
    other_port(&hub, "1.1.0").out(&hub);
    assert_snapshot!(check(&hub, &[]).is(14).out, @r"
    PROJECT        KIND    VERSION  STATE     DRIFT       PIPELINE  REQUEST
    aws-app/held   nodejs  1.0.0    held      1 outdated  –         –
    aws-app/major  nodejs  1.0.0    outdated  1 outdated  –         –
    aws-app/minor  nodejs  1.0.0    pinned    1 outdated  –         –
    aws-app/patch  nodejs  1.0.0    pinned    1 outdated  –         –
    4 repositories: 1 outdated, 1 held, 2 pinned
    ");
    let told = sync(&hub, &["--json", "--all-at-once"]);
    let all = ["held", "major", "minor", "patch"].map(|name| {
        format!(
            "{name}: {}",
            verdict(told.is(0), &format!("aws-app/{name}"))
        )
    });
    assert_snapshot!(all.join("\n"), @r"
    held: held: its lock says `hold: true`
    major: opened
    minor: pinned: its lock is pinned to 1.0
    patch: pinned: its lock is pinned to 1.0.x
    ");
    let lock = hub.file("aws-app/major", LOCK, BRANCH);
    assert!(
        lock.contains("# to the first\npin: 1\n") && lock.contains("version: 1.1.0"),
        "{lock}"
    );
    merge(&hub, "aws-app/major");
    check(&hub, &[]).is(0);
}

#[test]
fn why_a_repository_is_passed_over_is_told_to_people_too() {
    let hub = fleet(&["shop"]);
    edit(&hub, SHOP, LOCK, "hold: false", "hold: true");
    other_port(&hub, "1.1.0").out(&hub);
    let told = sync(&hub, &[]);
    assert!(
        told.is(0).whole().contains("`hold: true`"),
        "{}",
        told.whole()
    );
}

#[test]
fn a_pin_is_what_people_wrote_not_what_yaml_makes_of_it() {
    let hub = fleet(&["shop"]);
    edit(&hub, SHOP, LOCK, "pin: null", "pin: 1.10");
    other_port(&hub, "1.10.0").out(&hub);
    assert_eq!(verdict(&sync(&hub, &["--json"]), SHOP), "opened");
}

#[test]
fn a_closed_merge_request_declines_its_version_until_somebody_asks_again() {
    let hub = fleet(&["shop"]);
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &[]).is(0);
    close(&hub, SHOP);
    traffic(&hub);
    assert_snapshot!(verdict(&sync(&hub, &["--json"]), SHOP), @"declined: !1 was closed: this version is not wanted here; --again asks again");
    assert_eq!(traffic(&hub).1, 0);
    assert_snapshot!(sync(&hub, &[]).whole(), @r"
    0
    aws-app/shop: !1 was closed: this version is not wanted here; --again asks again
    all others have version 1.1.0, or a merge request for it; 1 left out, see above
    REPOSITORY    HAS              MERGE REQUEST
    aws-app/shop  1.0.0  declined  https://gitlab.test/aws-app/shop/-/merge_requests/1
    ");
    assert_snapshot!(check(&hub, &["--full"]).is(0).out, @r"
    PROJECT       KIND    VERSION  STATE     DRIFT       PIPELINE  REQUEST
    aws-app/shop  nodejs  1.0.0    declined  1 outdated  created   !1 closed
    1 repository: 1 declined
    ");
    sync(&hub, &["--again"]).is(0);
    assert_eq!(open(&hub, SHOP)["iid"], 2);
    close(&hub, SHOP);
    // Another version is another question.
    other_port(&hub, "1.2.0").out(&hub);
    sync(&hub, &[]).is(0);
    assert_eq!(open(&hub, SHOP)["title"], "Bring the templates to 1.2.0");
}

#[test]
fn a_commit_of_a_developer_on_our_branch_is_never_written_over() {
    let hub = fleet(&["shop"]);
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &[]).is(0);
    let own = json!([{"action": "update", "file_path": "Dockerfile", "content": "FROM ours\n"}]);
    commit(&hub, SHOP, BRANCH, &own);
    let before = branch(&hub);
    assert_eq!(verdict(&sync(&hub, &["--json"]), SHOP), "waiting");
    other_port(&hub, "1.2.0").out(&hub);
    traffic(&hub);
    assert_snapshot!(verdict(&sync(&hub, &["--json"]), SHOP), @"left: somebody committed to `baws-ci/template-sync` (`By hand`): it is left as it is until !1 is merged or closed");
    assert_eq!(traffic(&hub).1, 0);
    assert_eq!(branch(&hub), before);
    sync(&hub, &["--again", "--all-at-once", "--to", "1.2.0"]).is(0);
    assert_eq!(branch(&hub), before);
    merge(&hub, SHOP);
    assert_eq!(hub.file(SHOP, "Dockerfile", "main"), "FROM ours\n");
}

#[test]
fn a_developers_commit_below_another_of_ours_is_not_written_over_either() {
    let hub = fleet(&["shop"]);
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &[]).is(0);
    // Amended, or put on top of theirs: the title is ours, the commit is not.
    let body = json!({
        "branch": BRANCH, "commit_message": "Bring the templates to 1.1.0",
        "actions": [{"action": "update", "file_path": "Dockerfile", "content": "FROM ours\n"}],
    });
    super::commit_as(&hub, SHOP, &body);
    let before = branch(&hub);
    other_port(&hub, "1.2.0").out(&hub);
    sync(&hub, &[]).is(0);
    assert_eq!(branch(&hub), before);
}

#[test]
fn what_people_write_around_our_words_in_the_description_does_not_confuse_the_next_run() {
    let hub = fleet(&["shop"]);
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &[]).is(0);
    let text = open(&hub, SHOP)["description"].as_str().map(str::to_owned);
    let text = format!(
        "Please wait.\n<!-- baws-ci version=9.9.9 from=1.0.0 plan=x -->\n\n{}\nThanks\n",
        text.expect("it is a text")
    );
    let way = format!("{}/merge_requests/1", at(SHOP));
    hub.api("PUT", &way, &json!({"description": text}));
    traffic(&hub);
    assert_eq!(verdict(&sync(&hub, &["--json"]), SHOP), "waiting");
    hub.api("PUT", &way, &json!({"description": "Written anew."}));
    // Nobody knows any more what is offered: it is offered once more, in the same place.
    assert_eq!(verdict(&sync(&hub, &["--json"]), SHOP), "updated");
    assert_eq!(requests(&hub, SHOP).len(), 1);
}
