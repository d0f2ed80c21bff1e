"""Self-checks: the bench's ECS, by a second client."""

import json
import time

from checks import expect, random_name
from cloud import aws, refused


def service(bench, **spec):
    name = random_name("check")
    made = json.loads(bench("ecs-service", "-", input=json.dumps({"cluster": name, "service": "app", "desired": 2, **spec}).encode()))
    return name, made


def goes(bench, name, steps, **rest):
    bench("ecs-scenario", "-", input=json.dumps({"cluster": name, "service": "app", "steps": steps, **rest}).encode())


def found(name):
    return aws("ecs").describe_services(cluster=name, services=["app"])["services"][0]


def primary(name):
    return next(one for one in found(name)["deployments"] if one["status"] == "PRIMARY")


def until(holds):
    end = time.time() + 10
    while not holds():
        expect(time.time() < end, "it does not come true")
        time.sleep(0.05)


def update(name, **parameters):
    return aws("ecs").update_service(cluster=name, service="app", **parameters)["service"]


def check_a_rollout_completes(bench):
    name, made = service(bench)
    expect(primary(name)["rolloutState"] == "COMPLETED" and found(name)["runningCount"] == 2, "before")
    update(name, forceNewDeployment=True)
    expect(primary(name)["id"] != made["deployment_id"] and len(found(name)["deployments"]) == 2, "two deployments")
    until(lambda: primary(name)["rolloutState"] == "COMPLETED")
    ecs = aws("ecs")
    listed = ecs.list_service_deployments(cluster=name, service="app")["serviceDeployments"]
    expect([one["status"] for one in listed] == ["SUCCESSFUL", "SUCCESSFUL"], listed)
    revision = ecs.describe_service_revisions(serviceRevisionArns=[listed[0]["targetServiceRevisionArn"]])["serviceRevisions"][0]
    tasks = ecs.list_tasks(cluster=name, serviceName="app")["taskArns"]
    digests = {one["containers"][0]["imageDigest"] for one in ecs.describe_tasks(cluster=name, tasks=tasks)["tasks"]}
    expect(digests == {revision["containerImages"][0]["imageDigest"]} and len(tasks) == 2, digests)


def check_a_rollback_has_both_shapes(bench):
    for shape in ("old_id", "new_id"):
        name, made = service(bench, breaker="rollback")
        goes(bench, name, [{"at": 0.05, "stopped_task": {"stop_code": "TaskFailedToStart", "reason": "CannotPullContainerError", "count": 3}},
                           {"at": 0.1, "rollback": shape}, {"at": 0.3, "rollback": shape, "done": True}])
        ours = update(name, forceNewDeployment=True)["deployments"][0]["id"]
        until(lambda: primary(name)["id"] != ours and primary(name)["rolloutState"] == "COMPLETED")
        expect((primary(name)["id"] == made["deployment_id"]) == (shape == "old_id"), shape)
        newest = aws("ecs").list_service_deployments(cluster=name, service="app")["serviceDeployments"][0]
        expect(newest["status"] == "ROLLBACK_SUCCESSFUL", newest)


def check_a_hook_waits_and_a_stop_goes_back(bench):
    name, _ = service(bench)
    ecs = aws("ecs")
    for answer in ("continue", "stop"):
        goes(bench, name, [{"at": 0.0, "hook": {"id": "h", "kind": "PAUSE", "status": "AWAITING_ACTION"}}])
        ours = update(name, forceNewDeployment=True)["deployments"][0]["id"]
        arn = ecs.list_service_deployments(cluster=name, service="app")["serviceDeployments"][0]["serviceDeploymentArn"]
        if answer == "continue":
            ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId="h", action="CONTINUE")
            until(lambda: primary(name)["rolloutState"] == "COMPLETED")
            expect(primary(name)["id"] == ours, answer)
        else:
            ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
            until(lambda: primary(name)["id"] != ours and primary(name)["rolloutState"] == "COMPLETED")


def check_what_is_refused(bench):
    name, _ = service(bench, controller="CODE_DEPLOY")
    ecs = aws("ecs")
    expect(refused(ecs.update_service, cluster=name, service="app", forceNewDeployment=True) == "InvalidParameterException", "CodeDeploy")
    expect(refused(ecs.update_service, cluster=name, service="none", forceNewDeployment=True) == "ServiceNotFoundException", "missing")
    expect(ecs.describe_services(cluster=name, services=["none"])["failures"][0]["reason"] == "MISSING", "missing")
    expect(refused(ecs.describe_services, cluster="none", services=["a"]) == "ClusterNotFoundException", "no cluster")
    expect(refused(ecs.describe_services, cluster=name, services=["a"] * 11) == "InvalidParameterException", "eleven")


def check_definitions_keep_every_field(bench):
    name, made = service(bench, definition={"ofTheFuture": {"a": [1]}})
    shown = json.loads(bench("ecs-show", name, "app"))
    expect(shown["definitions"][0]["ofTheFuture"] == {"a": [1]}, shown["definitions"])
    found = aws("ecs").describe_task_definition(taskDefinition=made["task_definition_arn"])["taskDefinition"]
    expect(found["family"] == f"{name}-app" and found["revision"] == 1, found)


def check_a_one_off_task_has_a_token_and_a_log(bench):
    name, made = service(bench, log_group="/check")
    goes(bench, name, [{"at": 0.1, "stopped_task": {"stop_code": "EssentialContainerExited", "exit_code": 3, "log": ["one", "two"]}}], **{"for": "task"})
    ecs = aws("ecs")
    arns = {ecs.run_task(cluster=name, taskDefinition=made["task_definition_arn"], clientToken=name)["tasks"][0]["taskArn"] for _ in range(2)}
    expect(len(arns) == 1, arns)
    arn = arns.pop()
    until(lambda: ecs.describe_tasks(cluster=name, tasks=[arn])["tasks"][0]["lastStatus"] == "STOPPED")
    task = ecs.describe_tasks(cluster=name, tasks=[arn])["tasks"][0]
    expect(task["containers"][0]["exitCode"] == 3, task)
    events = aws("logs").get_log_events(logGroupName="/check", logStreamName=f"p/app/{arn.rpartition('/')[2]}")["events"]
    expect([one["message"] for one in events] == ["one", "two"], events)
    expect(refused(aws("logs").get_log_events, logGroupName="/check", logStreamName="none") == "ResourceNotFoundException", "no stream")


def check_a_fault_comes_after_the_effect(bench):
    name, _ = service(bench)
    rule = [{"match": "UpdateService$", "times": 1, "after": {"status": 500, "body": {"__type": "ServerException", "message": "x"}}}]
    bench("fault", "aws", "-", input=json.dumps(rule).encode())
    try:
        expect(refused(aws("ecs").update_service, cluster=name, service="app", forceNewDeployment=True) == "ServerException", "after")
    finally:
        bench("fault", "aws", "clear")
    expect(len(json.loads(bench("ecs-show", name, "app"))["updates"]) == 1, "it has landed")
