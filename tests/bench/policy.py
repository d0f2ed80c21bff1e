"""The AWS policy of the bench: what the ECR face and the AWS face refuse, and how long what they issue is good.

    policy.py FILE     checks it; the README has the keys

A JSON object in a file that is read again when it changes. Without a file nothing is refused.
"""

import fnmatch
import json
import os
import re
import sys
import threading

DENIABLE = re.compile(r"[a-z0-9-]+:[A-Za-z*?]+|\*")
ROLE = {"external_id": str, "session_name": str, "web_identity": dict, "max": int, "deny": bool}
SCAN = {"status": str, "findings": dict, "pending": int}
KEYS = {"ecr_token_ttl": (int, float), "session_ttl": (int, float), "strict_roles": bool, "roles": dict, "deny": list,
        "blob_mounting": bool, "blob_redirect": bool, "scan": dict}


class Faulty(Exception):
    """The policy cannot be used."""


def typed(where, given, keys):
    if not isinstance(given, dict):
        raise Faulty(f"{where} is not an object")
    for key, value in given.items():
        if key not in keys:
            raise Faulty(f"{where} has an unknown key `{key}`")
        kinds = keys[key]
        if not isinstance(value, kinds) or isinstance(value, bool) and kinds is not bool:
            raise Faulty(f"`{key}` of {where} has the wrong type")


def checked(given):
    """The policy as it was given. Raises `Faulty`."""
    typed("the policy", given, KEYS)
    for arn, role in given.get("roles", {}).items():
        typed(f"the role `{arn}`", role, ROLE)
        try:
            re.compile(role.get("session_name", ""))
        except re.error as error:
            raise Faulty(f"`session_name` of the role `{arn}`: {error}") from None
    typed("`scan`", given.get("scan", {}), SCAN)
    for entry in given.get("deny", []):
        if not isinstance(entry, str) or not DENIABLE.fullmatch(entry):
            raise Faulty(f"`deny` has `{entry}`, which is not service:Action")
    return given


class Policy:
    """The policy file of the faces, as it is now."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.stamp = None
        self.value = {}

    def now(self):
        with self.lock:
            try:
                status = os.stat(self.path)
                stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            except FileNotFoundError:
                stamp = None
            if stamp != self.stamp:
                self.stamp, self.value = stamp, {}
                try:
                    if stamp:
                        with open(self.path) as file:
                            self.value = checked(json.load(file))
                except (OSError, ValueError, Faulty) as error:
                    print(f"ignored the policy in {self.path}: {error}", file=sys.stderr, flush=True)
            return self.value

    def denies(self, action):
        """Whether `service:Action` stands in `deny`, where `*` is any text."""
        return any(fnmatch.fnmatchcase(action, entry) for entry in self.now().get("deny", []))


def refusal(arn, action, resource):
    """IAM's words for an action that no policy allows."""
    return (f"User: {arn} is not authorized to perform: {action} on resource: {resource} "
            f"because no identity-based policy allows the {action} action")


def main():
    try:
        with open(sys.argv[1]) as file:
            checked(json.load(file))
    except (ValueError, Faulty) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
