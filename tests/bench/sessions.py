"""Who calls the AWS face: issued access keys and their end, and the trust table for AssumeRole."""

import collections
import re
import threading
import time
import xml.sax.saxutils

ACCOUNT = "123456789012"
# What moto takes the bench's own key, and any other that it does not know, for.
USER = f"arn:aws:sts::{ACCOUNT}:user/moto"
# The host's instance role; metadata.py hands out its keys, which tell when they end.
HOST_ROLE = "bench-host"
HOST_INSTANCE = "i-0bench0bench0bench"
HOST_KEY = "ASIABENCHHOST"
SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")
ROLE_ARN = re.compile(r"arn:aws:iam::(\d{12}):role/(?:.*/)?([\w+=,.@-]+)")

Caller = collections.namedtuple("Caller", "arn account expires", defaults=(None,))


class Denied(Exception):
    """A call is refused: HTTP status, code and message."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


def scope(authorization):
    """`(access key, region, service)` of a signed request, each None without a signature."""
    match = SCOPE.search(authorization or "")
    return match.groups() if match else (None, None, None)


def host_key(expires):
    return f"{HOST_KEY}{int(expires):X}"


class Sessions:
    """Keys that AssumeRole has issued. All connections share it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.callers = {}

    def clear(self):
        with self.lock:
            self.callers = {}

    def caller(self, key):
        if key and key.startswith(HOST_KEY):
            arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{HOST_ROLE}/{HOST_INSTANCE}"
            return Caller(arn, ACCOUNT, int(key.removeprefix(HOST_KEY), 16))
        with self.lock:
            return self.callers.get(key) or Caller(USER, ACCOUNT)

    def issued(self, key, caller):
        with self.lock:
            self.callers[key] = caller


def may_assume(caller, form, policy):
    """Raises `Denied` when the caller may not have the session that the form of AssumeRole asks for."""
    arn, name, duration = form.get("RoleArn", ""), form.get("RoleSessionName", ""), int(form.get("DurationSeconds", 3600))
    if not ROLE_ARN.fullmatch(arn):
        raise Denied(400, "ValidationError", f"{arn} is invalid")
    if not SESSION_NAME.fullmatch(name):
        raise Denied(400, "ValidationError", f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy "
                                             "constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*")
    role = policy.get("roles", {}).get(arn)
    if role is None and policy.get("strict_roles") or role and (
            role.get("deny") or role.get("external_id", form.get("ExternalId")) != form.get("ExternalId")
            or not re.fullmatch(role.get("session_name", ".*"), name)):
        raise Denied(403, "AccessDenied", f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}")
    if duration < 900:
        raise Denied(400, "ValidationError", f"1 validation error detected: Value '{duration}' at 'durationSeconds' failed to satisfy "
                                             "constraint: Member must have value greater than or equal to 900")
    if ":assumed-role/" in caller.arn and duration > 3600:
        raise Denied(400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
    if duration > (role or {}).get("max", 3600):
        raise Denied(400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")


def also_needed(name, form):
    """The actions that a session with tags or a source identity needs besides."""
    if not name.startswith("AssumeRole"):
        return []
    return ["sts:TagSession"] * ("Tags.member.1.Key" in form) + ["sts:SetSourceIdentity"] * ("SourceIdentity" in form)


def taken(form, answer, policy, sessions):
    """Remembers the session in moto's answer to AssumeRole; the answer with the expiry that the policy gives it."""
    key, arn = (re.search(rf"<{name}>([^<]+)</{name}>", answer)[1] for name in ("AccessKeyId", "Arn"))
    expires = time.time() + min(int(form.get("DurationSeconds", 3600)), policy.get("session_ttl", 43200))
    sessions.issued(key, Caller(arn, arn.split(":")[4], expires))
    return re.sub(r"<Expiration>[^<]*<", f"<Expiration>{stamp(expires)}<", answer)


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def identity(caller, request_id):
    """The answer to GetCallerIdentity for a caller that moto does not know."""
    return (f'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>{caller.arn}</Arn>'
            f"<UserId>AROABENCHBENCHBENCH0:{HOST_INSTANCE}</UserId><Account>{caller.account}</Account></GetCallerIdentityResult>"
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>")


def query_error(denied, request_id):
    """An error as query services put it."""
    return ('<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
            f"<Code>{denied.code}</Code><Message>{xml.sax.saxutils.escape(str(denied))}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>")
