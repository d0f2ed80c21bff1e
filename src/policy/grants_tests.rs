//! Grants are pure: each rule and each refusal is a table here.

use super::*;
use crate::job::Reference;

fn facts(project: &str, reference: Reference, protection: Protection) -> Facts {
    Facts {
        project: project.to_owned(),
        project_id: 7,
        job_id: 1,
        user_id: None,
        reference,
        protection,
        side_key: "0123456789abcdef".to_owned(),
    }
}

fn branch(project: &str, protection: Protection) -> Facts {
    facts(project, Reference::Branch("main".to_owned()), protection)
}

fn rules(text: &str) -> Vec<GrantSettings> {
    #[derive(serde::Deserialize)]
    struct All {
        grants: Vec<GrantSettings>,
    }
    toml::from_str::<All>(text).unwrap().grants
}

const ECR: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

fn usual() -> Vec<GrantSettings> {
    rules(&format!(
        r#"
        [[grants]]
        projects = ["shop/*"]
        push = ["{ECR}/{{project}}"]
        create = ["{ECR}/{{project}}"]
        bases = ["{ECR}/base/**"]
        [[grants]]
        projects = ["**"]
        refs = "unprotected"
        push = ["{ECR}/review/{{name}}"]
        role_arn = "arn:aws:iam::123456789012:role/review"
        "#
    ))
}

fn image(text: &str) -> ImageRef {
    text.replace("ECR", ECR).parse().unwrap()
}

#[test]
fn a_protected_ref_pushes_to_its_own_project_and_nowhere_else() {
    let grant = Grant::of_job(
        &branch("shop/Cart", Protection::Protected),
        &usual(),
        Asked::Images,
    )
    .unwrap();
    assert_eq!(grant.push(&image("ECR/shop/cart:1")).unwrap(), None);
    assert!(grant.may_create(&image("ECR/shop/cart:1")));
    for other in [
        "ECR/shop/other:1",
        "ECR/shop/cart/x:1",
        "ECR/review/cart:1",
        "shop/cart:1",
        "999999999999.dkr.ecr.eu-west-1.amazonaws.com/shop/cart:1",
    ] {
        let refusal = grant.push(&image(other)).unwrap_err();
        assert_eq!(refusal.class(), crate::error::Class::Refused, "{other}");
        assert!(!grant.may_create(&image(other)), "{other}");
    }
}

#[test]
fn an_unprotected_ref_pushes_only_where_unprotected_refs_may_and_with_that_role() {
    let grant = Grant::of_job(
        &branch("shop/cart", Protection::Unprotected),
        &usual(),
        Asked::Images,
    )
    .unwrap();
    let role = grant.push(&image("ECR/review/cart:1")).unwrap().unwrap();
    assert_eq!(role.role_arn, "arn:aws:iam::123456789012:role/review");
    assert!(grant.push(&image("ECR/shop/cart:1")).is_err());
}

#[test]
fn a_tag_that_is_called_like_a_branch_is_no_branch() {
    let rules = rules(&format!(
        "[[grants]]\nprojects = [\"shop/cart\"]\nrefs = \"any\"\nbranches = [\"main\", \"release/*\"]\npush = [\"{ECR}/x\"]\n"
    ));
    let tag = facts(
        "shop/cart",
        Reference::Tag("main".to_owned()),
        Protection::Protected,
    );
    assert!(Grant::of_job(&tag, &rules, Asked::Images).is_err());
    assert!(
        Grant::of_job(
            &branch("shop/cart", Protection::Unprotected),
            &rules,
            Asked::Images
        )
        .is_ok()
    );
    let untyped = facts(
        "shop/cart",
        Reference::Untyped("main".to_owned()),
        Protection::Protected,
    );
    assert!(Grant::of_job(&untyped, &rules, Asked::Images).is_err());
    let merge_request = facts(
        "shop/cart",
        Reference::Branch("refs/merge-requests/1/head".to_owned()),
        Protection::Protected,
    );
    assert!(Grant::of_job(&merge_request, &rules, Asked::Images).is_err());
}

#[test]
fn what_a_build_may_start_from() {
    let grant = Grant::of_job(
        &branch("shop/cart", Protection::Protected),
        &usual(),
        Asked::Images,
    )
    .unwrap();
    let right = |text: &str| grant.base(&image(text)).ok();
    assert_eq!(right("node:20"), Some(BaseRight::Public));
    assert_eq!(right("docker.io/team/x"), Some(BaseRight::Public));
    assert_eq!(right("ghcr.io/a/b:1"), Some(BaseRight::AskRegistry));
    assert_eq!(right("ECR/base/node:20"), Some(BaseRight::Named(None)));
    assert_eq!(right("ECR/shop/cart:1"), Some(BaseRight::Named(None)));
    assert_eq!(right("ECR/shop/other:1"), None);
}

#[test]
fn a_job_without_a_rule_is_told_which_one_is_missing_and_by_whom() {
    let error =
        Grant::of_job(&branch("a/b", Protection::Protected), &[], Asked::Images).unwrap_err();
    insta::assert_snapshot!(
        format!("{}\n{}\n{}", error.message(), error.causes().join("\n"), error.hints().join("\n")),
        @r#"
    this job may not build, push or promote images on this runner
    the settings of this runner hold no [[grants]]
    the operator of the runner adds a rule to its settings (/etc/baws-ci/config.toml):
        [[grants]]
        projects = ["a/b"]
        push = ["123456789012.dkr.ecr.eu-west-1.amazonaws.com/{project}"]
    "#
    );
    let grant = Grant::of_job(
        &branch("shop/cart", Protection::Unprotected),
        &usual(),
        Asked::Images,
    )
    .unwrap();
    let error = grant.push(&image("ECR/shop/cart:1")).unwrap_err();
    insta::assert_snapshot!(
        format!("{}\n{}\n{}", error.message(), error.causes().join("\n"), error.hints().join("\n")),
        @r#"
    this job may not push to `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/cart`
    project `shop/cart`, branch `main` (unprotected), may push to: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/review/cart`
    push to one of those, or the operator of the runner adds a rule to its settings (/etc/baws-ci/config.toml):
        [[grants]]
        projects = ["shop/cart"]
        refs = "unprotected"
        push = ["123456789012.dkr.ecr.eu-west-1.amazonaws.com/{project}"]
    "#
    );
}

#[test]
fn repositories_that_unprotected_refs_may_write_are_known_for_every_project() {
    let grant = Grant::of_job(
        &branch("shop/cart", Protection::Protected),
        &usual(),
        Asked::Images,
    )
    .unwrap();
    assert!(grant.is_open_to_unprotected(&image("ECR/review/cart:x")));
    assert!(grant.is_open_to_unprotected(&image("ECR/review/other:x")));
    assert!(!grant.is_open_to_unprotected(&image("ECR/shop/cart:x")));
}
