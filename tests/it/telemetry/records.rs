//! One record a job, with how it ended.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{Watched, whole};
use crate::support::registry::Registry;
use crate::support::{Site, sweeping};

#[test]
fn a_job_that_succeeds_is_one_record_with_all_its_parts() {
    let watched = Watched::new();
    let id = whole(watched.stand.job(), "sleep 0.2");
    let record = watched.record();
    for (field, value) in [
        ("schema", json!("baws-ci/job/1")),
        ("job_id", json!(id)),
        ("job", json!("job")),
        ("stage", json!("test")),
        ("pipeline_id", json!(31)),
        ("project", json!("it/project")),
        ("image", json!("bench/busybox:1")),
        ("ref_type", json!("branch")),
        ("protected", json!(false)),
        ("outcome", json!("success")),
        ("failure", Value::Null),
    ] {
        assert_eq!(record[field], value, "{field}: {record}");
    }
    for part in ["images_ms", "containers_ms", "sources_ms", "script_ms"] {
        assert!(record["parts"][part].is_u64(), "{part}: {record}");
    }
    let ms = |field: &str| record[field].as_u64().unwrap_or(0);
    let took = ms("ended_ms") - ms("started_ms");
    assert!((200..60_000).contains(&took), "{record}");
    assert_eq!(ms("ended_at"), ms("ended_ms") / 1000);
    let diaries = std::fs::read_dir(watched.stand.state_dir().join("diaries")).unwrap();
    assert_eq!(diaries.count(), 0);
}

#[test]
fn each_way_to_end_is_told_apart() {
    let watched = Watched::new();
    whole(watched.stand.job(), "exit 7");
    let refused = watched.stand.job().image("UPPER/case");
    refused.prepare().refused();
    refused.cleaned_up();
    let registry = Registry::empty();
    let absent = format!("{}/team/nothing:1", registry.address());
    let absent = watched.stand.job().image(&absent);
    absent.prepare().refused();
    absent.cleaned_up();
    let broken = watched.stand.job().image("bench/scratch:1").prepared();
    broken.run("build_script", "true").system_failure();
    broken.cleaned_up();
    let cancelled = watched.stand.job().prepared();
    let started = cancelled.start_run("build_script", "echo started; sleep 100");
    started.until_printed("started").signal(Signal::TERM);
    started.end().cancelled();
    cancelled.cleaned_up();
    let killed = watched.stand.job().prepared();
    let started = killed.start_run("build_script", "echo started; sleep 100");
    started.until_printed("started").signal(Signal::KILL);
    started.end();
    killed.cleaned_up();
    let told: Vec<(Value, Value, Value)> = watched
        .records()
        .into_iter()
        .map(|one| {
            let failure = &one["failure"];
            (
                one["outcome"].clone(),
                failure["stage"].clone(),
                failure["class"].clone(),
            )
        })
        .collect();
    let wanted = [
        ("failed", "build_script", "script"),
        ("refused", "prepare", "refused"),
        ("refused", "prepare", "refused"),
        ("system_failure", "build_script", "system"),
        ("cancelled", "build_script", "cancelled"),
        ("unknown", "build_script", "killed"),
    ]
    .map(|(outcome, stage, class)| (json!(outcome), json!(stage), json!(class)));
    assert_eq!(told, wanted);
    let records = watched.records();
    assert_eq!(records[0]["failure"]["exit_status"], 7);
    let said = records[2]["failure"]["message"]
        .as_str()
        .unwrap_or_default();
    assert!(said.starts_with("there is no image `"), "{said}");
}

#[test]
fn what_a_job_asked_its_host_for_is_in_its_record() {
    let site = Site::new();
    let records = site.stand.dir().join("jobs.jsonl");
    let site = site.set("executor.job_records", &format!("{records:?}"));
    let job = site.job().plain();
    job.baws("build --push -t $REPO:x").succeeded();
    let elsewhere = format!("build --push -t {}/other/app:x", site.host());
    job.baws(&elsewhere).failed_with(15);
    job.cleaned_up();
    let text = std::fs::read_to_string(&records).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    let requests: Vec<(&str, &str)> = record["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["verb"].as_str().unwrap(), one["end"].as_str().unwrap()))
        .collect();
    assert_eq!(
        requests,
        [("build", "done"), ("push", "done"), ("build", "refused")],
        "{record}"
    );
    assert!(record["parts"]["build_ms"].is_u64(), "{record}");
}

#[test]
fn a_deployment_that_did_not_end_well_is_told_as_such() {
    let site = Site::deploying();
    let records = site.stand.dir().join("jobs.jsonl");
    let site = site.set("executor.job_records", &format!("{records:?}"));
    site.pushed("latest", "before");
    let service = site.service(json!({"desired": 0}));
    let job = site.job().plain();
    job.baws(&format!("restart {}", service.arn))
        .failed_with(16);
    job.baws(&format!("deploy {}", service.arn.replace("/app", "/none")))
        .failed_with(4);
    job.cleaned_up();
    let text = std::fs::read_to_string(&records).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    let end = |index: usize| {
        let one = &record["requests"][index];
        (one["verb"].clone(), one["end"].clone())
    };
    assert_eq!(end(0), (json!("restart"), json!("not_running")), "{record}");
    assert_eq!(end(1), (json!("deploy"), json!("precondition")), "{record}");
}

#[test]
fn a_job_whose_runner_died_is_told_of_by_the_sweep() {
    let watched = Watched::new();
    let _turn = sweeping();
    let job = watched.stand.job();
    job.prepare_for_a_runner_that_ends().succeeded();
    assert_eq!(watched.records().len(), 0);
    job.sweep(&[]).succeeded();
    job.nothing_left();
    let record = watched.record();
    assert_eq!(record["outcome"], "unknown");
    assert_eq!(record["job_id"], job.id);
    job.sweep(&[]).succeeded();
    assert_eq!(watched.records().len(), 1);
}

#[test]
fn without_settings_no_diary_is_kept() {
    let stand = crate::support::Stand::new();
    whole(stand.job(), "true");
    assert!(!stand.state_dir().join("diaries").exists());
}
