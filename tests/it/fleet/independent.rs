//! The same new repository, made by a client of GitLab that is not ours.

use std::process::Command;

use serde_json::{Value, json};

use super::mould::Mould;
use super::{fleet, ran, traffic};
use crate::support::bench::bench;
use crate::support::hub::TOKEN;

/// Nearly everything that can be asked for.
fn order(project: &str) -> Value {
    json!({
        "project": project,
        "kind": "nodejs",
        "title": "The shop",
        "description": "Sells \"things\" for $5: {{ cheap }}",
        "owner": "group:default/shop",
        "inputs": {"production": true, "lower_environment": "dev-ecs", "production_environment": "prod-ecs"},
        "variables": [
            {"key": "AWS_ACCOUNT", "value": "012345678901"},
            {"key": "AWS_DEFAULT_REGION", "value": "eu-west-1"},
            {"key": "API_KEY", "value": "planted-secret-value", "masked": true, "protected": true, "raw": true},
            {"key": "API_KEY", "value": "of production only", "environment_scope": "prod-ecs", "raw": true},
            {"key": "SETTINGS", "value": "[a]\nb = \"c\"\n", "type": "file"},
        ],
        "environments": [{"name": "dev-ecs", "url": "https://dev.example"}, {"name": "prod-ecs", "protected": true}],
        "allow_job_tokens_of": ["platform/pipeline-templates"],
        "webhooks": [{"url": "https://hooks.example/x?token=planted-hook-token"}],
        "badges": [{
            "name": "pipeline",
            "link": "https://gitlab.example/%{project_path}",
            "image": "https://gitlab.example/%{project_path}/badge.svg",
        }],
    })
}

/// No description and an empty one are the same to everybody.
fn without_nothing(made: &mut Value) {
    for one in made["variables"].as_array_mut().expect("it is a list") {
        if one["description"] == "" {
            one["description"] = Value::Null;
        }
    }
}

#[test]
fn python_gitlab_told_to_do_the_same_makes_the_same_repository() {
    let hub = fleet(&[]);
    hub.control(
        "POST",
        "groups",
        &json!({"path": "peers", "visibility": "internal"}),
    );
    let ours = "aws-app/shop";
    let from = hub.write("order.json", &order(ours).to_string());
    hub.run(&[
        "bootstrap-repo",
        "--from",
        from.to_str().expect("it is UTF-8"),
    ])
    .is(0);
    let made = hub.project(ours);
    let mut theirs = order("peers/shop");
    theirs["files"] = Mould::of(&hub, ours).files;
    theirs["message"] = made["branches"]["main"]["commits"][0].clone();
    let from = hub.write("peer.json", &theirs.to_string());
    let mut python = Command::new(bench().gitlab_python);
    python
        .args(["-B", "-P"])
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/bench/same_by_python_gitlab.py"
        ))
        .args([&hub.url, TOKEN])
        .arg(from);
    let beyond = ran(&mut python);
    let mut both = [made, hub.project("peers/shop")];
    for one in &mut both {
        without_nothing(one);
        let map = one.as_object_mut().expect("a project is an object");
        map.retain(|name, _| !beyond.lines().any(|line| line == name));
    }
    assert_eq!(both[0], both[1]);
    // And this program finds nothing left to do there.
    let again = hub.write("again.json", &order("peers/shop").to_string());
    traffic(&hub);
    let words = [
        "bootstrap-repo",
        "--from",
        again.to_str().expect("it is UTF-8"),
    ];
    let told = hub.run(&words);
    assert!(told.is(0).out.contains("nothing to do"), "{}", told.whole());
    assert_eq!(traffic(&hub).1, 0);
}
