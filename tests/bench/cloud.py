"""What the checks of the AWS side share: clients of moto's environment, credentials, pushes, and a registry client without manners."""

import base64
import glob
import hashlib
import json
import os
import sys

from checks import Client, docker, expect, random_name

MOTO = os.path.dirname(os.path.dirname(os.environ.get("BENCH_AWS_PYTHON", "")))
HOST = os.environ.get("BENCH_ECR_HOST", "")
ACCOUNT, OTHER = "123456789012", "222222222222"
REGION = "eu-west-1"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
sys.path += glob.glob(f"{MOTO}/lib/python3*/site-packages")


def aws(service, credentials=None, region=REGION):
    """A boto3 client without retries; `credentials` as AssumeRole gives them."""
    import boto3  # of moto's environment: there is none outside
    from botocore.config import Config

    keys = credentials and {"aws_access_key_id": credentials["AccessKeyId"], "aws_secret_access_key": credentials["SecretAccessKey"],
                            "aws_session_token": credentials["SessionToken"]}
    return boto3.client(service, region_name=region, config=Config(retries={"total_max_attempts": 1}), **keys or {})


def refused(call, **parameters):
    """The error code of a call that must fail."""
    from botocore.exceptions import ClientError

    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError(f"{call.__name__} was granted")


def assume(arn, name="check", **parameters):
    return aws("sts").assume_role(RoleArn=arn, RoleSessionName=name, **parameters)["Credentials"]


def in_account(account, region=REGION):
    """Credentials of some role there."""
    return None if account == ACCOUNT else assume(f"arn:aws:iam::{account}:role/check")


def with_policy(bench, **policy):
    bench("aws-policy", "-", input=json.dumps(policy).encode())


def password(credentials=None, region=REGION):
    token = aws("ecr", credentials, region).get_authorization_token()["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(token).decode().partition(":")[2]


def login(host=HOST, credentials=None):
    docker("login", "-u", "AWS", "--password-stdin", host, input=password(credentials).encode())


def repository(bench, *flags):
    name = random_name("check/app")
    uri = bench("ecr-repository", name, *flags).strip()
    expect(uri.endswith(f".amazonaws.com/{name}"), uri)
    return name


def push(reference, image="bench/busybox:1", **options):
    """Tags, pushes and removes the tag again, so that a pull has something to do."""
    docker("tag", image, reference)
    try:
        return docker("push", reference, **options)
    finally:
        docker("rmi", reference)


class Registry:
    """A registry client that sends what it is told to."""

    def __init__(self, account=ACCOUNT, region=REGION, secret=None):
        self.host = f"{account}.dkr.ecr.{region}.amazonaws.com"
        secret = password(in_account(account), region) if secret is None else secret
        self.authorization = {"Authorization": "Basic " + base64.b64encode(f"AWS:{secret}".encode()).decode()} if secret else {}
        self.client = Client(f"https://{self.host}")

    def call(self, method, path, body=None, headers=None):
        return self.client.call(method, path, body, {**self.authorization, **(headers or {})})

    def error(self, method, path, body=None, headers=None):
        """`(status, code, message)` of a refusal."""
        answer = self.call(method, path, body, headers)
        error = answer.json()["errors"][0]
        return answer.status, error["code"], error["message"]

    def push_blob(self, name, content):
        location = self.call("POST", f"/v2/{name}/blobs/uploads/").headers["Location"]
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        answer = self.call("PUT", f"{location}&digest={digest}", content)
        expect(answer.status == 201, answer.body)
        return digest

    def push_image(self, name, tag):
        """A random small image; its `(manifest, digest)`."""
        config, layer = (json.dumps({"random": random_name("x")}).encode() for _ in range(2))
        manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST,
                               "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config),
                                          "digest": self.push_blob(name, config)},
                               "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": len(layer),
                                           "digest": self.push_blob(name, layer)}]}).encode()
        answer = self.put_manifest(name, tag, manifest)
        expect(answer.status == 201, answer.body)
        return manifest, "sha256:" + hashlib.sha256(manifest).hexdigest()

    def put_manifest(self, name, tag, manifest):
        return self.call("PUT", f"/v2/{name}/manifests/{tag}", manifest, {"Content-Type": MANIFEST})
