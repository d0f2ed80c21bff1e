"""Self-checks: the bench's Step Functions, by a second client."""

import json
import time

from checks import expect, random_name
from cloud import ACCOUNT, REGION, aws, refused

DEFINITION = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})


def machine(bench, **scenario):
    name = random_name("check")
    arn = aws("stepfunctions").create_state_machine(name=name, definition=DEFINITION, roleArn=f"arn:aws:iam::{ACCOUNT}:role/x")["stateMachineArn"]
    goes(bench, name, **scenario)
    return name, arn


def goes(bench, name, **scenario):
    bench("states-scenario", "-", input=json.dumps({"machine": name, **scenario}).encode())


def ended(arn):
    end = time.time() + 10
    while True:
        found = aws("stepfunctions").describe_execution(executionArn=arn)
        if found["status"] != "RUNNING":
            return found
        expect(time.time() < end, "it does not end")
        time.sleep(0.05)


def check_an_execution_goes_as_the_platforms_machine_does(bench):
    name, arn = machine(bench)
    given = json.dumps({"repositories": ["aws_ecs"], "parameters": {"APP_SHORT_NAME": "shop"}})
    execution = aws("stepfunctions").start_execution(stateMachineArn=arn, name="one", input=given)["executionArn"]
    found = ended(execution)
    expect(found["status"] == "SUCCEEDED" and "bawsEcsServiceArn" in found["output"], found)
    events = aws("stepfunctions").get_execution_history(executionArn=execution)["events"]
    expect([one["id"] for one in events] == list(range(1, len(events) + 1)), "ids without gaps")
    entered = [one["stateEnteredEventDetails"]["name"] for one in events if "stateEnteredEventDetails" in one]
    expect(entered[0] == "Status=IN PROGRESS" and "Deploy Boilerplate Map" in entered, entered)
    expect(events[-1]["type"] == "ExecutionSucceeded", events[-1])
    expect(json.loads(bench("states-show", name))["executions"][0]["name"] == "one", "shown")


def check_one_name_and_one_input_are_one_execution(bench):
    _, arn = machine(bench, steps=[{"at": 60, "succeed": {}}])
    client = aws("stepfunctions")
    found = {client.start_execution(stateMachineArn=arn, name="one", input="{}")["executionArn"] for _ in range(2)}
    expect(len(found) == 1, found)
    expect(refused(client.start_execution, stateMachineArn=arn, name="one", input="[]") == "ExecutionAlreadyExists", "another input")
    client.stop_execution(executionArn=found.pop(), error="E", cause="C")
    expect(refused(client.start_execution, stateMachineArn=arn, name="one", input="{}") == "ExecutionAlreadyExists", "it has ended")


def check_what_step_functions_refuses(bench):
    _, arn = machine(bench)
    client = aws("stepfunctions")
    for code, parameters in [
            ("InvalidName", {"stateMachineArn": arn, "name": "a b"}), ("InvalidExecutionInput", {"stateMachineArn": arn, "input": "{"}),
            ("InvalidArn", {"stateMachineArn": "x"}), ("StateMachineDoesNotExist", {"stateMachineArn": arn + "none"})]:
        expect(refused(client.start_execution, **parameters) == code, code)
    none = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{arn.rpartition(':')[2]}:none"
    for call in (client.describe_execution, client.get_execution_history, client.stop_execution):
        expect(refused(call, executionArn=none) == "ExecutionDoesNotExist", call.__name__)


def check_history_has_pages_both_ways(bench):
    _, arn = machine(bench, steps=[{"at": 0, "pass": 60}, {"at": 0, "fail": {"error": "E", "cause": "C"}}])
    client = aws("stepfunctions")
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    for backwards in (False, True):
        ids, more = [], {}
        while more is not None:
            page = client.get_execution_history(executionArn=execution, maxResults=50, reverseOrder=backwards, **more)
            ids += [one["id"] for one in page["events"]]
            more = {"nextToken": page["nextToken"]} if "nextToken" in page else None
        expect(ids == sorted(range(1, 123), reverse=backwards), ids)
    expect(refused(client.get_execution_history, executionArn=execution, nextToken="x") == "InvalidToken", "token")
    expect(ended(execution)["cause"] == "C", "cause")


def check_builds_and_stacks_are_as_a_scenario_says(bench):
    name = random_name("check")
    build = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:build/{name}:1"
    goes(bench, name, builds={build: {"buildStatus": "FAILED"}},
         stacks={name: {"outputs": {"A": "<b>"}, "events": [{"resource": "R", "status": "CREATE_FAILED", "reason": "a & b"}]}})
    expect(aws("codebuild").batch_get_builds(ids=[f"{name}:1"])["builds"][0]["buildStatus"] == "FAILED", "build")
    client = aws("cloudformation")
    expect(client.describe_stacks(StackName=name)["Stacks"][0]["Outputs"] == [{"OutputKey": "A", "OutputValue": "<b>"}], "outputs")
    expect(client.describe_stack_events(StackName=name)["StackEvents"][0]["ResourceStatusReason"] == "a & b", "events")
    expect(refused(client.describe_stacks, StackName=name + "-none") == "ValidationError", "no stack")
