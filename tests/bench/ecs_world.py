"""What the bench's ECS holds: services, their deployments and tasks, task definitions, and lines of logs. Nothing moves here
but by `ecs_rollout`, which is asked before anything is looked at."""

import copy
import hashlib
import json
import random
import re
import secrets
import threading
import time

IMAGE = re.compile(r"(?:(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/)?([^@:]+)(?::([^@]+))?(?:@(sha256:[0-9a-f]+))?")
MOST_EVENTS = 100


class Wrong(Exception):
    """The call is answered with an error."""

    def __init__(self, code, message, status=400):
        super().__init__(message)
        self.code, self.status = code, status


def number():
    return str(random.randint(10 ** 18, 10 ** 19 - 1))


def made_up(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


class Deployment:
    """One rollout, in both of its shapes: an entry of the service's list, and a service deployment."""

    def __init__(self, service, definition, images, steps):
        self.number, self.created = number(), time.time()
        self.id, self.definition, self.images, self.steps = f"ecs-svc/{self.number}", definition, images, list(steps)
        self.status, self.rollout, self.reason = "PRIMARY", "IN_PROGRESS", f"ECS deployment {self.id} in progress."
        self.pending = self.running = self.failed = self.looks = self.hidden = 0
        self.digests, self.waits = None, None
        place = f"{service.world.place}:"
        self.revision = f"arn:aws:ecs:{place}service-revision/{service.cluster}/{service.name}/{self.number}"
        self.arn = f"arn:aws:ecs:{place}service-deployment/{service.cluster}/{service.name}/{secrets.token_hex(11)}"
        self.sd = {"status": "IN_PROGRESS", "reason": None, "rollback": None, "hooks": [], "triggered": [], "lifecycle": "SCALE_UP",
                   "breaker": {"status": "MONITORING" if service.breaker != "off" else "DISABLED", "failures": 0, "threshold": 3},
                   "finished": None, "stopped": None}

    def ends(self, status, reason=None):
        self.sd.update(status=status, reason=reason, finished=time.time())


class Service:
    def __init__(self, world, spec):
        self.world, self.cluster, self.name = world, spec["cluster"], spec["service"]
        self.arn = f"arn:aws:ecs:{world.place}:service/{self.cluster}/{self.name}"
        self.status, self.desired = spec.get("status", "ACTIVE"), spec.get("desired", 1)
        self.breaker, self.controller = spec.get("breaker", "off"), spec.get("controller", "ECS")
        self.scheduling, self.alarms = spec.get("scheduling", "REPLICA"), spec.get("alarms", [])
        self.has_service_deployments = spec.get("service_deployments", True)
        self.kept, self.deployments, self.events, self.tasks = [], [], [], []
        self.scenarios, self.task_scenarios, self.updates = [], [], []
        self.scaling, self.deleted, self.before = None, False, None
        self.created = time.time()

    @property
    def primary(self):
        return next((one for one in self.deployments if one.status == "PRIMARY"), None)

    def say(self, text):
        self.events.insert(0, {"id": secrets.token_hex(16), "createdAt": time.time(), "message": text})
        del self.events[MOST_EVENTS:]

    def task(self, deployment, digest=None):
        """A running task of that deployment."""
        definition = self.world.definitions[deployment.definition]
        return self.world.task(self.cluster, definition, deployment.images, deployment.id, f"service:{self.name}", digest)

    def keep(self, deployment, count):
        """So many tasks of that deployment run."""
        own = [one for one in self.tasks if one["startedBy"] == deployment.id and one["lastStatus"] == "RUNNING"]
        for task in own[count:]:
            self.world.stop(task, "ServiceSchedulerInitiated", f"Scaling activity initiated by (deployment {deployment.id})")
        for index in range(len(own), count):
            digests = deployment.digests
            self.tasks.append(self.task(deployment, digests[index % len(digests)] if digests else False))
        deployment.running = count


class World:
    """One account in one region."""

    def __init__(self, account, region, resolve):
        self.place, self.account, self.region, self.resolve = f"{region}:{account}", account, region, resolve
        self.lock = threading.RLock()
        self.services, self.definitions, self.families, self.clusters = {}, {}, {}, {"default"}
        self.one_off, self.tokens, self.logs, self.calls = {}, {}, {}, []

    # ---- definitions ----------------------------------------------------------------------------------------------------

    def register(self, given):
        family = given.get("family")
        if not family or not given.get("containerDefinitions"):
            raise Wrong("ClientException", "Container list cannot be empty.")
        for field in ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy"):
            if field in given:
                raise Wrong("InvalidParameterException", f"Unknown parameter in input: \"{field}\"")
        definition = copy.deepcopy(given)
        revision = len(self.families.setdefault(family, [])) + 1
        arn = f"arn:aws:ecs:{self.place}:task-definition/{family}:{revision}"
        self.families[family].append(arn)
        definition.update(taskDefinitionArn=arn, revision=revision, status="ACTIVE", registeredAt=time.time(), registeredBy="bench",
                          requiresAttributes=[{"name": "com.amazonaws.ecs.capability.docker-remote-api.1.18"}], compatibilities=["EC2", "FARGATE"])
        self.definitions[arn] = definition
        return definition

    def definition(self, name):
        arn = name if name.startswith("arn:") else f"arn:aws:ecs:{self.place}:task-definition/{name}"
        if arn in self.definitions:
            return self.definitions[arn]
        newest = [one for one in self.families.get(name, []) if self.definitions[one]["status"] == "ACTIVE"]
        if newest:
            return self.definitions[newest[-1]]
        raise Wrong("ClientException", "Unable to describe task definition.")

    def images(self, definition, own=None):
        """What its images mean now: `{container: digest}`."""
        return {one["name"]: own or self.digest(one["image"]) for one in definition["containerDefinitions"]}

    def digest(self, image):
        account, region, path, tag, digest = IMAGE.fullmatch(image).groups() if IMAGE.fullmatch(image) else (None,) * 5
        if digest:
            return digest
        found = account and self.resolve(account, region, path, tag or "latest")
        return found or made_up(image)

    # ---- services -------------------------------------------------------------------------------------------------------

    def make(self, spec):
        """A service as it stands after long calm."""
        service = Service(self, spec)
        self.clusters.add(service.cluster)
        containers = spec.get("containers") or [{"name": "app", "image": spec.get("image", "bench/busybox:1")}]
        for one in containers:
            one.setdefault("essential", True)
            if spec.get("log_group"):
                one.setdefault("logConfiguration", {"logDriver": "awslogs", "options": {
                    "awslogs-group": spec["log_group"], "awslogs-region": self.region, "awslogs-stream-prefix": "p"}})
        whole = {"family": f"{service.cluster}-{service.name}", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
                 "cpu": "256", "memory": "512", **spec.get("definition", {}), "containerDefinitions": containers}
        older = spec.get("revisions", 0)
        for revision, entry in enumerate(older if isinstance(older, list) else [{}] * older, 1):
            other = copy.deepcopy(whole)
            for one, image in zip(other["containerDefinitions"], entry.get("images") or [f"bench/older:{revision}"] * len(containers)):
                one["image"] = image
            self.register(other)
        definition = self.register(whole)
        deployment = Deployment(service, definition["taskDefinitionArn"], self.images(definition, spec.get("digest")), [])
        deployment.created -= 3600
        deployment.rollout, deployment.reason = "COMPLETED", f"ECS deployment {deployment.id} completed."
        deployment.ends("SUCCESSFUL")
        service.deployments, service.kept = [deployment], [deployment]
        service.keep(deployment, service.desired)
        self.services[service.arn] = service
        return service

    def find(self, cluster, name, missing=True):
        cluster = (cluster or "default").rpartition("/")[2]
        if cluster not in self.clusters:
            raise Wrong("ClusterNotFoundException", "Cluster not found.")
        arn = name if name.startswith("arn:") else f"arn:aws:ecs:{self.place}:service/{cluster}/{name}"
        found = self.services.get(arn)
        if found and not found.deleted:
            return found
        if missing:
            raise Wrong("ServiceNotFoundException", "Service not found.")

    # ---- tasks ----------------------------------------------------------------------------------------------------------

    def task(self, cluster, definition, images, started_by, group, digest=False):
        """`digest`: of every container; None: not told; False: those of the images."""
        identity = secrets.token_hex(16)
        arn = f"arn:aws:ecs:{self.place}:task/{cluster}/{identity}"
        now = time.time()
        containers = []
        for one in definition["containerDefinitions"]:
            own = images.get(one["name"]) if digest is False else digest
            containers.append({"name": one["name"], "image": one["image"], "lastStatus": "RUNNING", "healthStatus": "UNKNOWN",
                               "taskArn": arn, **({"imageDigest": own} if own else {})})
        return {"taskArn": arn, "clusterArn": f"arn:aws:ecs:{self.place}:cluster/{cluster}", "group": group, "startedBy": started_by,
                "taskDefinitionArn": definition["taskDefinitionArn"], "lastStatus": "RUNNING", "desiredStatus": "RUNNING",
                "healthStatus": "UNKNOWN", "createdAt": now, "startedAt": now, "containers": containers}

    def stop(self, task, code, reason, container=None, exit_code=None, container_reason=None, lines=()):
        task.update(lastStatus="STOPPED", desiredStatus="STOPPED", stopCode=code, stoppedReason=reason, stoppedAt=time.time())
        for one in task["containers"]:
            one["lastStatus"] = "STOPPED"
            if container in (None, one["name"]):
                if exit_code is not None:
                    one["exitCode"] = exit_code
                if container_reason:
                    one["reason"] = container_reason
        if lines:
            name = container or task["containers"][0]["name"]
            definition = self.definitions[task["taskDefinitionArn"]]
            own = next(one for one in definition["containerDefinitions"] if one["name"] == name)
            options = own.get("logConfiguration", {}).get("options", {})
            stream = f"{options.get('awslogs-stream-prefix')}/{name}/{task['taskArn'].rpartition('/')[2]}"
            self.logs.setdefault((options.get("awslogs-group"), stream), []).extend(lines)


def plain(value):
    """A copy that JSON can carry."""
    return json.loads(json.dumps(value))
