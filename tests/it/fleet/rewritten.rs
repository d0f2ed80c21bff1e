//! Pipelines that people laid out anew: the version changes, and not a byte beside it.

use insta::assert_snapshot;
use serde_json::json;

use super::mould::Mould;
use super::{BRANCH, change, edit, fleet, other_port, requests, sync, verdict};
use crate::support::Hub;

/// A GitLab with a repository for each of these pipelines, brought to 1.1.0.
fn brought(pipelines: &[(&str, &str)]) -> (Hub, crate::support::hub::Told) {
    let hub = fleet(&["first"]);
    let mould = Mould::of(&hub, "aws-app/first");
    for (name, text) in pipelines {
        let project = format!("aws-app/{name}");
        mould.cast(&hub, &project);
        change(&hub, &project, ".gitlab-ci.yml", text);
    }
    other_port(&hub, "1.1.0").out(&hub);
    let told = sync(&hub, &["--all-at-once", "--json"]);
    (hub, told)
}

#[test]
fn however_people_wrote_it_only_the_version_changes_byte_for_byte() {
    let plain = "include:\n  - project: platform/pipeline-templates\n    ref: 1.0.0\n    file: /templates/nodejs.yml\n";
    let windows = format!("# ours\n{plain}\njob:\n  script: [a]\n").replace('\n', "\r\n");
    let marked = format!("\u{feff}{plain}");
    let all = [
        (
            "flow",
            "include: [{project: platform/pipeline-templates, ref: 1.0.0, file: /templates/nodejs.yml}]\n",
        ),
        (
            "flow-quoted",
            "include: [ { \"project\": 'platform/pipeline-templates', \"ref\" : \"1.0.0\" , file: \"/templates/nodejs.yml\" } ]\n",
        ),
        (
            "flow-lines",
            "include: [\n  {\n    ref: '1.0.0', # the one\n    project: platform/pipeline-templates,\n    file: /templates/nodejs.yml,\n  },\n]\n",
        ),
        (
            "quotes",
            "include:\n  - project: \"platform/pipeline-templates\"\n    ref: '1.0.0'\n    file: '/templates/nodejs.yml'\n",
        ),
        (
            "order",
            "include:\n- file: /templates/nodejs.yml\n  ref: 1.0.0\n  project: platform/pipeline-templates\n",
        ),
        (
            "comments",
            "# ours\ninclude: # more\n  # from the platform\n  - project: platform/pipeline-templates # p\n    # version\n    ref: 1.0.0   # as of spring\n    file: /templates/nodejs.yml\n# end\n",
        ),
        ("windows", &windows),
        (
            "tabs",
            "include:\n  - project: platform/pipeline-templates\t\n    ref: 1.0.0\t\n    file: /templates/nodejs.yml\t# here\n",
        ),
        (
            "tabs-comment",
            "include:\n  - file: /templates/nodejs.yml\t\n    ref: 1.0.0\t# here\n    project: platform/pipeline-templates\n",
        ),
        ("mark", &marked),
        (
            "mark-order",
            "\u{feff}include:\n  - ref: 1.0.0\n    project: platform/pipeline-templates\n    file: /templates/nodejs.yml\n",
        ),
        (
            "no-end",
            "include:\n  - project: platform/pipeline-templates\n    file: /templates/nodejs.yml\n    ref: 1.0.0",
        ),
        (
            "first-key",
            "include:\n  - ref: 1.0.0\n    file: templates/nodejs.yml\n    project: platform/pipeline-templates\n",
        ),
        (
            "beside",
            "include:\n  - local: /own.yml\n  - {project: other/thing, file: /x.yml, ref: 2.0.0}\n  - {project: platform/pipeline-templates, file: /templates/nodejs.yml, ref: 1.0.0}\n\nown:\n  script: [\"echo 'é: ☃'\"]\n",
        ),
        (
            "document",
            "---\ninclude:\n  - {ref: 1.0.0, project: platform/pipeline-templates, file: /templates/nodejs.yml}\n...\n",
        ),
    ];
    let (hub, told) = brought(&all);
    told.is(0);
    for (name, text) in all {
        let project = format!("aws-app/{name}");
        assert_eq!(verdict(&told, &project), "opened", "{name}");
        let wanted = text.replace("1.0.0", "1.1.0");
        assert_eq!(
            hub.file(&project, ".gitlab-ci.yml", BRANCH),
            wanted,
            "{name}"
        );
    }
}

#[test]
fn what_cannot_be_changed_safely_is_left_and_told() {
    let all = [
        (
            "anchors",
            "x: &version 1.0.0\ninclude:\n  - project: platform/pipeline-templates\n    ref: *version\n    file: /templates/nodejs.yml\n",
        ),
        (
            "anchored",
            "include:\n  - &ours {project: platform/pipeline-templates, ref: &v 1.0.0, file: /templates/nodejs.yml}\nx: *v\n",
        ),
        (
            "twice",
            "include:\n  - {project: platform/pipeline-templates, ref: 1.0.0, ref: 1.0.0, file: /templates/nodejs.yml}\n",
        ),
        (
            "two-of-it",
            "include:\n  - {project: platform/pipeline-templates, ref: 1.0.0, file: /templates/nodejs.yml}\n  - {project: platform/pipeline-templates, ref: 1.0.0, file: /templates/nodejs.yml}\n",
        ),
        (
            "branch",
            "include:\n  - {project: platform/pipeline-templates, ref: main, file: /templates/nodejs.yml}\n",
        ),
        ("gone", "own:\n  script: [a]\n"),
        (
            "broken",
            "include: [{project: platform/pipeline-templates, ref: 1.0.0\n",
        ),
    ];
    let (hub, told) = brought(&all);
    let mut said = Vec::new();
    for (name, text) in all {
        let project = format!("aws-app/{name}");
        said.push(format!("{name}: {}", verdict(&told, &project)));
        assert_eq!(hub.file(&project, ".gitlab-ci.yml", BRANCH), text, "{name}");
        let lock = hub.file(&project, ".baws/templates.lock.yaml", BRANCH);
        assert!(lock.contains("version: 1.1.0"), "{name}: {lock}");
    }
    assert_snapshot!(said.join("\n"), @r"
    anchors: opened: `.gitlab-ci.yml` is left as it is: the templates and this repository changed the same lines (4)
    anchored: opened: `.gitlab-ci.yml` is left as it is: the templates and this repository changed the same lines (2)
    twice: opened: `.gitlab-ci.yml` is left as it is: the templates and this repository changed the same lines (2)
    two-of-it: opened: `.gitlab-ci.yml` is left as it is: the templates and this repository changed the same lines (2)
    branch: opened: `.gitlab-ci.yml` is left as it is: the templates and this repository changed the same lines (2)
    gone: opened: `.gitlab-ci.yml` is left as it is: the templates and this repository changed the same lines (1)
    broken: opened: `.gitlab-ci.yml` is left as it is: the templates and this repository changed the same lines (1)
    ");
}

#[test]
fn inputs_that_people_set_stay_beside_those_of_the_templates() {
    let hub = fleet(&["shop"]);
    let file = "    file: /templates/nodejs.yml\n";
    let inputs = format!(
        "{file}    inputs:\n      production: true # since May\n      job_timeout: 1 hour\n"
    );
    edit(&hub, "aws-app/shop", ".gitlab-ci.yml", file, &inputs);
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &[]).is(0);
    assert_snapshot!(hub.file("aws-app/shop", ".gitlab-ci.yml", BRANCH), @r"
    # The pipeline is the template's; what is this application's own are the inputs.
    # What it takes: baws-ci template show nodejs. Jobs of your own, and changes to its jobs, go below.
    include:
      - project: platform/pipeline-templates
        ref: 1.1.0
        file: /templates/nodejs.yml
        inputs:
          production: true # since May
          job_timeout: 1 hour
    ");
    assert_eq!(
        requests(&hub, "aws-app/shop")[0]["labels"],
        json!(["baws-ci"])
    );
}
