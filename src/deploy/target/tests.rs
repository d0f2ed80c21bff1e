//! Where a target is found, and what is said where it is not.

use super::*;

const CART: &str = "arn:aws:ecs:eu-west-1:123456789012:service/lower/cart";

const OLDER: &str = r#"
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: cart
  annotations:
    aws.amazon.com/baws-ecs-service-arn: arn:aws:ecs:eu-west-1:123456789012:service/lower/cart
    aws.amazon.com/baws-alb-endpoint: cart-1.eu-west-1.elb.amazonaws.com
spec: {type: aws-app}
---
kind: Resource
metadata: {name: db}
"#;

const NEWER: &str = r#"
kind: Component
metadata:
  name: cart
  appData:
    dev:
      lower:
        EcsServiceArn: arn:aws:ecs:eu-west-1:123456789012:service/opa-lower-cluster/cart-lower
        AlbEndpoint: http://cart.example.com
    prod:
      upper:
        EcsServiceArn: arn:aws:ecs:eu-west-1:999999999999:service/opa-upper-cluster/cart-upper
"#;

const PROPERTIES: &str = "TARGET_VPCID=vpc-1\nTARGET_ECS_CLUSTER_ARN=\"arn:aws:ecs:eu-west-1:123456789012:cluster/opa-lower-cluster\"\n\
TARGET_ENV_NAME=dev\nTARGET_ENV_PROVIDER_NAME=lower\nACCOUNT=123456789012\nREGION=eu-west-1\nPREFIX=opa\n\
OPA_CI_ENVIRONMENT=dev-lower\nX=$(touch /tmp/run)\n";

fn said(environment: &str) -> Said {
    Said {
        environment: Some(environment.to_owned()),
        component: Some("cart".to_owned()),
        ..Said::default()
    }
}

fn file(path: &str, text: &str) -> Vec<(String, String)> {
    vec![(path.to_owned(), text.to_owned())]
}

fn name(said: &Said, text: &str) -> Result<String> {
    let all = Said {
        services: vec![text.to_owned()],
        ..said.clone()
    };
    Ok(named(&all)?[0].target.to_string())
}

#[test]
fn services_are_named_in_three_ways_and_local() {
    let placed = Said {
        region: Some("eu-west-1".to_owned()),
        account: Some("123456789012".to_owned()),
        ..Said::default()
    };
    assert_eq!(name(&Said::default(), CART).unwrap(), "lower/cart");
    assert_eq!(name(&placed, "lower/cart").unwrap(), "lower/cart");
    assert_eq!(name(&placed, "local/cart").unwrap(), "local/cart");
    let in_cluster = Said {
        cluster: Some("arn:aws:ecs:eu-west-1:123456789012:cluster/lower".to_owned()),
        ..Said::default()
    };
    assert_eq!(name(&in_cluster, "cart").unwrap(), "lower/cart");
    for (said, text) in [
        (&Said::default(), "lower/cart"),
        (&placed, "cart"),
        (&in_cluster, "lower/cart"),
        (&placed, "arn:aws:ecs:eu-west-1:123456789012:service/cart"),
        (&placed, "lower/ca\u{1b}[31mrt"),
        (&placed, "local/../x"),
        (&placed, ""),
    ] {
        let error = name(said, text).unwrap_err();
        assert!(!error.to_string().contains('\u{1b}'), "{error}");
        assert!(
            !error.hints().is_empty() || error.to_string().contains("cannot be a service"),
            "{error}"
        );
    }
}

#[test]
fn both_shapes_of_the_catalog_name_the_service() {
    let older = of_repository(&Said::default(), &file("c.yaml", OLDER), &[]).unwrap();
    assert_eq!(older.target.to_string(), "lower/cart");
    assert_eq!(
        older.url.unwrap(),
        "http://cart-1.eu-west-1.elb.amazonaws.com"
    );
    for (environment, expected) in [
        ("dev", "opa-lower-cluster/cart-lower"),
        ("prod-upper", "opa-upper-cluster/cart-upper"),
    ] {
        let newer = of_repository(&said(environment), &file("c.yaml", NEWER), &[]).unwrap();
        assert_eq!(newer.target.to_string(), expected);
    }
    let error = of_repository(&Said::default(), &file("c.yaml", NEWER), &[]).unwrap_err();
    assert_eq!(
        error.causes(),
        ["`c.yaml` (dev, lower); `c.yaml` (prod, upper)"]
    );
}

#[test]
fn properties_are_data() {
    let found = of_repository(&said("dev-lower"), &[], &file("p", PROPERTIES)).unwrap();
    assert_eq!(found.target.to_string(), "opa-lower-cluster/cart-lower");
    assert!(of_repository(&said("prod"), &[], &file("p", PROPERTIES)).is_err());
    let error = of_repository(&said("dev"), &[], &file("p", "if true; then\n")).unwrap_err();
    assert!(error.to_string().contains("line 1"), "{error}");
}

#[test]
fn what_the_files_say_is_not_believed_beyond_its_form() {
    let arn = OLDER.replace("service/lower/cart", "task/x");
    let error = of_repository(&Said::default(), &file("c", &arn), &[]).unwrap_err();
    assert!(error.to_string().contains("no ARN of a service"), "{error}");
    let endpoint = OLDER.replace("cart-1.eu-west-1", "x y");
    assert_eq!(
        of_repository(&Said::default(), &file("c", &endpoint), &[])
            .unwrap()
            .url,
        None
    );
    assert!(of_repository(&Said::default(), &file("c", "a: [b"), &[]).is_err());
    let error = of_repository(&Said::default(), &[], &[]).unwrap_err();
    assert_eq!(error.message(), "no service is named to work on");
}
