//! An untouched repository, from one version to the next.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{
    BRANCH, Templates, at, born, check, fleet, merge, open, other_port, requests, sync, traffic,
    verdict,
};
use crate::support::Hub;

#[test]
fn an_untouched_repository_gets_one_merge_request_that_says_what_changes() {
    let hub = fleet(&["shop"]);
    other_port(&hub, "1.1.0").out(&hub);
    assert_snapshot!(sync(&hub, &[]).whole(), @r"
    0
    aws-app/shop: opened https://gitlab.test/aws-app/shop/-/merge_requests/1
    wave 3: 1 brought on, 0 to come; run it again when their pipelines have ended
    REPOSITORY    HAS            MERGE REQUEST
    aws-app/shop  1.0.0  opened  https://gitlab.test/aws-app/shop/-/merge_requests/1
    ");
    let mut request = open(&hub, "aws-app/shop");
    let letter = request["description"].take();
    let letter = letter.as_str().expect("it is a text");
    let (text, plan) = letter.split_once(" plan=").expect("it ends with our mark");
    let (plan, commit) = plan.split_once(" commit=").expect("it names our commit");
    assert_eq!(
        (plan.len(), commit.len()),
        (16, 40 + " -->\n".len()),
        "{plan:?}"
    );
    assert_snapshot!(text, @r"
    Brings `nodejs` from version 1.0.0 to **1.1.0** of the templates in `platform/pipeline-templates`.

    ### 1.1.0

    - News of 1.1.0.

    | file | |
    |---|---|
    | `.gitlab-ci.yml` | changed; it had not been touched here |
    | `Dockerfile` | changed; it had not been touched here |
    | `.baws/templates.lock.yaml` | the new version |

    Closing this declines version 1.1.0; `hold: true` or `pin:` in `.baws/templates.lock.yaml` keeps later ones away. Commit to this branch if something is missing: it is not written over then.

    <!-- baws-ci version=1.1.0 from=1.0.0
    ");
    let kept = [
        "title",
        "labels",
        "source_branch",
        "target_branch",
        "force_remove_source_branch",
        "squash",
    ]
    .map(|key| format!("{key}: {}", request[key]));
    assert_snapshot!(kept.join("\n"), @r#"
    title: "Bring the templates to 1.1.0"
    labels: ["baws-ci"]
    source_branch: "baws-ci/template-sync"
    target_branch: "main"
    force_remove_source_branch: true
    squash: false
    "#);
    let diffs = hub.api(
        "GET",
        &format!("{}/merge_requests/1/diffs", at("aws-app/shop")),
        &Value::Null,
    );
    let paths = diffs
        .as_array()
        .expect("it is a list")
        .iter()
        .map(|one| one["new_path"].to_string());
    assert_snapshot!(paths.collect::<Vec<_>>().join("\n"), @r#"
    ".baws/templates.lock.yaml"
    ".gitlab-ci.yml"
    "Dockerfile"
    "#);
    assert_snapshot!(hub.file("aws-app/shop", ".baws/templates.lock.yaml", BRANCH), @r#"
    # Written by baws-ci: what this repository was made from. `hold: true` keeps updates of the templates away;
    # `pin: "1.4"` leaves room for 1.4.x alone.
    schema: baws-ci/lock/1
    template: nodejs
    name: shop
    version: 1.1.0
    project: platform/pipeline-templates
    inputs: {}
    hold: false
    pin: null
    files:
      .dockerignore: 59bdf5e3bb92d1ab8da2a7699e0b69dde18637e5
      .gitignore: 4c4c1834b862638e0ce7e6624afa933f872937a1
      .gitlab-ci.yml: "9b1dbd8b9ebad6ac77d2b37ea5cb221dab615b10"
      Dockerfile: "2228d283c60a23a121c93f3646d8af55116d1779"
    once:
      .backstage/catalog-info.yaml: 11687cb71859ab97cac8a60829e675434842e7a0
    "#);
    assert_snapshot!(hub.file("aws-app/shop", ".gitlab-ci.yml", BRANCH), @r"
    # The pipeline is the template's; what is this application's own are the inputs.
    # What it takes: baws-ci template show nodejs. Jobs of your own, and changes to its jobs, go below.
    include:
      - project: platform/pipeline-templates
        ref: 1.1.0
        file: /templates/nodejs.yml
    ");
    let project = hub.project("aws-app/shop");
    assert_eq!(
        project["branches"][BRANCH]["commits"][0],
        "Bring the templates to 1.1.0"
    );
}

#[test]
fn a_second_run_changes_nothing_and_says_what_it_waits_for() {
    let hub = fleet(&["shop", "till"]);
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &["--all-at-once"]).is(0);
    let before = hub.state();
    traffic(&hub);
    assert_snapshot!(sync(&hub, &[]).whole(), @r"
    0
    all repositories have version 1.1.0, or a merge request for it
    REPOSITORY    HAS             MERGE REQUEST
    aws-app/shop  1.0.0  waiting  https://gitlab.test/aws-app/shop/-/merge_requests/1
    aws-app/till  1.0.0  waiting  https://gitlab.test/aws-app/till/-/merge_requests/1
    ");
    let (requests, writes) = traffic(&hub);
    assert_eq!(writes, 0);
    assert!(requests <= 14, "{requests} requests");
    assert_eq!(hub.state(), before);
}

#[test]
fn what_is_merged_is_current_and_the_next_run_says_so() {
    let hub = fleet(&["shop"]);
    other_port(&hub, "1.1.0").out(&hub);
    assert_snapshot!(check(&hub, &[]).is(14).whole(), @r"
    14
    error: 1 of 1 repositories are not as version 1.1.0 of the templates makes them

    hint: `baws-ci template sync` offers them what is new; `template diff` shows it
    PROJECT       KIND    VERSION  STATE     DRIFT       PIPELINE  REQUEST
    aws-app/shop  nodejs  1.0.0    outdated  1 outdated  –         –
    1 repository: 1 outdated
    ");
    sync(&hub, &[]).is(0);
    merge(&hub, "aws-app/shop");
    assert_snapshot!(check(&hub, &[]).is(0).whole(), @r"
    0
    PROJECT       KIND    VERSION  STATE    DRIFT  PIPELINE  REQUEST
    aws-app/shop  nodejs  1.1.0    current  –      –         –
    1 repository: 1 current
    ");
    traffic(&hub);
    assert_snapshot!(sync(&hub, &[]).whole(), @r"
    0
    all repositories have version 1.1.0, or a merge request for it
    REPOSITORY    HAS             MERGE REQUEST
    aws-app/shop  1.1.0  current
    ");
    assert_eq!(traffic(&hub).1, 0);
    let project = hub.project("aws-app/shop");
    assert!(
        project["branches"][BRANCH].is_null(),
        "the branch goes with the merge"
    );
    other_port(&hub, "1.2.0").out(&hub);
    sync(&hub, &[]).is(0);
    assert_eq!(open(&hub, "aws-app/shop")["iid"], 2);
    assert!(
        hub.file("aws-app/shop", "Dockerfile", BRANCH)
            .contains("PORT=8120")
    );
}

#[test]
fn a_newer_version_takes_over_the_open_merge_request() {
    let hub = fleet(&["shop"]);
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &[]).is(0);
    let first = open(&hub, "aws-app/shop");
    other_port(&hub, "1.2.0").out(&hub);
    assert_snapshot!(sync(&hub, &[]).whole(), @r"
    0
    aws-app/shop: updated https://gitlab.test/aws-app/shop/-/merge_requests/1
    wave 3: 1 brought on, 0 to come; run it again when their pipelines have ended
    REPOSITORY    HAS             MERGE REQUEST
    aws-app/shop  1.0.0  updated  https://gitlab.test/aws-app/shop/-/merge_requests/1
    ");
    let second = open(&hub, "aws-app/shop");
    assert_eq!(second["iid"], first["iid"]);
    assert_eq!(second["title"], "Bring the templates to 1.2.0");
    let letter = second["description"].as_str().expect("it is a text");
    assert!(
        letter.contains("News of 1.2.0") && letter.contains("version=1.2.0"),
        "{letter}"
    );
    assert!(
        hub.file("aws-app/shop", "Dockerfile", BRANCH)
            .contains("PORT=8120")
    );
    assert_eq!(requests(&hub, "aws-app/shop").len(), 1);
    let commits = hub.project("aws-app/shop")["branches"][BRANCH]["commits"].clone();
    assert_eq!(commits.as_array().map(Vec::len), Some(2), "{commits}");
    merge(&hub, "aws-app/shop");
    check(&hub, &[]).is(0);
}

#[test]
fn what_changed_at_the_default_branch_since_is_no_reason_for_a_second_request() {
    let hub = fleet(&["shop"]);
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &[]).is(0);
    super::edit(&hub, "aws-app/shop", "README.md", "#", "# Ours:");
    let told = sync(&hub, &["--json"]);
    assert_eq!(verdict(&told, "aws-app/shop"), "waiting");
    merge(&hub, "aws-app/shop");
    assert!(
        hub.file("aws-app/shop", "README.md", "main")
            .contains("# Ours:")
    );
}

#[test]
fn files_that_are_made_once_and_other_kinds_changes_are_not_touched() {
    let hub = fleet(&["shop"]);
    Templates::few(&hub, "1.1.0")
        .with("samples/nodejs/src/main.js", "\n", "\n// newer\n")
        .with("samples/python-flask/Dockerfile", "\n", "\n# newer\n")
        .out(&hub);
    let told = sync(&hub, &["--json"]);
    let value = told.is(0).json();
    assert_eq!(
        value["repositories"][0]["changes"],
        json!([".gitlab-ci.yml"])
    );
}

#[test]
fn gitlab_itself_takes_the_pipelines_that_come_of_it() {
    let hub = Hub::that_lints();
    hub.publish();
    for (name, kind) in [("shop", "nodejs"), ("stack", "terraform")] {
        born(&hub, &format!("aws-app/{name}"), kind);
    }
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &["--all-at-once"]).is(0);
    for name in ["aws-app/shop", "aws-app/stack"] {
        let asked = json!({"content": hub.file(name, ".gitlab-ci.yml", BRANCH)});
        let lint = hub.api("POST", &format!("{}/ci/lint", at(name)), &asked);
        assert_eq!(lint["valid"], true, "{name}: {lint}");
        merge(&hub, name);
    }
    check(&hub, &[]).is(0);
}
