"""REST: CI variables of a project."""

import re

from calls import MAINTAINER, Page, Wrong, not_found, route

MASKABLE = {False: re.compile(r"\A[a-zA-Z0-9_+=/@:.~-]{8,}\Z"), True: re.compile(r"\A\S{8,}\Z")}


def show(variable):
    return {**variable, "value": None} if variable["hidden"] else dict(variable)


def scope_filter(call):
    given = call.get("filter")
    return given.get("environment_scope") if isinstance(given, dict) else None


def find(call):
    """The one variable of that key (and scope)."""
    scope = scope_filter(call)
    found = [one for one in call.record.variables if one["key"] == call["key"] and scope in (None, one["environment_scope"])]
    if not found:
        raise not_found("Variable")
    if len(found) > 1:
        raise Wrong(409, "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'")
    return found[0]


def check(call, variable):
    """Refuses what GitLab does not save."""
    errors = {}
    if not re.fullmatch(r"[A-Za-z0-9_]+", variable["key"]):
        errors["key"] = ["can contain only letters, digits and '_'."]
    elif len(variable["key"]) > 255:
        errors["key"] = ["is too long (maximum is 255 characters)"]
    if any(one is not variable and (one["key"], one["environment_scope"]) == (variable["key"], variable["environment_scope"])
           and one is not call.before for one in call.record.variables):
        errors["key"] = [f"({variable['key']}) has already been taken"]
    if len(variable["value"]) > 10000:
        errors["value"] = ["is too long (maximum is 10000 characters)"]
    elif variable["masked"] and not MASKABLE[variable["raw"]].match(variable["value"]):
        errors["value"] = ["is invalid"]
    if not re.fullmatch(r"[A-Za-z0-9_/${}. *-]{1,255}", variable["environment_scope"]):
        errors["environment_scope"] = ["can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, "
                                       "but it cannot start or end with '/'"]
    if len(variable["description"] or "") > 255:
        errors["description"] = ["is too long (maximum is 255 characters)"]
    if errors:
        raise Wrong(400, errors)


def fields(call, before):
    return {**before, "value": call.text("value", before["value"]),
            "variable_type": call.one_of("variable_type", ("env_var", "file"), before["variable_type"]),
            "protected": call.flag("protected", before["protected"]), "masked": call.flag("masked", before["masked"]),
            "raw": call.flag("raw", before["raw"]), "environment_scope": call.text("environment_scope") or before["environment_scope"],
            "description": call.get("description", before["description"])}


@route("GET", "projects/:project/variables", role=MAINTAINER)
def variables(call):
    return Page(call.record.variables, show)


@route("POST", "projects/:project/variables", role=MAINTAINER)
def create_variable(call):
    call.need("key")
    if call.get("value") is None:
        raise Wrong(400, error="value is missing")
    if len(call.record.variables) >= 8000:
        raise Wrong(400, {"base": ["Maximum number of project ci variables (8000) exceeded"]})
    hidden = call.flag("masked_and_hidden", False)
    call.before = None
    variable = fields(call, {"key": call.text("key"), "value": "", "variable_type": "env_var", "protected": False, "masked": False,
                             "hidden": hidden, "raw": False, "environment_scope": "*", "description": None})
    variable["masked"] = variable["masked"] or hidden
    check(call, variable)
    call.record.variables.append(variable)
    return 201, show(variable)


@route("GET", "projects/:project/variables/:key", role=MAINTAINER)
def variable(call):
    return show(find(call))


@route("PUT", "projects/:project/variables/:key", role=MAINTAINER)
def update_variable(call):
    call.before = find(call)
    changed = fields(call, call.before)
    if call.before["hidden"] and not changed["masked"]:
        raise Wrong(400, {"masked": ["The visibility setting cannot be changed for masked and hidden variables."]})
    check(call, changed)
    call.before.update(changed)
    return show(call.before)


@route("DELETE", "projects/:project/variables/:key", role=MAINTAINER)
def delete_variable(call):
    found = find(call)
    call.record.variables = [one for one in call.record.variables if one is not found]
