"""The ECR face: docker-registry with ECR's names, tokens, refusals and books.

Each request passes, in this order: fault rules, the account in the host name, the token, the policy, the repository (moto
knows which there are), tag immutability. What was pushed is put into moto before the push is answered, so that
DescribeImages tells the truth; and moto decides which tags and digests there are, so that what was deleted there is gone.
"""

import argparse
import base64
import fnmatch
import hashlib
import json
import re
import urllib.parse

import face
import faults
import registry
import tokens
from backend import Moto, Refused
from policy import Policy, refusal

HOST = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z]{2}-[a-z]+-\d)\.amazonaws\.com(?::443)?")
PATH = re.compile(r"/v2/(?P<repository>[a-z0-9._/-]+)/(?P<kind>manifests|blobs/uploads|blobs|tags|referrers)/(?P<reference>[^/]*)")
# What IAM calls the requests of a registry client.
ACTIONS = {
    ("GET", "manifests"): "BatchGetImage", ("HEAD", "manifests"): "BatchGetImage", ("PUT", "manifests"): "PutImage",
    ("GET", "blobs"): "GetDownloadUrlForLayer", ("HEAD", "blobs"): "BatchCheckLayerAvailability",
    ("POST", "blobs/uploads"): "InitiateLayerUpload", ("PATCH", "blobs/uploads"): "UploadLayerPart",
    ("PUT", "blobs/uploads"): "CompleteLayerUpload", ("GET", "blobs/uploads"): "UploadLayerPart",
    ("DELETE", "blobs/uploads"): "UploadLayerPart", ("GET", "tags"): "ListImages", ("GET", "referrers"): "BatchGetImage",
}
MANIFEST_LIMIT = 4 << 20


class Denied(Exception):
    """The request is answered with an error of the registry protocol."""

    def __init__(self, status, code, message, headers=None):
        super().__init__(message)
        self.status, self.code, self.headers = status, code, headers or {}


class Handler(face.Handler):
    """One connection of a registry client."""

    def setup(self):
        super().setup()
        self.upstream = registry.Upstream()
        self.moto = Moto()

    def finish(self):
        self.upstream.close()
        self.moto.close()
        super().finish()

    def operation(self):
        """Also reads the request's names, for the journal of what a rule answers too."""
        path, _, query = self.path.partition("?")
        host = HOST.fullmatch(self.headers.get("Host", ""))
        self.account, self.region = host.groups() if host else (None, None)
        match = PATH.fullmatch(urllib.parse.unquote(path))
        self.repository, self.kind, self.reference = match.group("repository", "kind", "reference") if match else (None, None, None)
        self.action = ACTIONS.get((self.command, self.kind))
        shown = registry.without(query, "_state")
        self.facts.update(path=f"{path}?{shown}" if shown else path, operation=self.action and f"ecr:{self.action}", account=self.account,
                          region=self.region, role=self.role(), repository=self.repository, reference=self.reference or None)
        return super().operation()

    def respond(self):
        if self.path.startswith(self.control):
            return self.send(200)
        try:
            self.admit()
        except Denied as error:
            self.body.drain()
            self.send_json(error.status, {"errors": [{"code": error.code, "message": str(error)}]},
                           {"Docker-Distribution-Api-Version": "registry/2.0", **error.headers})
        except Refused as error:
            self.facts["moto"] = str(error)
            self.body.drain()
            self.send_json(500, {"errors": [{"code": "UNKNOWN", "message": str(error)}]})

    def admit(self):
        """Everything that can refuse a request, then the request."""
        if not self.account:
            raise Denied(404, "NAME_UNKNOWN", "not the name of a registry")
        token = self.token()
        path, _, query = self.path.partition("?")
        if path in ("/v2", "/v2/"):
            return self.send(200, "{}", {"Content-Type": "application/json", "Docker-Distribution-Api-Version": "registry/2.0"})
        if not self.action:
            raise Denied(405, "UNSUPPORTED", "The operation is unsupported.")
        if self.server.policy.denies(f"ecr:{self.action}"):
            self.not_authorized(token, self.repository)
        self.inner = registry.inner(self.account, self.region, self.repository)
        if self.kind == "manifests" and self.command == "PUT":
            self.put_manifest(query)
        elif self.kind == "manifests":
            self.get_manifest()
        elif self.kind == "tags":
            self.list_tags()
        else:
            self.existing()
            if (self.command, self.kind) == ("GET", "blobs") and self.server.policy.now().get("blob_redirect"):
                return self.redirect()
            self.forward(self.mount_query(query))

    # ---- refusals ---------------------------------------------------------------------------------------------------

    def password(self):
        """Of basic authentication as the user AWS, or None."""
        kind, _, credentials = self.headers.get("Authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(credentials).decode().partition(":")
        except ValueError:
            return None
        return password if kind.lower() == "basic" and user == "AWS" else None

    def role(self):
        try:
            arn = tokens.read(self.password() or "").arn
        except tokens.Unreadable:
            return None
        return arn if ":assumed-role/" in arn else None

    def token(self):
        password = self.password()
        if password is None:
            challenge = f'Basic realm="https://{self.headers["Host"]}/",service="ecr.amazonaws.com"'
            raise Denied(401, "UNAUTHORIZED", "Not Authorized", {"Www-Authenticate": challenge})
        try:
            token = tokens.read(password)
        except tokens.Unreadable:
            raise Denied(400, "DENIED", "Your Authorization Token is invalid.") from None
        if tokens.expired(token):
            raise Denied(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")
        if token.account != self.account:
            self.not_authorized(token, "*")
        return token

    def not_authorized(self, token, repository):
        resource = f"arn:aws:ecr:{self.region}:{self.account}:repository/{repository}"
        raise Denied(403, "DENIED", refusal(token.arn, f"ecr:{self.action or 'BatchGetImage'}", resource))

    def unknown(self):
        return Denied(404, "NAME_UNKNOWN", f"The repository with name '{self.repository}' does not exist in the registry with id '{self.account}'")

    def existing(self):
        """The repository as moto has it. Raises `Denied` without one."""
        repository = self.moto.repository(self.account, self.region, self.repository)
        if not repository:
            raise self.unknown()
        return repository

    def image(self):
        try:
            return self.moto.image(self.account, self.region, self.repository, self.reference)
        except Refused as error:
            if error.code == "RepositoryNotFoundException":
                raise self.unknown() from None
            raise

    # ---- manifests and tags -----------------------------------------------------------------------------------------

    def get_manifest(self):
        image = self.image()
        if not image:
            raise Denied(404, "MANIFEST_UNKNOWN", "Requested image not found")
        # By digest: what moto deleted or moved may still be a tag in the registry.
        self.reference = image["imageDigest"]
        self.forward("")

    def put_manifest(self, query):
        repository = self.existing()
        manifest = self.body.all()
        if len(manifest) > MANIFEST_LIMIT:
            raise Denied(413, "SIZE_INVALID", "the manifest is too large")
        digest = "sha256:" + hashlib.sha256(manifest).hexdigest()
        tag = None if ":" in self.reference else self.reference
        self.facts["digest"] = digest
        if tag and tag_is_immutable(repository, tag):
            image = self.image()
            if image and image["imageDigest"] != digest:
                raise Denied(400, "TAG_INVALID", f"The image tag '{tag}' already exists in the '{self.repository}' repository "
                                                 "and cannot be overwritten because the repository is immutable.")
        self.forward(query, manifest, lambda: self.book(manifest, digest, tag))

    def book(self, manifest, digest, tag):
        """Puts into moto what the registry has taken."""
        kind = self.headers.get("Content-Type") or json.loads(manifest).get("mediaType", "")
        image = {"repositoryName": self.repository, "imageManifest": manifest.decode(), "imageManifestMediaType": kind, "imageDigest": digest}
        try:
            self.moto.call(self.account, self.region, "PutImage", {**image, "imageTag": tag} if tag else image)
        except Refused as error:
            if error.code != "ImageAlreadyExistsException":
                self.facts["moto"] = str(error)

    def list_tags(self):
        self.existing()
        images = self.moto.call(self.account, self.region, "ListImages", {"repositoryName": self.repository})["imageIds"]
        self.send_json(200, {"name": self.repository, "tags": sorted(image["imageTag"] for image in images if image.get("imageTag"))})

    def redirect(self):
        """Sends the client to S3 for a blob, as ECR does. The AWS face has it there."""
        head = self.upstream.call("HEAD", f"/v2/{self.inner}/blobs/{self.reference}", [])
        head.read()
        if head.status != 200:
            raise Denied(404, "BLOB_UNKNOWN", "blob unknown to registry")
        self.send(307, b"", {"Location": f"https://prod-{self.region}-starport-layer-bucket.s3.{self.region}.amazonaws.com/"
                                         f"{self.inner}/{self.reference}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=bench"})

    # ---- passing on -------------------------------------------------------------------------------------------------

    def mount_query(self, query):
        """The query for the registry: a mount is from a repository of the same account, or not asked for."""
        given = dict(urllib.parse.parse_qsl(query))
        if "mount" not in given:
            return query
        source = given.get("from", "")
        self.facts["mount_from"] = source
        if self.server.policy.now().get("blob_mounting", True) and source and self.moto.repository(self.account, self.region, source):
            return registry.without(query, "from") + "&" + urllib.parse.urlencode({"from": registry.inner(self.account, self.region, source)})
        return registry.without(query, "mount", "from")

    def forward(self, query, body=None, taken=None):
        """Sends the request to docker-registry and its answer back. `taken` runs before a 201 is answered."""
        path = f"/v2/{self.inner}/{self.kind}/{self.reference}" + (f"?{query}" if query else "")
        if body is None and not self.body.ended:
            body = registry.pieces(self.body)
        try:
            answer = self.upstream.call(self.command, path, registry.forwarded(self.headers), body, self.body.chunked)
            if taken and answer.status == 201:
                taken()
            self.send_answer(answer)
        except BaseException:
            self.upstream.close()  # half a message is in it
            raise

    def send_answer(self, answer):
        headers = dict(registry.forwarded(answer.headers))
        for name in ("Location", "Link"):
            if name in headers:
                headers[name] = headers[name].replace(f"/v2/{self.account}/{self.region}/", "/v2/")
        length = headers.pop("Content-Length", None)
        if self.command == "HEAD":
            answer.read()
            self.send(answer.status, b"", {**headers, **({"Content-Length": length} if length else {})})
        elif length is None or int(length) < 65536:
            self.send(answer.status, answer.read(), headers)
        else:
            self.send(answer.status, iter(lambda: answer.read(registry.BUFFER), b""), headers, int(length))


def tag_is_immutable(repository, tag):
    """By the repository's setting and its wildcard exclusions."""
    setting = repository.get("imageTagMutability", "MUTABLE")
    excluded = any(fnmatch.fnmatchcase(tag, entry["filter"]) for entry in repository.get("imageTagMutabilityExclusionFilters") or [])
    return setting.startswith("IMMUTABLE") != (setting.endswith("_WITH_EXCLUSION") and excluded)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--address", default="203.0.113.11")
    options.add_argument("--rules", required=True, help="fault rules, a JSON file")
    options.add_argument("--policy", required=True, help="what is refused, a JSON file")
    options.add_argument("--journal", required=True)
    options.add_argument("--certificate", required=True)
    options.add_argument("--key", required=True)
    given = options.parse_args()
    server = face.Server((given.address, 443), Handler, faults.Rules(given.rules), faults.Journal(given.journal),
                         face.tls_context(given.certificate, given.key))
    server.policy = Policy(given.policy)
    face.serve([server])


if __name__ == "__main__":
    main()
