"""The chapter of the platform's second revision: an order of ours with providers, `metadata.appData`, properties files."""

import yaml

from pipeline_engine import quoted
from story_world import ACCOUNT, GROUP, IMAGES, REGION, REGISTRY, expect


def second(tale):
    tale.book.chapter("Another application, in the platform's second revision: properties of a provider, and appData in the catalog")
    world, app = tale.world, f"cart-{tale.world.name}"
    project, cluster = f"{GROUP}/{app}", f"dev-{world.name}"
    repository = world.repository(f"{app}-dev-ecs")
    service = world.service(cluster, app, f"{repository}:latest")
    order = {
        "project": project, "kind": "nodejs", "title": "The cart", "description": "Holds things", "owner": "group:default/shop",
        "inputs": {**IMAGES, "lower_environment": "dev-ecs"}, "environments": [{"name": "dev-ecs"}],
        "variables": [{"key": "AWS_ACCOUNT", "value": ACCOUNT}, {"key": "AWS_DEFAULT_REGION", "value": REGION}],
        "providers": [{"environment": "dev", "provider": "ecs", "account": ACCOUNT, "region": REGION, "prefix": "opa", "vpc_id": "vpc-1",
                       "role_arn": f"arn:aws:iam::{ACCOUNT}:role/opa-ecs-provisioning-role",
                       "cluster_arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{cluster}"}],
        "catalog": {"outputs": [{"environment": "dev", "provider": "ecs",
                                 "values": {"EcrRepositoryUri": repository, "EcsServiceArn": service}}]}}
    told = world.ask_json("bootstrap-repo", "--from", "-", "--revision", "second", "--templates-version", tale.newer,
                          stdin=yaml.safe_dump(order, sort_keys=False))
    catalog = yaml.safe_load(world.file(project, ".backstage/catalog-info.yaml"))
    said = catalog["metadata"]["appData"]["dev"]["ecs"]
    expect(said["EcsServiceArn"] == service, f"appData names {service}", said)
    properties = world.file(project, ".awsdeployment/providers/dev-ecs.properties")
    expect(f"OPA_CI_REGISTRY_IMAGE={repository}\n" in properties, f"the properties name {repository}", properties)
    environments = [one["name"] for one in world.api.get(f"projects/{quoted(project)}/environments")]
    expect(environments == ["dev-ecs"], "GitLab has the environment dev-ecs", environments)
    tale.book.fact("project", told["project"]["web_url"])
    tale.book.fact("catalog", f"appData.dev.ecs.EcsServiceArn: {service}")
    tale.book.fact("properties", f".awsdeployment/providers/dev-ecs.properties: {REGISTRY}/{app}-dev-ecs")
    tale.run(project, "main")
    digest = tale.pipeline.dotenv(tale.job("build-image"))["IMAGE_REF"].partition("@")[2]
    running = set(world.running(cluster, app))
    expect(running == {digest}, f"{cluster}/{app} runs {digest}", running)
    status = world.ask_json("status", "--environment", "dev-ecs", "--region", REGION, directory=tale.pipeline.checkout)
    is_found = status["service_arn"] == service and status["running"] == 2
    expect(is_found, "`baws-ci status` finds the service by the repository's files", status)
    tale.book.fact("runs", f"{digest}; `baws-ci status` in the work tree finds {cluster}/{app} by the catalog")
