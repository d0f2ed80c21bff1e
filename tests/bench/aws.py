"""The AWS face: moto under AWS's names, with the refusals and the clocks that moto lacks.

It answers itself for ECR's tokens, scan findings and PutImage, for AssumeRole's trust, for issued keys after their end, for
whatever the policy denies, and for all of ECS and CloudWatch Logs (`ecs_api`), whose rollouts moto does not know; all else is
moto's answer.
"""

import argparse
import io
import json
import re
import secrets
import time
import urllib.parse
from email.utils import formatdate

import ecs_api
import ecs_worlds
import face
import faults
import images
import registry
import sessions
import states_api
import states_world
import web_identity
from backend import Moto, Refused
from client import Client
from ecs_world import Wrong
from policy import Policy, refusal
from sessions import Denied

# IAM's refusals, for services that speak JSON.
JSON_CODES = {"AccessDenied": "AccessDeniedException", "ExpiredToken": "ExpiredTokenException",
              "InvalidClientTokenId": "UnrecognizedClientException", "SignatureDoesNotMatch": "InvalidSignatureException"}
BUCKET = re.compile(r"prod-[a-z0-9-]+-starport-layer-bucket\.s3\.")
# Not for the journal.
SECRET = {"Value", "SecretString", "SecretBinary", "imageManifest", "WebIdentityToken", "SAMLAssertion", "layerPartBlob", "Plaintext"}


class Handler(face.Handler):
    """One connection of an AWS client."""

    def setup(self):
        super().setup()
        self.backend, self.moto, self.upstream = Client("http://127.0.0.1:5000"), Moto(), registry.Upstream()

    def finish(self):
        for connection in (self.backend, self.moto, self.upstream):
            connection.close()
        super().finish()

    def operation(self):
        """`METHOD path#target`, and who calls. A query service tells its target in the body, which is then read first."""
        self.target = self.headers.get("X-Amz-Target", "")
        self.form = {}
        if not self.target and self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            body = self.body.all()
            self.form = dict(urllib.parse.parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
            self.target = self.form.get("Action", "")
            self.body = face.Body(io.BytesIO(body), {"Content-Length": len(body)}, self._continue)
        key, region, service = sessions.scope(self.headers.get("Authorization"))
        self.caller = self.server.sessions.caller(key)
        self.region, self.service = region or "us-east-1", service or self.headers.get("Host", "").split(".")[0]
        self.name = self.target.rpartition(".")[2]
        self.facts.update(operation=f"{self.service}:{self.name}", account=self.caller.account, region=self.region,
                          role=self.caller.arn if ":assumed-role/" in self.caller.arn else None)
        return f"{self.command} {self.path}#{self.target}"

    def respond(self):
        if self.path.startswith(self.control):
            if self.path.endswith("/reset"):
                self.server.sessions.clear()
                self.server.scans.clear()
                self.server.ecs.clear()
                self.server.states.clear()
            if self.path.startswith("/_bench/ecs/"):
                return self.send_json(200, self.server.ecs.command(self.path.rpartition("/")[2], self.body.json()))
            if self.path.startswith("/_bench/states/"):
                given = self.body.json()
                logs = self.server.ecs.world(given.get("account") or "123456789012", given.get("region") or "eu-west-1").logs
                return self.send_json(200, self.server.states.command(self.path.rpartition("/")[2], given, logs, self.moto))
            return self.send(200)
        self.request_id = secrets.token_hex(16)
        if BUCKET.match(self.headers.get("Host", "")):
            return self.send_blob()
        content = self.body.all()
        try:
            self.parameters = self.form or json.loads(content or b"{}")
            self.facts["parameters"] = {name: value for name, value in self.parameters.items() if name not in SECRET}
        except (ValueError, AttributeError):
            self.parameters = {}
        try:
            self.admit()
            if self.service in ("ecs", "logs"):
                return self.send_scripted()
            own = self.own().get(self.service if self.service == "states" else f"{self.service}:{self.name}")
            answer = own() if own else None
            if isinstance(answer, dict):
                self.send(200, json.dumps(answer), self.headers_of("application/x-amz-json-1.1"))
            elif answer:
                self.send(200, answer, self.headers_of("text/xml"))
            else:
                self.pass_on(content)
        except Wrong as error:
            self.refuse(Denied(error.status, error.code, str(error)))
        except Refused as error:
            self.refuse(Denied(400, error.code, error.message))
        except Denied as error:
            self.refuse(error)

    def admit(self):
        if self.caller.expires is not None and self.caller.expires <= time.time():
            raise Denied(403, "ExpiredToken", "The security token included in the request is expired")
        action = f"{self.service}:{self.name}"
        for needed in [action, *sessions.also_needed(self.name, self.form)]:
            if self.server.policy.denies(needed):
                raise Denied(403, "AccessDenied", refusal(self.caller.arn, needed, self.resource()))

    def resource(self):
        """The ARN that a refusal names; `*` where the operation has none."""
        parameters, place = self.parameters, f"{self.region}:{self.caller.account}"
        if self.service == "ecr" and "repositoryName" in parameters:
            return f"arn:aws:ecr:{place}:repository/{parameters['repositoryName']}"
        if self.service == "ecs" and "service" in parameters:
            return f"arn:aws:ecs:{place}:service/{parameters.get('cluster', 'default').rpartition('/')[2]}/{parameters['service'].rpartition('/')[2]}"
        if self.service == "ssm" and "Name" in parameters:
            return f"arn:aws:ssm:{place}:parameter/{parameters['Name'].removeprefix('/')}"
        if self.service == "states":
            return parameters.get("executionArn") or parameters.get("stateMachineArn") or "*"
        return parameters.get("RoleArn", "*")

    def own(self):
        """What this face does itself. Each gives a JSON answer, an XML one, or None for moto's."""
        return {"ecr:GetAuthorizationToken": self.get_authorization_token, "ecr:DescribeImageScanFindings": self.scan_findings,
                "ecr:PutImage": self.put_image, "ecr:BatchCheckLayerAvailability": self.check_layers, "sts:AssumeRole": self.assume_role,
                "sts:AssumeRoleWithWebIdentity": self.assume_role, "sts:GetCallerIdentity": self.identity, "states": self.execution,
                "codebuild:BatchGetBuilds": self.builds, "cloudformation:DescribeStacks": self.stack,
                "cloudformation:DescribeStackEvents": self.stack}

    # ---- ECS ----------------------------------------------------------------------------------------------------------

    def send_scripted(self):
        """ECS and logs."""
        world = self.server.ecs.world(self.caller.account, self.region)
        answer = ecs_api.Api(world).call(self.name, self.parameters)
        self.send(200, json.dumps(answer), {**self.headers_of("application/x-amz-json-1.1"), "Date": self.date()})

    def date(self):
        """The server's clock, as a rule may set it off."""
        return formatdate(time.time() + (self.rule or {}).get("skew", 0), usegmt=True)

    # ---- Step Functions, and what its machine calls -------------------------------------------------------------------

    def world(self):
        return self.server.states.world(self.caller.account, self.region)

    def execution(self):
        """Executions; state machines themselves are moto's."""
        answer, fault = states_api.Api(self.world(), self.is_machine).call(self.name, self.parameters)
        if fault and fault.get("drop"):
            self.after = "drop"
        return answer

    def is_machine(self, arn):
        try:
            return bool(self.moto.call(self.caller.account, self.region, "DescribeStateMachine", {"stateMachineArn": arn}, "states"))
        except Refused:
            return False

    def builds(self):
        return states_api.builds(self.world(), self.parameters)

    def stack(self):
        return states_api.stack(self.world(), self.parameters.get("StackName"), self.name)

    # ---- ECR --------------------------------------------------------------------------------------------------------

    def get_authorization_token(self):
        return images.authorization_token(self.caller, self.region, self.parameters, self.server.policy.now())

    def scan_findings(self):
        scan, account = self.server.policy.now().get("scan"), images.account_of(self.caller, self.parameters)
        return scan and images.scan_findings(self.moto, account, self.region, self.parameters, scan, self.server.scans)

    def put_image(self):
        return images.put_image(self.moto, self.upstream, images.account_of(self.caller, self.parameters), self.region, self.parameters)

    def check_layers(self):
        return images.check_layers(self.moto, self.upstream, images.account_of(self.caller, self.parameters), self.region, self.parameters)

    def send_blob(self):
        """A layer out of the bucket that the ECR face redirects to."""
        self.facts["operation"] = "s3:GetObject"
        if "Authorization" in self.headers:
            return self.send(400, "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>",
                             self.headers_of("application/xml"))
        repository, _, digest = self.path.partition("?")[0].strip("/").rpartition("/")
        ranges = [("Range", self.headers["Range"])] if "Range" in self.headers else []
        answer = self.upstream.call("GET", f"/v2/{repository}/blobs/{digest}", ranges)
        try:
            self.send(answer.status, iter(lambda: answer.read(registry.BUFFER), b""),
                      {name: answer.headers[name] for name in ("Content-Type", "Content-Range") if name in answer.headers},
                      int(answer.headers["Content-Length"]))
        except BaseException:
            self.upstream.close()  # half a blob is in it
            raise

    # ---- STS --------------------------------------------------------------------------------------------------------

    def assume_role(self):
        if self.name == "AssumeRoleWithWebIdentity":
            web_identity.admit(self.form, self.server.policy.now())
        sessions.may_assume(self.caller, self.form, self.server.policy.now())

    def identity(self):
        if self.caller.arn.endswith(sessions.HOST_INSTANCE):
            return sessions.identity(self.caller, self.request_id)

    # ---- passing on -------------------------------------------------------------------------------------------------

    def headers_of(self, kind):
        return {"Content-Type": kind, "x-amzn-RequestId": self.request_id}

    def pass_on(self, content):
        """moto's answer, with a refusal by IAM in the service's own form."""
        headers = dict(registry.forwarded(self.headers), Host=self.headers["Host"])
        if "Authorization" in self.headers:
            headers["Authorization"] = self.headers["Authorization"]
        headers["Content-Length"] = str(len(content))
        answer = self.backend.call(self.command, self.path, content, headers)
        kind = answer.headers.get("Content-Type", "application/json")
        refusal_by_iam = answer.status in (400, 401, 403) and self.is_json()
        code = re.search(rb"<Code>(\w+)</Code>", answer.body[:2000]) if refusal_by_iam else None
        if code:
            message = re.search(rb"<Message>(.*?)</Message>", answer.body, re.DOTALL)
            return self.refuse(Denied(400, code[1].decode(), message[1].decode() if message else ""))
        if answer.status == 200:
            answer.body = self.consequences(answer.body)
        self.send(answer.status, answer.body, {**dict(registry.forwarded(answer.headers)), **self.headers_of(kind),
                                               "Content-Length": str(len(answer.body))})

    def consequences(self, body):
        """What a call that moto granted entails; the answer."""
        action = f"{self.service}:{self.name}"
        if action in ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"):
            return sessions.taken(self.form, body.decode(), self.server.policy.now(), self.server.sessions).encode()
        if action == "ecr:DeleteRepository":
            owner = images.account_of(self.caller, self.parameters)
            registry.forget(self.server.registry_root, owner, self.region, self.parameters["repositoryName"])
        return body

    def is_json(self):
        return self.headers.get("Content-Type", "").startswith("application/x-amz-json")

    def refuse(self, denied):
        self.facts["refused"] = denied.code
        if not self.is_json():
            return self.send(denied.status, sessions.query_error(denied, self.request_id), self.headers_of("text/xml"))
        code = JSON_CODES.get(denied.code, denied.code)
        status = denied.status if denied.status >= 500 else 400
        self.send(status, json.dumps({"__type": code, "message": str(denied)}),
                  {**self.headers_of("application/x-amz-json-1.1"), "x-amzn-errortype": code})


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--address", default="203.0.113.12")
    options.add_argument("--rules", required=True, help="fault rules, a JSON file")
    options.add_argument("--policy", required=True, help="what is refused, a JSON file")
    options.add_argument("--registry", required=True, help="the directory of docker-registry")
    options.add_argument("--journal", required=True)
    options.add_argument("--certificate", required=True)
    options.add_argument("--key", required=True)
    given = options.parse_args()
    server = face.Server((given.address, 443), Handler, faults.Rules(given.rules), faults.Journal(given.journal),
                         face.tls_context(given.certificate, given.key))
    server.policy, server.sessions, server.scans = Policy(given.policy), sessions.Sessions(), images.Scans()
    server.registry_root = given.registry
    server.states = states_world.Worlds()
    server.ecs = ecs_worlds.Worlds(registry.tag_digest)
    face.serve([server])


if __name__ == "__main__":
    main()
