//! A GitLab that does not do what is asked: whose turn it is, and that the others get theirs.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{at, fleet, open, ordered, other_port, requests, sync};
use crate::support::hub::Told;

#[test]
fn a_project_without_merge_requests_fails_alone() {
    let hub = fleet(&["none", "shop"]);
    hub.api(
        "PUT",
        &at("aws-app/none"),
        &json!({"merge_requests_access_level": "disabled"}),
    );
    other_port(&hub, "1.1.0").out(&hub);
    assert_snapshot!(ordered(sync(&hub, &["--all-at-once"]).is(1)), @r"
    1
    aws-app/none: failed
      cannot open a merge request of `baws-ci/template-sync`: GitLab answered 403: 403 Forbidden
      the token's user has too low a role here: it takes Maintainer of the group, and of the project where that is older than the token
    aws-app/shop: opened https://gitlab.test/aws-app/shop/-/merge_requests/1
    error: 1 of 2 repositories could not be brought on: `aws-app/none`

    hint: their notes say why; what is done stands: run it again for the rest
    REPOSITORY    HAS            MERGE REQUEST
    aws-app/none  1.0.0  failed
    aws-app/shop  1.0.0  opened  https://gitlab.test/aws-app/shop/-/merge_requests/1
    ");
    open(&hub, "aws-app/shop");
}

#[test]
fn a_token_that_may_only_read_says_what_is_missing() {
    let hub = fleet(&["shop"]);
    other_port(&hub, "1.1.0").out(&hub);
    hub.control(
        "POST",
        "tokens",
        &json!({"token": "glpat-read", "user": "root", "scopes": ["read_api"], "name": "reader"}),
    );
    let with_token = |words: &[&str]| {
        let mut command = hub.command(words);
        command.env("GITLAB_TOKEN", "glpat-read");
        Told::of(command, &hub.url)
    };
    assert_snapshot!(with_token(&["template", "sync", "--group", "aws-app"]).whole(), @r"
    1
    aws-app/shop: failed
      cannot have the pipeline checked: GitLab answered 403: The request requires higher privileges than provided by the access token.
      the token lacks a scope (api): the operator makes one with the scope `api`
    error: 1 of 1 repositories could not be brought on: `aws-app/shop`

    hint: their notes say why; what is done stands: run it again for the rest
    REPOSITORY    HAS            MERGE REQUEST
    aws-app/shop  1.0.0  failed
    ");
    assert_eq!(requests(&hub, "aws-app/shop"), Vec::<Value>::new());
    with_token(&["template", "check", "--group", "aws-app"]).is(14);
    with_token(&["template", "diff", "--group", "aws-app", "--to", "1.0.0"]).is(0);
}

#[test]
fn a_gitlab_that_is_away_for_one_repository_fails_that_one_and_the_next_run_brings_it_on() {
    let hub = fleet(&["shop", "till"]);
    other_port(&hub, "1.1.0").out(&hub);
    let number = hub.api("GET", &at("aws-app/till"), &Value::Null)["id"].clone();
    hub.rules(&json!([{"match": format!("/projects/{number}/repository/commits"), "status": 503, "body": "<html>down</html>"}]));
    let told = sync(&hub, &["--all-at-once"]);
    assert_snapshot!(ordered(told.is(1)), @r"
    1
    aws-app/shop: opened https://gitlab.test/aws-app/shop/-/merge_requests/1
    aws-app/till: failed
      cannot commit to `baws-ci/template-sync`: GitLab answered 503: <html>down</html>
      run it again: it goes on where it stopped. If this stays, GitLab's operator looks at its log
    error: 1 of 2 repositories could not be brought on: `aws-app/till`

    hint: their notes say why; what is done stands: run it again for the rest
    REPOSITORY    HAS            MERGE REQUEST
    aws-app/shop  1.0.0  opened  https://gitlab.test/aws-app/shop/-/merge_requests/1
    aws-app/till  1.0.0  failed
    ");
    open(&hub, "aws-app/shop");
    hub.rules(&json!([]));
    sync(&hub, &["--all-at-once"]).is(0);
    open(&hub, "aws-app/till");
}

#[test]
fn it_waits_where_gitlab_asks_for_it() {
    let hub = fleet(&["shop"]);
    other_port(&hub, "1.1.0").out(&hub);
    let busy = |what: &str| json!({"match": what, "times": 1, "status": 429, "body": "Retry later", "headers": {"Retry-After": "1", "Content-Type": "text/plain"}});
    hub.rules(&json!([
        busy("^POST .*/commits"),
        busy("^POST .*/merge_requests"),
        busy("^GET .*/archive")
    ]));
    let begun = std::time::Instant::now();
    sync(&hub, &[]).is(0);
    assert!(begun.elapsed().as_secs() >= 3);
    open(&hub, "aws-app/shop");
}
