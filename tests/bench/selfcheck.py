"""The checks of `bench selfcheck` that run inside: `selfcheck.py BENCH [PATTERN]`. One line each, `ok` or `FAIL`.

They use random names, so that one run does not meet the leavings of another.
"""

import os
import re
import sys
import tempfile
import time
import traceback

import checks_aws
import checks_docker
import checks_ecr
import checks_ecs
import checks_faults
import checks_gitlab
import checks_identity
import checks_loop
import checks_network
import checks_rest
import checks_rest_flow
import checks_states
from checks import Bench


def main():
    pattern = re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="bench-selfcheck-") as directory:
        os.environ.update(HOME=directory, DOCKER_CONFIG=directory, GIT_CONFIG_NOSYSTEM="1")
        bench = Bench(sys.argv[1], directory)
        # The checks that end the daemon come last.
        for module in (checks_network, checks_gitlab, checks_rest, checks_rest_flow, checks_identity, checks_faults, checks_loop, checks_aws,
                       checks_ecr, checks_ecs, checks_states, checks_docker):
            for name, check in list(vars(module).items()):
                if not name.startswith("check_") or not pattern.search(name):
                    continue
                started = time.time()
                try:
                    check(bench)
                    verdict = "ok  "
                except Exception as error:
                    verdict, failed = "FAIL", failed + 1
                    print(f"# {type(error).__name__}: {error}\n# " + "# ".join(traceback.format_tb(error.__traceback__)[-1:]).rstrip())
                print(f"{verdict} {name.removeprefix('check_').replace('_', ' ')} ({time.time() - started:.1f} s)", flush=True)
    print("# end", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
