"""What a commit's pipeline is: which jobs an event gets, and each job as GitLab would hand it to a runner.

`baws-ci local --list` says which jobs there are, when they run and why; `baws-ci template lint --merged` says what they are. Here the
one is put beside the other: defaults, variables of a rule, artifacts and their reports, keys of caches.
"""

import fnmatch
import hashlib
import json
import re
import subprocess

import yaml

DEFAULTS = ("after_script", "artifacts", "before_script", "cache", "hooks", "id_tokens", "image", "services", "timeout")
# Source: GitLab, `Gitlab::Ci::Build::Artifacts`, the file types that are not packed by gzip.
UNPACKED = ("metrics_referee", "network_referee", "terraform")
UNITS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}


class Refused(Exception):
    """There is no such pipeline."""


def flat(lines):
    """Scripts are lists in lists where `!reference` and inputs made them."""
    if lines is None:
        return []
    return [lines] if isinstance(lines, str) else [line for one in lines for line in flat(one)]


def listed(value):
    return value if isinstance(value, list) else [value] if value else []


def seconds(text):
    """`30 minutes`, `1h 30m`, or a plain number of seconds."""
    found = re.findall(r"(\d+)\s*([a-z]*)", str(text).lower())
    return sum(int(number) * UNITS.get(unit.rstrip("s") or "s", 60) for number, unit in found) or 3600


def plain(variables):
    """Values as texts; the longer form `{value: …}` is one too."""
    return {key: str(value.get("value", "") if isinstance(value, dict) else "" if value is None else value)
            for key, value in (variables or {}).items()}


def expanded(text, variables):
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda match: variables.get(match[1] or match[2], ""), str(text))


def chosen_rule(rules, why):
    """The rule that the program says has decided."""
    for rule in rules or []:
        named = [f"`if: {rule['if']}`"] if "if" in rule else []
        named += [f"`{word}:" for word in ("exists", "changes") if word in rule and "if" not in rule]
        if all(name in why for name in named) and (named or "without a condition" in why):
            return rule
    return {}


class Planned:
    """One job of the pipeline."""

    def __init__(self, listing, body, merged):
        self.name, self.stage, self.when, self.body = listing["name"], listing["stage"], listing["when"], body
        inherit = body.get("inherit") or {}
        self.rule = chosen_rule(body.get("rules"), listing["why"])
        for key in self.inherited(merged.get("default"), inherit.get("default", True)):
            if key in DEFAULTS:
                body.setdefault(key, merged["default"][key])
        kept = self.inherited(merged.get("variables"), inherit.get("variables", True))
        self.variables = {**plain({key: merged["variables"][key] for key in kept}), **plain(body.get("variables")),
                          **plain(self.rule.get("variables"))}
        self.environment = body.get("environment") or {}
        if isinstance(self.environment, str):
            self.environment = {"name": self.environment}
        self.allowed = self.rule.get("allow_failure", body.get("allow_failure", self.when == "manual" and "rules" not in body))
        self.waits = None if "needs" not in body else listing["needs"]

    @staticmethod
    def inherited(given, wish):
        return [key for key in given or {} if (key in wish if isinstance(wish, list) else wish)]

    def may_fail(self, exit_code=None):
        if isinstance(self.allowed, dict):
            return exit_code in listed(self.allowed.get("exit_codes"))
        return bool(self.allowed)

    def artifacts_of(self, before):
        """Names of the jobs whose artifacts and variables it gets; `before`: those of earlier stages."""
        if self.waits is None:
            names = before
        else:
            without = {one["job"] for one in listed(self.body["needs"]) if isinstance(one, dict) and one.get("artifacts") is False}
            names = [name for name in self.waits if name not in without]
        wish = self.body.get("dependencies")
        return [name for name in names if wish is None or name in wish]

    def spec(self, checkout, is_protected, known):
        """For `POST /_bench/jobs`, but for what depends on other jobs. `known`: variables by which names are expanded."""
        body, known = self.body, {**known, **self.variables}
        spec = {"name": self.name, "stage": self.stage, "script": flat(body.get("before_script")) + flat(body["script"]),
                "after_script": flat(body.get("after_script")), "image": self.container(body.get("image"), known),
                "services": [self.container(one, known) for one in listed(body.get("services"))],
                "timeout": seconds(body.get("timeout", 3600)),
                "hooks": {name: flat(script) for name, script in (body.get("hooks") or {}).items()}, "protected": is_protected,
                "id_tokens": {name: {"aud": expanded(one["aud"], known)} for name, one in (body.get("id_tokens") or {}).items()},
                "cache": [self.cache(one, checkout, is_protected, known) for one in listed(body.get("cache"))],
                "artifacts": self.artifacts(), "depth": int(self.variables.get("GIT_DEPTH") or 20)}
        if self.environment.get("name"):
            spec["environment"] = expanded(self.environment["name"], known)
            spec["environment_details"] = {"action": self.environment.get("action", "start"),
                                           "tier": self.environment.get("deployment_tier")}
        return spec

    @staticmethod
    def container(given, known):
        if not given:
            return None
        given = {"name": given} if isinstance(given, str) else dict(given)
        given["name"] = expanded(given["name"], known)
        given.update(given.pop("docker", {}))
        if given.get("pull_policy"):
            given["pull_policy"] = listed(given["pull_policy"])
        return given

    def artifacts(self):
        """The archive, and one entry for each report."""
        given = self.body.get("artifacts") or {}
        common = {"expire_in": given.get("expire_in")}
        entries = []
        if given.get("paths") or given.get("untracked"):
            kept = {key: given[key] for key in ("name", "untracked", "paths", "exclude", "when") if key in given}
            entries.append({**kept, **common})
        for kind, value in (given.get("reports") or {}).items():
            paths = listed(value)
            if kind == "coverage_report":
                kind, paths = value["coverage_format"], [value["path"]]
            form = "raw" if kind in UNPACKED else "gzip"
            entries.append({"paths": paths, "when": "always", "artifact_type": kind, "artifact_format": form, "name": kind, **common})
        return entries

    @staticmethod
    def cache(given, checkout, is_protected, known):
        """GitLab makes the key of files from the commits that changed them last."""
        entry, key = dict(given), given.get("key", "default")
        if isinstance(key, dict):
            commits = "".join(git(checkout, "log", "-1", "--format=%H", "--", name) for name in listed(key["files"]))
            key = "-".join(filter(None, [key.get("prefix"), hashlib.sha1(commits.encode()).hexdigest() if commits else "default"]))
        side = "-protected" if is_protected else "-non_protected"
        entry["key"] = expanded(key, known) + side
        entry["fallback_keys"] = [expanded(one, known) + side for one in listed(given.get("fallback_keys"))]
        entry["policy"] = expanded(given.get("policy", "pull-push"), known)
        return entry


class Plan:
    """All jobs of a commit for an event, in the order of their stages."""

    def __init__(self, program, checkout, event, maps, variables):
        words = [word for project, directory in maps.items() for word in ("--map", f"{project}={directory}")]
        given = [word for key, value in variables.items() for word in ("--var", f"{key}={value}")]
        listing = json.loads(said([program, "local", "--list", "--json", "--event", event, *words, *given], checkout))
        self.merged = yaml.safe_load(said([program, "template", "lint", "--merged", *words, ".gitlab-ci.yml"], checkout))
        if listing.get("none"):
            raise Refused(listing["none"])
        self.stages = [".pre", *self.merged.get("stages", ["build", "test", "deploy"]), ".post"]
        jobs = [Planned(one, self.merged[one["name"]], self.merged) for one in listing["jobs"]]
        self.jobs = {one.name: one for one in sorted(jobs, key=lambda one: self.stages.index(one.stage))}

    def before(self, job):
        """Jobs of earlier stages, for one that names no needs."""
        mine = self.stages.index(job.stage)
        return [one.name for one in self.jobs.values() if self.stages.index(one.stage) < mine]


def said(command, directory):
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise Refused(f"`{' '.join(command[1:4])} …` ended with {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout


def git(directory, *words):
    return subprocess.run(["git", *words], cwd=directory, capture_output=True, text=True, check=True, timeout=120).stdout.strip()


def fits(patterns, name):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
