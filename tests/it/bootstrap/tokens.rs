//! Tokens, addresses and limits of GitLab.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{bootstrap, code, hub, plain};
use crate::support::Hub;
use crate::support::hub::Told;

/// As somebody else.
fn with_token(hub: &Hub, token: &str, words: &[&str]) -> Told {
    let mut all = vec![
        "bootstrap-repo",
        "aws-app/shop",
        "--kind",
        "nodejs",
        "--owner",
        "group:default/shop",
        "--json",
    ];
    all.extend(words);
    let mut command = hub.command(&all);
    command.env("GITLAB_TOKEN", token);
    Told::of(command, &hub.url)
}

fn token(hub: &Hub, name: &str, scopes: &[&str], more: Value) {
    let mut body = json!({"token": name, "user": "dev", "scopes": scopes, "name": "ops"});
    for (key, value) in more.as_object().cloned().unwrap_or_default() {
        body[key] = value;
    }
    hub.control("POST", "tokens", &body);
}

#[test]
fn tokens_that_are_not_enough_say_what_is_missing() {
    let hub = hub();
    hub.control("POST", "users", &json!({"username": "dev", "admin": false}));
    hub.control(
        "POST",
        "members",
        &json!({"group": "aws-app", "user": "dev", "access_level": 40}),
    );
    hub.control(
        "POST",
        "members",
        &json!({"group": "platform", "user": "dev", "access_level": 20}),
    );
    token(&hub, "glpat-read", &["read_api"], json!({}));
    token(
        &hub,
        "glpat-old",
        &["api"],
        json!({"expires_at": "2020-01-01"}),
    );
    token(&hub, "glpat-good", &["api"], json!({}));
    let wrong = with_token(&hub, "glpat-none", &[]);
    assert_eq!((wrong.code, code(&wrong).as_str()), (3, "token_invalid"));
    let old = with_token(&hub, "glpat-old", &[]);
    assert_eq!((old.code, code(&old).as_str()), (3, "token_invalid"));
    let read = with_token(&hub, "glpat-read", &[]);
    assert_eq!((read.code, code(&read).as_str()), (3, "scope_missing"));
    assert_snapshot!(read.err, @r"
    error: cannot make the project `aws-app/shop`
      caused by: GitLab answered 403: The request requires higher privileges than provided by the access token.
      caused by: the token is `ops`, with the scopes read_api

    hint: the token lacks a scope (api): the operator makes one with the scope `api`
    ");
    assert!(!hub.has_project("aws-app/shop"));
    with_token(&hub, "glpat-good", &[]).is(0);
    hub.control(
        "POST",
        "users",
        &json!({"username": "guest", "admin": false}),
    );
    hub.control(
        "POST",
        "members",
        &json!({"group": "aws-app", "user": "guest", "access_level": 20}),
    );
    hub.control(
        "POST",
        "tokens",
        &json!({"token": "glpat-guest", "user": "guest", "scopes": ["api"]}),
    );
    let mut command = hub.command(&[
        "bootstrap-repo",
        "aws-app/other",
        "--kind",
        "nodejs",
        "--owner",
        "x",
        "--json",
    ]);
    command.env("GITLAB_TOKEN", "glpat-guest");
    let low = Told::of(command, &hub.url);
    assert_eq!(low.code, 3, "{}", low.whole());
}

#[test]
fn no_token_no_address_and_plain_http_are_told_before_anything_is_asked() {
    let hub = hub();
    let mut command = hub.command(&["bootstrap-repo", "a/bc", "--kind", "nodejs", "--owner", "x"]);
    command.env_remove("GITLAB_TOKEN");
    assert_snapshot!(Told::of(command, &hub.url).whole(), @r"
    3
    error: there is no token for GitLab

    hint: name a file that holds one by --token-file, or set GITLAB_TOKEN; the operator may set `token_file` or `token_secret` in `[gitlab]` of the settings
    hint: it is a personal access token of a service account that is Maintainer of the group, with the scope `api`
    ");
    let mut command = hub.command(&["bootstrap-repo", "a/bc", "--kind", "nodejs", "--owner", "x"]);
    command.env_remove("CI_SERVER_URL");
    assert_snapshot!(Told::of(command, &hub.url).whole(), @r"
    2
    error: which GitLab to call is not known

    hint: name it by --gitlab; the operator may set `url` in `[gitlab]` of the settings
    ");
    let told = plain(&hub, "a/bc", &["--gitlab", "http://git.example"]);
    assert_snapshot!(told.whole(), @r"
    2
    error: `http://git.example` is no address of a GitLab
      caused by: over plain http everybody on the way could read the token

    hint: write it as https://gitlab.example.com
    ");
    assert!(hub.asked().is_empty());
}

#[test]
fn it_waits_when_gitlab_asks_for_it() {
    let hub = hub();
    let busy = json!({"match": "^POST .*/environments", "times": 1, "status": 429, "body": "Retry later", "headers": {"Retry-After": "2", "Content-Type": "text/plain"}});
    hub.rules(&json!([busy]));
    let begun = std::time::Instant::now();
    bootstrap(&hub, &[]).is(0);
    assert!(begun.elapsed().as_secs() >= 2);
    hub.control("POST", "limits", &json!({"requests": 8, "per_secs": 1}));
    hub.rules(&json!([]));
    hub.write(
        "order.yaml",
        &super::FULL.replace("aws-app/shop", "aws-app/shop2"),
    );
    bootstrap(&hub, &[]).is(0);
}
