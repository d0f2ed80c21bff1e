"""Calls to moto, the state behind the ECR face and the AWS face: one operation as one account in one region."""

import json

from client import Client

URL = "http://127.0.0.1:5000"
TARGETS = {"ecr": "AmazonEC2ContainerRegistry_V20150921", "states": "AWSStepFunctions"}


class Refused(Exception):
    """moto's own refusal: an error code of the service, and its message."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Moto:
    """One kept connection. One thread at a time."""

    def __init__(self, url=URL):
        self.client = Client(url)

    def call(self, account, region, operation, parameters, service="ecr"):
        """The answer of a JSON operation. Raises `Refused` for an error code."""
        answer = self.client.call("POST", "/", json.dumps(parameters).encode(), {
            "X-Amz-Target": f"{TARGETS[service]}.{operation}", "Content-Type": "application/x-amz-json-1.1",
            # moto routes by the scope and takes the account from its own header.
            "Authorization": f"AWS4-HMAC-SHA256 Credential=BENCH/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0",
            "x-moto-account-id": account})
        if answer.status == 200:
            return answer.json()
        try:
            error = answer.json()
            raise Refused(error["__type"].rpartition("#")[2], error.get("message", ""))
        except (ValueError, KeyError):
            raise Refused("InternalFailure", answer.body[:300].decode(errors="replace")) from None

    def image(self, account, region, repository, reference):
        """Details of the image with this tag or digest, or None. Raises `Refused` without the repository."""
        key = "imageDigest" if ":" in reference else "imageTag"
        try:
            return self.call(account, region, "DescribeImages", {"repositoryName": repository, "imageIds": [{key: reference}]})["imageDetails"][0]
        except Refused as error:
            if error.code == "ImageNotFoundException":
                return None
            raise

    def repository(self, account, region, name):
        """The repository, or None."""
        try:
            return self.call(account, region, "DescribeRepositories", {"repositoryNames": [name]})["repositories"][0]
        except Refused as error:
            if error.code == "RepositoryNotFoundException":
                return None
            raise

    def close(self):
        self.client.close()
