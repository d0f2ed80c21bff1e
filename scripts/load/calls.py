"""Calls to the Docker API and container starts of the trivial job; on an engine with many networks too."""

from engine import Calls, Crowd
from rounds import highest
from table import Row
from trivial import Stages

CROWD = 100
# They are the same in every round, or something is wrong.
ROUNDS = 2


def counted(stand):
    payload = stand.payload()
    rows = []
    for title, crowd in (("", 0), (f", {CROWD} networks on the host", CROWD)):
        job = Stages(stand, stand.logged_config, payload)
        all_calls, starts = [], []
        with Crowd(crowd):
            for _ in range(ROUNDS):
                with Calls() as calls:
                    job()
                all_calls.append(len(calls.all))
                starts.append(len(calls.starts))
        stand.detail[f"Docker API calls of the trivial job{title}"] = calls.all
        rows.append(Row(f"Docker API calls of the trivial job{title}", highest(all_calls), "calls", bar=14, reach=10))
        rows.append(Row(f"container starts of it{title}", highest(starts), "", bar=2))
    return rows
