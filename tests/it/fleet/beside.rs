//! What the operator keeps beside the templates: the portal's entities and boilerplates.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{commit, traffic};
use crate::support::Hub;
use crate::support::hub::{TEMPLATES, Told};

const LOCATION: &str = "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: all\nspec:\n  targets:\n    - ./example/template.yaml\n";
const TEMPLATE: &str = "apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: example
spec:
  steps:
    - id: publish
      input:
        repoUrl: {{ gitlab_hostname }}?owner=aws-app&repo=${{ parameters.component_id | lower }}
        account: \"{{ aws-account }}/{{awsAccount}}\"
        other: \"{{ theirs }}\"
";
const NOTHING: &str = "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: none\nspec:\n  targets: []\n";
const BUILDSPEC: &str = "version: 0.2\nphases:\n  build:\n    commands: [\"./deploy.sh\"]\n";

/// Reference files in a directory.
fn reference(hub: &Hub, files: &[(&str, &str)]) -> PathBuf {
    let place = hub.room.path().join("reference");
    let _ = std::fs::remove_dir_all(&place);
    for (path, text) in files {
        let file = place.join(path);
        std::fs::create_dir_all(file.parent().expect("it has one")).expect("it is ours");
        std::fs::write(&file, text).expect("it is ours");
        let mode = match path.ends_with(".sh") {
            true => 0o755,
            false => 0o644,
        };
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("it is ours");
    }
    place
}

fn whole() -> Vec<(&'static str, &'static str)> {
    vec![
        ("catalog/all-environments.yaml", NOTHING),
        ("catalog/all-environment-providers.yaml", NOTHING),
        ("templates/all-templates.yaml", LOCATION),
        ("templates/example/template.yaml", TEMPLATE),
        (
            "templates/example/content/app.yaml",
            "a: ${{ values.name }}\nb: {{ gitlab_hostname }}\n",
        ),
        ("common/aws_ecs/buildspec.yml", BUILDSPEC),
        ("common/aws_ecs/deploy.sh", "#!/bin/sh\nexit 0\n"),
    ]
}

fn publish(hub: &Hub, words: &[&str]) -> Told {
    let place = hub.room.path().join("reference");
    let mut all = vec![
        "template",
        "publish",
        "--from",
        place.to_str().expect("it is UTF-8"),
    ];
    all.extend(words);
    let mut told = hub.run(&all);
    told.err = told
        .err
        .replace(&hub.room.path().display().to_string(), "…");
    told
}

const ACCOUNT: [&str; 4] = ["--account", "012345678901", "--hostname", "git.example"];

/// Paths and modes of what is not the templates'.
fn others(hub: &Hub) -> String {
    let project = hub.project(TEMPLATES);
    let files = project["branches"]["main"]["files"]
        .as_array()
        .expect("it is a list")
        .clone();
    let row = |one: &Value| format!("{} {}", one["mode"], one["path"]).replace('"', "");
    let own = |row: &String| {
        !row.contains("parts/") && !row.contains("samples/") && !row.ends_with(".yml")
            || row.contains("common")
    };
    files
        .iter()
        .map(row)
        .filter(own)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_portals_files_are_published_with_their_placeholders_filled() {
    let hub = Hub::start();
    reference(&hub, &whole());
    publish(&hub, &ACCOUNT).is(0);
    assert_snapshot!(hub.file(TEMPLATES, "templates/example/template.yaml", "1.0.0"), @r#"
    apiVersion: scaffolder.backstage.io/v1beta3
    kind: Template
    metadata:
      name: example
    spec:
      steps:
        - id: publish
          input:
            repoUrl: git.example?owner=aws-app&repo=${{ parameters.component_id | lower }}
            account: "012345678901/012345678901"
            other: "{{ theirs }}"
    "#);
    assert_snapshot!(hub.file(TEMPLATES, "templates/example/content/app.yaml", "main"), @r"
    a: ${{ values.name }}
    b: git.example
    ");
    assert_snapshot!(others(&hub), @r"
    100644 CHANGELOG.md
    100644 README.md
    100644 VERSION
    100644 catalog/all-environment-providers.yaml
    100644 catalog/all-environments.yaml
    100644 common/aws_ecs/buildspec.yml
    100755 common/aws_ecs/deploy.sh
    100644 templates/all-templates.yaml
    100644 templates/example/content/app.yaml
    100644 templates/example/template.yaml
    ");
    traffic(&hub);
    assert_snapshot!(publish(&hub, &ACCOUNT).whole(), @r"
    0
    platform/pipeline-templates holds version 1.0.0 as it is: nothing to do
    ");
    assert_eq!(traffic(&hub).1, 0);
}

#[test]
fn what_is_deleted_there_is_deleted_here_and_what_is_others_stays() {
    let hub = Hub::start();
    hub.publish();
    reference(&hub, &whole());
    publish(&hub, &ACCOUNT).is(0);
    let foreign = json!([
        {"action": "create", "file_path": "NOTES.txt", "content": "ours\n"},
        {"action": "create", "file_path": "tools/own.sh", "content": "ours\n"},
        {"action": "create", "file_path": ".gitlab-ci.yml", "content": "job: {script: [a]}\n"},
        {"action": "create", "file_path": "catalog/stray.yaml", "content": "a: 1\n"},
    ]);
    commit(&hub, TEMPLATES, "main", &foreign);
    let mut less = whole();
    less.retain(|(path, _)| !path.contains("content/"));
    reference(&hub, &less);
    assert_snapshot!(publish(&hub, &["--account", "012345678901", "--hostname", "git.example", "--json"]).is(0).json()["deleted"], @r#"
    ["catalog/stray.yaml","templates/example/content/app.yaml"]
    "#);
    assert_snapshot!(others(&hub), @r"
    100644 CHANGELOG.md
    100644 NOTES.txt
    100644 README.md
    100644 VERSION
    100644 catalog/all-environment-providers.yaml
    100644 catalog/all-environments.yaml
    100644 common/aws_ecs/buildspec.yml
    100755 common/aws_ecs/deploy.sh
    100644 templates/all-templates.yaml
    100644 templates/example/template.yaml
    100644 tools/own.sh
    ");
    // Without --from nobody says what belongs there.
    traffic(&hub);
    hub.run(&["template", "publish"]).is(0);
    assert_eq!(traffic(&hub).1, 0);
}

#[test]
fn a_file_that_may_no_longer_be_run_is_published_so() {
    let hub = Hub::start();
    let place = reference(&hub, &whole());
    publish(&hub, &ACCOUNT).is(0);
    let script = place.join("common/aws_ecs/deploy.sh");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o644)).expect("it is ours");
    publish(&hub, &ACCOUNT).is(0);
    assert!(
        others(&hub).contains("100644 common/aws_ecs/deploy.sh"),
        "{}",
        others(&hub)
    );
}

#[test]
fn files_that_are_not_fit_are_refused_all_at_once_and_nothing_is_published() {
    let hub = Hub::start();
    hub.publish();
    let place = reference(
        &hub,
        &[
            (
                "catalog/all-environments.yaml",
                "kind: Location\nspec:\n  target: ./missing.yaml\n",
            ),
            ("templates/all-templates.yaml", "a: [\n"),
            ("templates/nodejs.yml", "job: {script: [a]}\n"),
            ("templates/example/template.yaml", TEMPLATE),
            ("common/aws_ecs/notes.txt", "no buildspec\n"),
            (
                "common/aws_eks/buildspec.yml",
                "version: 0.2\n---\nversion: 0.2\n",
            ),
            ("common/aws_lambda/buildspec.yaml", "version: 0.2\n"),
        ],
    );
    let before = hub.state();
    traffic(&hub);
    assert_snapshot!(publish(&hub, &[]).whole(), @r"
    2
    error: `…/reference` is not fit to be published; nothing was
      caused by: `templates/example/template.yaml`: `{{ aws-account }}` stands for an account: name it by --account
      caused by: `templates/nodejs.yml`: this place is the pipeline templates' own
      caused by: `catalog/all-environments.yaml` holds an entity without apiVersion, kind or metadata.name
      caused by: `catalog/all-environments.yaml` names `./missing.yaml`, which is not there
      caused by: `common/aws_eks/buildspec.yml` holds 2 documents; CodeBuild reads one
      caused by: `common/aws_lambda/buildspec.yaml` has no `phases`
      caused by: `templates/all-templates.yaml` is no YAML: did not find expected node content at line 2 column 1, while parsing a flow node
      caused by: `common/aws_ecs` has no buildspec.yml: the state machine could not deploy it
      caused by: `catalog/all-environment-providers.yaml` is missing: Backstage reads it
    ");
    std::os::unix::fs::symlink("/etc/passwd", place.join("link")).expect("it is ours");
    assert_snapshot!(publish(&hub, &[]).whole(), @r"
    2
    error: cannot read the reference files in `…/reference`
      caused by: `link` is a link: GitLab's commits know none
    ");
    assert_snapshot!(publish(&hub, &["--account", "12"]).whole(), @r"
    2
    error: `--account 12` is no account of AWS

    hint: it has twelve digits
    ");
    assert_eq!(traffic(&hub).1, 0);
    assert_eq!(hub.state(), before);
}
