//! Entities of both revisions.

use super::*;

const FIRST: &str = "
apiVersion: aws.backstage.io/v1alpha
kind: AWSEnvironment
metadata: {name: dev, short-name: dev}
---
apiVersion: aws.backstage.io/v1alpha
kind: AWSEnvironmentProvider
metadata: {name: dev-pub, env-type: ecs-fargate, aws-account: '123456789012', aws-region: eu-west-1, vpc: /baws/net, cluster-name: /baws/cluster}
spec: {dependsOn: ['awsenvironment:dev']}
---
kind: Location
metadata: {name: else}
";
const SECOND: &str = "
kind: AWSEnvironment
metadata: {name: lower}
spec: {dependsOn: ['awsenvironmentprovider:default/one', 'AWSEnvironmentProvider:two']}
---
kind: AWSEnvironmentProvider
metadata: {name: one, prefix: opa, awsAccount: 123456789012, awsRegion: us-east-1, vpc: /opa/one/vpc, clusterName: /opa/one/ecs-cluster}
---
kind: AWSEnvironmentProvider
metadata: {name: two, awsAccount: '${{ account }}', awsRegion: us-east-1, vpc: v, clusterName: c}
";

fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    catalog.read("first.yaml", FIRST).unwrap();
    catalog.read("second.yaml", SECOND).unwrap();
    catalog
}

#[test]
fn whichever_way_they_depend_the_provider_is_found() {
    let found = |reference: &str, provider| {
        let chosen = catalog().choose(reference, provider).unwrap();
        (
            chosen.environment,
            chosen.provider.name,
            chosen.provider.account,
        )
    };
    let dev = (
        "dev".to_owned(),
        "dev-pub".to_owned(),
        "123456789012".to_owned(),
    );
    for reference in ["dev", "awsenvironment:default/dev", "AWSEnvironment:Dev"] {
        assert_eq!(found(reference, None), dev, "{reference}");
    }
    assert_eq!(found("lower", Some("one")).1, "one");
    assert_eq!(
        found("lower", Some("awsenvironmentprovider:default/one")).1,
        "one"
    );
}

#[test]
fn what_cannot_be_chosen_is_named() {
    let error = |reference: &str, provider| catalog().choose(reference, provider).unwrap_err();
    let several = error("lower", None);
    assert_eq!(
        several.message(),
        "the environment `lower` has several providers: `one`, `two`"
    );
    assert_eq!(several.hints(), ["say which by --provider"]);
    assert_eq!(error("lowr", None).hints(), ["did you mean `lower`?"]);
    assert_eq!(
        error("lower", Some("three")).hints(),
        ["it has `one`, `two`"]
    );
    let placeholder = error("lower", Some("two"));
    assert_eq!(
        placeholder.message(),
        "the account `${{ account }}` of the provider `two` is none"
    );
    assert!(Catalog::default().read("x.yaml", "a: [").is_err());
}
