"""What the AWS face answers itself for ECR: tokens, scan findings, and changes that docker-registry must hear of too."""

import hashlib
import threading
import time

import registry
import tokens
from backend import Refused
from sessions import ACCOUNT, Denied

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class Scans:
    """How often the findings of each image were asked for, since the policy's `scan` changed."""

    def __init__(self):
        self.lock = threading.Lock()
        self.scan, self.asked = None, {}

    def clear(self):
        with self.lock:
            self.scan, self.asked = None, {}

    def times(self, scan, image):
        with self.lock:
            if scan != self.scan:
                self.scan, self.asked = scan, {}
            self.asked[image] = self.asked.get(image, 0) + 1
            return self.asked[image]


def authorization_token(caller, region, parameters, policy):
    """GetAuthorizationToken: one token for each registry that is asked for, else for the caller's."""
    expires = time.time() + policy.get("ecr_token_ttl", 43200)
    return {"authorizationData": [{
        "authorizationToken": tokens.issue(account, caller.arn, expires), "expiresAt": round(expires, 3),
        "proxyEndpoint": f"https://{account}.dkr.ecr.{region}.amazonaws.com"} for account in parameters.get("registryIds") or [caller.account]]}


def scan_findings(moto, account, region, parameters, scan, scans):
    """DescribeImageScanFindings by the policy's `scan`: first `pending` times not yet there, then its status and findings."""
    name, wanted = parameters["repositoryName"], parameters["imageId"]
    image = moto.call(account, region, "DescribeImages", {"repositoryName": name, "imageIds": [wanted]})["imageDetails"][0]
    digest = image["imageDigest"]
    asked, status = scans.times(scan, (account, region, name, digest)), scan.get("status", "COMPLETE")
    if asked <= scan.get("pending", 0):
        if asked == 1:
            raise Denied(400, "ScanNotFoundException", f"Image scan does not exist for the image with '{{imageDigest:'{digest}', imageTag:'"
                         f"{wanted.get('imageTag', 'null')}'}}' in the repository with name '{name}' in the registry with id '{account}'")
        status = "IN_PROGRESS"
    answer = {"registryId": account, "repositoryName": name, "imageId": {**wanted, "imageDigest": digest}, "imageScanStatus": {"status": status}}
    if status in ("COMPLETE", "ACTIVE"):
        counts = scan.get("findings", {})
        answer["imageScanFindings"] = {
            "imageScanCompletedAt": int(time.time()), "vulnerabilitySourceUpdatedAt": int(time.time()), "findingSeverityCounts": counts,
            "findings": [{"name": f"CVE-2026-{number:04}", "severity": severity, "uri": f"https://cve.bench.test/CVE-2026-{number:04}",
                          "attributes": [{"key": "package_name", "value": "bench"}]}
                         for severity, count in counts.items() for number in range(1, count + 1)]}
    return answer


def put_image(moto, upstream, account, region, parameters):
    """PutImage: into docker-registry, which looks for the layers, and then into moto."""
    name, tag, manifest = parameters["repositoryName"], parameters.get("imageTag"), parameters["imageManifest"].encode()
    digest = "sha256:" + hashlib.sha256(manifest).hexdigest()
    try:
        image = moto.call(account, region, "PutImage", {**parameters, "imageDigest": digest})["image"]
    except Refused as error:
        there = moto.image(account, region, name, tag) if tag and error.code == "ImageAlreadyExistsException" else None
        if there and there["imageDigest"] != digest:
            raise Denied(400, "ImageTagAlreadyExistsException", f"The image tag '{tag}' already exists in the '{name}' repository "
                                                                "and cannot be overwritten because the repository is immutable.") from None
        raise
    kind = parameters.get("imageManifestMediaType") or image.get("imageManifestMediaType") or MANIFEST
    answer = upstream.call("PUT", f"/v2/{registry.inner(account, region, name)}/manifests/{tag or digest}",
                           [("Content-Type", kind), ("Content-Length", str(len(manifest)))], manifest)
    text = answer.read()
    if answer.status != 201:
        moto.call(account, region, "BatchDeleteImage", {"repositoryName": name, "imageIds": [{"imageDigest": digest}]})
        raise Denied(400, "LayersNotFoundException", f"docker-registry: {text.decode(errors='replace')}")
    return {"image": image}


def check_layers(moto, upstream, account, region, parameters):
    """BatchCheckLayerAvailability, by what docker-registry has. Media types are those of manifests, of which it keeps no book."""
    name, digests = parameters["repositoryName"], parameters["layerDigests"]
    moto.call(account, region, "DescribeRepositories", {"repositoryNames": [name]})
    if not 1 <= len(digests) <= 100:
        raise Denied(400, "InvalidParameterException", "Invalid parameter at 'layerDigests' failed to satisfy constraint: "
                                                       "'Member must have length less than or equal to 100'")
    layers = []
    for digest in digests:
        answer = upstream.call("HEAD", f"/v2/{registry.inner(account, region, name)}/blobs/{digest}", [])
        answer.read()
        there = answer.status == 200
        layers.append({"layerDigest": digest, "layerAvailability": "AVAILABLE" if there else "UNAVAILABLE",
                       **({"layerSize": int(answer.headers["Content-Length"])} if there else {})})
    return {"layers": layers, "failures": []}


def account_of(caller, parameters):
    return parameters.get("registryId") or caller.account or ACCOUNT
