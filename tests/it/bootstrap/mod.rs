//! `bootstrap-repo` against a stateful GitLab: what a new repository is, that a second run changes nothing, and what happens
//! when the world is broken or hostile.

mod born;
mod broken;
mod catalogs;
mod hostile;
mod interrupted;
mod portal;
mod secrets;
mod tokens;
mod told;

use serde_json::{Value, json};

use crate::support::Hub;
use crate::support::hub::{TEMPLATES, Told};

/// An application with nearly everything that can be asked for.
const FULL: &str = r#"
project: aws-app/shop
kind: nodejs
title: The shop
description: 'Sells "things" for $5: {{ cheap }}'
owner: group:default/shop
templates: {project: platform/pipeline-templates}
inputs: {production: true, lower_environment: dev-ecs, production_environment: prod-ecs}
variables:
  - {key: AWS_ACCOUNT, value: "012345678901"}
  - {key: AWS_DEFAULT_REGION, value: eu-west-1}
  - {key: ECR_REPO, value: shop}
  - {key: API_KEY, value: planted-secret-value, masked: true, protected: true, raw: true}
environments:
  - {name: dev-ecs, url: "https://dev.example"}
  - {name: prod-ecs, protected: true}
allow_job_tokens_of: [platform/pipeline-templates]
webhooks: [{url: "https://hooks.example/x?token=planted-hook-token"}]
badges: [{name: pipeline, link: "https://gitlab.example/%{project_path}", image: "https://gitlab.example/%{project_path}/badge.svg"}]
catalog:
  execution_arn: arn:aws:states:eu-west-1:012345678901:execution:provision:1
  depends_on: ["awsenvironment:default/dev"]
  outputs:
    - {environment: dev, provider: ecs, values: {bawsEcrRepositoryUri: "012345678901.dkr.ecr.eu-west-1.amazonaws.com/shop", bawsEcsServiceArn: "arn:aws:ecs:eu-west-1:012345678901:service/dev/shop"}}
"#;

/// A GitLab with the templates, and the order above in a file.
fn hub() -> Hub {
    let hub = Hub::start();
    hub.publish();
    hub.write("order.yaml", FULL);
    hub.asked();
    hub
}

fn bootstrap(hub: &Hub, words: &[&str]) -> Told {
    let order = hub.room.path().join("order.yaml");
    let mut all = vec![
        "bootstrap-repo",
        "--from",
        order.to_str().expect("it is UTF-8"),
    ];
    all.extend(words);
    hub.run(&all)
}

/// The least that is asked for.
fn plain(hub: &Hub, project: &str, words: &[&str]) -> Told {
    let mut all = vec![
        "bootstrap-repo",
        project,
        "--kind",
        "nodejs",
        "--owner",
        "group:default/shop",
    ];
    all.extend(words);
    hub.run(&all)
}

/// Requests, and those of them that may change something.
fn traffic(asked: &[Value]) -> (usize, usize) {
    let api = asked.iter().filter(|one| {
        one["path"]
            .as_str()
            .is_some_and(|path| path.starts_with("/api/"))
    });
    let api: Vec<&Value> = api.collect();
    let writes = api
        .iter()
        .filter(|one| one["method"] != "GET" && one["method"] != "HEAD");
    (api.len(), writes.count())
}

fn code(told: &Told) -> String {
    let value = told.json();
    value["error"]["code"].as_str().unwrap_or("none").to_owned()
}

/// A project that somebody else made.
fn stranger(hub: &Hub, path: &str) {
    hub.control(
        "POST",
        "projects",
        &json!({"path": path, "files": {"main.py": "print(1)\n"}}),
    );
}

#[test]
fn the_templates_are_where_these_tests_look_for_them() {
    let hub = hub();
    assert_eq!(hub.project(TEMPLATES)["settings"]["visibility"], "internal");
}
