"""Sizes of the program, and the time of a build from nothing."""

import os

from rounds import Figure, highest
from table import Row

# What .gitlab-ci.yml holds the shipped program to.
DIST_BAR = 17


def rows(release, dist, cold_secs):
    found = [Row("size of the program, profile release", highest([os.path.getsize(release) / 1e6]), "MB")]
    if dist and os.path.exists(dist):
        found.append(Row("size of the program, profile dist", highest([os.path.getsize(dist) / 1e6]), "MB", bar=DIST_BAR))
    if cold_secs is not None:
        found.append(Row("build from nothing, profile dev, 2 jobs", Figure(cold_secs, [cold_secs]), "s"))
    return found
