"""Calls to the Docker API and container starts of the trivial job; on an engine with much on it too, and how long it takes there."""

from engine import Calls, Crowd
from rounds import highest, ratio
from table import Row
from trivial import Stages

NETWORKS, CONTAINERS = 100, 200
MUCH = f"{NETWORKS} networks and {CONTAINERS} stopped containers on the host"
# They are the same in every round, or something is wrong.
ROUNDS = 2


def counted(stand):
    """The trivial job's calls."""
    return counted_on(stand, "", stand.payload())


def counted_on(stand, title, payload):
    job = Stages(stand, stand.logged_config, payload)
    all_calls, starts = [], []
    for _ in range(ROUNDS):
        with Calls() as calls:
            job()
        all_calls.append(len(calls.all))
        starts.append(len(calls.starts))
    stand.detail[f"Docker API calls of the trivial job{title}"] = calls.all
    return [Row(f"Docker API calls of the trivial job{title}", highest(all_calls), "calls", bar=14, reach=10),
            Row(f"container starts of it{title}", highest(starts), "", bar=2)]


def crowded(stand, rounds):
    """The same calls and the same time where much else is on the engine; the rounds without it are half before and half after."""
    payload = stand.payload()
    job = Stages(stand, stand.config, payload)
    job()
    half = (rounds + 1) // 2
    alone = [job() for _ in range(half)]
    with Crowd(NETWORKS, CONTAINERS):
        job()
        among = [job() for _ in range(2 * half)]
        rows = counted_on(stand, f", {MUCH}", payload)
    job()
    alone += [job() for _ in range(half)]
    stand.detail[f"trivial job, {MUCH}, s"] = {"with": among, "without": alone}
    return [*rows, Row(f"trivial job with {MUCH}", ratio(among, alone), "×", "itself without them", 1.25)]
