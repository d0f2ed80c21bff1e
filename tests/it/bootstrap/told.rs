//! The plan, and what programs read.

use insta::assert_snapshot;
use serde_json::json;

use super::{bootstrap, hub, traffic};

#[test]
fn a_dry_run_shows_the_plan_and_touches_nothing() {
    let hub = hub();
    let before = hub.state();
    let told = bootstrap(&hub, &["--dry-run"]);
    assert_snapshot!(told.is(0).whole(), @r"
    0
    aws-app/shop: 15 steps would be done
      create project: aws-app/shop
      create variable: AWS_ACCOUNT
      create variable: AWS_DEFAULT_REGION
      create variable: ECR_REPO
      create variable: API_KEY
      create protected branch: main
      create protected tag: *.*.*
      create environment: dev-ecs
      create environment: prod-ecs
      create protected environment: prod-ecs
      change job token: allow-list
      create job token: platform/pipeline-templates
      create webhook: https://hooks.example
      create badge: pipeline
      create commit: first commit to main: skeleton of nodejs, pipeline, lock, catalog
    ");
    assert_eq!(hub.state(), before);
    let (_, writes) = traffic(&hub.asked());
    assert_eq!(writes, 0);
}

#[test]
fn backstage_reads_one_object() {
    let hub = hub();
    let told = bootstrap(&hub, &["--json"]);
    let mut value = told.is(0).json();
    value["commit"] = json!("…");
    let steps = value["steps"].as_array().map_or(0, Vec::len);
    value["steps"] = value["steps"][0].clone();
    assert_eq!(steps, 15);
    assert_snapshot!(serde_json::to_string_pretty(&value).expect("it is JSON"), @r#"
    {
      "access_token": null,
      "catalog": {
        "entity": "component:default/shop",
        "url": "https://gitlab.test/aws-app/shop/-/blob/main/.backstage/catalog-info.yaml"
      },
      "commit": "…",
      "default_branch": "main",
      "dry_run": false,
      "kind": "nodejs",
      "notes": [],
      "path": "aws-app/shop",
      "project": {
        "clone_url": "https://gitlab.test/aws-app/shop.git",
        "id": 102,
        "web_url": "https://gitlab.test/aws-app/shop"
      },
      "requests": 19,
      "schema": "baws-ci/bootstrap/1",
      "steps": {
        "action": "create",
        "done": true,
        "name": "aws-app/shop",
        "what": "project"
      },
      "writes": 16
    }
    "#);
}
