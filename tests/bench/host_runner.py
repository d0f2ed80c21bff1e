#!/usr/bin/python3
"""gitlab-runner's stand-in on a host of its own: `gitlab-runner run --config FILE`.

Takes up the runners of the executor `custom` when the file names some, one loop each, with as many slots as the file says.
SIGQUIT: no more jobs, it ends with those it has. SIGTERM: it ends its jobs, and itself. While /run/busy is there, it has a job.
"""

import os
import signal
import subprocess
import sys
import time
import tomllib


def runners(file):
    try:
        with open(file, "rb") as text:
            config = tomllib.load(text)
    except FileNotFoundError:
        return 1, []
    return config.get("concurrent", 1), [one for one in config.get("runners", []) if one.get("executor") == "custom"]


def main():
    if sys.argv[1:2] == ["--version"]:
        print("Version:      19.3.0")
        return
    file = sys.argv[sys.argv.index("--config") + 1]
    told = set()
    for number in (signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, lambda number, _: told.add(number))
    # Debian's openssl would say so, which is not on this host.
    os.environ["SSL_CERT_FILE"] = "/etc/ssl/certs/ca-certificates.crt"
    loops = {}
    while not told:
        slots, found = runners(file)
        for one in found:
            if one["token"] not in loops:
                program = one["custom"]["run_exec"]
                loops[one["token"]] = subprocess.Popen(
                    [sys.executable, "/opt/bench/loop.py", "--baws-ci", program, "--slots", str(slots), "--url", one["url"],
                     "--token", one["token"]], start_new_session=True)
        time.sleep(0.1)
    for loop in loops.values():
        loop.send_signal(signal.SIGTERM)
    while any(loop.poll() is None for loop in loops.values()) or (os.path.exists("/run/busy") and signal.SIGTERM not in told):
        if signal.SIGTERM in told:
            for loop in loops.values():
                end_jobs(loop.pid)
        time.sleep(0.1)


def end_jobs(loop):
    """What a loop started: `baws-ci local`, which ends its job in good order."""
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat") as stat:
                parent = int(stat.read().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if parent == loop:
            os.kill(int(name), signal.SIGINT)


if __name__ == "__main__":
    main()
