"""Posts a job, prints its log while it runs, and exits 0 when it succeeded: `job.py JOB.json|-`."""

import json
import sys

from client import Client, control

FINAL = ("success", "failed", "canceled")


def follow(number):
    """Copies the job's log to standard output until the job has ended; what it became."""
    client, shown = Client(), 0
    while True:
        state = client.call("GET", f"/_bench/jobs/{number}?wait=0.2").json()
        trace = client.call("GET", f"/_bench/jobs/{number}/trace").body
        sys.stdout.buffer.write(trace[shown:])
        sys.stdout.flush()
        shown = len(trace)
        if state["state"] in FINAL:
            return state


def main():
    source = sys.stdin if sys.argv[1] == "-" else open(sys.argv[1])
    with source:
        spec = json.load(source)
    number = control("POST", "jobs", spec)["id"]
    print(f"Posted job {number}", file=sys.stderr)
    state = follow(number)
    reason = f" ({state['failure_reason']}, exit code {state['exit_code']})" if state["failure_reason"] else ""
    print(f"\nJob {number}: {state['state']}{reason}", file=sys.stderr)
    sys.exit(0 if state["state"] == "success" else 1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except (RuntimeError, OSError, ValueError) as error:
        sys.exit(f"error: {error}")
