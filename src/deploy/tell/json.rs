//! Results for programs. The keys are a promise: they may become more, and none changes its meaning within its schema.

use serde_json::{Map, Value, json};

use super::{several, words};
use crate::deploy::result::{Deployed, Verified};
use crate::deploy::status::Status;
use crate::rollout::{At, Event, Health};

/// `baws-ci/deployment/1` for one, `baws-ci/deployments/1` for several.
pub(crate) fn deployments(all: &[Deployed]) -> Value {
    match all {
        [one] => deployment(one),
        _ => json!({
            "schema": "baws-ci/deployments/1",
            "outcome": several::worst(all).map(|one| words::outcome(one.outcome)),
            "exit_code": several::exit_code(all),
            "services": all.iter().map(deployment).collect::<Vec<_>>(),
        }),
    }
}

/// `baws-ci/service/1` for one, `baws-ci/services/1` for several.
pub(crate) fn services(all: &[Status]) -> Value {
    match all {
        [one] => service(one),
        _ => json!({
            "schema": "baws-ci/services/1",
            "services": all.iter().map(service).collect::<Vec<_>>(),
        }),
    }
}

fn deployment(one: &Deployed) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("schema", json!("baws-ci/deployment/1"));
    put("outcome", json!(words::outcome(one.outcome)));
    put("exit_code", json!(one.exit_code));
    put("reason", json!(one.reason));
    put("verb", json!(one.verb));
    put("target", json!(one.target));
    put("cluster", json!(one.cluster));
    put("service", json!(one.service));
    put("service_arn", json!(text(&one.service_arn)));
    put("strategy", json!(one.strategy));
    put("image", json!(one.image));
    put("container", json!(one.container));
    put("deployment_id", json!(one.deployment_id));
    put("service_deployment_arn", json!(one.service_deployment_arn));
    put("task_definition_before", json!(one.task_definition_before));
    put("task_definition_after", json!(one.task_definition_after));
    put("desired", json!(one.desired));
    put("running", json!(one.running));
    put("digests_expected", json!(one.digests_expected));
    put("digests_observed", json!(one.digests_observed));
    put("verified", json!(verified(one.verified)));
    put("adopted", json!(one.adopted));
    put("followed", json!(one.followed));
    put("began_at", json!(words::utc(one.began_at)));
    put("took_ms", json!(one.took_ms));
    put("durations_ms", durations(one));
    put("calls", json!(one.calls));
    put("superseded_by", json!(one.superseded_by.as_ref().map(|by| json!({
        "deployment_id": by.deployment_id, "task_definition": by.task_definition, "digest": by.digest,
    }))));
    put("rollback", json!(one.rollback.as_ref().map(|back| json!({
        "reason": back.reason, "to": back.to, "by": match back.ours { true => "baws-ci", false => "ecs" },
    }))));
    put("stopped_tasks", stopped_tasks(one));
    put("events", events(&one.events));
    put("alarms", json!(one.alarms));
    put("hints", json!(one.hints));
    put("container_exit_code", json!(one.container_exit_code));
    put("log", json!(one.log));
    put("url", json!(one.url));
    put("timeline", one.timeline.iter().map(|moment| json!({
        "after_ms": moment.after_ms, "state": moment.state, "running": moment.running, "pending": moment.pending,
        "failed": moment.failed, "desired": moment.desired, "others": moment.others,
    })).collect());
    put("notes", json!(one.notes));
    Value::Object(object)
}

/// A phase that came more than once is summed.
fn durations(one: &Deployed) -> Value {
    let mut sums = Map::new();
    for phase in &one.phases {
        let before = sums.get(&phase.name).and_then(Value::as_u64).unwrap_or(0);
        sums.insert(
            phase.name.clone(),
            json!(before.saturating_add(phase.took_ms)),
        );
    }
    Value::Object(sums)
}

fn stopped_tasks(one: &Deployed) -> Value {
    let tasks = one.stopped_tasks.iter().map(|task| {
        let reason =
            super::reason::classify(task.stop_code.as_ref(), &[&task.reason], task.exit_code);
        json!({
            "task": task.task,
            "container": task.container,
            "stop_code": task.stop_code.as_ref().map(words::stop_code),
            "reason": task.reason,
            "meaning": reason.plain,
            "exit_code": task.exit_code,
            "log": task.log,
        })
    });
    tasks.collect()
}

fn service(one: &Status) -> Value {
    json!({
        "schema": "baws-ci/service/1",
        "target": one.target,
        "service_arn": text(&one.service_arn),
        "at": words::utc(one.at),
        "state": one.state,
        "busy": one.is_busy(),
        "desired": one.desired,
        "running": one.running,
        "pending": one.pending,
        "task_definition": text(&one.task_definition),
        "digests": one.digests,
        "deployments": one.deployments.iter().map(|deployment| json!({
            "id": deployment.id,
            "status": deployment.status,
            "rollout": deployment.rollout,
            "reason": text(&deployment.reason),
            "task_definition": deployment.task_definition,
            "desired": deployment.desired,
            "running": deployment.running,
            "pending": deployment.pending,
            "failed_tasks": deployment.failed_tasks,
            "created_at": words::utc(deployment.created_at),
        })).collect::<Vec<_>>(),
        "tasks": one.tasks.iter().map(|task| json!({
            "task": task.task,
            "status": task.status,
            "health": health(task.health),
            "deployment_id": text(&task.deployment_id),
            "started_at": task.started_at.and_then(words::utc),
            "containers": task.containers.iter().map(|container| json!({
                "name": container.name, "image": container.image, "digest": container.digest,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "events": events(&one.events),
        "url": one.url,
        "notes": one.notes,
    })
}

fn events(all: &[Event]) -> Value {
    let at = |at: At| words::utc(at);
    all.iter()
        .map(|event| json!({"at": at(event.at), "id": event.id, "message": event.message}))
        .collect()
}

/// What is not known is `null`, never an empty text.
fn text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn verified(verified: Verified) -> &'static str {
    match verified {
        Verified::Yes => "yes",
        Verified::No => "no",
        Verified::Unknown => "unknown",
        Verified::NotAsked => "not_asked",
    }
}

pub(super) fn health(health: Health) -> &'static str {
    match health {
        Health::Healthy => "healthy",
        Health::Unhealthy => "unhealthy",
        Health::Unknown => "unknown",
    }
}
