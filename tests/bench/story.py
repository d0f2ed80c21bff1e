"""The platform's whole story with real parts: `story.py --baws-ci PATH`, inside the bench. `scripts/story` says more.

It ends with 0 when all of it was true, and at the first untruth with 1, what was expected and what was found.
"""

import argparse
import os
import secrets
import shutil
import sys
import tempfile

from pipeline_engine import Engine, Refused
from story_chapters import CHAPTERS, Tale
from story_world import ACCOUNT, OTHER_ACCOUNT, Book, Runner, Untrue, World


def tell(options, directory):
    real = os.environ.get("GITLAB_RUNNER")
    world = World(os.path.realpath(options.baws_ci), directory, "s" + secrets.token_hex(3), OTHER_ACCOUNT if real else ACCOUNT)
    book = Book()
    with Runner(world, real) as runner:
        print(f"the runner: {runner.told()}", flush=True)
        engine = Engine(world.program, runner.token, directory, book.job)
        tale = Tale(world, book, engine)
        try:
            for chapter in CHAPTERS:
                chapter(tale)
        except (Untrue, Refused):
            for run in tale.failed():
                print(f"\nlog of the job {run.planned.name}:\n{run.trace[-4000:]}", file=sys.stderr)
            if runner.process.poll() is not None:
                print(f"\nthe runner has ended with {runner.process.returncode}", file=sys.stderr)
            raise
    book.end()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--baws-ci", required=True, metavar="PATH")
    # Short: sockets live below it.
    directory = tempfile.mkdtemp(prefix="story-", dir=os.environ["BENCH_STATE"])
    try:
        tell(options.parse_args(), directory)
    except (Untrue, Refused) as error:
        sys.exit(f"\nerror: this part of the story is not true\n{error}")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
