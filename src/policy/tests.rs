//! What is admitted and what is refused, in whole sentences.

use super::*;
use crate::settings::OneOrMany;

fn job(image: &str, services: &str) -> JobResponse {
    serde_json::from_str(&format!(
        r#"{{"id":1,"image":{image},"services":{services}}}"#
    ))
    .unwrap()
}

fn decide(image: &str, settings: &JobContainerSettings) -> Result<Admitted> {
    admit(&job(image, "[]"), settings, &BTreeMap::new())
}

fn full(error: &Error) -> String {
    format!("{error} | {}", error.hints().join(" | "))
}

#[test]
fn an_image_outside_the_allowed_ones_is_refused_by_name() {
    let settings = JobContainerSettings {
        allowed_images: vec!["registry.example/**".to_owned()],
        image: Some("busybox:1".to_owned()),
        ..Default::default()
    };
    let error = decide(r#"{"name":"evil/app"}"#, &settings).unwrap_err();
    assert_eq!(error.class(), crate::error::Class::Refused);
    assert_eq!(
        full(&error),
        "the image `evil/app` of the job is not allowed on this runner: allowed: `registry.example/**` | use one of the allowed images, or ask the operator of the runner to add yours to `[executor.docker]`"
    );
    assert!(
        decide(r#"{"name":""}"#, &settings).is_ok(),
        "the configured image is always allowed"
    );
}

#[test]
fn a_pull_policy_the_operator_does_not_allow_names_both_sides() {
    let settings = JobContainerSettings {
        pull_policy: OneOrMany::One("always".to_owned()),
        ..Default::default()
    };
    let error = decide(r#"{"name":"a","pull_policy":["never"]}"#, &settings).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the pull policy `never` of image `a`, set by the pipeline, is not allowed on this runner: allowed by the runner's settings: `always`"
    );
}

#[test]
fn a_second_service_of_one_image_keeps_only_names_that_are_free() {
    let services = r#"[{"name":"r.example:5000/team/db:1","alias":"db,first"},{"name":"r.example:5000/team/db:1","alias":"db second"}]"#;
    let admitted = admit(
        &job(r#"{"name":"a"}"#, services),
        &JobContainerSettings::default(),
        &BTreeMap::new(),
    )
    .unwrap();
    assert_eq!(
        admitted.services[0].aliases,
        ["r.example__team__db", "r.example-team-db", "db", "first"]
    );
    assert_eq!(admitted.services[1].aliases, ["second"]);
    assert_eq!(
        admitted.services[1].taken,
        ["r.example__team__db", "r.example-team-db", "db"]
    );
}

#[test]
fn a_pipeline_cannot_pretend_to_be_another_slot() {
    let text = r#"{"id":1,"image":{"name":"a"},"variables":[{"key":"CI_CONCURRENT_PROJECT_ID","value":"3"}]}"#;
    let error = admit(
        &serde_json::from_str(text).unwrap(),
        &JobContainerSettings::default(),
        &BTreeMap::new(),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the pipeline sets `CI_CONCURRENT_PROJECT_ID`, which only the runner may set"
    );
}

#[test]
fn a_service_whose_name_became_empty_is_left_out_with_a_warning() {
    let services = r#"[{"name":""},{"name":"postgres:16","alias":"db"}]"#;
    let admitted = admit(
        &job(r#"{"name":"a"}"#, services),
        &JobContainerSettings::default(),
        &BTreeMap::new(),
    )
    .unwrap();
    assert_eq!(admitted.services.len(), 1);
    assert_eq!(admitted.services[0].image.name, "postgres:16");
    assert_eq!(
        admitted.warnings,
        ["service 1 names no image, and is left out"]
    );
}
