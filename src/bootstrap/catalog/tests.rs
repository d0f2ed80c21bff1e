//! Whole files of both revisions, and developers' files before and after.

use super::*;

fn component() -> Component {
    let values = [
        (
            "bawsEcrRepositoryUri",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/cart",
        ),
        ("baws-alb-endpoint", "http://cart.example.com"),
        ("CDKMetadata", "v2"),
    ];
    Component {
        name: "cart".to_owned(),
        title: Some("Cart: the shop's".to_owned()),
        description: "Holds what is bought # soon".to_owned(),
        owner: "group:default/shop".to_owned(),
        tags: vec!["nodejs".to_owned()],
        iac: Iac::Cdk,
        subtype: Subtype::Ecs,
        lifecycle: None,
        environments: vec!["awsenvironment:default/dev".to_owned()],
        depends_on: vec!["resource:cart-db".to_owned()],
        secret_arn: Some(
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:aws-apps-cart".to_owned(),
        ),
        execution_arn: Some("arn:aws:states:eu-west-1:123456789012:execution:a:b".to_owned()),
        outputs: vec![Outputs {
            environment: "dev".to_owned(),
            provider: "lower".to_owned(),
            values: values
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .to_vec(),
        }],
    }
}

const FIRST: &str = r#"apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: cart
  title: "Cart: the shop's"
  description: "Holds what is bought # soon"
  tags:
    - aws
    - nodejs
  labels:
    aws-iacType: cdk
  annotations:
    aws.amazon.com/aws-stepfunctions-pipeline-arn: arn:aws:states:eu-west-1:123456789012:execution:a:b
    aws.amazon.com/baws-repo-secret-arn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:aws-apps-cart
    aws.amazon.com/baws-ecr-repository-uri: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/cart"
    aws.amazon.com/baws-alb-endpoint: http://cart.example.com
spec:
  type: aws-app
  owner: group:default/shop
  lifecycle: experimental
  dependsOn:
    - awsenvironment:default/dev
    - resource:cart-db
"#;

const SECOND: &str = r#"apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: cart
  title: "Cart: the shop's"
  description: "Holds what is bought # soon"
  tags:
    - aws
    - nodejs
  iacType: cdk
  repoSecretArn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:aws-apps-cart
  componentState: cloudformation
  gitProvider: gitlab
  appData:
    dev:
      lower:
        EcsServiceArn: arn:aws:ecs:eu-west-1:123456789012:service/opa-lower-cluster/cart-lower
        StackName: cart-ecs-resources-lower
spec:
  type: aws-app
  subType: aws-ecs
  owner: group:default/shop
  lifecycle: experimental
  dependsOn:
    - awsenvironment:default/dev
    - resource:cart-db
"#;

fn newer() -> Component {
    let service = "arn:aws:ecs:eu-west-1:123456789012:service/opa-lower-cluster/cart-lower";
    let mut newer = component();
    newer.outputs[0].values = vec![
        ("EcsServiceArn".to_owned(), service.to_owned()),
        (
            "StackName".to_owned(),
            "cart-ecs-resources-lower".to_owned(),
        ),
    ];
    newer
}

#[test]
fn a_file_of_the_first_revision_has_annotations() {
    assert_eq!(render(&component(), Revision::First), FIRST);
}

#[test]
fn a_file_of_the_second_revision_has_app_data() {
    assert_eq!(render(&newer(), Revision::Second), SECOND);
}

#[test]
fn a_rendered_file_is_up_to_date() {
    assert_eq!(update(FIRST, &component(), Revision::First), Ok(None));
    assert_eq!(update(SECOND, &newer(), Revision::Second), Ok(None));
}

#[test]
fn serverless_components_say_so() {
    let mut serverless = component();
    (serverless.iac, serverless.subtype) = (Iac::Sam, Subtype::Serverless);
    let first = render(&serverless, Revision::First);
    assert!(first.contains("    aws.amazon.com/baws-component-subtype: serverless-rest-api\n"));
    assert!(first.contains("    aws-iacType: sam\n"));
    assert!(render(&serverless, Revision::Second).contains("  subType: aws-serverless\n"));
}

#[test]
fn a_developers_file_keeps_all_that_is_not_ours() {
    let before = "# ours\r\napiVersion: backstage.io/v1alpha1\r\nkind: API\r\nmetadata: {name: cart}\r\n---\r\n\
        kind: Component # the shop\r\nmetadata:\r\n    name: \"cart\"\r\n    annotations:\r\n\
        \x20       aws.amazon.com/baws-alb-endpoint: 'http://old.example.com' # moves\r\n        our.org/page: 7\r\n\
        \x20   links: []\r\nspec:\r\n    owner: us\r\n    dependsOn: [resource:cart-db]\r\n    # end";
    let after = "# ours\r\napiVersion: backstage.io/v1alpha1\r\nkind: API\r\nmetadata: {name: cart}\r\n---\r\n\
        kind: Component # the shop\r\nmetadata:\r\n    name: \"cart\"\r\n    annotations:\r\n\
        \x20       aws.amazon.com/baws-alb-endpoint: 'http://cart.example.com' # moves\r\n        our.org/page: 7\r\n\
        \x20       aws.amazon.com/aws-stepfunctions-pipeline-arn: arn:aws:states:eu-west-1:123456789012:execution:a:b\r\n\
        \x20       aws.amazon.com/baws-repo-secret-arn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:aws-apps-cart\r\n\
        \x20       aws.amazon.com/baws-ecr-repository-uri: \"123456789012.dkr.ecr.eu-west-1.amazonaws.com/cart\"\r\n\
        \x20   links: []\r\nspec:\r\n    owner: us\r\n    dependsOn: [resource:cart-db, awsenvironment:default/dev]\r\n    # end";
    let found = update(before, &component(), Revision::First);
    assert_eq!(found, Ok(Some(after.to_owned())));
    assert_eq!(update(after, &component(), Revision::First), Ok(None));
}

#[test]
fn app_data_of_another_provider_stays() {
    let before = "kind: Component\nmetadata:\n  name: cart\n  appData:\n    prod:\n      upper: # theirs\n        StackName: x\nspec: {}\n";
    let after = "kind: Component\nmetadata:\n  name: cart\n  appData:\n    prod:\n      upper: # theirs\n        StackName: x\n    dev:\n      lower:\n        EcsServiceArn: arn:aws:ecs:eu-west-1:123456789012:service/opa-lower-cluster/cart-lower\n        StackName: cart-ecs-resources-lower\n  repoSecretArn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:aws-apps-cart\nspec: {dependsOn: [awsenvironment:default/dev, resource:cart-db]}\n";
    let found = update(before, &newer(), Revision::Second);
    assert_eq!(found, Ok(Some(after.to_owned())));
}

#[test]
fn a_file_about_something_else_is_refused() {
    let found = update(
        "kind: Component\nmetadata: {name: other}\n",
        &component(),
        Revision::First,
    );
    let told = found.map_err(|refusal| refusal.to_string());
    let why = "line 1, column 1: no document has the kind `Component` and the name `cart`";
    assert_eq!(told, Err(why.to_owned()));
    let odd = "kind: Component\nmetadata: &m\n  name: cart\n";
    let told = update(odd, &component(), Revision::First).map_err(|refusal| refusal.to_string());
    let why = "line 2, column 11: an anchor `&` is here, and other places may refer to it";
    assert_eq!(told, Err(why.to_owned()));
}

#[test]
fn ids_become_words_with_hyphens() {
    let ids = [
        ("bawsEcrRepositoryUri", "baws-ecr-repository-uri"),
        ("bawsAppResourceGroup", "baws-app-resource-group"),
        ("bawsALBEndpoint", "baws-alb-endpoint"),
        ("opaDbPort", "opa-db-port"),
        ("baws-s3-bucket-name", "baws-s3-bucket-name"),
        ("bawsS3Arn", "baws-s3-arn"),
        ("", ""),
    ];
    for (id, words) in ids {
        assert_eq!(kebab(id), words);
    }
}

#[test]
fn a_database_has_a_file_of_its_own() {
    let resource = Resource {
        name: "cart-db".to_owned(),
        description: "yes".to_owned(),
        owner: "group:default/shop".to_owned(),
        kind: ResourceKind::Rds,
        component: "cart".to_owned(),
        execution_arn: None,
        outputs: vec![
            (
                "bawsRdsArn".to_owned(),
                "arn:aws:rds:eu-west-1:123456789012:db:cart".to_owned(),
            ),
            ("bawsDbPort".to_owned(), "5432".to_owned()),
        ],
    };
    let file = r#"apiVersion: backstage.io/v1alpha1
kind: Resource
metadata:
  name: cart-db
  description: "yes"
  tags:
    - aws
    - rds
  annotations:
    aws.amazon.com/baws-rds-arn: arn:aws:rds:eu-west-1:123456789012:db:cart
    aws.amazon.com/baws-db-port: "5432"
spec:
  type: aws-resource
  owner: group:default/shop
  dependencyOf:
    - component:cart
"#;
    assert_eq!(render_resource(&resource), file);
}
