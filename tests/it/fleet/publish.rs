//! The templates in their project: one commit and one tag a version, and what is published stays.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Templates, at, traffic};
use crate::support::Hub;
use crate::support::hub::TEMPLATES;

/// A GitLab with the templates that this program carries.
fn shipped() -> Hub {
    let hub = Hub::start();
    hub.publish();
    hub
}

/// Those, but for the port of Node applications.
fn next(hub: &Hub, version: &str) -> Templates {
    Templates::of(hub, version).with("samples/nodejs/Dockerfile", "PORT=8080", "PORT=8110")
}

#[test]
fn a_dry_run_of_a_publication_touches_nothing() {
    let hub = Hub::start();
    let before = hub.state();
    let told = hub.run(&["template", "publish", "--dry-run"]);
    let lines: Vec<&str> = told.is(0).out.lines().collect();
    assert_snapshot!([&lines[..4], &lines[lines.len() - 2..]].concat().join("\n"), @r"
    platform/pipeline-templates would get version 1.0.0: 124 new, 0 changed, 0 removed, and its tag
      + CHANGELOG.md
      + README.md
      + VERSION
      + templates/springboot.yml
      + templates/terraform.yml
    ");
    assert_eq!(hub.state(), before);
    assert_eq!(traffic(&hub).1, 0);
    let hub = shipped();
    traffic(&hub);
    let before = hub.state();
    let next = Templates::of(&hub, "1.1.0")
        .plus("samples/nodejs/new.txt", "new\n")
        .without("samples/nodejs/.gitignore");
    assert_snapshot!(next.publish(&hub, &["--dry-run"]).whole(), @r"
    0
    platform/pipeline-templates would get version 1.1.0: 1 new, 2 changed, 1 removed, and its tag
      + samples/nodejs/new.txt
      ~ CHANGELOG.md
      ~ VERSION
      - samples/nodejs/.gitignore
    ");
    assert_eq!(hub.state(), before);
    assert_eq!(traffic(&hub).1, 0);
}

#[test]
fn the_first_publication_makes_the_project_one_commit_and_a_tag() {
    let hub = Hub::start();
    let told = hub.run(&["template", "publish"]);
    assert_snapshot!(told.whole(), @r"
    0
    platform/pipeline-templates has version 1.0.0: 124 new, 0 changed, 0 removed, and its tag
    ");
    assert_eq!(traffic(&hub).1, 3);
    let project = hub.project(TEMPLATES);
    let main = &project["branches"]["main"];
    assert_eq!(
        main["commits"],
        json!(["Publish version 1.0.0 of the templates"])
    );
    assert_eq!(
        project["tags"],
        json!({"1.0.0": "Publish version 1.0.0 of the templates"})
    );
    assert_eq!(project["settings"]["visibility"], "internal");
    assert_eq!(hub.file(TEMPLATES, "VERSION", "1.0.0"), "1.0.0\n");
}

#[test]
fn a_second_publication_of_the_same_writes_nothing() {
    let hub = shipped();
    traffic(&hub);
    let before = hub.state();
    let told = hub.run(&["template", "publish"]);
    assert_snapshot!(told.whole(), @r"
    0
    platform/pipeline-templates holds version 1.0.0 as it is: nothing to do
    ");
    let (requests, writes) = traffic(&hub);
    assert_eq!(writes, 0);
    assert!(requests <= 8, "{requests} requests");
    assert_eq!(hub.state(), before);
}

#[test]
fn a_published_version_is_never_changed_and_the_file_that_differs_is_named() {
    let hub = shipped();
    let before = hub.state();
    let changed = Templates::of(&hub, "1.0.0").with("samples/nodejs/Dockerfile", "8080", "8081");
    traffic(&hub);
    assert_snapshot!(changed.publish(&hub, &[]).whole(), @r"
    4
    error: version 1.0.0 is published in `platform/pipeline-templates` with other contents; nothing was changed
      caused by: `samples/nodejs/Dockerfile` differs

    hint: what is published stays as it is: raise VERSION among the templates, and publish that
    ");
    assert_eq!(traffic(&hub).1, 0);
    assert_eq!(hub.state(), before);
}

#[test]
fn a_new_version_gets_a_tag_beside_the_old_ones() {
    let hub = shipped();
    let next = next(&hub, "1.1.0").without("samples/nodejs/.dockerignore");
    assert_snapshot!(next.publish(&hub, &[]).whole(), @r"
    0
    platform/pipeline-templates has version 1.1.0: 0 new, 3 changed, 1 removed, and its tag
    ");
    let port = |reference: &str| {
        let text = hub.file(TEMPLATES, "samples/nodejs/Dockerfile", reference);
        let line = text
            .lines()
            .find(|line| line.contains("PORT="))
            .map(str::to_owned);
        line.expect("the Dockerfile names a port")
    };
    let all =
        ["1.0.0", "1.1.0", "main"].map(|reference| format!("{reference}: {}", port(reference)));
    assert_snapshot!(all.join("\n"), @r"
    1.0.0: ENV NODE_ENV=production PORT=8080
    1.1.0: ENV NODE_ENV=production PORT=8110
    main: ENV NODE_ENV=production PORT=8110
    ");
    let project = hub.project(TEMPLATES);
    let commits = project["branches"]["main"]["commits"]
        .as_array()
        .map(Vec::len);
    assert_eq!(commits, Some(2));
    let left = project["branches"]["main"]["files"].to_string();
    assert!(!left.contains("samples/nodejs/.dockerignore"), "{left}");
}

#[test]
fn a_version_that_is_published_is_not_brought_back_over_a_newer_one() {
    let hub = shipped();
    next(&hub, "1.1.0").out(&hub);
    let before = hub.project(TEMPLATES);
    // Somebody's older program, or a schedule that nobody brought up to date.
    hub.run(&["template", "publish"]);
    assert_eq!(hub.project(TEMPLATES), before);
}

#[test]
fn programs_read_what_was_published() {
    let hub = shipped();
    let next = next(&hub, "1.1.0");
    let mut value = next.publish(&hub, &["--json"]).is(0).json();
    assert_eq!(value["commit"].as_str().map(str::len), Some(40));
    value["commit"] = json!("…");
    assert_snapshot!(serde_json::to_string_pretty(&value).expect("it is JSON"), @r#"
    {
      "commit": "…",
      "created": [],
      "deleted": [],
      "dry_run": false,
      "project": "platform/pipeline-templates",
      "project_created": false,
      "schema": "baws-ci/publication/1",
      "tagged": true,
      "updated": [
        "CHANGELOG.md",
        "VERSION",
        "samples/nodejs/Dockerfile"
      ],
      "version": "1.1.0"
    }
    "#);
}

#[test]
fn templates_that_gitlab_would_refuse_are_not_published() {
    let hub = shipped();
    let before = hub.state();
    let path = "templates/terraform.yml";
    let next = Templates::of(&hub, "1.1.0").plus(
        path,
        "job:\n  script: [a]\n  needs: [nowhere]\n  stage: none\n",
    );
    assert_snapshot!(next.publish(&hub, &[]).whole(), @r"
    2
    error: the template `terraform` is not one that GitLab takes; nothing was published
      caused by: templates 1.1.0:templates/terraform.yml:3:11: `needs` of `job` names `nowhere`, which is no job
      caused by: templates 1.1.0:templates/terraform.yml:4:10: `job` is in the stage `none`, which is not declared

    hint: `baws-ci template lint` shows the places
    ");
    // Its repositories would have to answer it, all of them at once.
    let asks = Templates::of(&hub, "1.2.0").with(
        "templates/terraform.yml",
        "spec:\n  inputs:\n",
        "spec:\n  inputs:\n    must:\n      description: \"x\"\n",
    );
    assert_snapshot!(asks.publish(&hub, &[]).whole(), @r"
    2
    error: the template `terraform` is not one that GitLab takes; nothing was published
      caused by: templates 1.2.0:templates/terraform.yml:1:1: the input `must` has no value, and no default

    hint: `baws-ci template lint` shows the places
    ");
    let empty = next.plus("VERSION", "next\n");
    let place = empty.directory.display().to_string();
    assert_snapshot!(empty.publish(&hub, &[]).whole().replace(&place, "…"), @r"
    2
    error: the file VERSION of the templates says none
      caused by: `next` is no version such as 1.4.2

    hint: `…` has to look like `pipeline-templates` of baws-ci's own source: VERSION, parts/, templates/, samples/
    ");
    assert_eq!(hub.state(), before);
}

#[test]
fn a_group_that_is_not_there_and_an_archived_project_stop_it() {
    let hub = Hub::start();
    let told = hub.run(&["template", "publish", "--project", "nowhere/templates"]);
    assert_snapshot!(told.whole(), @r"
    4
    error: there is no group `nowhere`, or the token may not see it

    hint: the operator makes it, or names another project
    ");
    hub.publish();
    let archived = json!({"path": TEMPLATES, "archived": true});
    hub.control("POST", "project", &archived);
    let told = next(&hub, "1.1.0").publish(&hub, &[]);
    assert_snapshot!(told.whole(), @r"
    4
    error: the project `platform/pipeline-templates` is archived, or to be deleted

    hint: its owner restores it, or another project is named
    ");
}

#[test]
fn whichever_answer_is_lost_the_next_run_publishes_once() {
    let hub = Hub::start();
    let publish = |project: &str| hub.run(&["template", "publish", "--project", project]);
    publish("platform/undisturbed").is(0);
    let wanted = hub.project("platform/undisturbed");
    let writes = r"^(POST|PUT|PATCH|DELETE) /api/";
    for (what, rule) in [
        (
            "lost",
            json!({"match": writes, "times": 1, "after": "drop"}),
        ),
        (
            "lost from then on",
            json!({"match": writes, "after": "drop"}),
        ),
        ("down from then on", json!({"match": writes, "drop": true})),
        (
            "failed",
            json!({"match": writes, "times": 1, "after": {"status": 502, "body": "<html>"}}),
        ),
    ] {
        for number in 0..3 {
            let project = format!("platform/{}-{number}", what.replace(' ', "-"));
            let mut rule = rule.clone();
            rule["skip"] = json!(number);
            hub.rules(&json!([rule]));
            let disturbed = publish(&project);
            hub.rules(&json!([]));
            let again = publish(&project);
            assert_eq!(
                again.code,
                0,
                "{project}: {}\n{}",
                disturbed.whole(),
                again.whole()
            );
            let mut made = hub.project(&project);
            made["settings"]["name"] = wanted["settings"]["name"].clone();
            assert_eq!(made, wanted, "{project}: {}", disturbed.whole());
            traffic(&hub);
            publish(&project).is(0);
            assert_eq!(traffic(&hub).1, 0, "{project}");
        }
    }
    let tags = hub.api(
        "GET",
        &format!("{}/repository/tags", at("platform/lost-2")),
        &Value::Null,
    );
    assert_eq!(tags.as_array().map(Vec::len), Some(1));
}
