//! Many services in one command: few calls, no error of throttling, the worst end decides.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::Site;

#[test]
fn fifty_services_are_deployed_by_one_command_with_few_calls() {
    let site = Site::deploying();
    site.pushed("latest", "before");
    // In a region that no other test counts calls in.
    let there = |number| json!({"service": format!("app-{number}"), "region": "us-east-1"});
    let services: Vec<_> = (0..50).map(|number| site.service(there(number))).collect();
    let mut words = vec!["restart", "--json"];
    words.extend(services.iter().map(|service| service.arn.as_str()));
    let ended = site.here(Path::new("/"), &words).succeeded();
    let told: Value = serde_json::from_slice(&ended.stdout).expect("it is JSON");
    assert_eq!(told["schema"], "baws-ci/deployments/1");
    let all = told["services"].as_array().expect("it is a list");
    assert_eq!(all.len(), 50);
    assert!(all.iter().all(|one| one["outcome"] == "ok"), "{told:#}");
    let words = ["ecs-show", &site.name, "app-0", "--region", "us-east-1"];
    let calls = &site.stand.bench.ask(&words, &Value::Null)["calls"];
    let count = |name: &str| calls[name].as_u64().unwrap_or(0);
    assert_eq!(count("UpdateService"), 50, "{calls:#}");
    // One look at ten services is one call.
    let looks = all
        .iter()
        .map(|one| one["calls"].as_u64().unwrap_or(0))
        .sum::<u64>();
    assert!(count("DescribeServices") * 3 < looks, "{calls:#}");
}

#[test]
fn the_worst_end_of_several_services_decides() {
    let site = Site::deploying();
    site.pushed("latest", "before");
    let good = site.service(json!({"service": "good"}));
    let bad = site.service(json!({"service": "bad"}));
    bad.goes(json!([{"at": 0.1, "rollout": "FAILED", "sd_status": "STOPPED", "breaker": {"status": "TRIGGERED", "failures": 3, "threshold": 3}}]));
    let ended = site.here(Path::new("/"), &["restart", "--json", &good.arn, &bad.arn]);
    let told: Value = serde_json::from_slice(&ended.stdout).expect("it is JSON");
    assert_eq!(
        (ended.code, &told["outcome"]),
        (5, &json!("failed")),
        "{ended}"
    );
    assert_eq!(told["services"][0]["outcome"], "ok", "{told:#}");
}

#[test]
fn a_service_that_is_named_twice_or_by_halves_is_refused() {
    let site = Site::deploying();
    site.pushed("latest", "before");
    let service = site.service(json!({}));
    let here = |words: &[&str]| site.here(Path::new("/"), words);
    let ended = here(&["restart", &service.arn, &service.arn]);
    assert_eq!(ended.code, 2, "{ended}");
    let ended = here(&["restart", "app"]);
    assert_eq!(ended.code, 2, "{ended}");
    let words = [
        "restart",
        &format!("{}/app", site.name),
        "--account",
        "123456789012",
        "--region",
        "eu-west-1",
    ];
    here(&words).succeeded();
}
