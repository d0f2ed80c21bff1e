//! What stops it, whose turn it is, and that nothing was touched.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{bootstrap, code, hub, plain, stranger, traffic};
use crate::support::Hub;

#[test]
fn what_is_wrong_with_the_order_is_told_at_once() {
    let hub = hub();
    let mut all = Vec::new();
    for words in [
        vec!["bootstrap-repo"],
        vec!["bootstrap-repo", "shop", "--kind", "nodejs", "--owner", "x"],
        vec![
            "bootstrap-repo",
            "aws-app/Shop",
            "--kind",
            "nodejs",
            "--owner",
            "x",
        ],
        vec!["bootstrap-repo", "aws-app/shop", "--owner", "x"],
        vec!["bootstrap-repo", "aws-app/shop", "--kind", "nodejs"],
        vec![
            "bootstrap-repo",
            "aws-app/shop",
            "--kind",
            "nodsj",
            "--owner",
            "x",
        ],
        vec![
            "bootstrap-repo",
            "aws-app/shop",
            "--kind",
            "nodejs",
            "--owner",
            "x",
            "--input",
            "production=perhaps",
        ],
        vec![
            "bootstrap-repo",
            "aws-app/shop",
            "--kind",
            "nodejs",
            "--owner",
            "x",
            "--environment",
            "dev=best",
        ],
    ] {
        all.push(hub.run(&words).is(2).err.clone());
    }
    for text in [
        "kind: [",
        "kindd: nodejs",
        "a: &a [1]\nb: *a\n",
        "schema: baws-ci/application/9\n",
        "project: aws-app/shop\nkind: nodejs\nowner: x\nvariables: [{key: A-B, value: x}]\n",
        "project: aws-app/shop\nkind: nodejs\nowner: x\nvariables: [{key: A, value: short, masked: true}]\n",
        "project: aws-app/shop\nkind: nodejs\nowner: x\nvariables: [{key: A, value: \"two\\nlines of it\", hidden: true}]\n",
        "project: aws-app/shop\nkind: nodejs\nowner: x\nproviders: [{environment: dev, provider: ecs, vpc_id: \"$(id)\"}]\n",
    ] {
        hub.write("order.yaml", text);
        let told = bootstrap(&hub, &[]);
        let room = hub.room.path().display().to_string();
        all.push(told.is(2).err.replace(&room, "…"));
    }
    assert_snapshot!(all.join("\n"), @r"
    error: which project is to be made is not said

    hint: name it as GROUP/NAME

    error: `shop` names no project
      caused by: it has no group

    hint: write it as GROUP/NAME

    error: `aws-app/Shop` names no project
      caused by: an application's name has 2 to 63 small letters, digits, `-`, `_` and `.`: ECR takes no others

    error: the kind of the application is not said

    hint: name it by --kind; `baws-ci template list` lists them

    error: who owns the application is not said

    hint: name the group or user of Backstage by --owner, such as group:default/shop

    error: version 1.0.0 of the templates has no kind `nodsj`

    hint: did you mean `nodejs`?

    error: version 1.0.0 of the template `nodejs` does not take these inputs
      caused by: the input `production` must be a boolean, and is a string

    hint: `baws-ci template show nodejs` tells what it takes

    error: `best` is no tier of an environment

    hint: it is one of production, staging, testing, development, other

    error: `…/order.yaml` does not say what is wanted
      caused by: did not find expected node content at line 2 column 1, while parsing a flow node

    hint: docs/bootstrap.md shows both forms of the file: ours, and Backstage's values

    error: `…/order.yaml` does not say what is wanted
      caused by: unknown field `kindd`, expected one of `schema`, `project`, `kind`, `title`, `description`, `owner`, `visibility`, `default_branch`, `topics`, `settings`, `templates`, `inputs`, `variables`, `environments`, `protected_tags`, `allow_job_tokens_of`, `access_token`, `runners`, `webhooks`, `badges`, `catalog`, `providers`, `backstage`

    hint: docs/bootstrap.md shows both forms of the file: ours, and Backstage's values

    error: `…/order.yaml` does not say what is wanted
      caused by: unknown field `a`, expected one of `schema`, `project`, `kind`, `title`, `description`, `owner`, `visibility`, `default_branch`, `topics`, `settings`, `templates`, `inputs`, `variables`, `environments`, `protected_tags`, `allow_job_tokens_of`, `access_token`, `runners`, `webhooks`, `badges`, `catalog`, `providers`, `backstage`

    hint: docs/bootstrap.md shows both forms of the file: ours, and Backstage's values

    error: the file's schema is `baws-ci/application/9`; this program reads baws-ci/application/1

    error: GitLab would not take the variable `A-B`
      caused by: `A-B` is no key of a variable; use letters, digits and `_`

    error: GitLab would not take the variable `A`
      caused by: the value of `A` cannot be masked: it has fewer than 8 characters; use a longer secret, or do not mask what is none

    error: GitLab would not take the variable `A`
      caused by: the value of `A` cannot be masked: it has more than one line; encode it with base64 on one line, use a protected variable of the kind file that is not masked, or use no secret at all: the job's ID token (OIDC) gets temporary credentials

    error: the properties of `dev-ecs` cannot be written
      caused by: the value of `TARGET_VPCID` has characters that a shell would take for something else; letters, digits and `_./:@=+,-` are allowed
    ");
    assert_eq!(traffic(&hub.asked()).1, 0);
}

#[test]
fn projects_that_must_not_be_touched_are_not() {
    let hub = hub();
    for (attributes, told) in [
        (json!({"archived": true}), "project_archived"),
        (json!({"mirror": true}), "project_mirror"),
        (
            json!({"marked_for_deletion_on": "2026-12-24"}),
            "project_deletion_scheduled",
        ),
        (json!({}), "name_taken"),
    ] {
        let path = format!("aws-app/{}", told.replace('_', "-"));
        stranger(&hub, &path);
        let mut body = attributes;
        body["path"] = json!(path);
        hub.control("POST", "project", &body);
        let before = hub.project(&path);
        let ended = plain(&hub, &path, &["--json"]);
        assert_eq!(
            (ended.code, code(&ended).as_str()),
            (4, told),
            "{}",
            ended.whole()
        );
        assert_eq!(hub.project(&path), before);
    }
    stranger(&hub, "aws-app/new-place");
    hub.control(
        "POST",
        "project",
        &json!({"path": "aws-app/new-place", "moved_from": "aws-app/old-place"}),
    );
    let moved = plain(&hub, "aws-app/old-place", &["--json"]);
    assert_eq!(
        (moved.code, code(&moved).as_str()),
        (4, "project_moved"),
        "{}",
        moved.whole()
    );
    assert!(moved.err.contains("aws-app/new-place"), "{}", moved.err);
}

#[test]
fn an_empty_project_of_somebody_else_is_not_taken_either() {
    let hub = hub();
    let group = hub.api("GET", "groups/aws-app", &Value::Null);
    hub.api(
        "POST",
        "projects",
        &json!({"name": "blank", "namespace_id": group["id"]}),
    );
    let told = plain(&hub, "aws-app/blank", &["--json"]);
    assert_eq!(code(&told), "name_taken");
    plain(&hub, "aws-app/blank", &["--adopt"]).is(0);
    assert!(
        hub.file("aws-app/blank", "package.json", "main")
            .contains("\"blank\"")
    );
}

#[test]
fn a_group_that_is_not_there_is_named() {
    let hub = hub();
    assert_snapshot!(plain(&hub, "nowhere/shop", &[]).is(4).whole(), @r"
    4
    error: there is no group `nowhere`, or the token may not see it

    hint: the operator makes the group `nowhere` in GitLab, or gives the token's user the role Maintainer in it
    ");
    let told = plain(&hub, "aws-app/shop", &["--visibility", "public"]);
    assert_snapshot!(told.is(2).whole(), @r"
    2
    error: a project of the internal group `aws-app` cannot be public

    hint: say --visibility internal
    ");
}

#[test]
fn templates_that_are_not_published_stop_it_before_the_first_commit() {
    let hub = Hub::that_lints();
    let told = plain(&hub, "aws-app/shop", &["--json"]);
    assert_eq!(
        (told.code, code(&told).as_str()),
        (4, "pipeline_refused"),
        "{}",
        told.whole()
    );
    let steps = told.json()["steps"].as_array().map_or(0, Vec::len);
    assert!(steps > 0, "{}", told.out);
    hub.publish();
    plain(&hub, "aws-app/shop", &[]).is(0);
}
