"""Deployments against the bench's ECS: how soon an end is seen, how many calls that takes, and what stands before the update."""

import json
import os
import subprocess
import sys
import time

from process import PATH, Failed, Running
from rounds import Figure, median, ratio
from table import Row

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "bench", "bench")
CLUSTER = "speed"
# Rollouts of such a length, so that an end falls anywhere between two looks.
LENGTHS = (5.3, 9.1, 12.7, 7.9, 10.5, 6.2, 11.4, 8.6)
MANY = 50
# What one call to AWS takes in the measurement of what stands before the update.
LATENCY = 0.2

WAITER = """
import boto3, sys, time
cluster, service = sys.argv[1:]
ecs = boto3.client("ecs")
ecs.update_service(cluster=cluster, service=service, forceNewDeployment=True)
ecs.get_waiter("services_stable").wait(cluster=cluster, services=[service])
"""


def bench(words, request=None):
    done = subprocess.run([BENCH, *words], input=json.dumps(request) if request is not None else "", capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"`bench {' '.join(words)}` ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout or "null")


def service(name, **spec):
    """A service that runs in peace; its ARN."""
    whole = {"cluster": CLUSTER, "service": name, "desired": 2, "image": "bench/busybox:1", "digest": "sha256:" + "1" * 64, **spec}
    return bench(["ecs-service", "-"], whole)["service_arn"]


def shown(name):
    return bench(["ecs-show", CLUSTER, name])


def program(stand, *words):
    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_") or name.startswith("SSL_")}
    environment.update({"PATH": PATH, "HOME": stand.directory, "NO_COLOR": "1"})
    return Running(words[0], [stand.program, *words], environment, "/")


def seen_after(name, length, run):
    """Seconds from the end of a rollout of that length to the end of `run`."""
    bench(["ecs-scenario", "-"], {"cluster": CLUSTER, "service": name, "for": "next", "steps": [
        {"at": 0.2, "tasks": {"pending": 1, "running": 1}}, {"at": length, "complete": True}]})
    before = len(shown(name)["updates"])
    ended = run()
    now = time.time()
    updates = shown(name)["updates"]
    if len(updates) != before + 1:
        raise Failed(f"{len(updates) - before} updates were sent, not one: {ended}")
    return now - (updates[-1]["at"] + length)


def end_of_rollout(stand, rounds):
    arn = service("ends")
    python = os.environ["BENCH_AWS_PYTHON"]

    def ours():
        program(stand, "restart", arn, "--quiet", "--accept-unverified").end().succeeded()

    def waiter():
        subprocess.run([python, "-c", WAITER, CLUSTER, "ends"], check=True, stdout=subprocess.DEVNULL)

    lengths = [LENGTHS[round_ % len(LENGTHS)] for round_ in range(rounds)]
    figures, theirs, pace = [], [], []
    for length in lengths:
        begun, calls = time.time(), len(shown("ends")["call_times"])
        figures.append(seen_after("ends", length, ours))
        pace.append((len(shown("ends")["call_times"]) - calls) / max(1.0, (time.time() - begun) / 60))
        theirs.append(seen_after("ends", length, waiter))
    stand.detail["seconds from the end of a rollout to the exit"] = {"ours": figures, "waiter": theirs}
    return [Row("end of a rollout → exit", median(figures), "s", bar=5),
            Row("the same", ratio(figures, theirs), "×", "boto3's waiter `services_stable`")]


def many_services(stand):
    """One command on many services: calls a second from its first call to its last."""
    arns = [service(f"many-{number}") for number in range(MANY)]
    before = len(shown("many-0")["call_times"])
    ended = program(stand, "restart", *arns, "--quiet", "--accept-unverified").end().succeeded()
    times = [at for at, _ in shown("many-0")["call_times"][before:]]
    seconds = max(times) - min(times)
    stand.detail["calls for many services"] = {"services": MANY, "calls": len(times), "seconds": seconds}
    if b"hrottl" in ended.err:
        raise Failed("an error of throttling was shown")
    rate = len(times) / seconds
    return [Row(f"calls to ECS while one command deploys {MANY} services", Figure(rate, [rate]), "a second", bar=1.0)]


def before_the_update(stand, rounds):
    """From the start of the program to its UpdateService, against the time that the calls up to it take by themselves."""
    arn = service("starts")
    bench(["fault", "aws", "-"], [{"match": "AmazonEC2ContainerService", "delay_ms": LATENCY * 1000}])
    ours, alone = [], []
    try:
        for _ in range(rounds):
            calls, updates = len(shown("starts")["call_times"]), len(shown("starts")["updates"])
            begun = time.time()
            program(stand, "restart", arn, "--quiet", "--no-wait").end().succeeded()
            show = shown("starts")
            update = show["updates"][updates]["at"]
            names = [name for _, name in show["call_times"][calls:]]
            ours.append(update - begun)
            alone.append((names.index("UpdateService") + 1) * LATENCY)
    finally:
        bench(["fault", "aws", "clear"])
    return [Row("start of the program → its `UpdateService`", ratio(ours, alone), "×", f"the calls' own latency ({LATENCY * 1000:.0f} ms each)", bar=1.2)]


def measured(stand, rounds):
    print("  (rollouts of 5 to 13 seconds, then one command for 50 services: some minutes)", file=sys.stderr, flush=True)
    return [*end_of_rollout(stand, rounds), *before_the_update(stand, rounds), *many_services(stand)]
