"""The operations of ECS and of CloudWatch Logs, over `ecs_world`. Source of the shapes: the service models that boto3 brings."""

import copy
import time

import ecs_rollout as rollout
from ecs_world import Wrong

PAGE, MOST_SERVICES, MOST_TASKS, MOST_DEPLOYMENTS = 100, 10, 100, 20
SINGLE = {"at": 0.3, "stopped_task": {"stop_code": "EssentialContainerExited", "reason": "Essential container in task exited", "exit_code": 0}}


def page(entries, given, size=PAGE):
    """A page and, where there is more, where to go on."""
    size = min(given.get("maxResults") or size, size)
    start = int(given.get("nextToken") or 0)
    return entries[start:start + size], {"nextToken": str(start + size)} if start + size < len(entries) else {}


class Api:
    """The operations in one account and region."""

    def __init__(self, world):
        self.world = world

    def call(self, name, given):
        operation = getattr(self, f"on_{name}", None)
        if not operation:
            raise Wrong("UnknownOperationException", f"{name} is not known here")
        with self.world.lock:
            self.world.calls.append([round(time.time(), 3), name])
            for service in self.world.services.values():
                rollout.advance(service)
            return operation(given)

    # ---- services -------------------------------------------------------------------------------------------------------

    def on_DescribeServices(self, given):
        names = given.get("services") or []
        if len(names) > MOST_SERVICES:
            raise Wrong("InvalidParameterException", "Services cannot have more than 10 elements.")
        found, failures = [], []
        for name in names:
            service = self.world.find(given.get("cluster"), name, missing=False)
            if service:
                found.append(self.service(service, looked=True))
            else:
                arn = name if name.startswith("arn:") else f"arn:aws:ecs:{self.world.place}:service/{name}"
                failures.append({"arn": arn, "reason": "MISSING"})
        return {"services": found, "failures": failures}

    def service(self, service, looked=False):
        shown = list(service.deployments)
        for one in service.deployments:
            one.looks += looked
        newest = service.deployments[0] if service.deployments else None
        if looked and newest and newest.hidden > 0 and service.before:
            newest.hidden -= 1
            shown = [one for one in shown if one is not newest]
        listed = [self.deployment(service, one) for one in shown]
        if newest and newest not in shown and listed:
            listed[0]["status"] = "PRIMARY"
        primary = shown[0] if shown else None
        breaker = {"enable": service.breaker != "off", "rollback": service.breaker == "rollback"}
        answer = {
            "serviceArn": service.arn, "serviceName": service.name, "status": service.status, "launchType": "FARGATE",
            "clusterArn": f"arn:aws:ecs:{self.world.place}:cluster/{service.cluster}", "desiredCount": service.desired,
            "runningCount": sum(one.running for one in shown), "pendingCount": sum(one.pending for one in shown),
            "taskDefinition": primary.definition if primary else None, "deployments": listed if service.controller == "ECS" else [],
            "events": service.events, "createdAt": service.created, "schedulingStrategy": service.scheduling,
            "deploymentConfiguration": {"deploymentCircuitBreaker": breaker, "maximumPercent": 200, "minimumHealthyPercent": 100,
                                        **({"alarms": {"alarmNames": service.alarms, "enable": True, "rollback": True}} if service.alarms else {})},
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}},
            "somethingOfTheFuture": {"a": [1]}}
        if service.controller != "ECS":
            answer["deploymentController"] = {"type": service.controller}
        if service.has_service_deployments and primary:
            answer["currentServiceDeployment"] = primary.arn
        return answer

    def deployment(self, service, one):
        desired = service.desired if one.status == "PRIMARY" else one.running
        return {"id": one.id, "status": one.status, "taskDefinition": one.definition, "desiredCount": desired, "runningCount": one.running,
                "pendingCount": one.pending, "failedTasks": one.failed, "createdAt": one.created, "updatedAt": time.time(),
                "rolloutState": one.rollout, "rolloutStateReason": one.reason, "launchType": "FARGATE"}

    def on_UpdateService(self, given):
        service = self.world.find(given.get("cluster"), given["service"])
        if service.status != "ACTIVE":
            raise Wrong("ServiceNotActiveException", "Service was not ACTIVE.")
        definition, force, desired = given.get("taskDefinition"), given.get("forceNewDeployment"), given.get("desiredCount")
        if service.controller != "ECS" and (definition or force):
            raise Wrong("InvalidParameterException", f"Unable to update task definition or force a new deployment on services with a {service.controller} deployment controller.")
        if service.scheduling == "DAEMON" and desired is not None:
            raise Wrong("InvalidParameterException", "The daemon scheduling strategy does not support a desired count.")
        found = self.world.definition(definition or service.primary.definition)
        if found["status"] != "ACTIVE":
            raise Wrong("ClientException", "TaskDefinition is inactive")
        service.updates.append({"at": time.time(), "request": copy.deepcopy(given)})
        if desired is not None:
            service.desired = desired
        if force or found["taskDefinitionArn"] != service.primary.definition:
            rollout.begin(service, found, self.world.images(found))
            rollout.advance(service)
        elif desired is not None:
            service.primary.pending = max(0, desired - service.primary.running)
            service.scaling = (time.time() + rollout.SCALING, desired)
        return {"service": self.service(service)}

    def on_DescribeClusters(self, given):
        names = [name.rpartition("/")[2] for name in given.get("clusters") or ["default"]]
        arn = f"arn:aws:ecs:{self.world.place}:cluster/"
        return {"clusters": [{"clusterArn": arn + name, "clusterName": name, "status": "ACTIVE"} for name in names if name in self.world.clusters],
                "failures": [{"arn": arn + name, "reason": "MISSING"} for name in names if name not in self.world.clusters]}

    def on_CreateCluster(self, given):
        self.world.clusters.add(given.get("clusterName", "default"))
        return {"cluster": {"clusterName": given.get("clusterName", "default"), "status": "ACTIVE"}}

    # ---- definitions ----------------------------------------------------------------------------------------------------

    def on_DescribeTaskDefinition(self, given):
        found = copy.deepcopy(self.world.definition(given["taskDefinition"]))
        tags = found.pop("tags", [])
        return {"taskDefinition": found, **({"tags": tags} if "TAGS" in given.get("include", []) else {})}

    def on_RegisterTaskDefinition(self, given):
        made = copy.deepcopy(self.world.register(given))
        return {"taskDefinition": made, "tags": made.pop("tags", [])}

    def on_DeregisterTaskDefinition(self, given):
        found = self.world.definition(given["taskDefinition"])
        found["status"] = "INACTIVE"
        return {"taskDefinition": found}

    def on_ListTaskDefinitions(self, given):
        arns = list(self.world.families.get(given.get("familyPrefix"), []))
        shown, more = page(arns[::-1] if given.get("sort") == "DESC" else arns, given)
        return {"taskDefinitionArns": shown, **more}

    # ---- tasks ----------------------------------------------------------------------------------------------------------

    def tasks(self):
        yield from (task for service in self.world.services.values() for task in service.tasks)
        for entry in self.world.one_off.values():
            rollout.advance_task(self.world, entry)
            yield entry["task"]

    def on_ListTasks(self, given):
        cluster = f"cluster/{(given.get('cluster') or 'default').rpartition('/')[2]}"
        if "startedBy" in given and {"serviceName", "family"} & set(given):
            raise Wrong("InvalidParameterException", "startedBy must be the only filter")
        wanted = {"desiredStatus": given.get("desiredStatus", "RUNNING"), "startedBy": given.get("startedBy"),
                  "group": f"service:{given['serviceName'].rpartition('/')[2]}" if "serviceName" in given else None}
        if "serviceName" in given:
            self.world.find(given.get("cluster"), given["serviceName"])
        found = [task["taskArn"] for task in self.tasks() if task["clusterArn"].endswith(cluster)
                 and all(value is None or task[key] == value for key, value in wanted.items())]
        shown, more = page(found, given)
        return {"taskArns": shown, **more}

    def on_DescribeTasks(self, given):
        names = given.get("tasks") or []
        if len(names) > MOST_TASKS:
            raise Wrong("InvalidParameterException", "Tasks cannot have more than 100 elements.")
        known = {task["taskArn"]: task for task in self.tasks()}
        found = [copy.deepcopy(known[name]) for name in names if name in known]
        return {"tasks": found, "failures": [{"arn": name, "reason": "MISSING"} for name in names if name not in known]}

    def on_RunTask(self, given):
        token = given.get("clientToken")
        if token in self.world.tokens:
            return {"tasks": [self.world.one_off[self.world.tokens[token]]["task"]], "failures": []}
        definition = self.world.definition(given["taskDefinition"])
        cluster = (given.get("cluster") or "default").rpartition("/")[2]
        task = self.world.task(cluster, definition, self.world.images(definition), given.get("startedBy", ""), f"family:{definition['family']}")
        task.update(lastStatus="PENDING", overrides=given.get("overrides", {}))
        steps = next((found for service in self.world.services.values() if service.cluster == cluster
                      for found in [rollout.scenario(service.task_scenarios)] if found), None)
        self.world.one_off[task["taskArn"]] = {"task": task, "began": time.time(), "steps": copy.deepcopy(steps or [SINGLE]), "request": given}
        if token:
            self.world.tokens[token] = task["taskArn"]
        return {"tasks": [task], "failures": []}

    def on_StopTask(self, given):
        entry = self.world.one_off.get(given["task"])
        if not entry:
            raise Wrong("InvalidParameterException", "The referenced task was not found.")
        self.world.stop(entry["task"], "UserInitiated", given.get("reason", ""))
        return {"task": entry["task"]}

    # ---- service deployments --------------------------------------------------------------------------------------------

    def kept(self, service):
        if not service.has_service_deployments:
            raise Wrong("UnsupportedFeatureException", "Service deployments are not supported for this service.")
        return service.kept

    def on_ListServiceDeployments(self, given):
        service = self.world.find(given.get("cluster"), given["service"])
        after = (given.get("createdAt") or {}).get("after", 0)
        found = [{"serviceDeploymentArn": one.arn, "serviceArn": service.arn, "status": one.sd["status"], "createdAt": one.created,
                  "startedAt": one.created, "targetServiceRevisionArn": one.revision}
                 for one in self.kept(service) if one.created >= after and one.hidden <= 0]
        shown, more = page(found, given)
        return {"serviceDeployments": shown, **more}

    def found(self, arn):
        for service in self.world.services.values():
            for one in service.kept:
                if arn in (one.arn, one.revision):
                    self.kept(service)
                    return service, one
        return None, None

    def on_DescribeServiceDeployments(self, given):
        arns = given["serviceDeploymentArns"]
        if len(arns) > MOST_DEPLOYMENTS:
            raise Wrong("InvalidParameterException", "at most 20 service deployments")
        found = [self.service_deployment(*self.found(arn)) for arn in arns if self.found(arn)[1]]
        return {"serviceDeployments": found, "failures": []}

    def service_deployment(self, service, one):
        sd = one.sd
        answer = {"serviceDeploymentArn": one.arn, "serviceArn": service.arn, "createdAt": one.created, "startedAt": one.created,
                  "clusterArn": f"arn:aws:ecs:{self.world.place}:cluster/{service.cluster}", "updatedAt": time.time(), "status": sd["status"],
                  "targetServiceRevision": {"arn": one.revision, "requestedTaskCount": service.desired, "runningTaskCount": one.running,
                                            "pendingTaskCount": one.pending},
                  "deploymentCircuitBreaker": {"status": sd["breaker"]["status"], "failureCount": sd["breaker"]["failures"],
                                               "threshold": sd["breaker"]["threshold"]},
                  "alarms": {"status": "TRIGGERED" if sd["triggered"] else "MONITORING", "alarmNames": service.alarms,
                             "triggeredAlarmNames": sd["triggered"]},
                  "lifecycleStage": sd["lifecycle"],
                  "lifecycleHookDetails": [{"hookId": hook["id"], "targetType": hook.get("kind", "PAUSE"), "status": hook["status"],
                                            "expiresAt": time.time() + 86400, "timeoutAction": "ROLLBACK"} for hook in sd["hooks"]]}
        optional = {"statusReason": sd["reason"], "finishedAt": sd["finished"], "rollback": sd["rollback"]}
        return {**answer, **{key: value for key, value in optional.items() if value is not None}}

    def on_DescribeServiceRevisions(self, given):
        found = []
        for arn in given["serviceRevisionArns"]:
            service, one = self.found(arn)
            if one:
                images = self.world.definitions[one.definition]["containerDefinitions"]
                found.append({"serviceRevisionArn": one.revision, "serviceArn": service.arn, "taskDefinition": one.definition,
                              "createdAt": one.created, "containerImages": [
                                  {"containerName": image["name"], "image": image["image"], "imageDigest": one.images[image["name"]]} for image in images]})
        return {"serviceRevisions": found, "failures": []}

    def deployment_named(self, given):
        service, one = self.found(given["serviceDeploymentArn"])
        if not one:
            raise Wrong("ServiceDeploymentNotFoundException", "The service deployment was not found.")
        return service, one

    def on_StopServiceDeployment(self, given):
        _, one = self.deployment_named(given)
        if one.sd["finished"]:
            raise Wrong("ConflictException", "The service deployment is over.")
        rollout.stop(one)
        return {"serviceDeploymentArn": one.arn}

    def on_ContinueServiceDeployment(self, given):
        service, one = self.deployment_named(given)
        if not any(hook["id"] == given.get("hookId") for hook in one.sd["hooks"]):
            raise Wrong("InvalidParameterException", "no such hook waits")
        rollout.answered(service, one, given.get("action"))
        return {"serviceDeploymentArn": one.arn}

    # ---- logs -----------------------------------------------------------------------------------------------------------

    def on_GetLogEvents(self, given):
        lines = self.world.logs.get((given["logGroupName"], given["logStreamName"]))
        if lines is None:
            raise Wrong("ResourceNotFoundException", "The specified log stream does not exist.")
        shown = lines[-(given.get("limit") or 10000):]
        return {"events": [{"timestamp": 0, "message": line, "ingestionTime": 0} for line in shown], "nextForwardToken": "f/0"}
