"""Self-checks: the coordinator loop, with a stand-in for `baws-ci local`."""

import json
import os
import subprocess
import sys
import time

from checks import control, expect, random_name

# Writes what it was given, waits when told to, and leaves a result.
STAND_IN = r"""#!/bin/bash
while [ $# -gt 0 ]; do case $1 in --payload) payload=$2 ;; --artifacts-in) in=$2 ;; --artifacts-out) out=$2 ;; --result) result=$2 ;; esac; shift; done
finish() { printf '{"schema":"baws-ci/job-result/1","state":"%s","failure_reason":%s,"exit_code":%s}' "$1" "$2" "$3" >"$result"; exit 0; }
trap 'echo got TERM; finish canceled null null' TERM
trap 'echo got INT; finish canceled null null' INT
echo "the secret is hunter2hunter2."; printf 'again: hunter2'; sleep 0.3; echo hunter2
ls "$in"; for tar in "$in"/*.tar; do [ ! -e "$tar" ] || tar -xOf "$tar"; done
case $(cat "$payload") in
*'wait for it'*) sleep 20 >/dev/null 2>&1 & wait $! ;;
*'fail with 7'*) finish failed '"script_failure"' 7 ;;
esac
mkdir -p "$out/tree"; echo from the job >"$out/tree/made.txt"; tar -C "$out/tree" -cf "$out/0.tar" made.txt
finish success null null
"""


class Loop:
    """A running loop with a runner token of its own."""

    def __init__(self, bench, *flags):
        program = bench.path("baws-ci")
        with open(program, "w") as file:
            file.write(STAND_IN)
        os.chmod(program, 0o755)
        self.token = random_name("glrt-check-0123456789")
        control("POST", "runners", {"token": self.token})
        loop = os.path.join(os.path.dirname(os.path.abspath(__file__)), "loop.py")
        self.process = subprocess.Popen([sys.executable, "-B", loop, "--baws-ci", program, "--token", self.token, *flags], stdout=subprocess.PIPE)

    def post(self, script, **spec):
        variables = [{"key": "SECRET", "value": "hunter2hunter2", "masked": True}]
        return control("POST", "jobs", {"project": "check/loop", "script": [script], "variables": variables, "runner": self.token, **spec})["id"]

    def end(self):
        self.process.terminate()
        self.process.communicate(timeout=30)


def ended(number):
    return control("GET", f"jobs/{number}?wait=20")


def check_the_loop_runs_jobs_and_carries_artifacts(bench):
    loop = Loop(bench, "--slots", "2")
    try:
        first = ended(loop.post("true", artifacts=[{"name": "out", "paths": ["made.txt"]}]))
        expect(first["state"] == "success", json.dumps(first))
        expect(first["trace"].startswith("the secret is [MASKED].\nagain: [MASKED]\n"), first["trace"])
        second = ended(loop.post("true", dependencies=[first["id"]]))
        expect(f"{first['id']}.tar\nfrom the job\n" in second["trace"], second["trace"])
        failed = ended(loop.post("fail with 7"))
        expect((failed["state"], failed["failure_reason"], failed["exit_code"]) == ("failed", "script_failure", 7), failed)
    finally:
        loop.end()


def check_the_loop_hands_cancels_on(bench):
    loop = Loop(bench, "--slots", "2")
    try:
        soft, hard = loop.post("wait for it"), loop.post("wait for it")
        time.sleep(1)
        control("POST", f"jobs/{soft}/cancel", {"soft": True})
        control("POST", f"jobs/{hard}/cancel", {})
        state = ended(soft)
        expect(state["state"] == "canceled" and state["trace"].endswith("got TERM\n"), state["trace"])
        expect(state["finished_at"] - state["started_at"] < 5, "it took long")
    finally:
        loop.end()


def check_the_loop_ends_after_one_job(bench):
    loop = Loop(bench, "--once")
    number = loop.post("true")
    output, _ = loop.process.communicate(timeout=20)
    expect(loop.process.returncode == 0 and json.loads(output)["job"] == number, output)
    expect(ended(number)["state"] == "success", "the job")
