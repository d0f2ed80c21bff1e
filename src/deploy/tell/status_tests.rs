//! What runs now, for people and programs.

use super::samples::digest;
use super::{services, status, status_changes};
use crate::deploy::status::{Status, StatusContainer, StatusDeployment, StatusTask};
use crate::rollout::{At, Event, Health};

fn running() -> Status {
    Status {
        target: "prod/app".to_owned(),
        service_arn: "arn:aws:ecs:eu-west-1:123456789012:service/prod/app".to_owned(),
        at: At(1_795_708_923_000),
        state: "active".to_owned(),
        desired: 1,
        running: 1,
        pending: 0,
        task_definition: "arn:aws:ecs:eu-west-1:123456789012:task-definition/app:42".to_owned(),
        deployments: vec![StatusDeployment {
            id: "ecs-svc/7".to_owned(),
            status: "primary".to_owned(),
            rollout: Some("completed".to_owned()),
            task_definition: "arn:aws:ecs:eu-west-1:123456789012:task-definition/app:42".to_owned(),
            desired: 1,
            running: 1,
            created_at: At(1_795_708_800_000),
            ..StatusDeployment::default()
        }],
        tasks: vec![StatusTask {
            task: "1a".to_owned(),
            status: "RUNNING".to_owned(),
            health: Health::Healthy,
            deployment_id: "ecs-svc/7".to_owned(),
            containers: vec![StatusContainer {
                name: "app".to_owned(),
                image: "r.example/app:1".to_owned(),
                digest: Some(digest("ab12")),
            }],
            started_at: Some(At(1_795_708_850_000)),
        }],
        digests: vec![digest("ab12")],
        events: vec![Event {
            id: "1".to_owned(),
            at: At(1_795_708_900_000),
            message: "(service app) has reached a steady state.".to_owned(),
        }],
        url: Some("https://app.example".to_owned()),
        notes: Vec::new(),
    }
}

#[test]
fn a_status_is_an_object_for_programs_and_a_page_for_people() {
    insta::assert_snapshot!(format!("{:#}", services(&[running()])), @r#"
    {
      "at": "2026-11-26T16:02:03Z",
      "busy": false,
      "deployments": [
        {
          "created_at": "2026-11-26T16:00:00Z",
          "desired": 1,
          "failed_tasks": 0,
          "id": "ecs-svc/7",
          "pending": 0,
          "reason": null,
          "rollout": "completed",
          "running": 1,
          "status": "primary",
          "task_definition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/app:42"
        }
      ],
      "desired": 1,
      "digests": [
        "sha256:ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12"
      ],
      "events": [
        {
          "at": "2026-11-26T16:01:40Z",
          "id": "1",
          "message": "(service app) has reached a steady state."
        }
      ],
      "notes": [],
      "pending": 0,
      "running": 1,
      "schema": "baws-ci/service/1",
      "service_arn": "arn:aws:ecs:eu-west-1:123456789012:service/prod/app",
      "state": "active",
      "target": "prod/app",
      "task_definition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/app:42",
      "tasks": [
        {
          "containers": [
            {
              "digest": "sha256:ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12",
              "image": "r.example/app:1",
              "name": "app"
            }
          ],
          "deployment_id": "ecs-svc/7",
          "health": "healthy",
          "started_at": "2026-11-26T16:00:50Z",
          "status": "RUNNING",
          "task": "1a"
        }
      ],
      "url": "https://app.example"
    }
    "#);
    insta::assert_snapshot!(status(&running()), @r"
    prod/app: 1 of 1 task runs
      task definition  app:42
      digest           sha256:ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12
      URL              https://app.example

    deployments
      id         status   rollout    tasks   task definition
      ecs-svc/7  primary  completed  1 of 1  app:42

    tasks
      task  status   health   container  digest
      1a    RUNNING  healthy  app        sha256:ab12ab12ab12…

    events
      2026-11-26T16:01:40Z | (service app) has reached a steady state.
    ");
    assert_eq!(
        services(&[running(), running()])["services"][1]["schema"],
        "baws-ci/service/1"
    );
}

#[test]
fn watching_tells_only_what_changed() {
    let before = running();
    assert!(status_changes(&before, &before).is_empty());
    let mut after = running();
    after.running = 0;
    after.pending = 1;
    after.deployments[0].status = "active".to_owned();
    let mut newer = before.deployments[0].clone();
    newer.id = "ecs-svc/8".to_owned();
    newer.rollout = Some("in_progress".to_owned());
    newer.running = 0;
    newer.failed_tasks = 1;
    after.deployments.insert(0, newer);
    after.digests.clear();
    after.events.push(Event {
        id: "2".to_owned(),
        at: At(0),
        message: "\u{1b}[31m(service app) has started 1 tasks".to_owned(),
    });
    insta::assert_snapshot!(status_changes(&before, &after).join("\n"), @r"
    0 of 1 task run, 1 starting, a deployment is under way
    new deployment ecs-svc/8 (primary): in progress, 0 of 1 task run, 1 failed, app:42
    deployment ecs-svc/7 (active): completed, 1 of 1 task runs
    no digest is told any more
    event: [31m(service app) has started 1 tasks
    ");
    insta::assert_snapshot!(status_changes(&after, &before).join("\n"), @r"
    1 of 1 task runs
    deployment ecs-svc/7 (primary): completed, 1 of 1 task runs
    deployment ecs-svc/8 is gone
    runs sha256:ab12ab12ab12…
    ");
}

#[test]
fn a_status_of_which_little_is_known_still_reads() {
    let bare = Status {
        target: "local/app".to_owned(),
        state: "inactive".to_owned(),
        notes: vec!["tasks could not be read".to_owned()],
        ..Status::default()
    };
    insta::assert_snapshot!(status(&bare), @r"
    local/app: 0 of 0 tasks run, service is inactive
    note: tasks could not be read
    ");
}
