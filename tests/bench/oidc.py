"""GitLab's ID tokens: RS256 keys, signing and verification in plain integers, and the claims of a job.

Good for a bench only: the arithmetic keeps no secret. Source of the claims: GitLab's documentation of ID tokens; of the
signature: RFC 8017, RSASSA-PKCS1-v1_5.
"""

import base64
import hashlib
import json
import secrets
import threading
import time

ISSUER = "https://gitlab.bench.test"
BITS, EXPONENT = 2048, 65537
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
SMALL = [n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n ** 0.5) + 1, 2))]


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def prime(bits):
    while True:
        number = secrets.randbits(bits) | 3 << bits - 2 | 1
        if all(number % one for one in SMALL) and number % EXPONENT != 1 and \
                all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7)):
            return number


def padded(message):
    digest = DIGEST_INFO + hashlib.sha256(message).digest()
    return int.from_bytes(b"\0\1" + b"\xff" * (BITS // 8 - len(digest) - 3) + b"\0" + digest, "big")


class Key:
    """A key pair, made when first asked for."""

    def __init__(self):
        self.lock, self.numbers, self.id = threading.Lock(), None, "bench-" + secrets.token_hex(4)

    def pair(self):
        with self.lock:
            if not self.numbers:
                p, q = prime(BITS // 2), prime(BITS // 2)
                self.numbers = p * q, pow(EXPONENT, -1, (p - 1) * (q - 1))
            return self.numbers

    def public(self):
        return {"kty": "RSA", "kid": self.id, "use": "sig", "alg": "RS256", "e": encoded(EXPONENT.to_bytes(3, "big")),
                "n": encoded(self.pair()[0].to_bytes(BITS // 8, "big"))}

    def sign(self, claims, kid=None):
        head = {"kid": kid or self.id, "typ": "JWT", "alg": "RS256"}
        message = f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps(claims).encode())}"
        modulus, private = self.pair()
        return f"{message}.{encoded(pow(padded(message.encode()), private, modulus).to_bytes(BITS // 8, 'big'))}"


def verified(token, keys):
    """The claims of a token that one of these public keys has signed; ValueError for all else."""
    head, claims, signature = token.split(".")
    header = json.loads(decoded(head))
    key = next((one for one in keys if one["kid"] == header.get("kid")), None)
    if header.get("alg") != "RS256" or not key:
        raise ValueError("no such key or algorithm")
    modulus, exponent = (int.from_bytes(decoded(key[name]), "big") for name in ("n", "e"))
    if pow(int.from_bytes(decoded(signature), "big"), exponent, modulus) != padded(f"{head}.{claims}".encode()):
        raise ValueError("the signature does not match")
    return json.loads(decoded(claims))


def claims(audience, job=None, source=None, now=None):
    """What GitLab says about a job; without one, about a job that could be."""
    spec, now = job.spec if job else {}, int(now or time.time())
    path = job.project.path if job else "root/bench"
    source = source or {"ref": "main", "ref_type": "branch", "protected": False, "sha": "0" * 40}
    result = {
        "iss": ISSUER, "sub": f"project_path:{path}:ref_type:{source['ref_type']}:ref:{source['ref']}", "aud": audience,
        "iat": now, "nbf": now - 5, "exp": now + int(spec.get("timeout", 3600)), "jti": secrets.token_hex(16),
        "namespace_id": "7", "namespace_path": path.rpartition("/")[0], "project_id": str(job.project.number if job else 1),
        "project_path": path, "user_id": "2", "user_login": "bench", "user_email": "bench@gitlab.bench.test",
        "user_access_level": "maintainer", "groups_direct": [], "pipeline_id": "1", "pipeline_source": "push",
        "job_id": str(job.number if job else 1), "ref": source["ref"], "ref_type": source["ref_type"],
        "ref_path": f"refs/{'tags' if source['ref_type'] == 'tag' else 'heads'}/{source['ref']}",
        "ref_protected": str(bool(source["protected"])).lower(), "runner_id": 1, "runner_environment": "self-hosted",
        "sha": source["sha"], "project_visibility": "private"}
    if spec.get("environment"):
        result.update(environment=spec["environment"], deployment_tier="production",
                      environment_protected=str(bool(spec.get("environment_protected"))).lower())
    return result


def forged(key, given):
    """A token as an attacker or a mishap would bring it; a good one without `forge`."""
    body, forge = {**claims(ISSUER), **given.get("claims", {})}, given.get("forge")
    if forge == "key":
        return Key().sign(body, key.id)
    if forge == "alg_none":
        head = {"typ": "JWT", "alg": "none"}
        return f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps(body).encode())}."
    if forge == "expired":
        body.update(iat=body["iat"] - 7200, nbf=body["nbf"] - 7200, exp=body["iat"] - 3600)
    elif forge == "issuer":
        body["iss"] = "https://gitlab.elsewhere.test"
    elif forge:
        raise ValueError(f"no forgery {forge}")
    return key.sign(body)


DISCOVERY = {
    "issuer": ISSUER, "jwks_uri": f"{ISSUER}/oauth/discovery/keys", "response_types_supported": ["code"],
    "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]}
