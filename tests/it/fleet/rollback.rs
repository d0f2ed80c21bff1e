//! Back to an older version, by the same machinery.

use insta::assert_snapshot;

use super::{
    BRANCH, check, ends, fleet, merge, open, ordered, other_port, requests, sync, traffic, verdict,
};

const SHOP: &str = "aws-app/shop";

#[test]
fn what_was_merged_is_taken_back_by_a_merge_request() {
    let hub = fleet(&["shop"]);
    let first = hub.file(SHOP, "Dockerfile", "main");
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &[]).is(0);
    merge(&hub, SHOP);
    assert_snapshot!(sync(&hub, &["--to", "1.0.0"]).whole(), @r"
    0
    aws-app/shop: opened https://gitlab.test/aws-app/shop/-/merge_requests/2
    wave 3: 1 brought on, 0 to come; run it again when their pipelines have ended
    REPOSITORY    HAS            MERGE REQUEST
    aws-app/shop  1.1.0  opened  https://gitlab.test/aws-app/shop/-/merge_requests/2
    ");
    let back = open(&hub, SHOP);
    assert_eq!(back["title"], "Take the templates back to 1.0.0");
    assert_eq!(hub.file(SHOP, "Dockerfile", BRANCH), first);
    let letter = back["description"].as_str().expect("it is a text");
    let (text, _) = letter.split_once("\nClosing this").expect("it ends so");
    assert_snapshot!(text, @r"
    Brings `nodejs` from version 1.1.0 to **1.0.0** of the templates in `platform/pipeline-templates`.

    | file | |
    |---|---|
    | `.gitlab-ci.yml` | changed; it had not been touched here |
    | `Dockerfile` | changed; it had not been touched here |
    | `.baws/templates.lock.yaml` | the new version |
    ");
    traffic(&hub);
    sync(&hub, &["--to", "1.0.0"]).is(0);
    assert_eq!(traffic(&hub).1, 0);
    merge(&hub, SHOP);
    assert_snapshot!(check(&hub, &[]).is(14).out, @r"
    PROJECT       KIND    VERSION  STATE     DRIFT       PIPELINE  REQUEST
    aws-app/shop  nodejs  1.0.0    outdated  1 outdated  –         –
    1 repository: 1 outdated
    ");
}

#[test]
fn what_is_only_offered_is_withdrawn() {
    let hub = fleet(&["shop", "till"]);
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &["--all-at-once"]).is(0);
    merge(&hub, "aws-app/till");
    let told = sync(&hub, &["--to", "1.0.0", "--dry-run"]);
    assert_snapshot!(told.is(0).out.lines().rev().take(3).collect::<Vec<_>>().join("\n"), @r"
    aws-app/till  1.1.0  later
    aws-app/shop  1.0.0  would-close  https://gitlab.test/aws-app/shop/-/merge_requests/1
    REPOSITORY    HAS                 MERGE REQUEST
    ");
    assert_eq!(open(&hub, SHOP)["iid"], 1);
    assert_snapshot!(ordered(&sync(&hub, &["--to", "1.0.0", "--all-at-once"])), @r"
    0
    aws-app/shop: closed https://gitlab.test/aws-app/shop/-/merge_requests/1
      !1 offers another version
    aws-app/till: opened https://gitlab.test/aws-app/till/-/merge_requests/2
    wave 1: 2 brought on, 0 to come; run it again when their pipelines have ended
    REPOSITORY    HAS            MERGE REQUEST
    aws-app/shop  1.0.0  closed  https://gitlab.test/aws-app/shop/-/merge_requests/1
    aws-app/till  1.1.0  opened  https://gitlab.test/aws-app/till/-/merge_requests/2
    ");
    assert_eq!(requests(&hub, SHOP)[0]["state"], "closed");
    assert_eq!(
        open(&hub, "aws-app/till")["title"],
        "Take the templates back to 1.0.0"
    );
    traffic(&hub);
    sync(&hub, &["--to", "1.0.0", "--all-at-once"]).is(0);
    assert_eq!(traffic(&hub).1, 0);
    // Nobody declined it.
    assert_snapshot!(check(&hub, &["--full"]).is(14).out.lines().nth(1).unwrap_or_default(), @"aws-app/shop  nodejs  1.0.0    outdated  1 outdated  created   !1 closed");
    let forward = sync(&hub, &["--all-at-once", "--json"]);
    assert_snapshot!(verdict(&forward, SHOP), @"opened");
}

#[test]
fn a_failing_pipeline_does_not_keep_anybody_from_going_back() {
    let hub = fleet(&["shop", "till"]);
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &["--all-at-once"]).is(0);
    for name in [SHOP, "aws-app/till"] {
        merge(&hub, name);
        let body = serde_json::json!({"project": name, "ref": "main", "status": "failed"});
        hub.control("POST", "pipeline", &body);
    }
    sync(&hub, &["--to", "1.0.0", "--all-at-once"]).is(0);
    for name in [SHOP, "aws-app/till"] {
        assert_eq!(
            open(&hub, name)["title"],
            "Take the templates back to 1.0.0"
        );
    }
    ends(&hub, SHOP, "success");
}
