//! Whole files, and values that are not written.

use super::*;

fn properties() -> Properties {
    Properties {
        vpc_id: "vpc-1".to_owned(),
        environment: "dev".to_owned(),
        provider: "lower".to_owned(),
        account: "012345678901".to_owned(),
        region: "eu-west-1".to_owned(),
        prefix: "opa".to_owned(),
        role_arn: "arn:aws:iam::012345678901:role/opa-lower-provisioning-role".to_owned(),
        component: "Cart".to_owned(),
        approval: Approval::None,
        target: Target::Ecs {
            cluster_arn: "arn:aws:ecs:eu-west-1:012345678901:cluster/opa-lower-cluster".to_owned(),
        },
        terraform: Terraform::No,
    }
}

#[test]
fn the_file_tells_the_provider() {
    let file = "TARGET_VPCID=vpc-1
TARGET_ECS_CLUSTER_ARN=arn:aws:ecs:eu-west-1:012345678901:cluster/opa-lower-cluster
TARGET_ENV_NAME=dev
TARGET_ENV_PROVIDER_NAME=lower
ACCOUNT=012345678901
REGION=eu-west-1
PREFIX=opa
ENV_ROLE_ARN=arn:aws:iam::012345678901:role/opa-lower-provisioning-role
OPA_CI_ENVIRONMENT=dev-lower
OPA_CI_REGISTRY_IMAGE=012345678901.dkr.ecr.eu-west-1.amazonaws.com/cart-dev-lower
OPA_CI_REGISTRY=012345678901.dkr.ecr.eu-west-1.amazonaws.com
OPA_CI_ENVIRONMENT_MANUAL_APPROVAL=false
";
    assert_eq!(properties().render().as_deref(), Ok(file));
    let path = ".awsdeployment/providers/dev-lower.properties";
    assert_eq!(properties().path().as_deref(), Ok(path));
}

#[test]
fn each_target_has_its_keys() {
    let word = |word: &str| word.to_owned();
    let targets = [(
        Target::Serverless {
            private_subnets: word("a,b"),
            public_subnets: word(""),
        },
        "TARGET_PRIVATE_SUBNETS=a,b\nTARGET_PUBLIC_SUBNETS=\n",
    )];
    for (target, keys) in targets {
        let properties = Properties {
            target,
            terraform: Terraform::Yes,
            approval: Approval::Manual,
            ..properties()
        };
        let file = properties.render().expect("plain values");
        assert!(file.starts_with(&format!("TARGET_VPCID=vpc-1\n{keys}TARGET_ENV_NAME=dev\n")));
        assert!(file.ends_with("OPA_CI_ENVIRONMENT_MANUAL_APPROVAL=true\nAPP_NAME=Cart\n"));
    }
}

#[test]
fn what_a_shell_would_run_is_refused_by_its_key() {
    for value in [
        "$(id)", "a b", "a;b", "`id`", "a\nB=c", "a&b", "'a'", "~", "a|b", "\u{e9}", "a#b", "a\\b",
    ] {
        let properties = Properties {
            vpc_id: value.to_owned(),
            ..properties()
        };
        assert_eq!(
            properties.render(),
            Err(NotPlain {
                key: "TARGET_VPCID"
            }),
            "{value:?}"
        );
    }
    let properties = Properties {
        component: "$(id)".to_owned(),
        ..properties()
    };
    let refused = properties.render().expect_err("a shell would run it");
    assert_eq!(refused.key, "OPA_CI_REGISTRY_IMAGE");
    assert!(!refused.to_string().contains("$(id)"));
}

#[test]
fn a_name_that_leads_elsewhere_has_no_path() {
    for (environment, provider) in [
        ("../x", "y"),
        ("x", "/y"),
        ("", "y"),
        ("x", ""),
        ("..", "y"),
        ("x", "y z"),
    ] {
        assert!(
            path(environment, provider).is_err(),
            "{environment} {provider}"
        );
    }
}
