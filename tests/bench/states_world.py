"""The bench's Step Functions: executions whose events are steps of a timeline, as `ecs_world` is for services. Nothing runs by itself:
what is due is done when somebody looks. Also what the machine's helpers left: builds of CodeBuild and stacks of CloudFormation."""

import json
import threading
import time

import states_plots


DEFINITION = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'


class Execution:
    """One execution, with its whole history."""

    def __init__(self, world, machine, name, given, steps):
        self.world, self.machine, self.name, self.input = world, machine, name, given
        self.arn = f"arn:aws:states:{world.place}:execution:{machine}:{name}"
        self.started, self.stopped = time.time(), None
        self.status, self.output, self.error, self.cause = "RUNNING", None, None, None
        self.looks, self.steps, self.events = 0, list(steps), []
        self.head, self.ways = 0, {}
        self.add("ExecutionStarted", {"input": given, "roleArn": "arn:aws:iam::123456789012:role/machine"})

    def add(self, kind, details=None, way=None):
        """An event that follows the last one of its way; `way`: (map, index), or None for what is not within a map."""
        previous = self.ways.get(way, self.head) if way else self.head
        event = {"id": len(self.events) + 1, "previousEventId": previous, "type": kind, "timestamp": time.time()}
        if details is not None:
            # All kinds of states share the details of their first and last events.
            name = next((f"state{end}" for end in ("Entered", "Exited") if kind.endswith(f"State{end}")), kind[0].lower() + kind[1:])
            event[f"{name}EventDetails"] = details
        self.events.append(event)
        if way:
            self.ways[way] = event["id"]
        else:
            self.head = event["id"]
        return event["id"]

    def end(self, status, kind, output=None, error=None, cause=None):
        if self.status != "RUNNING":
            return
        self.status, self.stopped = status, time.time()
        self.output, self.error, self.cause = output, error, cause
        told = {"output": output, "error": error, "cause": cause}
        self.add(kind, {name: value for name, value in told.items() if value is not None})

    def advance(self):
        """Does every step that is due."""
        while self.status == "RUNNING" and self.steps:
            step = self.steps[0]
            due = self.looks >= step["look"] if "look" in step else time.time() - self.started >= step.get("at", 0)
            if not due:
                return
            self.steps.pop(0)
            states_plots.play(self, step)


class World:
    """One account in one region."""

    def __init__(self, account, region):
        self.place, self.account, self.region = f"{region}:{account}", account, region
        self.lock = threading.RLock()
        self.executions, self.scenarios, self.faults = {}, {}, {}
        self.builds, self.stacks, self.calls = {}, {}, []

    def begin(self, machine, name, given):
        """Starts an execution; its timeline is the next of its machine, else the platform's own."""
        waiting = self.scenarios.setdefault(machine, [])
        found = next((one for one in waiting if one.get("for", "next") in ("next", "all", name)), None)
        if found and found.get("for", "next") != "all":
            waiting.remove(found)
        steps = found["steps"] if found else states_plots.platform(json.loads(given), f"arn:aws:codebuild:{self.place}:build/")
        execution = Execution(self, machine, name, given, steps)
        self.executions[execution.arn] = execution
        execution.advance()
        return execution

    def fault(self, machine, call):
        """The fault of that call that is due, if any."""
        for one in self.faults.get(machine, []):
            if one["call"] not in (call, "*") or one.get("times", 1) <= 0:
                continue
            if one.get("skip", 0) > 0:
                one["skip"] -= 1
                continue
            one["times"] = one.get("times", 1) - 1
            return one
        return None


class Worlds:
    """All accounts and regions, and what tests say to them."""

    def __init__(self):
        self.worlds = {}

    def clear(self):
        self.worlds.clear()

    def world(self, account, region):
        return self.worlds.setdefault((account, region), World(account, region))

    def command(self, verb, given, logs, moto):
        world = self.world(given.get("account") or "123456789012", given.get("region") or "eu-west-1")
        with world.lock:
            machine = given.get("machine", "")
            if verb == "machine":
                made = moto.call(world.account, world.region, "CreateStateMachine", {
                    "name": machine, "definition": DEFINITION, "roleArn": f"arn:aws:iam::{world.account}:role/machine"}, "states")
                return {"arn": made["stateMachineArn"]}
            if verb == "scenario":
                if "steps" in given:
                    world.scenarios.setdefault(machine, []).append({"for": given.get("for", "next"), "steps": given["steps"]})
                for one in world.executions.values():
                    if "running" in given and one.machine == machine:
                        one.steps = list(given["running"])
                world.faults.setdefault(machine, []).extend(given.get("faults", []))
                world.builds.update(given.get("builds", {}))
                world.stacks.update(given.get("stacks", {}))
                for one in given.get("logs", []):
                    logs[(one["group"], one["stream"])] = one["lines"]
                return {}
            if verb == "show":
                own = [one for one in world.executions.values() if one.machine == machine]
                calls = [call for call in world.calls if call["machine"] == machine]
                return {"executions": [{"arn": one.arn, "name": one.name, "status": one.status, "input": one.input, "error": one.error,
                                        "cause": one.cause, "events": len(one.events)} for one in own], "calls": calls}
        raise KeyError(verb)
