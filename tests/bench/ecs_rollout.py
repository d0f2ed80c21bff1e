"""How rollouts go: each deployment by the steps of its scenario, without one as a healthy one. The README has the steps.

Nothing runs by itself: before anything is looked at, the steps that are due by then are taken. Time counts from the update.
"""

import time

from ecs_world import Deployment, made_up

HEALTHY = [{"at": 0.1, "tasks": {"pending": None}}, {"at": 0.25, "tasks": {"running": None}}, {"at": 0.5, "complete": True}]
SCALING = 0.2


def begin(service, definition, images, steps=None):
    """A new deployment of the service; what was under way before it is stopped."""
    if steps is None:
        steps = scenario(service.scenarios) or HEALTHY
    deployment = Deployment(service, definition["taskDefinitionArn"], images, steps)
    service.before = service.primary
    for other in service.deployments:
        other.status, other.steps = "ACTIVE", []
        if other.sd["status"] == "IN_PROGRESS":
            other.ends("STOPPED", "Stopped because a newer deployment began." if other.sd["hooks"] else None)
    service.deployments.insert(0, deployment)
    service.kept.insert(0, deployment)
    if service.desired == 0:
        complete(service, deployment)
    return deployment


def scenario(scenarios):
    """The steps for the update that comes now."""
    for one in list(scenarios):
        turn = one.get("for", "next")
        if turn == "all":
            return one["steps"]
        one["for"] = 1 if turn == "next" else turn
        one["for"] -= 1
        if one["for"] <= 0:
            scenarios.remove(one)
            return one["steps"]
    return None


def advance(service):
    """Takes all steps that are due."""
    if service.scaling and time.time() >= service.scaling[0]:
        count, service.scaling = service.scaling[1], None
        service.keep(service.primary, count)
        service.primary.pending = 0
    for deployment in list(service.kept):
        while deployment.steps and due(deployment) and not service.deleted:
            take(service, deployment, deployment.steps.pop(0))


def due(deployment):
    step = deployment.steps[0]
    if deployment.waits:
        return False
    if "look" in step:
        return deployment.looks >= step["look"]
    return time.time() - deployment.created >= step.get("at", 0)


def take(service, deployment, step):
    world, sd = service.world, deployment.sd
    if "lag" in step:
        deployment.hidden = step["lag"]
    if "desired" in step:
        service.desired = step["desired"]
    if "digests" in step:
        deployment.digests = step["digests"]
    if "tasks" in step:
        counts = step["tasks"]
        deployment.pending = service.desired if counts.get("pending", 0) is None else counts.get("pending", 0)
        service.keep(deployment, service.desired if counts.get("running", 0) is None else counts.get("running", 0))
    if "others" in step:
        left = step["others"]
        for other in service.deployments:
            if other is not deployment:
                count = min(left, other.running)
                service.keep(other, count)
                left -= count
    if "stopped_task" in step:
        stopped(service, deployment, step["stopped_task"])
    if "event" in step:
        service.say(step["event"])
    if "rollout" in step:
        deployment.rollout = step["rollout"]
    if "rollout_reason" in step:
        deployment.reason = step["rollout_reason"]
    if "breaker" in step:
        sd["breaker"].update(step["breaker"])
    if "alarm" in step:
        sd["triggered"] = step["alarm"]
    if "lifecycle" in step:
        sd["lifecycle"] = step["lifecycle"]
    if "hook" in step:
        sd["hooks"] = [step["hook"]] if step["hook"] else []
        deployment.waits = "hook" if step["hook"] else None
    if "sd_status" in step:
        sd.update(status=step["sd_status"], reason=step.get("sd_reason", sd["reason"]))
        if step["sd_status"] in ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"):
            sd["finished"] = time.time()
    if "rollback" in step:
        roll_back(service, deployment, step["rollback"], step.get("sd_reason") or step.get("rollout_reason"), step.get("done", False))
    if "superseded" in step:
        supersede(service, deployment, step["superseded"])
    if "service_status" in step:
        service.status = step["service_status"]
    if step.get("delete"):
        service.deleted = True
    if step.get("wait_for_stop"):
        deployment.waits = "stop"
    if step.get("complete"):
        complete(service, deployment)
    world.services[service.arn] = service


def stopped(service, deployment, what):
    for _ in range(what.get("count", 1)):
        task = service.task(deployment)
        service.tasks.append(task)
        deployment.failed += 1
        deployment.sd["breaker"]["failures"] += 1
        service.world.stop(task, what["stop_code"], what.get("reason", ""), what.get("container"), what.get("exit_code"),
                           what.get("container_reason"), what.get("log", ()))


def complete(service, deployment):
    service.keep(deployment, service.desired)
    deployment.pending, deployment.rollout, deployment.reason = 0, "COMPLETED", f"ECS deployment {deployment.id} completed."
    deployment.status = "PRIMARY"
    for other in service.deployments:
        if other is not deployment:
            service.keep(other, 0)
    service.deployments = [deployment]
    deployment.sd["hooks"] = []
    if deployment.sd["status"] in ("IN_PROGRESS", "PENDING"):
        deployment.ends("SUCCESSFUL")
    service.say(f"(service {service.name}) has reached a steady state.")


def roll_back(service, deployment, shape, reason, done):
    """`old_id`: the old deployment is PRIMARY again. `new_id`: a new one goes back, and says so."""
    before = service.before
    breaker = "ECS deployment circuit breaker"
    if deployment.status == "PRIMARY":
        deployment.status, deployment.rollout = "ACTIVE", "FAILED"
        deployment.reason = f"{breaker}: tasks failed to start."
        if shape == "new_id":
            back = Deployment(service, before.definition, before.images, [])
            back.reason = f"{breaker}: rolling back to deploymentId {before.id}."
            service.keep(back, before.running)
            service.keep(before, 0)
        else:
            back = before
            back.status, back.rollout, back.reason = "PRIMARY", "IN_PROGRESS", f"{breaker}: rolling back to deploymentId {before.id}."
        service.deployments = [back, deployment]
        deployment.sd["rollback"] = {"reason": reason or "Circuit breaker threshold exceeded", "startedAt": time.time(),
                                     "serviceRevisionArn": before.revision}
        if deployment.sd["status"] == "IN_PROGRESS":
            deployment.sd["status"] = "ROLLBACK_IN_PROGRESS"
    if done:
        back = service.primary
        service.keep(deployment, 0)
        service.keep(back, service.desired)
        back.rollout = "COMPLETED"
        service.deployments = [back]
        if deployment.sd["status"] == "ROLLBACK_IN_PROGRESS":
            deployment.ends("ROLLBACK_SUCCESSFUL", reason)


def supersede(service, deployment, what):
    """Somebody else deploys."""
    definition = service.world.definition(what.get("definition") or deployment.definition)
    images = service.world.images(definition, what.get("image_digest") or made_up("somebody else's"))
    running = deployment.running
    begin(service, definition, images, HEALTHY)
    deployment.running = running


def stop(deployment):
    """StopServiceDeployment with ROLLBACK."""
    now = time.time() - deployment.created
    deployment.waits = None
    deployment.sd["status"] = "ROLLBACK_REQUESTED"
    deployment.steps = [{"at": now + 0.1, "sd_status": "ROLLBACK_IN_PROGRESS", "rollback": "old_id", "sd_reason": "Rolled back on request"},
                        {"at": now + 0.4, "sd_status": "ROLLBACK_SUCCESSFUL", "rollback": "old_id", "done": True}]


def answered(service, deployment, action):
    """ContinueServiceDeployment."""
    deployment.waits, deployment.sd["hooks"] = None, []
    if action == "ROLLBACK":
        return stop(deployment)
    if not deployment.steps:
        deployment.steps = [{"at": time.time() - deployment.created + 0.2, "complete": True}]


def advance_task(world, entry):
    """A one-off task, by its own steps."""
    task, began, steps = entry["task"], entry["began"], entry["steps"]
    while steps and time.time() - began >= steps[0].get("at", 0):
        step = steps.pop(0)
        if step.get("tasks", {}).get("running"):
            task["lastStatus"] = "RUNNING"
        if "stopped_task" in step:
            what = step["stopped_task"]
            world.stop(task, what["stop_code"], what.get("reason", ""), what.get("container"), what.get("exit_code"),
                       what.get("container_reason"), what.get("log", ()))
