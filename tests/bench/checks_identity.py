"""Checks of GitLab's ID tokens and of the roles that trust them."""

import oidc
from checks import RunningJob, expect
from client import Client, control
from cloud import ACCOUNT, aws, refused, with_policy

ROLE = f"arn:aws:iam::{ACCOUNT}:role/deployer"


def check_a_job_gets_its_id_tokens(bench):
    job = RunningJob(id_tokens={"AWS_TOKEN": {"aud": oidc.ISSUER}}, environment="production")
    token = next(one for one in job.payload["variables"] if one["key"] == "AWS_TOKEN")
    client = Client()
    address = client.call("GET", "/.well-known/openid-configuration").json()["jwks_uri"]
    claims = oidc.verified(token["value"], client.call("GET", address.removeprefix(oidc.ISSUER)).json()["keys"])
    expect(token["masked"] and claims["aud"] == oidc.ISSUER and claims["environment"] == "production", claims)
    expect(claims["job_id"] == str(job.number), claims)
    job.put("success")


def check_a_role_takes_only_gitlabs_own_tokens(bench):
    with_policy(bench, roles={ROLE: {"web_identity": {"aud": oidc.ISSUER, "sub": "project_path:root/bench:.*"}}})
    assume = aws("sts").assume_role_with_web_identity
    try:
        for given, code in [({"forge": "key"}, "InvalidIdentityToken"), ({"forge": "alg_none"}, "InvalidIdentityToken"),
                            ({"forge": "issuer"}, "InvalidIdentityToken"), ({"forge": "expired"}, "ExpiredTokenException"),
                            ({"claims": {"aud": "other"}}, "InvalidIdentityToken"), ({"claims": {"sub": "other"}}, "AccessDenied")]:
            token = control("POST", "id_token", given)["token"]
            found = refused(assume, RoleArn=ROLE, RoleSessionName="check", WebIdentityToken=token)
            expect(found == code, f"{given}: {found}, not {code}")
        token = control("POST", "id_token", {})["token"]
        expect(assume(RoleArn=ROLE, RoleSessionName="check", WebIdentityToken=token)["Credentials"], "no session")
    finally:
        bench("aws-policy", "clear")


def check_tags_and_source_identity_need_leave(bench):
    assume = aws("sts").assume_role
    for action, more in [("sts:TagSession", {"Tags": [{"Key": "job", "Value": "1"}]}), ("sts:SetSourceIdentity", {"SourceIdentity": "job-1"})]:
        with_policy(bench, deny=[action])
        try:
            expect(refused(assume, RoleArn=ROLE, RoleSessionName="check", **more) == "AccessDenied", action)
            assume(RoleArn=ROLE, RoleSessionName="check")
        finally:
            bench("aws-policy", "clear")
