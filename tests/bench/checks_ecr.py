"""Self-checks: the registry as ECR's clients see it."""

import hashlib
import http.client
import json
import os
import time

from checks import container, docker, expect, random_name, run
from cloud import ACCOUNT, HOST, MANIFEST, OTHER, REGION, Registry, aws, in_account, login, password, push, refused, repository, with_policy

ACTIONS = ("BatchGetImage", "GetDownloadUrlForLayer", "BatchCheckLayerAvailability", "InitiateLayerUpload", "UploadLayerPart",
           "CompleteLayerUpload", "PutImage")


def described(name, tag, **options):
    return aws("ecr", **options).describe_images(repositoryName=name, imageIds=[{"imageTag": tag}])["imageDetails"][0]["imageDigest"]


def check_a_push_is_pulled_and_described(bench):
    name = repository(bench, "--immutable")
    login()
    push(f"{HOST}/{name}:v1")
    seen = json.loads(run("skopeo", "inspect", "--creds", f"AWS:{password()}", f"docker://{HOST}/{name}:v1"))
    expect(described(name, "v1") == seen["Digest"] and seen["RepoTags"] == ["v1"], seen)
    docker("pull", f"{HOST}/{name}:v1")
    container(f"{HOST}/{name}:v1", "true")
    docker("rmi", f"{HOST}/{name}:v1")


def check_an_unknown_repository_is_refused(bench):
    login()
    expect("name unknown" in push(f"{HOST}/{random_name('never')}:v1", ok=False).lower(), "another refusal")


def check_an_immutable_tag_is_refused(bench):
    name = repository(bench, "--immutable")
    login()
    push(f"{HOST}/{name}:v1")
    push(f"{HOST}/{name}:v1")
    expect("tag invalid" in push(f"{HOST}/{name}:v1", "bench/scratch:1", ok=False).lower(), "another refusal")
    registry, exclusions = Registry(), [{"filterType": "WILDCARD", "filter": "dev-*"}]
    for setting, frozen, free in (("IMMUTABLE_WITH_EXCLUSION", "v2", "dev-1"), ("MUTABLE_WITH_EXCLUSION", "dev-2", "v3")):
        aws("ecr").put_image_tag_mutability(repositoryName=name, imageTagMutability=setting, imageTagMutabilityExclusionFilters=exclusions)
        first, other = registry.push_image(name, frozen)[0], registry.push_image(name, free)
        expect(registry.put_manifest(name, free, first).status == 201, f"{setting}: {free}")
        expect(registry.put_manifest(name, frozen, other[0]).status == 400, f"{setting}: {frozen}")


def check_a_mutable_tag_moves(bench):
    name, registry = repository(bench), Registry()
    old = registry.push_image(name, "latest")[1]
    digest = registry.push_image(name, "latest")[1]
    expect(described(name, "latest") == digest, "moto has the old one")
    expect(registry.call("HEAD", f"/v2/{name}/manifests/latest").headers["Docker-Content-Digest"] == digest, "the registry has the old one")
    untagged = aws("ecr").describe_images(repositoryName=name, imageIds=[{"imageDigest": old}])["imageDetails"][0]
    expect(not untagged.get("imageTags") and registry.call("GET", f"/v2/{name}/manifests/{old}").status == 200, "the old one is gone")


def check_an_index_is_pushed_with_its_images(bench):
    name, registry = repository(bench), Registry()
    manifest, digest = registry.push_image(name, "tmp")
    aws("ecr").batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": digest}])
    expect(registry.call("HEAD", f"/v2/{name}/manifests/{digest}").status == 404, "the deleted image")
    for _ in range(2):
        expect(registry.put_manifest(name, digest, manifest).status == 201, "by digest")
    kind = "application/vnd.oci.image.index.v1+json"
    index = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": [
        {"mediaType": MANIFEST, "size": len(manifest), "digest": digest, "platform": {"os": "linux", "architecture": "amd64"}}]}).encode()
    expect(registry.call("PUT", f"/v2/{name}/manifests/v1", index, {"Content-Type": kind}).status == 201, "the index")
    images = {image["imageDigest"]: image for image in aws("ecr").describe_images(repositoryName=name)["imageDetails"]}
    expect(len(images) == 2 and images[digest].get("imageTags", []) == [], images)
    expect([entry for entry in bench.journal("ecr") if entry.get("repository") == name and "moto" in entry] == [], "moto refused something")
    expect(registry.call("GET", f"/v2/{name}/manifests/v1", headers={"Accept": kind}).body == index, "other bytes")


def check_blobs_come_from_a_bucket_when_told_to(bench):
    name = repository(bench)
    login()
    push(f"{HOST}/{name}:v1")
    try:
        with_policy(bench, blob_redirect=True)
        docker("pull", f"{HOST}/{name}:v1")
        docker("rmi", f"{HOST}/{name}:v1")
        run("skopeo", "copy", "-q", "--src-creds", f"AWS:{password()}", f"docker://{HOST}/{name}:v1", f"dir:{bench.path('copied')}")
        registry = Registry()
        blob = registry.push_blob(name, b"a layer")
        location = registry.call("GET", f"/v2/{name}/blobs/{blob}").headers["Location"]
        expect(run("curl", "-fsS", location) == "a layer", location)
        expect("Only one auth" in run("curl", "-sS", "-u", "AWS:x", location), "the registry's credentials were accepted")
        expect(bench.journal("aws")[-1]["operation"] == "s3:GetObject", "the journal")
    finally:
        bench("aws-policy", "clear")


def check_a_fault_at_the_manifest_fails_the_push(bench):
    name = repository(bench)
    login()
    try:
        bench("fault", "ecr", "-", input=b'[{"id": "broken", "match": "^PUT .*/manifests/", "status": 500, "body": "no"}]')
        expect("500 internal" in push(f"{HOST}/{name}:v1", ok=False).lower(), "another error")
        noted = [entry for entry in bench.journal("ecr") if entry["path"] == f"/v2/{name}/manifests/v1"]
        expect([(entry["fault"], entry["operation"], entry["account"]) for entry in noted] == [("broken", "ecr:PutImage", ACCOUNT)], noted)
    finally:
        bench("fault", "ecr", "clear")


def check_an_upload_is_cut_and_whole_without_the_rule(bench):
    name, registry, content = repository(bench), Registry(), os.urandom(3 << 20)
    try:
        bench("fault", "ecr", "-", input=b'[{"match": "^PUT .*/blobs/uploads/", "cut_request_after": 1000000}]')
        registry.push_blob(name, content)
        raise AssertionError("not cut")
    except (ConnectionError, OSError, http.client.HTTPException):
        pass
    finally:
        bench("fault", "ecr", "clear")
    digest = registry.push_blob(name, content)
    expect(registry.call("GET", f"/v2/{name}/blobs/{digest}").body == content, "other bytes came back")
    part = registry.call("GET", f"/v2/{name}/blobs/{digest}", headers={"Range": "bytes=100-199"})
    expect(part.status == 206 and part.body == content[100:200], part.status)


def check_an_expired_token_is_refused(bench):
    name = repository(bench)
    try:
        with_policy(bench, ecr_token_ttl=1)
        login()
        time.sleep(1.2)
        expect("expired" in push(f"{HOST}/{name}:v1", ok=False).lower(), "another refusal")
    finally:
        bench("aws-policy", "clear")


def check_the_credential_helper_works(bench):
    name, config = repository(bench), bench.path("helper")
    os.makedirs(config, exist_ok=True)
    with open(f"{config}/config.json", "w") as file:
        json.dump({"credHelpers": {HOST: "ecr-login"}}, file)
    push(f"{HOST}/{name}:v1", env={"DOCKER_CONFIG": config})
    started = time.time()
    push(f"{HOST}/{name}:v1", env={"DOCKER_CONFIG": config})
    expect(time.time() - started < 2, f"a push of what is there took {time.time() - started:.1f} s")


def check_tokens_are_refused_as_by_ecr(bench):
    name = repository(bench)
    path = f"/v2/{name}/manifests/v1"
    nobody = Registry(secret="")
    challenge = nobody.call("GET", "/v2/")
    expect(challenge.status == 401 and challenge.headers["Www-Authenticate"] == f'Basic realm="https://{HOST}/",service="ecr.amazonaws.com"',
           challenge.headers)
    expect(Registry(secret="rubbish").error("GET", path)[:2] == (400, "DENIED"), "rubbish")
    status, code, message = Registry(secret=password(in_account(OTHER))).error("GET", path)
    expect((status, code) == (403, "DENIED") and "not authorized to perform: ecr:BatchGetImage" in message, message)
    expect(1500 < len(password()) < 3000, "not of the size of ECR's tokens")
    empty = bench.path("empty.pem")
    open(empty, "w").close()
    # Another account's: for the first one the CA also lies where docker and skopeo look for a registry's own.
    untrusting = {"SSL_CERT_FILE": empty, "SSL_CERT_DIR": "/nonexistent"}
    output = run("skopeo", "inspect", f"docker://{HOST.replace(ACCOUNT, OTHER)}/{name}:v1", env=untrusting, ok=False)
    expect("unknown authority" in output, output)


def check_accounts_and_regions_are_separate(bench):
    name = repository(bench)
    for flags in (("--account", OTHER), ("--region", "us-east-1")):
        bench("ecr-repository", name, *flags)
    here = Registry()
    digest = here.push_image(name, "v1")[1]
    layer = here.push_blob(name, b"a layer")
    for registry in (Registry(OTHER), Registry(region="us-east-1")):
        expect(registry.error("GET", f"/v2/{name}/manifests/v1")[:2] == (404, "MANIFEST_UNKNOWN"), registry.host)
        expect(registry.call("HEAD", f"/v2/{name}/manifests/{digest}").status == 404, registry.host)
        expect(registry.call("HEAD", f"/v2/{name}/blobs/{layer}").status == 404, registry.host)
    expect(Registry(OTHER).push_image(name, "v1")[1] != digest and described(name, "v1") == digest, "one took the other's")


def check_blobs_are_mounted_within_an_account(bench):
    source, target = repository(bench), repository(bench)
    bench("ecr-repository", target, "--account", OTHER)
    registry = Registry()
    blob = registry.push_blob(source, random_name("layer").encode())

    def mount(origin, registry=registry):
        answer = registry.call("POST", f"/v2/{target}/blobs/uploads/?mount={blob}&from={origin.replace('/', '%2F')}")
        expect(f"/v2/{target}/blobs/" in answer.headers["Location"] and ACCOUNT not in answer.headers["Location"], answer.headers["Location"])
        return answer.status

    try:
        with_policy(bench, blob_mounting=False)
        expect(mount(source) == 202, "mounted against the policy")
    finally:
        bench("aws-policy", "clear")
    expect(mount(random_name("never")) == 202, "mounted from nowhere")
    expect(mount(source, Registry(OTHER)) == 202, "mounted from another account")
    expect(mount(source) == 201, "not mounted")
    expect(registry.call("HEAD", f"/v2/{target}/blobs/{blob}").status == 200, "not there")
    mounts = [(entry["status"], entry["account"]) for entry in bench.journal("ecr") if entry.get("mount_from") == source]
    expect(mounts == [(202, ACCOUNT), (202, OTHER), (201, ACCOUNT)], mounts)


def check_the_policy_denies_at_the_registry(bench):
    name, registry = repository(bench), Registry()
    digest = registry.push_blob(name, b"a layer")
    upload = registry.call("POST", f"/v2/{name}/blobs/uploads/").headers["Location"]
    manifest, blob, uploads = f"/v2/{name}/manifests/v1", f"/v2/{name}/blobs/{digest}", f"/v2/{name}/blobs/uploads/"
    calls = dict(zip(ACTIONS, (("GET", manifest), ("GET", blob), ("HEAD", blob), ("POST", uploads), ("PATCH", upload), ("PUT", upload),
                               ("PUT", manifest))))
    try:
        for action, (method, path) in calls.items():
            with_policy(bench, deny=[f"ecr:{action}"])
            if method == "HEAD":
                expect(registry.call(method, path).status == 403, action)
                continue
            status, code, message = registry.error(method, path)
            wanted = f" is not authorized to perform: ecr:{action} on resource: arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name} because"
            expect((status, code) == (403, "DENIED") and wanted in message, f"{action}: {status} {message}")
        with_policy(bench, deny=["ecr:PutImage"])
        login()
        expect("ecr:PutImage" in push(f"{HOST}/{name}:v1", ok=False), "docker does not show the action")
    finally:
        bench("aws-policy", "clear")


def check_what_the_api_does_is_so_at_the_registry(bench):
    name, registry, ecr = repository(bench, "--immutable"), Registry(), aws("ecr")
    manifest, digest = registry.push_image(name, "v1")
    other = registry.push_image(name, "v2")[0].decode()
    layers = json.loads(manifest)
    size = sum(part["size"] for part in (layers["config"], *layers["layers"]))
    expect(ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": "v1"}])["imageDetails"][0]["imageSizeInBytes"] == size, "the size")
    ecr.put_image(repositoryName=name, imageManifest=manifest.decode(), imageTag="release")
    expect(registry.call("GET", f"/v2/{name}/manifests/release").body == manifest, "the new tag")
    got = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "v1"}])["images"]
    expect([image["imageId"] for image in got] == [{"imageDigest": digest, "imageTag": "v1"}], got)
    expect(registry.call("GET", f"/v2/{name}/tags/list").json()["tags"] == ["release", "v1", "v2"], "the list of tags")
    expect(refused(ecr.put_image, repositoryName=name, imageManifest=manifest.decode(), imageTag="v1") == "ImageAlreadyExistsException", "again")
    expect(refused(ecr.put_image, repositoryName=name, imageManifest=other, imageTag="v1") == "ImageTagAlreadyExistsException", "other")
    layerless = manifest.decode().replace(json.loads(manifest)["layers"][0]["digest"], "sha256:" + "f" * 64)
    expect(refused(ecr.put_image, repositoryName=name, imageManifest=layerless, imageTag="v9") == "LayersNotFoundException", "without layers")
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "release"}])
    expect(registry.call("GET", f"/v2/{name}/manifests/release").status == 404, "the deleted tag")
    expect(registry.call("GET", f"/v2/{name}/manifests/v1").status == 200, "the other tag")
    ecr.delete_repository(repositoryName=name, force=True)
    expect(registry.error("GET", f"/v2/{name}/manifests/v1")[1] == "NAME_UNKNOWN", "the deleted repository")
    bench("ecr-repository", name)
    layer = json.loads(manifest)["layers"][0]["digest"]
    for path in ("manifests/v1", f"manifests/{digest}", f"blobs/{layer}"):
        expect(registry.call("HEAD", f"/v2/{name}/{path}").status == 404, path)


def check_reset_empties_the_registry(bench):
    name, registry = repository(bench), Registry()
    blob = registry.push_blob(name, b"a layer")
    with_policy(bench, deny=["ecr:*"])
    bench("reset")
    expect(registry.error("GET", f"/v2/{name}/blobs/{blob}")[1] == "NAME_UNKNOWN", "it is still known")
    bench("ecr-repository", name)
    expect(registry.call("HEAD", f"/v2/{name}/blobs/{blob}").status == 404, "its blob is still there")


def check_the_registry_behind_dropped_packets_times_out(bench):
    name = repository(bench)
    login()
    rule = ("OUTPUT", "-d", "203.0.113.11", "-j", "DROP")
    run("iptables", "-I", *rule)
    try:
        output = docker("pull", f"{HOST}/{name}:v1", ok=False)
        expect("timeout" in output.lower() or "deadline exceeded" in output.lower(), output)
    finally:
        run("iptables", "-D", *rule)
