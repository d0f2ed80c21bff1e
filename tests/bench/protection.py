"""Who may push to, merge into and delete what: protected branches and tags, and push rules."""

import fnmatch
import re

from calls import DEVELOPER, MAINTAINER, Wrong

DENIED = "You are not allowed to push into this branch"


def rules_of(items, name):
    """The protections whose name, maybe with wildcards, fits."""
    return [one for one in items if fnmatch.fnmatchcase(name, one["name"].replace("[", "[[]"))]


def grants(world, user, record, levels):
    """Whether one of the access levels is the user's."""
    for one in levels:
        if one.get("user_id") is not None:
            allowed = one["user_id"] == user.number
        elif one.get("group_id") is not None:
            allowed = any(group.number == one["group_id"] and world.group_role(user, group.path) for group in world.groups.values())
        elif one.get("deploy_key_id") is not None or not one["access_level"]:
            allowed = False
        else:
            allowed = user.admin or world.role(user, record) >= one["access_level"]
        if allowed:
            return True
    return False


def may_push(world, user, record, branch):
    rules = rules_of(record.protected_branches, branch)
    if not rules:
        return user.admin or world.role(user, record) >= DEVELOPER
    if not record.project.branches() and world.role(user, record) >= MAINTAINER:
        # Maintainers may always make the first branch, even where afterwards nobody may push.
        return True
    return any(grants(world, user, record, one["push_access_levels"]) for one in rules)


def may_merge(world, user, record, branch):
    rules = rules_of(record.protected_branches, branch)
    if not rules:
        return user.admin or world.role(user, record) >= DEVELOPER
    return any(grants(world, user, record, one["merge_access_levels"] + one["push_access_levels"]) for one in rules)


def may_tag(world, user, record, tag):
    rules = rules_of(record.protected_tags, tag)
    if not rules:
        return user.admin or world.role(user, record) >= DEVELOPER
    return any(grants(world, user, record, one["create_access_levels"]) for one in rules)


def may_force(record, branch):
    rules = rules_of(record.protected_branches, branch)
    return not rules or any(one["allow_force_push"] for one in rules)


def is_protected(record, branch):
    return bool(rules_of(record.protected_branches, branch))


def check_push(world, user, record, branch):
    if not may_push(world, user, record, branch):
        raise Wrong(403, DENIED)


def check_rules(record, branch, message, paths, new_branch):
    """Push rules, as far as a commit over REST can break them."""
    rule = record.push_rule
    if not rule:
        return
    if rule.get("commit_message_regex") and not re.search(rule["commit_message_regex"], message):
        raise Wrong(400, f"Commit message does not follow the pattern '{rule['commit_message_regex']}'")
    if rule.get("commit_message_negative_regex") and re.search(rule["commit_message_negative_regex"], message):
        raise Wrong(400, f"Commit message contains the forbidden pattern '{rule['commit_message_negative_regex']}'")
    if rule.get("branch_name_regex") and new_branch and branch != record.project.default_branch \
            and not re.search(rule["branch_name_regex"], branch):
        raise Wrong(400, f"Branch name '{branch}' does not follow the pattern '{rule['branch_name_regex']}'")
    for path in paths:
        if rule.get("file_name_regex") and re.search(rule["file_name_regex"], path):
            raise Wrong(400, f"File name {path} was prohibited by the pattern '{rule['file_name_regex']}'.")
