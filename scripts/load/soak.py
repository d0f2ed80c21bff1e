"""Runs jobs in parallel and lets bad things happen to them, round after round: the part of scripts/soak that is no preparation."""

import argparse
import collections
import itertools
import json
import os
import random
import shutil
import signal
import sys
import time

import fates
import leftovers
from attempt import taken_job
from fuzz import Fuzz
from process import PATH, Failed, Running

SETTINGS = """[executor]
state_dir = "{state}"
stop_grace_secs = 2
entrypoint_timeout_secs = 60
[executor.docker]
image = "bench/busybox:1"
pull_policy = "if-not-present"
wait_for_services_timeout = 3
"""
# The engine may still be creating what a client asked for that was killed; sweeping goes on until it has.
SWEEPS, BETWEEN_SWEEPS_SECS = 10, 3
# How many of all rounds see something happen to the engine.
DISTURBED = 0.5
# Engine 20, interrupted while it made a network, may panic when it starts (in its own network controller): tried again.
START = '{ "$0" dockerd start LIVE || "$0" dockerd start LIVE || "$0" dockerd start LIVE; }'
TROUBLES = {
    "restarted": f'"$0" dockerd stop && {START}', "killed": f'"$0" dockerd kill && {START}',
    "stopped for 5 s": '"$0" dockerd pause && sleep 5 && "$0" dockerd resume',
    "restarted with live-restore": f'"$0" dockerd stop && {START.replace("LIVE", "--live-restore")}'}


def say(text):
    print(text, file=sys.stderr, flush=True)


class Soak:
    def __init__(self, options, directory):
        self.program, self.bench, self.seed, self.slots = options.program, options.bench, options.seed, options.slots
        self.jobs, self.cases = options.jobs, options.cases
        self.directory, self.state = directory, os.path.join(directory, "state")
        self.config = os.path.join(directory, "config.toml")
        with open(self.config, "w") as file:
            file.write(SETTINGS.format(state=self.state))
        self.base = taken_job({"script": ["true"], "image": "bench/busybox:1"})
        self.fuzz = Fuzz(options.fuzz_program, self.base, os.path.join(directory, "fuzz"), options.keep)
        self.counts, self.faults = collections.Counter(), []

    def round(self, number):
        """One round: jobs, a restart of the engine perhaps, a sweep, what is left, and some nonsense."""
        lot = random.Random(f"{self.seed}/{number}")
        plans = [fates.drawn(lot) for _ in range(self.jobs)]
        trouble = (lot.choice(list(TROUBLES)), lot.uniform(0.5, 8)) if lot.random() < DISTURBED else None
        before = len(self.faults)
        reports, away = self.run(number, plans, trouble)
        self.judge(number, plans, reports, away)
        self.faults += [f"round {number}: {fault}" for fault in self.swept()]
        for case in range(self.cases):
            self.faults += self.fuzz.case(random.Random(f"{self.seed}/{number}/{case}"), f"{self.seed}-{number}-{case}")
        self.counts["rounds"] += 1
        self.counts["jobs"] += len(plans)
        self.counts["fuzz cases"] += self.cases
        for plan in plans:
            self.counts[plan["fate"]] += 1
        say(f"round {number}: {len(plans)} jobs{f', engine {trouble[0]}' if away else ''}; {len(self.faults) - before} faults")
        for fault in self.faults[before:]:
            say(f"  {fault}")

    def run(self, number, plans, trouble):
        """All jobs, at most one a slot at the same time. Their reports, by number, and when the engine was away.

        `trouble`: what happens to the engine, and after how many seconds.
        """
        if trouble and "live-restore" in trouble[0]:
            self.disturb(trouble[0]).end()  # the daemon that goes has to know it, too
        waiting, running, free = list(enumerate(plans)), {}, list(range(self.slots))
        reports = [os.path.join(self.directory, f"report-{index}.json") for index in range(len(plans))]
        away, command, begun = [], None, time.monotonic()
        while waiting or running or command:
            while waiting and free:
                index, plan = waiting.pop(0)
                slot = free.pop(0)
                child = fates.live_apart(self, plan, self.base, number * 1000 + index, slot, reports[index])
                running[child] = slot
            if trouble and time.monotonic() - begun >= trouble[1]:
                away.append([time.time(), None])
                self.counts[f"engines {trouble[0]}"] += 1
                command, trouble = self.disturb(trouble[0]), None
            if command and command.process.poll() is not None:
                ended = command.end()
                away[-1][1] = time.time()
                if ended.code:
                    raise Failed(f"the bench cannot restart its engine: {ended.text()}")
                command = None
            for child in [child for child in running if os.waitpid(child, os.WNOHANG)[0]]:
                free.append(running.pop(child))
            time.sleep(0.01)
        return reports, away

    def disturb(self, trouble):
        return Running("dockerd", ["bash", "-c", TROUBLES[trouble].replace("LIVE", ""), self.bench], dict(os.environ))

    def judge(self, number, plans, reports, away):
        for index, (plan, report) in enumerate(zip(plans, reports)):
            if not os.path.exists(report):
                if plan["fate"] != "runner dies":
                    self.faults.append(f"round {number} job {index}: its runner left no report")
                continue
            with open(report) as file:
                events = json.load(file)
            os.unlink(report)
            begun, ended = events[0]["begun"], events[-1]["ended"]
            self.counts["stages"] += len(events)
            for event in events:
                if event["sent"]:
                    self.counts[f"hit by {event['sent']}"] += 1
            disturbed = any(begun <= until and since <= ended for since, until in away)
            self.counts["jobs whose engine was disturbed"] += disturbed
            what = f"{plan['fate']}, {plan['kind']}{', engine disturbed meanwhile' if disturbed else ''}"
            self.faults += [f"round {number} job {index} ({what}): {fault}" for fault in fates.faults_of(plan, events, disturbed)]

    def swept(self):
        """Sweeps after all runners have gone, and then looks: nothing but what is kept by design may be there."""
        found = left = []
        for _ in range(SWEEPS):
            leftovers.age(leftovers.job_directories(self.state))
            argv = [self.program, "--config", self.config, "executor", "sweep"]
            ended = Running("sweep", argv, {"PATH": PATH, "DOCKER_HOST": os.environ["DOCKER_HOST"]}).end(120)
            if ended is None or ended.code:
                found = found + [f"the sweep failed: {ended.text() if ended else 'it does not end'}"]
            left = leftovers.on_the_engine() + leftovers.job_directories(self.state) + leftovers.processes(self.program, self.state)
            if not left:
                break
            time.sleep(BETWEEN_SWEEPS_SECS)
        if left:
            leftovers.clear(self.state)
        for name in os.listdir(self.directory):
            if name.startswith("custom-executor"):
                shutil.rmtree(os.path.join(self.directory, name))
        return found + [f"left behind: {one}" for one in left]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--program", required=True)
    options.add_argument("--fuzz-program", required=True, help="a build that checks its arithmetic")
    options.add_argument("--bench", required=True)
    options.add_argument("--keep", required=True, help="where the input of fuzz cases that found something goes")
    options.add_argument("--seed", type=int, required=True)
    options.add_argument("--round", type=int, help="only this one")
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--rounds", type=int, help="in place of a time")
    options.add_argument("--slots", type=int, default=4, help="jobs at the same time")
    options.add_argument("--jobs", type=int, default=16, help="a round")
    options.add_argument("--cases", type=int, default=50, help="of fuzz, a round")
    options = options.parse_args()
    directory = os.path.join(os.environ["BENCH_STATE"], "soak")
    os.makedirs(directory)
    soak = Soak(options, directory)
    until = time.monotonic() + options.minutes * 60
    numbers = itertools.count(1) if options.round is None else [options.round]
    try:
        for number in numbers:
            soak.round(number)
            if (number >= options.rounds) if options.rounds else time.monotonic() >= until:
                break
    finally:
        print(f"seed {options.seed}: " + ", ".join(f"{count} {what}" for what, count in soak.counts.items()) + f"; {len(soak.faults)} faults")
        for fault in soak.faults:
            print(f"- {fault}")
    sys.exit(1 if soak.faults else 0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except Failed as error:
        sys.exit(f"error: {error}")
