"""What is still there when no job runs any more: on the engine, in the state directory, among the processes."""

import os
import shutil

from engine import engine
from fates import LONG_SLEEP


def on_the_engine():
    """Everything but what stays by design: the engine's own networks, and volumes that are kept for the next job. Paths of its API."""
    containers = [one["Names"][0].lstrip("/") for one in engine("GET", "/containers/json?all=1")]
    # By their ids: an engine may have two of one name.
    networks = [one["Id"] for one in engine("GET", "/networks") if one["Name"] not in ("bridge", "host", "none")]
    volumes = [one["Name"] for one in engine("GET", "/volumes")["Volumes"] or [] if "baws-ci.volume" not in (one["Labels"] or {})]
    return [f"/containers/{name}" for name in containers] + [f"/networks/{name}" for name in networks] + [f"/volumes/{name}" for name in volumes]


def job_directories(state):
    jobs = os.path.join(state, "jobs")
    return [os.path.join(jobs, name) for name in os.listdir(jobs)] if os.path.isdir(jobs) else []


def processes(program, state):
    """Processes of the program, the agents in containers too, and what scripts have left running."""
    pinned = os.path.join(state, "bin")
    files = [program] + [os.path.join(pinned, build, "baws-ci") for build in (os.listdir(pinned) if os.path.isdir(pinned) else [])]
    ours = {(os.stat(file).st_dev, os.stat(file).st_ino) for file in files if os.path.exists(file)}
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            file = os.stat(f"/proc/{pid}/exe")
            with open(f"/proc/{pid}/cmdline", "rb") as text:
                words = text.read().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue  # it has ended, or is a kernel's own
        if (file.st_dev, file.st_ino) in ours or words.endswith(LONG_SLEEP):
            found.append(f"process {pid}: {words}")
    return found


def age(directories):
    """Makes the directories of dead jobs so old that no job could still be about to use them."""
    for directory in directories:
        os.utime(directory, (0, 0))


def clear(state):
    """Removes by force what was found, so that the next round does not find it again."""
    for path in on_the_engine():
        engine("DELETE", path + "?force=1")
    for directory in job_directories(state):
        shutil.rmtree(directory)
