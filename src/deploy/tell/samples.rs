//! Results as the tests of this room need them.

use crate::deploy::end::Outcome;
use crate::deploy::request::Target;
use crate::deploy::result::{
    Deployed, Moment, Phase, RolledBack, StoppedTask, SupersededBy, Verified,
};
use crate::rollout::{At, Event, StopCode};

pub(super) const OUTCOMES: [Outcome; 22] = [
    Outcome::Ok,
    Outcome::NoChange,
    Outcome::Started,
    Outcome::Planned,
    Outcome::NotRunning,
    Outcome::Failed,
    Outcome::RolledBack,
    Outcome::RollbackFailed,
    Outcome::Superseded,
    Outcome::TimedOut,
    Outcome::Mismatch,
    Outcome::Stopped,
    Outcome::Paused,
    Outcome::Unavailable,
    Outcome::TaskFailed,
    Outcome::Lost,
    Outcome::Cancelled,
    Outcome::Precondition,
    Outcome::Denied,
    Outcome::Refused,
    Outcome::Usage,
    Outcome::Internal,
];

pub(super) fn digest(of: &str) -> String {
    format!("sha256:{}", of.repeat(64 / of.len()))
}

fn definition(revision: u32) -> String {
    format!("arn:aws:ecs:eu-west-1:123456789012:task-definition/app:{revision}")
}

/// What a person reads after the end: the block, then the error as `output` shows it.
pub(super) fn block(deployed: &Deployed) -> String {
    let mut text = super::diagnosis(deployed).unwrap_or_default();
    let Some(error) = super::failure(std::slice::from_ref(deployed)) else {
        return text;
    };
    text.push_str(&format!("error: {}\n", error.message()));
    for cause in error.causes() {
        text.push_str(&format!("  caused by: {cause}\n"));
    }
    for hint in error.hints() {
        text.push_str(&format!("hint: {hint}\n"));
    }
    text
}

/// Ended well after 95 seconds, with two tasks.
pub(super) fn done(verb: &str) -> Deployed {
    let arn = "arn:aws:ecs:eu-west-1:123456789012:service/prod/app";
    let target = Target::Ecs(arn.parse().unwrap());
    let mut done = Deployed {
        strategy: Some("pin".to_owned()),
        image: Some(format!("r.example/app:1@{}", digest("ab12"))),
        container: Some("app".to_owned()),
        deployment_id: Some("ecs-svc/7".to_owned()),
        service_deployment_arn: Some(arn.replace(":service/", ":service-deployment/") + "/7"),
        task_definition_before: Some(definition(41)),
        task_definition_after: Some(definition(42)),
        desired: 2,
        running: 2,
        digests_expected: vec![digest("ab12")],
        digests_observed: vec![digest("ab12")],
        verified: Verified::Yes,
        phases: [
            ("preflight", 0, 1_000),
            ("start", 1_000, 500),
            ("rolling", 1_500, 88_500),
            ("verifying", 90_000, 5_000),
        ]
        .map(|(name, began_ms, took_ms)| Phase {
            name: name.to_owned(),
            began_ms,
            took_ms,
        })
        .to_vec(),
        took_ms: 95_000,
        began_at: At(1_795_708_923_000),
        calls: 21,
        events: vec![Event {
            id: "1".to_owned(),
            at: At(1_795_708_935_000),
            message: "(service app) has started 2 tasks: (task 1) (task 2).".to_owned(),
        }],
        url: Some("https://app.example".to_owned()),
        timeline: [
            (1_500, "rolling", 0, 0, 2),
            (14_000, "rolling", 0, 2, 2),
            (50_000, "rolling", 2, 0, 2),
            (90_000, "verifying", 2, 0, 0),
        ]
        .map(|(after_ms, state, running, pending, others)| Moment {
            after_ms,
            state: state.to_owned(),
            running,
            pending,
            failed: 0,
            desired: 2,
            others,
        })
        .to_vec(),
        ..Deployed::of(verb, &target)
    };
    done.end(Outcome::Ok);
    done
}

fn stopped(task: &str) -> StoppedTask {
    StoppedTask {
        task: task.to_owned(),
        container: Some("app".to_owned()),
        stop_code: Some(StopCode::EssentialContainerExited),
        reason: "Essential container in task exited".to_owned(),
        exit_code: Some(1),
        log: vec![
            "section_start:1:x\r\u{1b}[0Kno section".to_owned(),
            "panic: no database".to_owned(),
        ],
    }
}

/// A deployment of which three tasks stopped, two of them the same way.
pub(super) fn broken(outcome: Outcome) -> Deployed {
    let mut broken = done("deploy");
    broken.running = 0;
    broken.verified = Verified::NotAsked;
    broken.digests_observed.clear();
    broken.stopped_tasks = vec![
        stopped("1a"),
        stopped("2b"),
        StoppedTask {
            task: "3c".to_owned(),
            container: None,
            stop_code: Some(StopCode::TaskFailedToStart),
            reason: "CannotPullContainerError: manifest unknown".to_owned(),
            exit_code: None,
            log: Vec::new(),
        },
    ];
    broken.timeline.truncate(1);
    broken.timeline.push(Moment {
        after_ms: 60_000,
        state: "rolling".to_owned(),
        failed: 3,
        desired: 2,
        others: 2,
        ..Moment::default()
    });
    broken.alarms = vec!["app-5xx".to_owned()];
    broken.reason = Some("three tasks in a row did not come up".to_owned());
    broken.end(outcome);
    broken
}

/// Without a word about tasks: what each end alone has to say.
pub(super) fn ended(outcome: Outcome) -> Deployed {
    let mut ended = done("deploy");
    ended.events.clear();
    match outcome {
        Outcome::NotRunning => {
            ended.timeline.clear();
            (ended.desired, ended.running, ended.verified) = (0, 0, Verified::NotAsked)
        }
        Outcome::RolledBack | Outcome::RollbackFailed => {
            ended.rollback = Some(RolledBack {
                reason: "ECS deployment circuit breaker: tasks failed to start.".to_owned(),
                to: Some(definition(41)),
                ours: false,
            });
        }
        Outcome::Superseded => {
            ended.superseded_by = Some(SupersededBy {
                deployment_id: "ecs-svc/8".to_owned(),
                task_definition: definition(43),
                digest: Some(digest("cd34")),
            });
        }
        Outcome::Mismatch => {
            ended.verified = Verified::No;
            ended.digests_observed = vec![digest("cd34")];
        }
        Outcome::TaskFailed => {
            ended.verb = "run-task".to_owned();
            ended.container_exit_code = Some(3);
            ended.log = vec!["migration 12 failed".to_owned()];
        }
        Outcome::Precondition | Outcome::Denied | Outcome::Refused | Outcome::Usage => {
            ended.deployment_id = None;
            ended.timeline.clear();
            ended.digests_observed.clear();
            ended.reason = Some("the reason of this one".to_owned());
            ended.hints = vec!["what to do about it".to_owned()];
        }
        Outcome::Ok
        | Outcome::NoChange
        | Outcome::Started
        | Outcome::Planned
        | Outcome::Failed
        | Outcome::TimedOut
        | Outcome::Stopped
        | Outcome::Paused
        | Outcome::Unavailable
        | Outcome::Lost
        | Outcome::Cancelled
        | Outcome::Internal => {}
    }
    ended.end(outcome);
    ended
}
