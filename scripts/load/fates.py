"""What a job of the soak does, and what happens to it: drawn by lot, carried out by a process of its own, its runner."""

import json
import os
import re
import signal
import sys
import time

from attempt import Attempt, get_sources
from engine import held
from process import Failed

MARK = "soak-job-"  # with the job's number: each log holds its own and no other
LONG_SLEEP = "sleep 54321"  # a number by which what stays behind is recognised
BURST = "head -c {bytes} /dev/zero | tr '\\0' x\n"
SCRIPTS = {
    "true": "true\n",
    "exit": "echo about to fail\nexit {status}\n",
    "burst": BURST,
    "both": "for i in $(seq 300); do echo out; echo err >&2; done\n",
    "leftover": f"{LONG_SLEEP} &\nsetsid {LONG_SLEEP} </dev/null &\n(trap '' TERM HUP; {LONG_SLEEP}) &\necho left\n",
    "forks": "for i in $(seq 100); do /bin/true; done\n",
    "sleep": f"{LONG_SLEEP}\n",
    "stubborn": f"trap '' TERM\n{LONG_SLEEP} &\nwhile :; do wait; done\n",
}
# Scripts that end by themselves, and those that wait for what happens to them.
ENDING, WAITING = ["true", "exit", "burst", "both", "leftover", "forks"], ["sleep", "stubborn"]
# fate: (how often, whether its script has to wait)
FATES = {
    "ends": (10, False), "cancelled softly": (2, True), "cancelled hard": (2, True), "stage killed": (3, None),
    "prepare killed": (3, False), "prepare cancelled": (2, False), "cleanup killed": (2, False), "runner dies": (3, None),
    "never cleaned up": (1, False)}
SERVICES = [
    {"name": "bench/busybox:1", "alias": "web", "command": ["httpd", "-f", "-p", "8080"], "variables": [
        {"key": "HEALTHCHECK_TCP_PORT", "value": "8080"}]},
    {"name": "bench/busybox:1", "alias": "failing", "command": ["false"]},
    {"name": "bench/bash:1", "alias": "deaf", "command": ["bash", "-c", f"trap '' TERM; {LONG_SLEEP}"]}]
# Seconds after which a stage counts as hanging: the longest wait of the executor itself, and a busy machine.
HANGS_SECS, HANGS_CANCELLED_SECS = 240, 60


def drawn(lot):
    """A job's plan."""
    fate = lot.choices(list(FATES), [often for often, _ in FATES.values()])[0]
    waits = FATES[fate][1]
    kind = lot.choice(WAITING if waits or waits is None and lot.random() < 0.5 else ENDING)
    return {
        "fate": fate, "kind": kind, "status": lot.randrange(1, 256), "bytes": lot.choice([1, 64 << 10, 1 << 20, 16 << 20]),
        "image": lot.choice(["bench/busybox:1", "bench/bash:1"]), "services": lot.sample(SERVICES, lot.choice([0, 0, 0, 1, 2])),
        "strategy": lot.choice(["clone", "fetch", "none"]), "network": lot.random() < 0.1, "after": lot.expovariate(1 / 0.4),
        "killed_stage": lot.choice(["prepare_script", "build_script", "build_script", "after_script"])}


def payload_of(plan, base, number):
    own = {"GIT_STRATEGY": plan["strategy"], "FF_NETWORK_PER_BUILD": str(plan["network"]).lower()}
    variables = [one for one in base["variables"] if one["key"] not in own]
    variables += [{"key": key, "value": value, "public": True, "file": False, "masked": False, "raw": True} for key, value in own.items()]
    return {**base, "id": number, "variables": variables, "image": {"name": plan["image"]}, "services": plan["services"],
            "allow_git_fetch": True}


class Runner:
    """Takes one job through its stages, as gitlab-runner does, and lets happen to it what is planned."""

    def __init__(self, stand, plan, base, number, slot):
        self.plan, self.events = plan, []
        self.attempt = Attempt(stand.program, stand.config, payload_of(plan, base, number), stand.directory, slot)

    def live(self):
        fate = self.plan["fate"]
        if fate == "runner dies":
            signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            signal.setitimer(signal.ITIMER_REAL, 0.05 + self.plan["after"] * 3)
        if fate in ("prepare killed", "prepare cancelled"):
            self.start("config")
            self.start("prepare", signal.SIGKILL if fate == "prepare killed" else signal.SIGTERM)
            self.start("cleanup")
        self.start("config")
        if self.start("prepare") == 0:
            self.stages(fate)
        if fate != "never cleaned up":
            self.start("cleanup", signal.SIGKILL if fate == "cleanup killed" else None)
            self.look()

    def stages(self, fate):
        killed = {self.plan["killed_stage"]: signal.SIGKILL} if fate == "stage killed" else {}
        if self.run("prepare_script", "echo prepared\n", killed.get("prepare_script")):
            return
        if self.plan["strategy"] != "none" and self.run("get_sources", get_sources(self.attempt.payload)):
            return
        sent = killed.get("build_script")
        if self.plan["kind"] in WAITING:
            # It has to be ended by somebody.
            sent = signal.SIGKILL if fate == "stage killed" else signal.SIGTERM
        self.run("build_script", f"echo {MARK}{self.attempt.payload['id']}\n" + SCRIPTS[self.plan["kind"]].format(**self.plan), sent)
        if fate == "cancelled hard":
            return
        self.run("after_script", "echo after\n", killed.get("after_script"))
        self.run("cleanup_file_variables", "true\n")

    def start(self, stage, sent=None):
        return self.watch(self.attempt.start(stage), sent)

    def run(self, stage, body, sent=None):
        return self.watch(self.attempt.start_run(stage, body), sent)

    def look(self):
        """Notes what the engine still holds of the job, now that it has been cleaned up."""
        try:
            left = [name for names in held(f"com.gitlab.gitlab-runner.job.id={self.attempt.payload['id']}").values() for name in names]
        except (Failed, OSError):
            return  # the engine is being restarted
        self.events[-1]["left"] = left

    def watch(self, running, sent):
        """Waits for the stage; sends it the signal on the way. Its exit code."""
        begun = time.time()
        # A program that is only being loaded cannot listen for SIGTERM yet.
        after = self.plan["after"] + (0.3 if sent == signal.SIGTERM else 0)
        ended = running.end(after if sent else HANGS_SECS)
        in_time = ended is not None
        if sent and not in_time:
            running.signal(sent)
            ended = running.end(HANGS_CANCELLED_SECS)
        hangs = ended is None
        ended = ended or running.kill()
        self.events.append({
            "stage": running.name, "begun": begun, "ended": time.time(), "code": ended.code, "status": self.attempt.status(), "hangs": hangs,
            "sent": signal.Signals(sent).name if sent and not in_time else None, "printed": len(ended.out) + len(ended.err),
            "marks": re.findall(MARK + r"(\d+)", ended.text()), "own": str(self.attempt.payload["id"]),
            "flood": ended.out.count(b"x") if running.name == "build_script" else 0, "text": ended.text()[-1500:]})
        return ended.code


def live_apart(stand, plan, base, number, slot, report):
    """A process that is the runner of one job; it leaves its report as a file, if it lives to. Its pid."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        runner = Runner(stand, plan, base, number, slot)
        runner.live()
        runner.attempt.forget()
        with open(report + ".part", "w") as file:
            json.dump(runner.events, file)
        os.rename(report + ".part", report)
        code = 0
    except Exception as error:  # whatever it is, it must not go on as a second soak
        print(f"error: the runner of job {number} failed: {error!r}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


# ---- what the report may say -----------------------------------------------------------------------------------------

def faults_of(plan, events, disturbed):
    """Sentences on what should not have been. `disturbed`: the engine was restarted meanwhile."""
    found = []
    for event in events:
        wrong = fault_of(plan, event, disturbed)
        if wrong:
            found.append(f"{event['stage']} {wrong} (exit {event['code']}, status {event['status']}, {event['sent'] or 'no signal'}): "
                         + event["text"].strip())
    return found


def fault_of(plan, event, disturbed):
    stage, code = event["stage"], event["code"]
    if event["hangs"]:
        return "does not end"
    if "panicked" in event["text"] or "internal error" in event["text"]:
        return "panicked"
    if any(mark != event["own"] for mark in event["marks"]):
        return "shows another job's output"
    if event["sent"] == "SIGKILL":
        return None
    if code not in (0, 1, 2):
        return "ended with a code that the runner does not know"
    expected = plan["status"] if stage == "build_script" and plan["kind"] == "exit" else 0
    if code == 1 and event["sent"] != "SIGTERM" and event["status"] != expected:
        return "blames the job for what is not its fault"
    if disturbed:
        return None
    if event["sent"] == "SIGTERM":
        allowed = {"prepare": (0, 2), "build_script": (1,)}[stage]
        return None if code in allowed else "did not end as cancelled"
    if code != (1 if expected else 0):
        return "should have ended otherwise"
    if stage == "cleanup" and event["printed"]:
        return "is not silent"
    if event.get("left"):
        return f"left {', '.join(event['left'])}"
    if stage == "build_script" and len(event["marks"]) != 1:
        return "lost its first line"
    if stage == "build_script" and plan["kind"] == "burst" and event["flood"] != plan["bytes"]:
        return f"lost output: {event['flood']} bytes of {plan['bytes']} came"
    return None
