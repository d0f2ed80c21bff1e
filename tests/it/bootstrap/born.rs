//! What a new repository is.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{bootstrap, hub, plain, traffic};
use crate::support::Hub;
use crate::support::hub::Told;

#[test]
fn a_repository_is_born_complete_in_few_requests() {
    let hub = hub();
    let told = bootstrap(&hub, &[]);
    assert_snapshot!(told.is(0).whole(), @r"
    0
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
    aws-app/shop is ready: 15 steps
      project   https://gitlab.test/aws-app/shop
      clone     https://gitlab.test/aws-app/shop.git
      catalog   https://gitlab.test/aws-app/shop/-/blob/main/.backstage/catalog-info.yaml
    ");
    let (requests, writes) = traffic(&hub.asked());
    assert!(requests <= 25, "{requests} requests, {writes} writes");
    let project = hub.project("aws-app/shop");
    let lines = |rows: &Value, keys: &[&str]| -> Vec<String> {
        let rows = rows.as_array().expect("it is a list").iter();
        let row = |one: &Value| {
            keys.iter()
                .map(|key| one[*key].to_string())
                .collect::<Vec<_>>()
                .join(" ")
        };
        rows.map(row).collect()
    };
    let mut all = lines(
        &project["variables"],
        &["key", "value", "masked", "protected", "raw"],
    );
    all.extend(lines(
        &project["protected_branches"],
        &[
            "name",
            "push_access_levels",
            "merge_access_levels",
            "allow_force_push",
        ],
    ));
    all.extend(lines(
        &project["protected_tags"],
        &["name", "create_access_levels"],
    ));
    all.extend(lines(
        &project["environments"],
        &["name", "tier", "external_url"],
    ));
    all.extend(lines(
        &project["protected_environments"],
        &["name", "deploy_access_levels"],
    ));
    all.extend(lines(&project["badges"], &["name", "link_url"]));
    all.extend(lines(
        &project["hooks"],
        &[
            "url",
            "push_events",
            "pipeline_events",
            "enable_ssl_verification",
        ],
    ));
    all.extend(lines(&project["branches"]["main"]["files"], &["path"]));
    all.push(project["branches"]["main"]["commits"].to_string());
    all.push(project["settings"]["topics"].to_string());
    all.push(project["job_token_scope"].to_string());
    assert_snapshot!(all.join("\n"), @r#"
    "API_KEY" "planted-secret-value" true true true
    "AWS_ACCOUNT" "012345678901" false false false
    "AWS_DEFAULT_REGION" "eu-west-1" false false false
    "ECR_REPO" "shop" false false false
    "main" [40] [30] false
    "*.*.*" [40]
    "dev-ecs" "development" "https://dev.example"
    "prod-ecs" "production" null
    "prod-ecs" [40]
    "pipeline" "https://gitlab.example/%{project_path}"
    "https://hooks.example/x?token=planted-hook-token" true true true
    ".backstage/catalog-info.yaml"
    ".baws/templates.lock.yaml"
    ".dockerignore"
    ".gitignore"
    ".gitlab-ci.yml"
    "Dockerfile"
    "README.md"
    "package-lock.json"
    "package.json"
    "src/app.js"
    "src/main.js"
    "test/app.test.js"
    ["Begin with nodejs 1.0.0 of the templates"]
    ["baws-managed"]
    {"enabled":true,"groups":[],"projects":["platform/pipeline-templates"]}
    "#);
    assert_snapshot!(hub.file("aws-app/shop", ".gitlab-ci.yml", "main"), @r"
    # The pipeline is the template's; what is this application's own are the inputs.
    # What it takes: baws-ci template show nodejs. Jobs of your own, and changes to its jobs, go below.
    include:
      - project: platform/pipeline-templates
        ref: 1.0.0
        file: /templates/nodejs.yml
        inputs:
          lower_environment: dev-ecs
          production: true
          production_environment: prod-ecs
    ");
    assert_snapshot!(hub.file("aws-app/shop", ".backstage/catalog-info.yaml", "main"), @r#"
    apiVersion: backstage.io/v1alpha1
    kind: Component
    metadata:
      name: shop
      title: The shop
      description: "Sells \"things\" for $5: {{ cheap }}"
      tags:
        - aws
        - nodejs
      labels:
        aws-iacType: cdk
      annotations:
        aws.amazon.com/aws-stepfunctions-pipeline-arn: arn:aws:states:eu-west-1:012345678901:execution:provision:1
        aws.amazon.com/baws-ecr-repository-uri: "012345678901.dkr.ecr.eu-west-1.amazonaws.com/shop"
        aws.amazon.com/baws-ecs-service-arn: arn:aws:ecs:eu-west-1:012345678901:service/dev/shop
    spec:
      type: aws-app
      owner: group:default/shop
      lifecycle: experimental
      dependsOn:
        - awsenvironment:default/dev
    "#);
    assert_snapshot!(hub.file("aws-app/shop", ".baws/templates.lock.yaml", "main"), @r#"
    # Written by baws-ci: what this repository was made from. `hold: true` keeps updates of the templates away;
    # `pin: "1.4"` leaves room for 1.4.x alone.
    schema: baws-ci/lock/1
    template: nodejs
    name: shop
    version: 1.0.0
    project: platform/pipeline-templates
    inputs:
      lower_environment: dev-ecs
      production: true
      production_environment: prod-ecs
    hold: false
    pin: null
    files:
      .dockerignore: 59bdf5e3bb92d1ab8da2a7699e0b69dde18637e5
      .gitignore: 4c4c1834b862638e0ce7e6624afa933f872937a1
      .gitlab-ci.yml: 55ecd6ad46387a1150c1a9135e3040c9bf5a2113
      Dockerfile: 967fe88f64b5086745b3aa177ba8da31e74619b0
    once:
      .backstage/catalog-info.yaml: 017acd7868a275b21048c2c3d819496780fc23d4
    "#);
}

#[test]
fn a_second_run_plans_and_changes_nothing() {
    let hub = hub();
    bootstrap(&hub, &[]).is(0);
    let before = hub.state();
    hub.asked();
    let told = bootstrap(&hub, &[]);
    assert_snapshot!(told.is(0).whole(), @r"
    0
    aws-app/shop is as it should be: nothing to do
      project   https://gitlab.test/aws-app/shop
      clone     https://gitlab.test/aws-app/shop.git
      catalog   https://gitlab.test/aws-app/shop/-/blob/main/.backstage/catalog-info.yaml
    ");
    let (requests, writes) = traffic(&hub.asked());
    assert!(
        requests <= 12 && writes == 0,
        "{requests} requests, {writes} writes"
    );
    assert_eq!(hub.state(), before);
}

#[test]
fn what_people_changed_by_hand_comes_back_and_what_they_added_stays() {
    let hub = hub();
    bootstrap(&hub, &[]).is(0);
    let id = "aws-app%2Fshop";
    hub.api("PUT", &format!("projects/{id}"), &json!({"only_allow_merge_if_pipeline_succeeds": false, "topics": ["mine", "baws-managed"]}));
    hub.api(
        "POST",
        &format!("projects/{id}/variables"),
        &json!({"key": "MINE", "value": "x"}),
    );
    hub.api(
        "PUT",
        &format!("projects/{id}/variables/ECR_REPO"),
        &json!({"value": "other"}),
    );
    hub.api(
        "DELETE",
        &format!("projects/{id}/protected_tags/*.*.*"),
        &Value::Null,
    );
    let told = bootstrap(&hub, &[]);
    assert_snapshot!(told.is(0).err, @r"
    change settings: only_allow_merge_if_pipeline_succeeds
    change variable: ECR_REPO
    create protected tag: *.*.*
    ");
    let project = hub.project("aws-app/shop");
    assert_eq!(
        project["settings"]["topics"],
        json!(["mine", "baws-managed"])
    );
    let variables = project["variables"].to_string();
    assert!(
        variables.contains("MINE") && !variables.contains("other"),
        "{variables}"
    );
}

#[test]
fn every_kind_is_born_with_a_pipeline_that_gitlab_takes() {
    let hub = Hub::that_lints();
    hub.publish();
    let listed: Value =
        serde_json::from_str(&hub.run(&["template", "list", "--json"]).out).expect("it is JSON");
    let kinds = listed["templates"]
        .as_array()
        .expect("it is a list")
        .clone();
    for kind in kinds {
        let kind = kind["name"].as_str().expect("it has a name");
        let project = format!("aws-app/of-{kind}");
        let told: Told = hub.run(&[
            "bootstrap-repo",
            &project,
            "--kind",
            kind,
            "--owner",
            "user:default/x",
        ]);
        told.is(0);
        let second = hub.run(&[
            "bootstrap-repo",
            &project,
            "--kind",
            kind,
            "--owner",
            "user:default/x",
        ]);
        assert!(
            second.is(0).out.contains("nothing to do"),
            "{kind}: {}",
            second.whole()
        );
    }
}

#[test]
fn a_project_that_was_there_is_taken_over_only_when_asked_and_keeps_its_files() {
    let hub = hub();
    super::stranger(&hub, "aws-app/old");
    let before = hub.state();
    let told = plain(&hub, "aws-app/old", &[]);
    assert_snapshot!(told.is(4).whole(), @r"
    4
    error: the project `aws-app/old` is there, and is not one of ours; nothing was touched

    hint: give the application another name; whoever owns that project may have it taken over with --adopt
    ");
    assert_eq!(hub.state(), before);
    plain(&hub, "aws-app/old", &["--adopt"]).is(0);
    assert_eq!(hub.file("aws-app/old", "main.py", "main"), "print(1)\n");
    assert!(
        hub.file("aws-app/old", ".baws/templates.lock.yaml", "main")
            .contains("template: nodejs")
    );
    assert!(
        plain(&hub, "aws-app/old", &[])
            .is(0)
            .out
            .contains("nothing to do")
    );
}
