//! Faults planted in GitLab.

use serde_json::json;

use super::world::{REFERENCE, World};
use crate::support::Stand;

#[test]
fn what_is_wrong_in_gitlab_is_found_by_code_and_kind() {
    let world = World::first();
    let hub = &world.hub;
    hub.control("POST", "tokens", &json!({"token": "glpat-poor", "user": "root", "scopes": ["read_api"], "expires_at": "2099-01-01", "name": "poor"}));
    hub.control(
        "POST",
        "edition",
        &json!({"enterprise": false, "version": "15.4.0"}),
    );
    hub.control(
        "POST",
        "project",
        &json!({"path": REFERENCE, "visibility": "public", "protected_branches": []}),
    );
    hub.control("POST", "projects", &json!({"path": "team/app"}));
    let text = std::fs::read_to_string(world.config())
        .expect("it is there")
        .replace("glrt-", "glrt-gone-");
    world.write(&world.config(), &text, 0o600);
    let world = world
        .env("GITLAB_TOKEN", "glpat-poor")
        .set("grants", "[{ projects = [\"team/*\", \"team/b*\", \"other/**\"] }]")
        .set("roles", "[{ projects = [\"nobody/nothing\"], role_arn = \"arn:aws:iam::123456789012:role/x\" }]");
    let said = world.doctor(&["gitlab"]);
    said.has(&[
        ("gitlab.reachable", "", "ok"),
        ("gitlab.version", "", "wrong"),
        ("gitlab.token", "", "ok"),
        ("gitlab.token.scopes", "", "wrong"),
        ("gitlab.token.expiry", "", "ok"),
        ("gitlab.runner", "baws", "missing"),
        ("gitlab.reference.visibility", "", "wrong"),
        ("gitlab.reference.protected", REFERENCE, "wrong"),
        ("gitlab.grants", "team/*", "ok"),
        ("gitlab.grants", "team/b*", "warning"),
        ("gitlab.grants", "other/**", "warning"),
        ("gitlab.grants", "nobody/nothing", "warning"),
    ]);
    said.told.is(14);
    assert!(
        !said.told.whole().contains("glpat-") && !said.told.whole().contains("glrt-"),
        "a token is told"
    );
}

#[test]
fn what_is_missing_in_gitlab_is_missing_and_a_token_that_is_dead_is_forbidden() {
    let world = World::on(Stand::new()).set("platform.revision", "\"second\"");
    let hub = &world.hub;
    let ends = time_from_now(10);
    hub.control("POST", "tokens", &json!({"token": "glpat-short", "user": "root", "scopes": ["api"], "expires_at": ends, "name": "short"}));
    hub.control("POST", "tokens", &json!({"token": "glpat-dead", "user": "root", "scopes": ["api"], "revoked": true, "name": "dead"}));
    let world = world.env("GITLAB_TOKEN", "glpat-short");
    let said = world.doctor(&["gitlab"]);
    said.has(&[
        ("gitlab.token.expiry", "", "warning"),
        ("gitlab.group", "aws-app", "ok"),
        ("gitlab.group", "aws-resources", "missing"),
        (
            "gitlab.reference",
            "opa-admin/backstage-reference",
            "missing",
        ),
    ]);
    said.told.is(4);
    world.reference("platform/reference", &["README.txt"]);
    let world = world.set("platform.reference", "\"platform/reference\"");
    let said = world.doctor(&["gitlab"]);
    said.has(&[
        ("gitlab.reference", "", "ok"),
        ("gitlab.location", "templates/all-templates.yaml", "missing"),
    ]);
    let said = world.env("GITLAB_TOKEN", "glpat-dead").doctor(&["gitlab"]);
    said.has(&[
        ("gitlab.token", "", "forbidden"),
        ("gitlab.group", "", "not_looked_at"),
    ]);
    said.told.is(3);
}

/// A day, so many days ahead.
fn time_from_now(days: u32) -> String {
    let done = std::process::Command::new("date")
        .args(["-u", "-d", &format!("{days} days"), "+%F"])
        .output();
    let text = done.expect("it is there").stdout;
    String::from_utf8_lossy(&text).trim().to_owned()
}

#[test]
fn a_gitlab_that_is_not_there_is_unreachable_and_a_page_is_no_gitlab() {
    let world = World::on(Stand::new()).env("CI_SERVER_URL", "http://127.0.0.1:1");
    let said = world.doctor(&["gitlab"]);
    said.has(&[
        ("gitlab.reachable", "", "unreachable"),
        ("gitlab.token", "", "not_looked_at"),
    ]);
    said.told.is(12);
    let url = world.hub.url.clone();
    let world = world.env("CI_SERVER_URL", &url);
    world.hub.rules(
        &json!([{"match": ".", "status": 200, "body": "<html><h1>Sign in\u{1b}[31m</h1></html>"}]),
    );
    let said = world.doctor(&["gitlab"]);
    said.has(&[("gitlab.reachable", "", "wrong")]);
    assert!(
        !said.told.whole().contains('\u{1b}'),
        "an escape came through"
    );
    said.told.is(14);
    let said = world.env("GITLAB_TOKEN", "").doctor(&["gitlab"]);
    said.has(&[("gitlab.token", "", "not_looked_at")]);
    said.told.is(0);
}
