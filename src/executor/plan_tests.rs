//! Plans for small jobs: what is in them, and what must never be.

use super::*;
use crate::job::{Identity, JobResponse};
use crate::settings::JobContainerSettings;

fn job(text: &str, variables: &[(&str, &str)]) -> Job {
    let response: JobResponse = serde_json::from_str(text).unwrap();
    let variables = variables
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Job {
        identity: Identity::new(response.id, "runner-a", 0),
        response,
        variables,
    }
}

fn planned(job: &Job, settings: &ExecutorSettings) -> Result<Plan> {
    let admitted = policy::admit(&job.response, &settings.docker, &job.variables)?;
    let around = Surroundings {
        helper_dir: "/s/helper".to_owned(),
        build_dir: "/s/build".to_owned(),
        runner_program: None,
        owner: "o".to_owned(),
        now: 1000,
        lent: Vec::new(),
        read: &|path| std::fs::read_to_string(path),
    };
    plan(job, &admitted, settings, &around)
}

fn volume_names(spec: &ContainerSpec) -> Vec<String> {
    let named = spec.mounts.iter().filter_map(|mount| match mount {
        Mount::Volume { name, .. } => Some(name.clone()),
        Mount::HostReadOnly { .. } | Mount::Host { .. } | Mount::Scratch { .. } => None,
    });
    named.collect()
}

#[test]
fn a_job_without_services_needs_no_network_and_no_secret_reaches_a_container() {
    let text = r#"{"id":5,"image":{"name":"a"},"variables":[
        {"key":"OPEN","value":"1","public":true},{"key":"TOKEN","value":"s3cret","public":false},
        {"key":"TWICE","value":"x","public":true},{"key":"TWICE","value":"s3cret","public":false},
        {"key":"MASKED","value":"s3cret","public":true,"masked":true}]}"#;
    let job = job(
        text,
        &[
            ("OPEN", "1"),
            ("TOKEN", "s3cret"),
            ("TWICE", "s3cret"),
            ("MASKED", "s3cret"),
        ],
    );
    let plan = planned(&job, &ExecutorSettings::default()).unwrap();
    assert_eq!(plan.network, None);
    assert_eq!(plan.build.env, ["OPEN=1"]);
    assert_eq!(plan.build.command, ["/.baws/agent"]);
    assert!(!format!("{plan:?}").contains("s3cret"));
}

#[test]
fn a_clone_ends_with_its_volume_and_a_fetch_keeps_its_own() {
    let clone = planned(
        &job(
            r#"{"id":5,"image":{"name":"a"},"allow_git_fetch":true}"#,
            &[("GIT_STRATEGY", "clone")],
        ),
        &ExecutorSettings::default(),
    )
    .unwrap();
    let fetch = planned(
        &job(
            r#"{"id":5,"image":{"name":"a"},"allow_git_fetch":true}"#,
            &[],
        ),
        &ExecutorSettings::default(),
    )
    .unwrap();
    let protected = planned(
        &job(
            r#"{"id":5,"image":{"name":"a"},"allow_git_fetch":true,"git_info":{"protected":true}}"#,
            &[],
        ),
        &ExecutorSettings::default(),
    )
    .unwrap();
    assert!(volume_names(&clone.build)[0].ends_with("-5-builds"));
    assert!(
        volume_names(&fetch.build)
            .iter()
            .all(|name| name.ends_with("-unprotected"))
    );
    assert!(
        volume_names(&protected.build)
            .iter()
            .all(|name| name.ends_with("-protected"))
    );
    assert_eq!(volume_names(&fetch.helper), volume_names(&fetch.build));
}

#[test]
fn services_bring_a_network_of_the_jobs_own() {
    let job = job(
        r#"{"id":5,"image":{"name":"a"},"services":[{"name":"db:1"}]}"#,
        &[],
    );
    let plan = planned(&job, &ExecutorSettings::default()).unwrap();
    assert_eq!(plan.network.unwrap().name, job.identity.network());
    assert!(
        matches!(&plan.services[0].network, Network::Named { aliases, .. } if aliases == &["db"])
    );
    assert!(
        plan.services[0].mounts.is_empty(),
        "a service sees neither sources nor sockets"
    );
}

#[test]
fn the_hosts_network_is_refused() {
    let mut settings = ExecutorSettings {
        docker: JobContainerSettings::default(),
        ..Default::default()
    };
    settings.docker.network_mode = Some("host".to_owned());
    let error = planned(&job(r#"{"id":5,"image":{"name":"a"}}"#, &[]), &settings).unwrap_err();
    assert!(error.to_string().contains("may not be `host` or `none`"));
}

#[test]
fn the_operators_proxy_reaches_containers_and_the_jobs_secret_one_does_not() {
    let text = r#"{"id":5,"image":{"name":"a"},"services":[{"name":"b"}],"secrets":{"ALL_PROXY":{"vault":{}}},"variables":[
        {"key":"HTTPS_PROXY","value":"http://me:s3cret@proxy","public":false}]}"#;
    let job = job(
        text,
        &[
            ("http_proxy", "http://proxy:3128"),
            ("NO_PROXY", ".example"),
            ("HTTPS_PROXY", "http://me:s3cret@proxy"),
            ("ALL_PROXY", "http://vault:s3cret@proxy"),
            ("OTHER", "of the runner"),
        ],
    );
    let plan = planned(&job, &ExecutorSettings::default()).unwrap();
    let proxies = ["NO_PROXY=.example", "http_proxy=http://proxy:3128"];
    assert_eq!(plan.build.env, proxies);
    assert_eq!(plan.services[0].env, proxies);
    assert!(!format!("{plan:?}").contains("s3cret"));
}
