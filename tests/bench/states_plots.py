"""What a step of an execution's timeline does, and the timeline of the platform's own machine (its revision of May 2023)."""

import json
import time

PACKAGE, DEPLOY = "Package Boilerplate Map", "Deploy Boilerplate Map"


def task(execution, state, way=None, submitted=None, resource=("codebuild", "startBuild.sync")):
    """A task is entered, and handed to whoever does it."""
    execution.add("TaskStateEntered", {"name": state, "input": "{}"}, way)
    kind, name = resource
    execution.add("TaskScheduled", {"resourceType": kind, "resource": name, "region": execution.world.region, "parameters": "{}"}, way)
    execution.add("TaskStarted", {"resourceType": kind, "resource": name}, way)
    if submitted is not None:
        execution.add("TaskSubmitted", {"resourceType": kind, "resource": name, "output": json.dumps(submitted)}, way)


def play(execution, step):
    """One step; several of its keys may stand together."""
    for name, value in step.items():
        if name not in ("at", "look"):
            globals()[f"step_{name}"](execution, value)


def step_enter(execution, name):
    execution.add("TaskStateEntered", {"name": name, "input": "{}"})


def step_exit(execution, name):
    execution.add("TaskStateExited", {"name": name, "output": "{}"})


def step_done(execution, _):
    execution.add("TaskSucceeded", {"resourceType": "lambda", "resource": "invoke", "output": "{}"})


def step_map(execution, given):
    name, length = given["name"], given["length"]
    execution.add("MapStateEntered", {"name": name, "input": "{}"})
    started = execution.add("MapStateStarted", {"length": length})
    for index in range(length):
        execution.ways[name, index] = started
        execution.add("MapIterationStarted", {"name": name, "index": index}, (name, index))
        build = given.get("builds", {}).get(str(index)) or f"arn:aws:codebuild:{execution.world.place}:build/{name[:6]}:{index}"
        task(execution, given.get("state", "Build"), (name, index), {"Build": {"Arn": build, "BuildStatus": "IN_PROGRESS"}})


def step_iterated(execution, given):
    way = given["name"], given["index"]
    execution.add("TaskSucceeded", {"resourceType": "codebuild", "resource": "startBuild.sync", "output": "{}"}, way)
    execution.add("TaskStateExited", {"name": given.get("state", "Build"), "output": "{}"}, way)
    execution.head = execution.add("MapIterationSucceeded", {"name": way[0], "index": way[1]}, way)


def step_mapped(execution, name):
    execution.add("MapStateSucceeded")
    execution.add("MapStateExited", {"name": name, "output": "{}"})


def step_iteration_failed(execution, given):
    """A way fails, its map catches that."""
    way = given["name"], given["index"]
    told = {"resourceType": "codebuild", "resource": "startBuild.sync", "error": given.get("error", "States.TaskFailed"), "cause": given["cause"]}
    execution.add("TaskTimedOut" if given.get("timed_out") else "TaskFailed", told, way)
    execution.head = execution.add("MapIterationFailed", {"name": way[0], "index": way[1]}, way)
    execution.add("MapStateFailed")
    execution.add("MapStateExited", {"name": way[0], "output": "{}"})


def step_failed(execution, given):
    kind = given.get("kind", "TaskFailed")
    details = {"error": given.get("error"), "cause": given.get("cause"), "resourceType": "lambda", "resource": "invoke"}
    execution.add(kind, {name: value for name, value in details.items() if value is not None})


def step_nested(execution, given):
    """A state waits for another execution, which goes by its own timeline."""
    world = execution.world
    from states_world import Execution  # each needs the other
    child = Execution(world, given.get("machine", execution.machine + "-child"), given["name"], "{}", given["steps"])
    world.executions[child.arn] = child
    task(execution, given.get("state", "Child"), None, {"ExecutionArn": child.arn, "StartDate": time.time()}, ("states", "startExecution.sync:2"))


def step_pass(execution, count):
    for index in range(count):
        execution.add("PassStateEntered", {"name": f"Pass {index}", "input": "{}"})
        execution.add("PassStateExited", {"name": f"Pass {index}", "output": "{}"})


def step_events(execution, events):
    for event in events:
        execution.add(event["type"], event.get("details"))


def step_succeed(execution, output):
    """An output that is a text is taken literally: it may be no JSON at all."""
    text = output if isinstance(output, str) or output is None else json.dumps(output)
    execution.end("SUCCEEDED", "ExecutionSucceeded", output=text)


def step_fail(execution, given):
    execution.end("FAILED", "ExecutionFailed", error=given.get("error"), cause=given.get("cause"))


def step_time_out(execution, given):
    execution.end("TIMED_OUT", "ExecutionTimedOut", error=given.get("error"), cause=given.get("cause"))


def step_abort(execution, given):
    execution.end("ABORTED", "ExecutionAborted", error=given.get("error"), cause=given.get("cause"))


def outputs(given):
    """What the boilerplates' stacks put out."""
    parameters = given.get("parameters", {})
    name, place = parameters.get("APP_SHORT_NAME", "app"), f"{parameters.get('TARGET_REGION')}:{parameters.get('TARGET_ACCOUNT')}"
    known = {
        "aws_ecs": (f"{name}-ecs-resources", {"bawsEcsServiceArn": f"arn:aws:ecs:{place}:service/cluster/{name}", "bawsTaskLogGroup": f"/aws/apps/{name}",
                                              "ExportsOutputRef": "not for the portal"}),
        "aws_rds": (f"{name}-rds-resource", {"bawsDbPort": "5432"})}
    return [{one: {stack: values}} for one in given.get("repositories", []) for stack, values in [known.get(one, (f"{name}-{one}", {}))]]


def platform(given, builds):
    """The machine of the platform, quicker than any real one."""
    repositories = given.get("repositories", []) if isinstance(given, dict) else []
    count, each = len(repositories), []
    for name in (PACKAGE, DEPLOY):
        each += [{"map": {"name": name, "length": count}},
                 *({"iterated": {"name": name, "index": index}} for index in range(count)), {"mapped": name}]
    single = [{"enter": "Status=IN PROGRESS"}, {"done": 1}, {"exit": "Status=IN PROGRESS"}, {"enter": "Serialize Env Vars"}, {"done": 1},
              {"exit": "Serialize Env Vars"}]
    last = [{"enter": "Aggregate Output"}, {"done": 1}, {"exit": "Aggregate Output"}, {"enter": "Status=SUCCESS"}, {"done": 1},
            {"exit": "Status=SUCCESS"}, {"succeed": {"DeploymentOutput": {"outputs": outputs(given) if isinstance(given, dict) else []}}}]
    steps = [*single, *each, *last]
    return [{"at": round(0.2 * (number + 1) / len(steps), 3), **step} for number, step in enumerate(steps)]
