"""The operations of Step Functions that a client of executions calls, over `states_world`; BatchGetBuilds of CodeBuild and the looks at
a stack of CloudFormation. Source of the shapes and rules: the service models that boto3 brings, and the API references."""

import base64
import json
import re
import time
from xml.sax.saxutils import escape

from ecs_world import Wrong

NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
ARN = re.compile(r"arn:aws:states:[a-z0-9-]+:\d{12}:(stateMachine|execution):[^:]+(:[^:]+)?")
MOST_INPUT, MOST_RESULTS = 262144, 1000


class Api:
    """The operations in one account and region. `is_machine` says whether there is a state machine of that ARN."""

    def __init__(self, world, is_machine):
        self.world, self.is_machine = world, is_machine

    def call(self, name, given):
        """The answer, and the fault that is due once it had its effect."""
        operation = getattr(self, f"on_{name}", None)
        if not operation:
            return None, None
        arn = given.get("executionArn") or given.get("stateMachineArn") or ""
        if not ARN.fullmatch(arn):
            raise Wrong("InvalidArn", f"Invalid Arn: '{arn}'")
        machine = arn.split(":")[6]
        with self.world.lock:
            self.world.calls.append({"at": round(time.time(), 3), "call": name, "machine": machine, "given": given})
            fault = self.world.fault(machine, name)
            if fault and "error" in fault:
                raise Wrong(fault["error"], fault.get("message", "no"), fault.get("status", 400))
            for execution in list(self.world.executions.values()):
                execution.advance()
            return operation(given), fault

    def find(self, arn):
        found = self.world.executions.get(arn)
        if not found:
            raise Wrong("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        found.looks += 1
        found.advance()
        return found

    def on_StartExecution(self, given):
        arn, name, text = given["stateMachineArn"], given.get("name") or f"{time.time_ns():x}", given.get("input", "{}")
        if not NAME.fullmatch(name):
            raise Wrong("InvalidName", f"Invalid Name: '{name}'")
        if len(text.encode()) > MOST_INPUT:
            raise Wrong("InvalidExecutionInput", f"Input exceeds {MOST_INPUT} bytes")
        try:
            json.loads(text)
        except ValueError:
            raise Wrong("InvalidExecutionInput", "Invalid State Machine Execution Input") from None
        if not self.is_machine(arn):
            raise Wrong("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        machine = arn.split(":")[6]
        before = self.world.executions.get(f"arn:aws:states:{self.world.place}:execution:{machine}:{name}")
        if before and (before.status != "RUNNING" or before.input != text):
            raise Wrong("ExecutionAlreadyExists", f"Execution Already Exists: '{before.arn}'")
        found = before or self.world.begin(machine, name, text)
        return {"executionArn": found.arn, "startDate": found.started}

    def on_DescribeExecution(self, given):
        one = self.find(given["executionArn"])
        told = {"executionArn": one.arn, "stateMachineArn": f"arn:aws:states:{self.world.place}:stateMachine:{one.machine}", "name": one.name,
                "status": one.status, "startDate": one.started, "stopDate": one.stopped, "input": one.input, "output": one.output,
                "error": one.error, "cause": one.cause, "somethingOfTheFuture": {"a": 1}}
        return {name: value for name, value in told.items() if value is not None}

    def on_GetExecutionHistory(self, given):
        one, newest_first = self.find(given["executionArn"]), bool(given.get("reverseOrder"))
        size = given.get("maxResults") or 100
        if not 0 < size <= MOST_RESULTS:
            raise Wrong("ValidationException", "Value at 'maxResults' failed to satisfy constraint")
        start = None
        if given.get("nextToken"):
            try:
                arn, order, start = json.loads(base64.b64decode(given["nextToken"]))
            except ValueError:
                arn, order = None, None
            if (arn, order) != (one.arn, newest_first):
                raise Wrong("InvalidToken", f"Invalid Token: '{given['nextToken']}'")
        count = len(one.events)
        if newest_first:
            start = count if start is None else start
            events, rest = one.events[max(0, start - size):start][::-1], start - size
            more = rest if rest > 0 else None
        else:
            start = start or 0
            events, more = one.events[start:start + size], start + size if start + size < count else None
        answer = {"events": events}
        if more is not None:
            answer["nextToken"] = base64.b64encode(json.dumps([one.arn, newest_first, more]).encode()).decode()
        return answer

    def on_StopExecution(self, given):
        one = self.find(given["executionArn"])
        one.end("ABORTED", "ExecutionAborted", error=given.get("error"), cause=given.get("cause"))
        return {"stopDate": one.stopped}


def builds(world, given):
    """BatchGetBuilds of what a scenario has told."""
    found = {arn.rpartition(":build/")[2]: {"arn": arn, **build} for arn, build in world.builds.items()}
    known = [found[one] for one in given.get("ids", []) if one in found]
    return {"builds": known, "buildsNotFound": [one for one in given.get("ids", []) if one not in found]} if known else None


def stack(world, name, action):
    """DescribeStacks, DescribeStackEvents of a stack that a scenario has told; None for any other."""
    found = world.stacks.get(name)
    if not found:
        return None
    if action == "DescribeStacks":
        outputs = "".join(f"<member><OutputKey>{escape(key)}</OutputKey><OutputValue>{escape(value)}</OutputValue></member>"
                          for key, value in found.get("outputs", {}).items())
        inner = (f"<Stacks><member><StackName>{escape(name)}</StackName><StackStatus>{found.get('status', 'CREATE_COMPLETE')}</StackStatus>"
                 f"<Outputs>{outputs}</Outputs></member></Stacks>")
    else:
        members = ""
        for number, event in enumerate(reversed(found.get("events", []))):
            at = time.gmtime(time.time() + 1 - event.get("ago", 0))
            reason = f"<ResourceStatusReason>{escape(event['reason'])}</ResourceStatusReason>" if "reason" in event else ""
            members += (f"<member><EventId>{number}</EventId><StackName>{escape(name)}</StackName><LogicalResourceId>{escape(event['resource'])}"
                        f"</LogicalResourceId><ResourceType>{escape(event.get('kind', ''))}</ResourceType><ResourceStatus>{event['status']}"
                        f"</ResourceStatus>{reason}<Timestamp>{time.strftime('%Y-%m-%dT%H:%M:%S', at)}.000Z</Timestamp></member>")
        inner = f"<StackEvents>{members}</StackEvents>"
    return (f'<{action}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><{action}Result>{inner}</{action}Result>'
            f"<ResponseMetadata><RequestId>bench</RequestId></ResponseMetadata></{action}Response>")
