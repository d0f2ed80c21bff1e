"""What gitlab-ci-local has said, kept in `peer.json`: to ask it takes two seconds each time, and it says the same of the same files.

An answer is good for the files that it was asked about, the version that was asked, and the way of asking (`peer.py`): a digest of
all three stands beside it. `peer.py --record` writes it anew.
"""

import hashlib
import json
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
FILE = HERE / "peer.json"
CI_LOCAL = HERE.parent / "bench" / "ci_local"
TEMPLATES = HERE.parent.parent / "pipeline-templates"


def digest_of_case(case):
    return digest(case, case.rglob("*"))


def digest_of_sample(sample):
    """With all templates: it includes some of them, and they include others."""
    templates = (file for file in TEMPLATES.rglob("*.yml") if "samples" not in file.relative_to(TEMPLATES).parts)
    return digest(TEMPLATES, [*templates, *sample.rglob("*")])


def digest(root, files):
    whole = hashlib.sha256()
    whole.update(re.search(r"^ci_local=(\S+)$", CI_LOCAL.read_text(), re.MULTILINE)[1].encode())
    whole.update((HERE / "peer.py").read_bytes())
    for file in sorted(file for file in files if file.is_file()):
        content = file.read_bytes()
        whole.update(f"\n{file.relative_to(root)} {len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()


def read():
    return json.loads(FILE.read_text())


def write(cases, samples):
    """Both: lists of answers, each with its directory below `directory`."""
    record = {"cases": by_directory(cases, digest_of_case), "samples": by_directory(samples, digest_of_sample)}
    FILE.write_text(json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def by_directory(answers, digest_of):
    kept = {}
    for given in answers:
        directory = given.pop("directory")
        name, event = given.pop("case"), given.pop("event")
        kept.setdefault(name, {"digest": digest_of(directory), "events": {}})["events"][event] = given
    return kept


def answers(kept, asked, digest_of):
    """Those that are kept for these questions, and the names of what was changed since, or was never asked about."""
    found, unknown = [], []
    for directory, event in asked:
        known = kept.get(directory.name, {})
        given = known.get("events", {}).get(event)
        if given is None or known.get("digest") != digest_of(directory):
            unknown.append(directory.name)
        else:
            found.append({"case": directory.name, "event": event, **given})
    return found, sorted(set(unknown))
