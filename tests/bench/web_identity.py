"""The trust of AssumeRoleWithWebIdentity: a token of the bench's GitLab, its signature, its time and its claims.

A role is under it when the policy says so: `roles: {"ARN": {"web_identity": {"aud": "…", "sub": "pattern"}}}`.
"""

import re
import time

import oidc
from client import Client
from sessions import Denied


def admit(form, policy):
    """Raises `Denied` when the role's trust does not take this token."""
    trust = policy.get("roles", {}).get(form.get("RoleArn", ""), {}).get("web_identity")
    if trust is None:
        return
    client = Client("http://203.0.113.10")
    try:
        keys = client.call("GET", "/oauth/discovery/keys").json()["keys"]
    finally:
        client.close()
    try:
        claims = oidc.verified(form.get("WebIdentityToken", ""), keys)
    except (ValueError, KeyError, TypeError):
        raise Denied(400, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider, please "
                                                  "reference AssumeRoleWithWebIdentity documentation for requirements") from None
    if claims.get("iss") != oidc.ISSUER:
        raise Denied(400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for " + str(claims.get("iss")))
    if claims.get("exp", 0) <= time.time():
        raise Denied(400, "ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time")
    if "aud" in trust and claims.get("aud") != trust["aud"]:
        raise Denied(400, "InvalidIdentityToken", "Incorrect token audience")
    if not re.fullmatch(trust.get("sub", ".*"), str(claims.get("sub"))):
        raise Denied(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
