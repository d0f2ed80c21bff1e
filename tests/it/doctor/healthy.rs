//! Hosts and platforms on which nothing is wrong.

use super::platforms::{first, second};
use super::world::World;
use crate::support::Stand;

/// The bench's own control groups are the past; nothing else is told of it.
#[track_caller]
fn nothing_but_the_benchs_own(not_good: &[String]) {
    let others: Vec<&String> = not_good
        .iter()
        .filter(|code| *code != "host.engine.cgroups")
        .collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn nothing_is_wrong_with_a_platform_of_the_first_revision() {
    let world = World::first();
    world.aws(&first("repository('app')"));
    let account = format!("\"{}\"", world.wall.account);
    let world = world
        .set("platform.account", &account)
        .set("platform.repositories", "[\"app\"]")
        .set("grants", "[{ projects = [\"baws-admin/*\"], push = [] }]");
    let said = world.doctor(&[]);
    nothing_but_the_benchs_own(&said.not_good());
    said.told.is(0);
    said.has(&[
        ("host.guard.tried", "", "ok"),
        ("host.clock", "", "ok"),
        ("host.metadata.tokens", "", "ok"),
        ("host.metadata.hop-limit", "", "ok"),
        ("host.runner.unit", "", "ok"),
        ("gitlab.runner", "baws", "ok"),
        ("gitlab.grants", "baws-admin/*", "ok"),
        ("aws.repository", "app", "ok"),
        ("aws.role", "", "ok"),
        ("aws.state-machine", "", "ok"),
    ]);
    assert!(
        !said.told.whole().contains("hidden-"),
        "a secret's value is told"
    );
    let root = world.root().display().to_string();
    let told = world.run(&["doctor", "gitlab", "aws", "--root", &root]);
    assert!(told.is(0).out.starts_with("gitlab: 1"), "{}", told.out);
    assert!(!told.out.contains("host"), "{}", told.out);
}

#[test]
fn nothing_is_wrong_with_a_platform_of_the_second_revision() {
    let world = World::on(Stand::new());
    world.hub.control(
        "POST",
        "users",
        &serde_json::json!({"username": "opa-admin", "admin": true}),
    );
    for group in [
        "aws-environments",
        "aws-environment-providers",
        "aws-resources",
    ] {
        world.hub.control(
            "POST",
            "groups",
            &serde_json::json!({"path": group, "visibility": "internal"}),
        );
    }
    world.reference(
        "opa-admin/backstage-reference",
        &["templates/all-templates.yaml"],
    );
    world.aws(&second(""));
    let said = world.doctor(&[
        "gitlab",
        "aws",
        "--revision",
        "second",
        "--provider",
        "lower",
        "--provider",
        "kube",
    ]);
    nothing_but_the_benchs_own(&said.not_good());
    said.told.is(0);
    assert_eq!(said.json["revision"], "second");
    said.has(&[
        ("aws.cluster", "", "ok"),
        ("aws.audit-table", "kube-audit", "ok"),
        ("gitlab.location", "templates/all-templates.yaml", "ok"),
    ]);
}

#[test]
fn without_settings_the_platform_is_not_looked_at_and_that_is_no_fault() {
    let world = World::on(Stand::new());
    let said = world.doctor(&["gitlab", "aws"]);
    said.told.is(0);
    said.has(&[
        ("gitlab.group", "", "not_looked_at"),
        ("aws.parameter", "", "not_looked_at"),
        ("aws.identity", "", "ok"),
    ]);
}
