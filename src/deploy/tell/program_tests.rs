//! What programs read of a deployment.

use super::samples::{broken, done, ended};
use super::{deployments, dotenv};
use crate::deploy::end::Outcome;

#[test]
fn the_result_for_programs_has_every_key_also_where_nothing_is_known() {
    insta::assert_snapshot!(format!("{:#}", deployments(&[broken(Outcome::Failed)])), @r#"
    {
      "adopted": false,
      "alarms": [
        "app-5xx"
      ],
      "began_at": "2026-11-26T16:02:03Z",
      "calls": 21,
      "cluster": "prod",
      "container": "app",
      "container_exit_code": null,
      "deployment_id": "ecs-svc/7",
      "desired": 2,
      "digests_expected": [
        "sha256:ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12"
      ],
      "digests_observed": [],
      "durations_ms": {
        "preflight": 1000,
        "rolling": 88500,
        "start": 500,
        "verifying": 5000
      },
      "events": [
        {
          "at": "2026-11-26T16:02:15Z",
          "id": "1",
          "message": "(service app) has started 2 tasks: (task 1) (task 2)."
        }
      ],
      "exit_code": 5,
      "followed": false,
      "hints": [],
      "image": "r.example/app:1@sha256:ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12",
      "log": [],
      "notes": [],
      "outcome": "failed",
      "reason": "three tasks in a row did not come up",
      "rollback": null,
      "running": 0,
      "schema": "baws-ci/deployment/1",
      "service": "app",
      "service_arn": "arn:aws:ecs:eu-west-1:123456789012:service/prod/app",
      "service_deployment_arn": "arn:aws:ecs:eu-west-1:123456789012:service-deployment/prod/app/7",
      "stopped_tasks": [
        {
          "container": "app",
          "exit_code": 1,
          "log": [
            "section_start:1:x\r\u001b[0Kno section",
            "panic: no database"
          ],
          "meaning": "its main process ended with exit code 1",
          "reason": "Essential container in task exited",
          "stop_code": "EssentialContainerExited",
          "task": "1a"
        },
        {
          "container": "app",
          "exit_code": 1,
          "log": [
            "section_start:1:x\r\u001b[0Kno section",
            "panic: no database"
          ],
          "meaning": "its main process ended with exit code 1",
          "reason": "Essential container in task exited",
          "stop_code": "EssentialContainerExited",
          "task": "2b"
        },
        {
          "container": null,
          "exit_code": null,
          "log": [],
          "meaning": "its image is not in the registry",
          "reason": "CannotPullContainerError: manifest unknown",
          "stop_code": "TaskFailedToStart",
          "task": "3c"
        }
      ],
      "strategy": "pin",
      "superseded_by": null,
      "target": "prod/app",
      "task_definition_after": "arn:aws:ecs:eu-west-1:123456789012:task-definition/app:42",
      "task_definition_before": "arn:aws:ecs:eu-west-1:123456789012:task-definition/app:41",
      "timeline": [
        {
          "after_ms": 1500,
          "desired": 2,
          "failed": 0,
          "others": 2,
          "pending": 0,
          "running": 0,
          "state": "rolling"
        },
        {
          "after_ms": 60000,
          "desired": 2,
          "failed": 3,
          "others": 2,
          "pending": 0,
          "running": 0,
          "state": "rolling"
        }
      ],
      "took_ms": 95000,
      "url": "https://app.example",
      "verb": "deploy",
      "verified": "not_asked"
    }
    "#);
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let bare = crate::deploy::result::Deployed::default();
    assert_eq!(
        keys(&deployments(&[bare])),
        keys(&deployments(&[done("deploy")]))
    );
}

#[test]
fn superseding_and_rollback_are_objects_of_their_own() {
    let superseded = deployments(&[ended(Outcome::Superseded)]);
    assert_eq!(superseded["superseded_by"]["deployment_id"], "ecs-svc/8");
    assert_eq!(superseded["rollback"], serde_json::Value::Null);
    let rolled_back = deployments(&[ended(Outcome::RolledBack)]);
    assert_eq!(rolled_back["rollback"]["by"], "ecs");
    assert_eq!(rolled_back["superseded_by"], serde_json::Value::Null);
}

#[test]
fn several_results_stand_under_the_worst() {
    let both = deployments(&[done("deploy"), ended(Outcome::Superseded)]);
    assert_eq!(both["schema"], "baws-ci/deployments/1");
    assert_eq!(both["outcome"], "superseded");
    assert_eq!(both["exit_code"], 8);
    assert_eq!(both["services"][0]["outcome"], "ok");
    assert_eq!(both["services"][1]["schema"], "baws-ci/deployment/1");
}

#[test]
fn no_text_for_programs_needs_the_terminal() {
    let text = dotenv(&[broken(Outcome::Failed)]);
    assert!(
        text.starts_with("DEPLOY_STATUS=failed\nDEPLOY_EXIT_CODE=5\n"),
        "{text}"
    );
}
