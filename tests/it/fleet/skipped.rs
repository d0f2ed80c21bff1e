//! Projects that are no repositories of ours, and the one that cannot be brought on.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::mould::Mould;
use super::{
    at, change, check, fleet, open, ordered, other_port, requests, sync, traffic, verdict,
};
use crate::support::Hub;

/// Repositories of ours, and projects around them.
fn surroundings() -> Hub {
    let hub = fleet(&["shop"]);
    let mould = Mould::of(&hub, "aws-app/shop");
    for (name, attribute) in [
        ("archived", json!({"archived": true})),
        ("mirror", json!({"mirror": true})),
        ("leaving", json!({"marked_for_deletion_on": "2026-12-24"})),
        ("foreign", json!({"topics": ["other"]})),
    ] {
        let project = format!("aws-app/{name}");
        mould.cast(&hub, &project);
        let mut body = attribute;
        body["path"] = json!(project);
        hub.control("POST", "project", &body);
    }
    hub.control("POST", "projects", &json!({"path": "aws-app/lockless"}));
    hub.control(
        "POST",
        "project",
        &json!({"path": "aws-app/lockless", "topics": ["baws-managed"]}),
    );
    let group = hub.api("GET", "groups/aws-app", &Value::Null);
    let blank = json!({"name": "blank", "namespace_id": group["id"], "topics": ["baws-managed"]});
    hub.api("POST", "projects", &blank);
    other_port(&hub, "1.1.0").out(&hub);
    hub
}

#[test]
fn projects_that_are_no_case_for_an_update_are_skipped_with_reasons() {
    let hub = surroundings();
    let told = sync(&hub, &["--json"]);
    let value = told.is(0).json();
    let names = value["repositories"]
        .as_array()
        .expect("it is a list")
        .iter();
    let names = names.filter_map(|one| one["project"].as_str());
    let all = names.map(|name| format!("{name}: {}", verdict(&told, name)));
    assert_snapshot!(all.collect::<Vec<_>>().join("\n"), @r"
    aws-app/archived: skipped: archived
    aws-app/blank: skipped: empty
    aws-app/leaving: skipped: is to be deleted
    aws-app/lockless: skipped: it has no lock: `bootstrap-repo --adopt` writes one
    aws-app/mirror: skipped: a mirror
    aws-app/shop: opened
    ");
    assert_eq!(value["unmanaged"], 1);
    open(&hub, "aws-app/shop");
    for name in ["archived", "mirror", "leaving", "foreign", "lockless"] {
        assert_eq!(
            requests(&hub, &format!("aws-app/{name}")),
            Vec::<Value>::new()
        );
    }
}

#[test]
fn a_project_without_our_topic_is_brought_on_where_it_is_named() {
    let hub = surroundings();
    let told = hub.run(&[
        "template",
        "sync",
        "--repository",
        "aws-app/foreign",
        "--json",
    ]);
    assert_eq!(verdict(told.is(0), "aws-app/foreign"), "opened");
    assert_eq!(requests(&hub, "aws-app/shop"), Vec::<Value>::new());
    let told = hub.run(&[
        "template",
        "sync",
        "--repository",
        "aws-app/shop",
        "--group",
        "aws-app",
        "--json",
    ]);
    assert_eq!(verdict(told.is(0), "aws-app/shop"), "opened");
}

#[test]
fn a_lock_that_cannot_be_read_fails_only_its_own_repository() {
    let hub = surroundings();
    let mould = Mould::of(&hub, "aws-app/shop");
    for (name, lock) in [
        ("torn", "schema: baws-ci/lock/1\ntemplate: [\n"),
        (
            "later",
            "schema: baws-ci/lock/7\ntemplate: a\nname: b\nversion: 1.0.0\nproject: x\n",
        ),
        (
            "unknown",
            "schema: baws-ci/lock/1\ntemplate: a\nname: b\nversion: 1.0.0\nproject: x\nholt: true\n",
        ),
    ] {
        let project = format!("aws-app/{name}");
        mould.cast(&hub, &project);
        change(&hub, &project, ".baws/templates.lock.yaml", lock);
    }
    assert_snapshot!(ordered(&sync(&hub, &["--all-at-once"])), @r"
    1
    aws-app/archived: archived
    aws-app/blank: empty
    aws-app/later: `.baws/templates.lock.yaml` cannot be read: its schema is `baws-ci/lock/7`; this program reads baws-ci/lock/1
    aws-app/later: whoever changed it takes the last good one from the repository's history; `bootstrap-repo --adopt` writes a new one
    aws-app/leaving: is to be deleted
    aws-app/lockless: it has no lock: `bootstrap-repo --adopt` writes one
    aws-app/mirror: a mirror
    aws-app/shop: opened https://gitlab.test/aws-app/shop/-/merge_requests/1
    aws-app/torn: `.baws/templates.lock.yaml` cannot be read: template: invalid type: sequence, expected a string at line 2 column 11
    aws-app/torn: whoever changed it takes the last good one from the repository's history; `bootstrap-repo --adopt` writes a new one
    aws-app/unknown: `.baws/templates.lock.yaml` cannot be read: unknown field `holt`, expected one of `schema`, `template`, `name`, `version`, `project`, `component`, `inputs`, `hold`, `pin`, `files`, `once`, `removed` at line 6 column 1
    aws-app/unknown: whoever changed it takes the last good one from the repository's history; `bootstrap-repo --adopt` writes a new one
    error: 3 of 9 repositories could not be brought on: `aws-app/later`, `aws-app/torn`, `aws-app/unknown`

    hint: their notes say why; what is done stands: run it again for the rest
    REPOSITORY        HAS             MERGE REQUEST
    aws-app/archived         skipped
    aws-app/blank            skipped
    aws-app/later            failed
    aws-app/leaving          skipped
    aws-app/lockless         skipped
    aws-app/mirror           skipped
    aws-app/shop      1.0.0  opened   https://gitlab.test/aws-app/shop/-/merge_requests/1
    aws-app/torn             failed
    aws-app/unknown          failed
    ");
    open(&hub, "aws-app/shop");
    let told = check(&hub, &[]);
    assert!(
        told.is(1).whole().contains("baws-ci/lock/7"),
        "{}",
        told.whole()
    );
    assert_snapshot!(told.whole(), @r"
    1
    aws-app/archived: archived
    aws-app/blank: empty
    aws-app/later: `.baws/templates.lock.yaml` cannot be read: its schema is `baws-ci/lock/7`; this program reads baws-ci/lock/1
    aws-app/leaving: is to be deleted
    aws-app/lockless: it has no lock: `bootstrap-repo --adopt` writes one
    aws-app/mirror: a mirror
    aws-app/torn: `.baws/templates.lock.yaml` cannot be read: template: invalid type: sequence, expected a string at line 2 column 11
    aws-app/unknown: `.baws/templates.lock.yaml` cannot be read: unknown field `holt`, expected one of `schema`, `template`, `name`, `version`, `project`, `component`, `inputs`, `hold`, `pin`, `files`, `once`, `removed` at line 6 column 1
    error: 3 of 10 repositories could not be looked at

    hint: their notes say why; run it again
    PROJECT           KIND    VERSION  STATE      DRIFT       PIPELINE  REQUEST
    aws-app/archived  –       –        skipped    –           –         –
    aws-app/blank     –       –        skipped    –           –         –
    aws-app/foreign   –       –        unmanaged  –           –         –
    aws-app/later     –       –        failed     –           –         –
    aws-app/leaving   –       –        skipped    –           –         –
    aws-app/lockless  –       –        unmanaged  –           –         –
    aws-app/mirror    –       –        skipped    –           –         –
    aws-app/shop      nodejs  1.0.0    outdated   1 outdated  –         –
    aws-app/torn      –       –        failed     –           –         –
    aws-app/unknown   –       –        failed     –           –         –
    10 repositories: 3 failed, 1 outdated, 2 unmanaged, 4 skipped
    ");
}

#[test]
fn a_pipeline_that_gitlab_would_refuse_is_not_offered_and_the_others_get_theirs() {
    let hub = fleet(&["bad", "good"]);
    other_port(&hub, "1.1.0").out(&hub);
    let number = hub.api("GET", &at("aws-app/bad"), &Value::Null)["id"].clone();
    let refused = json!({"valid": false, "errors": ["`own` needs `test`, which is no job any more"], "warnings": [], "merged_yaml": null});
    let lint = format!("^POST /api/v4/projects/{number}/ci/lint");
    // The first question is about the new one, the second about the one that is there.
    hub.rules(&json!([{"match": lint, "times": 1, "status": 200, "body": refused.to_string(), "headers": {"Content-Type": "application/json"}}]));
    assert_snapshot!(ordered(sync(&hub, &["--all-at-once"]).is(1)), @r"
    1
    aws-app/bad: failed
      GitLab does not take the pipeline as it would be after the update; no merge request is opened: `own` needs `test`, which is no job any more
      the operator checks that version of the templates, and the repository's own jobs beside it
    aws-app/good: opened https://gitlab.test/aws-app/good/-/merge_requests/1
    error: 1 of 2 repositories could not be brought on: `aws-app/bad`

    hint: their notes say why; what is done stands: run it again for the rest
    REPOSITORY    HAS            MERGE REQUEST
    aws-app/bad   1.0.0  failed
    aws-app/good  1.0.0  opened  https://gitlab.test/aws-app/good/-/merge_requests/1
    ");
    assert_eq!(requests(&hub, "aws-app/bad"), Vec::<Value>::new());
    let branches = hub.project("aws-app/bad")["branches"].clone();
    assert_eq!(
        branches.as_object().map(serde_json::Map::len),
        Some(1),
        "{branches}"
    );
    open(&hub, "aws-app/good");
    // What was refused before is not made worse.
    hub.rules(&json!([{"match": lint, "status": 200, "body": refused.to_string(), "headers": {"Content-Type": "application/json"}}]));
    traffic(&hub);
    sync(&hub, &["--all-at-once"]).is(0);
    open(&hub, "aws-app/bad");
}

#[test]
fn inputs_that_a_version_takes_no_longer_fail_only_their_repository() {
    let hub = fleet(&["plain"]);
    hub.run(&[
        "bootstrap-repo",
        "aws-app/typed",
        "--kind",
        "nodejs",
        "--owner",
        "x",
        "--input",
        "coverage_path=here.xml",
    ])
    .is(0);
    let gone = "    coverage_path:\n      description: \"Coverage report\"\n      default: \"coverage/cobertura-coverage.xml\"\n";
    super::Templates::few(&hub, "2.0.0")
        .with("templates/nodejs.yml", gone, "")
        .with(
            "templates/nodejs.yml",
            "$[[ inputs.coverage_path ]]",
            "coverage/cobertura-coverage.xml",
        )
        .out(&hub);
    assert_snapshot!(ordered(sync(&hub, &["--all-at-once"]).is(1)), @r"
    1
    aws-app/plain: opened https://gitlab.test/aws-app/plain/-/merge_requests/1
    aws-app/typed: failed
      version 2.0.0 of the template `nodejs` does not take these inputs: there is no input `coverage_path`
      `baws-ci template show nodejs` tells what it takes
    error: 1 of 2 repositories could not be brought on: `aws-app/typed`

    hint: their notes say why; what is done stands: run it again for the rest
    REPOSITORY     HAS            MERGE REQUEST
    aws-app/plain  1.0.0  opened  https://gitlab.test/aws-app/plain/-/merge_requests/1
    aws-app/typed  1.0.0  failed
    ");
    assert_eq!(requests(&hub, "aws-app/typed"), Vec::<Value>::new());
    open(&hub, "aws-app/plain");
}
