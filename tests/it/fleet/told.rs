//! What programs read, and what stops it before it begins.

use insta::assert_snapshot;

use super::{check, edit, fleet, other_port, sync};
use crate::support::Hub;

#[test]
fn programs_read_one_object() {
    let hub = fleet(&["shop"]);
    other_port(&hub, "1.1.0").out(&hub);
    let mut value = sync(&hub, &["--json"]).is(0).json();
    let diff = value["repositories"][0]["diff"].take();
    assert!(
        diff.as_str()
            .is_some_and(|diff| diff.contains("+++ b/Dockerfile")),
        "{diff}"
    );
    assert_snapshot!(serde_json::to_string_pretty(&value).expect("it is JSON"), @r#"
    {
      "progress": {
        "repositories": 1,
        "turn": "go",
        "wave": 3
      },
      "repositories": [
        {
          "changes": [
            ".gitlab-ci.yml",
            "Dockerfile"
          ],
          "diff": null,
          "from": "1.0.0",
          "notes": [],
          "project": "aws-app/shop",
          "url": "https://gitlab.test/aws-app/shop/-/merge_requests/1",
          "verdict": "opened"
        }
      ],
      "schema": "baws-ci/template-sync/1",
      "to": "1.1.0",
      "unmanaged": 0
    }
    "#);
}

#[test]
fn a_version_that_is_not_published_and_a_group_that_is_not_there_stop_it() {
    let hub = fleet(&[]);
    assert_snapshot!(sync(&hub, &["--to", "3.0.0"]).whole(), @r"
    4
    error: version 3.0.0 of the templates is not published in `platform/pipeline-templates`

    hint: the operator publishes it, or another version is named by --to
    ");
    assert_snapshot!(hub.run(&["template", "sync", "--group", "nowhere"]).whole(), @r"
    4
    error: there is no group `nowhere`, or the token may not see it
    ");
    assert_snapshot!(hub.run(&["template", "sync", "--repository", "aws-app/none"]).whole(), @r"
    4
    error: there is no project `aws-app/none`, or the token may not see it
    ");
    assert_snapshot!(sync(&hub, &["--templates", "platform/none"]).whole(), @r"
    4
    error: no version of the templates is published in `platform/none`, or the token may not see it

    hint: the operator publishes them: baws-ci template publish --project platform/none
    ");
    assert_snapshot!(sync(&hub, &["--to", "newest"]).whole(), @r"
    2
    error: `newest` is no version such as 1.4.2
    ");
    assert_snapshot!(hub.run(&["template", "sync"]).whole(), @r"
    2
    error: the following required arguments were not provided:
      <--group <GROUP>|--repository <GROUP/NAME>>

    Usage: baws-ci template sync <--group <GROUP>|--repository <GROUP/NAME>>

    For more information, try '--help'.
    ");
}

#[test]
fn programs_get_all_that_a_check_finds() {
    let hub = fleet(&["shop", "till"]);
    edit(
        &hub,
        "aws-app/till",
        "Dockerfile",
        "EXPOSE",
        "# ours\nEXPOSE",
    );
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &["--all-at-once"]).is(0);
    let mut value = check(&hub, &["--json", "--full"]).is(14).json();
    let at = value["generated_at"].take();
    assert!(
        at.as_str()
            .is_some_and(|at| at.len() == 20 && at.ends_with('Z')),
        "{at}"
    );
    for number in 0..2 {
        let url = value["repositories"][number]["pipeline"]["url"].take();
        assert!(
            url.as_str()
                .is_some_and(|url| url.contains("/-/pipelines/")),
            "{url}"
        );
    }
    assert_snapshot!(serde_json::to_string_pretty(&value).expect("it is JSON"), @r#"
    {
      "generated_at": null,
      "gitlab": "https://gitlab.test",
      "newest": "1.1.0",
      "program": "0.1.0",
      "repositories": [
        {
          "drift": [
            {
              "kind": "outdated",
              "path": ".baws/templates.lock.yaml"
            }
          ],
          "kind": "nodejs",
          "note": null,
          "pipeline": {
            "status": "created",
            "url": null
          },
          "project": "aws-app/shop",
          "request": {
            "iid": 1,
            "state": "opened",
            "title": "Bring the templates to 1.1.0",
            "url": "https://gitlab.test/aws-app/shop/-/merge_requests/1"
          },
          "state": "outdated",
          "url": "https://gitlab.test/aws-app/shop",
          "version": "1.0.0"
        },
        {
          "drift": [
            {
              "kind": "modified",
              "path": "Dockerfile"
            },
            {
              "kind": "outdated",
              "path": ".baws/templates.lock.yaml"
            }
          ],
          "kind": "nodejs",
          "note": null,
          "pipeline": {
            "status": "created",
            "url": null
          },
          "project": "aws-app/till",
          "request": {
            "iid": 1,
            "state": "opened",
            "title": "Bring the templates to 1.1.0",
            "url": "https://gitlab.test/aws-app/till/-/merge_requests/1"
          },
          "state": "drifted",
          "url": "https://gitlab.test/aws-app/till",
          "version": "1.0.0"
        }
      ],
      "schema": "baws-ci/template-report/1",
      "templates": "platform/pipeline-templates",
      "totals": {
        "current": 0,
        "declined": 0,
        "drifted": 1,
        "failed": 0,
        "held": 0,
        "outdated": 1,
        "pinned": 0,
        "skipped": 0,
        "unmanaged": 0
      }
    }
    "#);
}

#[test]
fn nothing_to_look_at_and_nothing_published_are_told_apart() {
    let hub = Hub::start();
    assert_snapshot!(check(&hub, &[]).whole(), @r"
    4
    error: no version of the templates is published in `platform/pipeline-templates`, or the token may not see it

    hint: the operator publishes them: baws-ci template publish --project platform/pipeline-templates
    ");
    hub.publish();
    assert_snapshot!(check(&hub, &[]).whole(), @r"
    0
    PROJECT  KIND  VERSION  STATE  DRIFT  PIPELINE  REQUEST
    0 repositories
    ");
    assert_snapshot!(hub.run(&["template", "check", "--group", "nowhere"]).whole(), @r"
    4
    error: there is no group `nowhere`, or the token may not see it
    ");
}
