"""ECR's authorization tokens: issued by the AWS face, read by the ECR face.

As ECR's they are about 2.5 kB of base64 that a client cannot read; unlike ECR's they are merely signed.
"""

import base64
import collections
import hashlib
import hmac
import json
import time

KEY = b"bench-ecr-token-key"
SIZE = 940  # of the payload; two rounds of base64 bring it to the size of ECR's tokens

Token = collections.namedtuple("Token", "account arn expires")


class Unreadable(Exception):
    """Not a token of this bench."""


def signature(payload):
    return hmac.new(KEY, payload.encode(), hashlib.sha256).hexdigest()


def issue(account, arn, expires):
    """The `authorizationToken`: base64 of `AWS:` and the password."""
    payload = json.dumps({"account": account, "arn": arn, "expires": expires}).ljust(SIZE)
    text = base64.b64encode(payload.encode()).decode()
    password = base64.b64encode(json.dumps({
        "payload": text, "datakey": signature(text), "version": "2", "type": "DATA_KEY", "expiration": int(expires)}).encode())
    return base64.b64encode(b"AWS:" + password).decode()


def read(password):
    """The `Token` in a password. Raises `Unreadable`, also for a wrong signature; the expiry is the caller's to look at."""
    try:
        envelope = json.loads(base64.b64decode(password, validate=True))
        if not hmac.compare_digest(envelope["datakey"], signature(envelope["payload"])):
            raise Unreadable("a wrong signature")
        fields = json.loads(base64.b64decode(envelope["payload"]))
        return Token(fields["account"], fields["arn"], fields["expires"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(str(error)) from None


def expired(token):
    return token.expires <= time.time()
