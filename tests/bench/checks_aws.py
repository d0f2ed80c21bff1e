"""Self-checks: AWS's APIs: identities, trust, refusals, scans, and the host's own role."""

import json
import os
import time
import urllib.parse

from checks import expect, random_name, run
from cloud import ACCOUNT, HOST, OTHER, Registry, assume, aws, refused, repository, with_policy

ROLE = f"arn:aws:iam::{OTHER}:role/deploy"


def check_the_caller_has_an_identity(bench):
    expect(aws("sts").get_caller_identity()["Account"] == ACCOUNT, "the default keys")
    identity = aws("sts", assume(ROLE, "a-job")).get_caller_identity()
    expect(identity["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/deploy/a-job", identity)


def check_the_trust_table_decides(bench):
    def outcome(arn=ROLE, name="job-1", **parameters):
        return refused(aws("sts").assume_role, RoleArn=arn, RoleSessionName=name, **parameters)

    try:
        with_policy(bench, strict_roles=True, roles={ROLE: {"external_id": "bench", "max": 7200, "session_name": "job-.*"},
                                                     ROLE + "-off": {"deny": True}})
        assume(ROLE, "job-1", ExternalId="bench", DurationSeconds=7200)
        expect(outcome() == "AccessDenied", "without the external id")
        expect(outcome(ExternalId="other") == "AccessDenied", "with another external id")
        expect(outcome(name="other", ExternalId="bench") == "AccessDenied", "with another session name")
        expect(outcome(ROLE + "-off") == "AccessDenied" and outcome(ROLE + "-unknown") == "AccessDenied", "denied and unlisted roles")
        for parameters in ({"DurationSeconds": 7201}, {"DurationSeconds": 899}, {"name": "job-1/2"}):
            # boto3 looks at some of these itself: hence by hand.
            expect(by_hand(ExternalId="bench", **parameters) == (400, "ValidationError"), parameters)
        chained = aws("sts", assume(ROLE, "job-1", ExternalId="bench")).assume_role
        expect(refused(chained, RoleArn=ROLE, RoleSessionName="job-2", ExternalId="bench", DurationSeconds=7200) == "ValidationError",
               "a chain of two hours")
    finally:
        bench("aws-policy", "clear")
    assume(ROLE + "-unknown")


def by_hand(arn=ROLE, name="job-1", **parameters):
    """`(status, code)` of AssumeRole without a client that looks at parameters."""
    form = urllib.parse.urlencode({"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": arn, "RoleSessionName": name, **parameters})
    output = run("curl", "-sS", "-w", "%{http_code}", "-d", form, "https://sts.eu-west-1.amazonaws.com/")
    return int(output[-3:]), output.partition("<Code>")[2].partition("<")[0]


def check_a_session_expires(bench):
    try:
        with_policy(bench, session_ttl=1)
        session = assume(ROLE)
        expect(session["Expiration"].timestamp() - time.time() < 2, session["Expiration"])
        aws("ecr", session).describe_repositories()
        time.sleep(1.2)
        expect(refused(aws("sts", session).get_caller_identity) == "ExpiredToken", "a query service")
        expect(refused(aws("ecr", session).describe_repositories) == "ExpiredTokenException", "a JSON service")
    finally:
        bench("aws-policy", "clear")


def check_the_policy_denies_calls(bench):
    name = repository(bench)
    try:
        with_policy(bench, deny=["ecr:DescribeRepositories", "ssm:*", "sts:AssumeRole"])
        expect(refused(aws("ecr").describe_repositories) == "AccessDeniedException", "ecr")
        expect(refused(aws("ssm").get_parameter, Name="/x") == "AccessDeniedException", "ssm")
        expect(refused(aws("sts").assume_role, RoleArn=ROLE, RoleSessionName="job") == "AccessDenied", "sts")
        aws("ecr").describe_images(repositoryName=name)
        expect(bench.journal("aws")[-2]["refused"] == "AccessDenied", "the journal does not tell")
    finally:
        bench("aws-policy", "clear")
    bench("aws-policy", "-", input=b'{"deny": "ecr:PutImage"}', ok=False)
    bench("aws-policy", "-", input=b'{"denny": []}', ok=False)
    aws("ecr").describe_repositories()


def check_a_parameter_names_a_table(bench):
    name, parameter = random_name("table"), f"/check/{random_name('parameter')}"
    dynamodb, ssm = aws("dynamodb"), aws("ssm")
    dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    ssm.put_parameter(Name=parameter, Value=name, Type="SecureString")
    read = ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
    dynamodb.put_item(TableName=read, Item={"id": {"S": "1"}})
    expect(refused(ssm.get_parameter, Name=parameter + "-not") == "ParameterNotFound", "a missing parameter")
    expect(name not in json.dumps([entry for entry in bench.journal("aws") if entry["operation"].startswith("ssm:")]), "a value is in the journal")


def check_scan_findings_come_as_the_policy_says(bench):
    name = repository(bench)
    digest, ecr = Registry().push_image(name, "v1")[1], aws("ecr")
    wanted = {"repositoryName": name, "imageId": {"imageTag": "v1"}}
    try:
        with_policy(bench, scan={"status": "COMPLETE", "findings": {"CRITICAL": 1, "LOW": 2}, "pending": 2})
        expect(refused(ecr.describe_image_scan_findings, repositoryName=name, imageId={"imageTag": "v2"}) == "ImageNotFoundException", "no image")
        expect(refused(ecr.describe_image_scan_findings, **wanted) == "ScanNotFoundException", "the first time")
        expect(ecr.describe_image_scan_findings(**wanted)["imageScanStatus"]["status"] == "IN_PROGRESS", "the second time")
        found = ecr.describe_image_scan_findings(**wanted)
        expect(found["imageScanStatus"]["status"] == "COMPLETE" and found["imageId"]["imageDigest"] == digest, found)
        findings = found["imageScanFindings"]
        expect(findings["findingSeverityCounts"] == {"CRITICAL": 1, "LOW": 2} and len(findings["findings"]) == 3, findings)
        with_policy(bench, scan={"status": "UNSUPPORTED_IMAGE"})
        expect(ecr.describe_image_scan_findings(**wanted)["imageScanStatus"]["status"] == "UNSUPPORTED_IMAGE", "unsupported")
    finally:
        bench("aws-policy", "clear")


def check_a_fault_rule_knows_the_operation(bench):
    try:
        bench("fault", "aws", "-", input=json.dumps([
            {"id": "slow down", "match": r"#.*\.GetAuthorizationToken$", "times": 1, "status": 400,
             "headers": {"x-amzn-errortype": "ThrottlingException"}, "body": {"__type": "ThrottlingException", "message": "Rate exceeded"}},
            {"id": "no sts", "match": "^POST /#GetCallerIdentity$", "status": 503}]).encode())
        expect(refused(aws("ecr").get_authorization_token) == "ThrottlingException", "a JSON service")
        aws("ecr").get_authorization_token()
        expect(refused(aws("sts").get_caller_identity) == "503", "a query service")
        noted = [(entry["fault"], entry["operation"]) for entry in bench.journal("aws")[-3:]]
        token = "ecr:GetAuthorizationToken"
        expect(noted == [("slow down", token), (None, token), ("no sts", "sts:GetCallerIdentity")], noted)
    finally:
        bench("fault", "aws", "clear")


def check_the_journal_tells_who_called(bench):
    aws("ecr", assume(ROLE, "a-job")).describe_repositories()
    entries = bench.journal("aws")[-2:]
    expect([entry["operation"] for entry in entries] == ["sts:AssumeRole", "ecr:DescribeRepositories"], entries)
    expect(entries[0]["role"] is None and entries[0]["parameters"]["RoleArn"] == ROLE, entries[0])
    expect(entries[1]["role"] == f"arn:aws:sts::{OTHER}:assumed-role/deploy/a-job" and entries[1]["account"] == OTHER, entries[1])


def without_keys(*command, **options):
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED", "AWS_REGION", "AWS_DEFAULT_REGION")
    return run("env", *(f"--unset={name}" for name in names), *command, **options)


def check_the_host_has_a_role_by_its_metadata(bench):
    python = os.environ["BENCH_AWS_PYTHON"]
    ask = "import boto3, time; session = boto3.Session(region_name='eu-west-1'); {}print(session.client('sts').get_caller_identity()['Arn'])"
    arn = without_keys(python, "-c", ask.format("")).strip()
    expect(arn.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/bench-host/"), arn)
    helper = without_keys("docker-credential-ecr-login", "get", input=HOST.encode(), env={"HOME": bench.path("host")})
    expect(Registry(secret=json.loads(helper)["Secret"]).call("GET", "/v2/").status == 200, "its token is not good")
    entry = bench.journal("aws")[-1]
    expect(entry["operation"] == "ecr:GetAuthorizationToken" and entry["role"] == arn, entry)
    token = run("curl", "-fsS", "-X", "PUT", "-H", "X-aws-ec2-metadata-token-ttl-seconds: 60", "http://169.254.169.254/latest/api/token")
    document = run("curl", "-fsS", "-H", f"X-aws-ec2-metadata-token: {token}", "http://169.254.169.254/latest/dynamic/instance-identity/document")
    expect(json.loads(document)["region"] == "eu-west-1", document)
    run("curl", "-fsS", "-H", "X-aws-ec2-metadata-token: rubbish", "http://169.254.169.254/latest/meta-data/instance-id", ok=False)
    try:
        with_policy(bench, session_ttl=1)
        output = without_keys(python, "-c", ask.format("session.get_credentials().get_frozen_credentials(); time.sleep(1.2); "), ok=None)
        expect("expired" in output.lower(), output)
    finally:
        bench("aws-policy", "clear")


def check_moto_enforces_iam_when_told_to(bench):
    bench("aws-iam", "on")
    try:
        expect(refused(aws("ecr").describe_repositories) == "UnrecognizedClientException", "an unknown key")
        expect(refused(aws("sts").get_caller_identity) == "InvalidClientTokenId", "an unknown key, at a query service")
    finally:
        bench("aws-iam", "off")
    aws("ecr").describe_repositories()
