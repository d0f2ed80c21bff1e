"""What a REST call brings: its query and its body, which is JSON or a form with Rack's nesting (`a[b]=c`, `a[]=x`, `a[][b]=c`)."""

import json
import re
import urllib.parse


class Malformed(ValueError):
    """The body is not what its type says."""


def parameters(query, body, kind):
    """One dictionary of everything; the body wins over the query."""
    given = nested(urllib.parse.parse_qsl(query, keep_blank_values=True))
    if not body.strip():
        return given
    if "json" in kind or body.lstrip()[:1] == b"{":
        try:
            value = json.loads(body)
        except ValueError:
            raise Malformed("400 Bad Request") from None
        if not isinstance(value, dict):
            raise Malformed("400 Bad Request")
    else:
        value = nested(urllib.parse.parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    return {**given, **value}


def nested(pairs):
    """Names with brackets as the structure that Rack makes of them."""
    result = {}
    for name, value in pairs:
        head, brackets = re.match(r"^\[?([^\[\]]*)\]?(.*)$", name, re.DOTALL).groups()
        put(result, head, re.findall(r"\[([^\]]*)\]", brackets), value)
    return result


def put(into, name, rest, value):
    """Puts a value below `name`. An element of an array is complete when its next key is one that it has."""
    if not rest:
        into[name] = value
    elif rest[0]:
        below = into.setdefault(name, {})
        if not isinstance(below, dict):
            raise Malformed(f"expected Hash (got {type(below).__name__}) for param `{name}'")
        put(below, rest[0], rest[1:], value)
    else:
        below = into.setdefault(name, [])
        if not isinstance(below, list):
            raise Malformed(f"expected Array (got {type(below).__name__}) for param `{name}'")
        if len(rest) == 1:
            below.append(value)
            return
        key = rest[1] or ""
        if not below or not isinstance(below[-1], dict) or has(below[-1], key, rest[2:]):
            below.append({})
        put(below[-1], key, rest[2:], value)


def has(element, key, rest):
    """Whether the element holds that already; an array inside it goes on growing."""
    if key not in element or rest == [""]:
        return False
    return not rest or not isinstance(element[key], dict) or has(element[key], rest[0], rest[1:])


def truth(value):
    """A boolean as JSON and forms write it; None for what is none."""
    if isinstance(value, bool) or value is None:
        return value
    return {"true": True, "1": True, "t": True, "yes": True, "on": True,
            "false": False, "0": False, "f": False, "no": False, "off": False}.get(str(value).lower())


def listed(value):
    """A list, which a client may write as an array or as one text with commas."""
    if value is None:
        return []
    if isinstance(value, str):
        value = value.split(",")
    elif isinstance(value, dict):
        value = list(value.values())
    return [one.strip() if isinstance(one, str) else one for one in value if one not in ("", None)]
