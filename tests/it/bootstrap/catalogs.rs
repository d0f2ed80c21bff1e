//! The catalog file and what stands beside it, in both revisions of the platform.

use insta::assert_snapshot;
use serde_json::json;

use super::{bootstrap, hub};
use crate::support::Hub;

#[test]
fn new_outputs_reach_the_catalog_file_beside_what_people_wrote() {
    let hub = hub();
    bootstrap(&hub, &[]).is(0);
    let path = ".backstage/catalog-info.yaml";
    let theirs = hub
        .file("aws-app/shop", path, "main")
        .replace("spec:\n", "# ours\nspec:\n  system:   retail # mine\n");
    commit(&hub, path, &theirs);
    let order = super::FULL.replace(
        "service/dev/shop\"}",
        "service/dev/shop\", bawsAlbEndpoint: \"http://alb.example\"}",
    );
    hub.write("order.yaml", &order);
    let told = bootstrap(&hub, &[]);
    assert_snapshot!(told.is(0).err, @"create commit: .backstage/catalog-info.yaml");
    let now = hub.file("aws-app/shop", path, "main");
    assert!(
        now.contains("baws-alb-endpoint: http://alb.example")
            && now.contains("  system:   retail # mine"),
        "{now}"
    );
    bootstrap(&hub, &[]).is(0);
    let asked = hub.asked();
    let last = asked
        .iter()
        .rev()
        .take(12)
        .filter(|one| one["method"] != "GET")
        .count();
    assert_eq!(last, 0);
}

fn commit(hub: &Hub, path: &str, content: &str) {
    let body = json!({"branch": "main", "commit_message": "Ours", "actions": [{"action": "update", "file_path": path, "content": content}]});
    hub.api("POST", "projects/aws-app%2Fshop/repository/commits", &body);
}

#[test]
fn backstages_values_are_taken_as_its_scaffolder_has_them() {
    let hub = hub();
    let values = json!({
        "component_id": "cart", "description": "It says \"hello\" & ${{ values.name }}", "owner": "group:default/cart", "kind": "nodejs-rds",
        "destination": {"host": "git.example", "owner": "aws-app", "repo": "cart"},
        "aws_account": "012345678901", "aws_region": "eu-west-1", "aws_environment": "dev-pub", "aws_environment_short_name": "dev",
        "aws_pipeline_arn": "arn:aws:states:eu-west-1:012345678901:execution:p:1", "app_port": 3001,
        "aws_ecs_bp_outputs": {"bawsEcrRepositoryUri": "012345678901.dkr.ecr.eu-west-1.amazonaws.com/cart", "bawsAlbEndpoint": "http://x"},
        "aws_rds_bp_outputs": {"bawsDbEndpoint": "db.example", "bawsDbPort": 5432}, "rds_resource_id": "cart-db", "rds_description": "Its database",
        "something_else": {"is": "passed over"},
    });
    hub.write("order.yaml", &values.to_string());
    let told = bootstrap(&hub, &["--dry-run"]);
    // The access token has to be kept somewhere: that is the bench's AWS, which this test does not have.
    assert!(told.code != 2, "{}", told.whole());
    let mut without = values;
    without["aws_region"] = json!("");
    hub.write("order.yaml", &without.to_string());
    bootstrap(&hub, &[]).is(0);
    assert_snapshot!(hub.file("aws-app/cart", ".backstage/catalog-info.yaml", "main"), @r#"
    apiVersion: backstage.io/v1alpha1
    kind: Component
    metadata:
      name: cart
      description: It says "hello" & ${{ values.name }}
      tags:
        - aws
        - nodejs-rds
      labels:
        aws-iacType: cdk
      annotations:
        aws.amazon.com/aws-stepfunctions-pipeline-arn: arn:aws:states:eu-west-1:012345678901:execution:p:1
        aws.amazon.com/baws-alb-endpoint: http://x
        aws.amazon.com/baws-ecr-repository-uri: "012345678901.dkr.ecr.eu-west-1.amazonaws.com/cart"
    spec:
      type: aws-app
      owner: group:default/cart
      lifecycle: experimental
      dependsOn:
        - awsenvironment:default/dev-pub
        - resource:cart-db
    "#);
    assert_snapshot!(hub.file("aws-app/cart", ".backstage/aws-catalog-info.yaml", "main"), @r#"
    apiVersion: backstage.io/v1alpha1
    kind: Resource
    metadata:
      name: cart-db
      description: Its database
      tags:
        - aws
        - rds
      annotations:
        aws.amazon.com/aws-stepfunctions-pipeline-arn: arn:aws:states:eu-west-1:012345678901:execution:p:1
        aws.amazon.com/baws-db-endpoint: db.example
        aws.amazon.com/baws-db-port: "5432"
    spec:
      type: aws-resource
      owner: group:default/cart
      dependencyOf:
        - component:cart
    "#);
}

#[test]
fn the_second_revision_has_its_own_catalog_and_properties() {
    let hub = hub();
    let order = super::FULL.replace("catalog:\n", "providers:\n  - {environment: dev, provider: ecs, account: \"012345678901\", region: eu-west-1, prefix: opa, vpc_id: vpc-1, role_arn: \"arn:aws:iam::012345678901:role/opa-ecs-provisioning-role\", cluster_arn: \"arn:aws:ecs:eu-west-1:012345678901:cluster/opa-ecs-cluster\"}\ncatalog:\n");
    hub.write("order.yaml", &order);
    bootstrap(&hub, &["--revision", "second"]).is(0);
    assert_snapshot!(hub.file("aws-app/shop", ".backstage/catalog-info.yaml", "main"), @r#"
    apiVersion: backstage.io/v1alpha1
    kind: Component
    metadata:
      name: shop
      title: The shop
      description: "Sells \"things\" for $5: {{ cheap }}"
      tags:
        - aws
        - nodejs
      iacType: cdk
      componentState: cloudformation
      gitProvider: gitlab
      appData:
        dev:
          ecs:
            EcrRepositoryUri: "012345678901.dkr.ecr.eu-west-1.amazonaws.com/shop"
            EcsServiceArn: arn:aws:ecs:eu-west-1:012345678901:service/dev/shop
    spec:
      type: aws-app
      subType: aws-ecs
      owner: group:default/shop
      lifecycle: experimental
      dependsOn:
        - awsenvironment:default/dev
    "#);
    assert_snapshot!(hub.file("aws-app/shop", ".awsdeployment/providers/dev-ecs.properties", "main"), @r"
    TARGET_VPCID=vpc-1
    TARGET_ECS_CLUSTER_ARN=arn:aws:ecs:eu-west-1:012345678901:cluster/opa-ecs-cluster
    TARGET_ENV_NAME=dev
    TARGET_ENV_PROVIDER_NAME=ecs
    ACCOUNT=012345678901
    REGION=eu-west-1
    PREFIX=opa
    ENV_ROLE_ARN=arn:aws:iam::012345678901:role/opa-ecs-provisioning-role
    OPA_CI_ENVIRONMENT=dev-ecs
    OPA_CI_REGISTRY_IMAGE=012345678901.dkr.ecr.eu-west-1.amazonaws.com/shop-dev-ecs
    OPA_CI_REGISTRY=012345678901.dkr.ecr.eu-west-1.amazonaws.com
    OPA_CI_ENVIRONMENT_MANUAL_APPROVAL=false
    ");
    let told = bootstrap(&hub, &["--revision", "second"]);
    assert!(told.is(0).out.contains("nothing to do"), "{}", told.whole());
}
