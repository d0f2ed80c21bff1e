"""Measures the program inside the bench and prints the report: the part of scripts/bench that is no preparation."""

import argparse
import os
import platform
import sys

import build
import build_memory
import calls
import output
import pipeline
import realrunner
import repositories
import rollout
import size
import stage
import table
import trivial
from engine import engine
from process import Failed
from stand import Stand

PARTS = ["trivial", "calls", "crowd", "stage", "output", "build", "deploy", "lint", "repositories", "runner", "services", "burst",
         "local", "size"]
UNDER_RUNNER = {"runner", "services", "burst", "local"}
# Minutes each, and much disk: only when asked for.
RARE = ["build-memory"]


def measure(options, stand):
    """The rows, part by part; each part is told about on stderr when it begins."""
    rows, rounds = [], options.rounds or 8

    def part(name, what, function, *arguments):
        if name in options.only:
            print(f"\n== {what}", file=sys.stderr, flush=True)
            rows.extend(function(*arguments))

    runner = realrunner.RealRunner(stand, options.runner) if options.runner and UNDER_RUNNER & set(options.only) else None
    if runner:
        stand.detail["gitlab-runner"] = runner.version()
        part("runner", "The trivial job and 256 MB of output under gitlab-runner", realrunner.durations, stand, runner, rounds)
    part("trivial", "The trivial job against the Docker client", trivial.against_the_client, stand, rounds)
    part("calls", "Docker API calls of the trivial job", calls.counted, stand)
    part("crowd", "The trivial job on an engine with much on it", calls.crowded, stand, rounds)
    if runner:
        part("runner", "Docker API calls under gitlab-runner", realrunner.counted, stand, runner)
    part("stage", "One stage", stage.cost, stand, options.spawns)
    part("output", "256 MB of output", output.flood, stand, rounds)
    part("build", "Build and push in a job against the Docker client", build.measured, stand, options.rounds or 5)
    part("deploy", "Deployments to the bench's ECS", rollout.measured, stand, options.rounds or 5)
    part("lint", "Lint against gitlab-ci-local", pipeline.linted, stand, rounds)
    part("repositories", "Repositories made and looked at", repositories.repositories, stand, min(rounds, 5))
    part("build-memory", "Memory for 2 GB of context and 2 GB of layers", build_memory.measured, stand)
    if runner:
        part("services", "A job with two services under gitlab-runner", realrunner.with_services, stand, runner, rounds)
        part("local", "The trivial job by `local`", pipeline.local, stand, runner, rounds)
        part("burst", "Twenty jobs at once under gitlab-runner", realrunner.at_once, stand, runner, max(1, rounds // 4))
    part("size", "Sizes", size.rows, options.program, options.dist, options.cold_secs)
    return rows


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--program", required=True)
    options.add_argument("--dist", help="the shipped build, if it is there")
    options.add_argument("--runner", help="a gitlab-runner")
    options.add_argument("--rounds", type=int, help="8, of builds 5")
    options.add_argument("--spawns", type=int, default=200)
    options.add_argument("--only", type=lambda text: text.split(","), default=PARTS)
    options.add_argument("--cold-secs", type=float)
    options.add_argument("--json")
    options = options.parse_args()
    unknown = set(options.only) - set(PARTS + RARE)
    if unknown:
        sys.exit(f"error: there is no part `{', '.join(sorted(unknown))}`\n\nhint: the parts are {', '.join(PARTS + RARE)}")
    directory = os.path.join(os.environ["BENCH_STATE"], "speed")
    os.makedirs(directory)
    stand = Stand(options.program, directory)
    rows = measure(options, stand)
    version = engine("GET", "/version")
    surroundings = {"engine": version["Version"], "kernel": platform.release(), "machine": platform.machine(), "cpus": os.cpu_count(),
                    "load": os.getloadavg()}
    if options.json:
        table.write_json(options.json, rows, {**surroundings, "detail": stand.detail})
    print(table.markdown(rows), end="")
    print(f"\n{surroundings['cpus']} processors, {surroundings['machine']}, Linux {surroundings['kernel']}, Docker engine {version['Version']}"
          + (f", gitlab-runner {stand.detail['gitlab-runner']}" if "gitlab-runner" in stand.detail else "")
          + f", load {surroundings['load'][0]:.1f} at the end. Ratios of medians, sides in turns; spread: lowest and highest round,"
          " of 50 rounds and more the middle 80 %.")
    stages = stand.detail.get("stages of the trivial job, ms")
    if stages:
        print("\nStages of the trivial job, ms: " + ", ".join(f"{name} {took:g}" for name, took in stages.items()) + ".")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except Failed as error:
        sys.exit(f"error: {error}")
