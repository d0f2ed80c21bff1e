//! The job socket in hostile hands: garbage, floods, silence, many clients, and clients that are not of the job's container.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::visitor::{
    ANSWER, DATA, ENTRIES, From, PROCEED, REQUEST, build_request, frame, request,
};
use crate::support::{Job, Site};

const INSIDE: From<'static> = From::Container("build");

#[track_caller]
fn goes_on(job: &Job<'_>) {
    job.baws("build -q").succeeded().printed("sha256:");
    job.cleaned_up();
}

#[test]
fn what_is_no_request_is_told_so_or_hung_up_on() {
    let site = Site::new();
    let job = site.job().plain();
    let waiting = job.waiting();
    for (words, message) in [
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), None),
        (vec![0xff; 4096], None),
        (vec![REQUEST, 0, 0, 0, 255, 255, 255, 255], None),
        (frame(ANSWER, b"x"), None),
        (frame(DATA, b"x"), None),
        (
            request(&json!("x")),
            Some("what came over the job socket is no request"),
        ),
        (
            [frame(REQUEST, b"{"), frame(REQUEST, b"")].concat(),
            Some("what came over the job socket is no request"),
        ),
        (
            request(&json!({"version": 99})),
            Some("the client speaks version 99 of the job socket, and this runner version 1"),
        ),
        (
            request(&json!({"version": 1})),
            Some("the request cannot be read"),
        ),
        (
            request(&json!({"version": 1, "verb": "format"})),
            Some("the request cannot be read"),
        ),
        (
            request(&json!({"version": 1, "verb": "build", "tags": 7})),
            Some("the request cannot be read"),
        ),
    ] {
        let mut visitor = waiting.visit(INSIDE);
        visitor.say(&words);
        let answer = visitor.answer();
        let told = answer
            .as_ref()
            .and_then(|answer| answer["failed"]["message"].as_str());
        assert_eq!(told, message, "{}", String::from_utf8_lossy(&words));
    }
    waiting.go().succeeded();
    goes_on(&job);
}

#[test]
fn a_request_that_does_not_end_is_cut_off() {
    let site = Site::new();
    let job = site.job().plain();
    let waiting = job.waiting();
    let mut visitor = waiting.visit(INSIDE);
    let flood = frame(REQUEST, &vec![b'['; 1 << 20]);
    let sent = (0..64).take_while(|_| visitor.say(&flood)).count();
    assert!((8..=24).contains(&sent), "{sent} MB were taken");
    assert_eq!(visitor.answer(), None);
    waiting.go().succeeded();
    goes_on(&job);
}

#[test]
fn who_says_nothing_is_hung_up_on_and_holds_up_nobody() {
    let site = Site::new();
    let job = site.job().plain();
    let waiting = job.waiting();
    let begun = Instant::now();
    let (mut silent, mut halting) = (waiting.visit(INSIDE), waiting.visit(INSIDE));
    halting.say(&[REQUEST, 0, 0]);
    let mut other = waiting.visit(INSIDE);
    other.say(&request(&json!({"version": 99})));
    assert!(
        other.answer().is_some() && begun.elapsed() < Duration::from_secs(9),
        "it was held up"
    );
    assert_eq!((silent.answer(), halting.answer()), (None, None));
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    waiting.go().succeeded();
    goes_on(&job);
}

#[test]
fn a_crowd_of_connections_harms_its_own_job_only_and_passes() {
    let site = Site::new();
    let job = site.job().plain();
    let other = site.job().runner("CI_CONCURRENT_PROJECT_ID", "1").plain();
    let waiting = job.waiting();
    let crowd: Vec<_> = (0..40).map(|_| waiting.visit(INSIDE)).collect();
    other.baws("build -q").succeeded();
    drop(crowd);
    waiting.go().succeeded().within_secs(60);
    goes_on(&job);
    other.cleaned_up();
}

#[test]
fn one_request_more_than_is_allowed_is_refused_and_the_first_lives_on() {
    let site = Site::new().set("executor.requests.parallel", "1");
    let job = site.job().plain();
    let waiting = job.waiting();
    let mut first = waiting.visit(INSIDE);
    first.say(&build_request());
    assert!(first.until(PROCEED).is_some());
    let mut second = waiting.visit(INSIDE);
    second.say(&build_request());
    let answer = second.answer().expect("it is told");
    assert_eq!(
        (&answer["failed"]["class"], &answer["failed"]["message"]),
        (
            &json!("refused"),
            &json!("this job already has 1 requests under way, the most that this runner allows")
        )
    );
    first.say(&frame(ENTRIES, b""));
    assert_ne!(first.answer().expect("it is told")["done"], json!(null));
    waiting.go().succeeded();
    goes_on(&job);
}

#[test]
fn two_builds_of_one_job_run_side_by_side() {
    let site = Site::new();
    let job = site.job().plain();
    let both = "cd /builds/it/project; baws-ci build -q -t a:1 > one & baws-ci build -q -t b:1 > two; wait; cat one two";
    let out = job.run("build_script", both).succeeded().out();
    assert_eq!(out.matches("sha256:").count(), 2, "{out}");
    job.cleaned_up();
}

#[test]
fn nobody_but_the_build_container_is_listened_to() {
    let site = Site::new();
    let job = site
        .job()
        .service(json!({"name": "bench/busybox:1", "command": ["sleep", "4725"]}))
        .plain();
    let waiting = job.waiting();
    for from in [
        From::Container("helper"),
        From::Container("service-1"),
        From::Host,
    ] {
        let mut visitor = waiting.visit(from);
        visitor.say(&request(&json!({"version": 99})));
        assert_eq!(visitor.answer(), None);
    }
    let mut visitor = waiting.visit(INSIDE);
    visitor.say(&request(&json!({"version": 99})));
    assert!(visitor.answer().is_some());
    for role in ["helper", "service-1"] {
        let seen =
            std::path::PathBuf::from(format!("/proc/{}/root/.baws/socket", job.pid_of(role)));
        assert!(!seen.exists(), "{role} sees the socket");
    }
    waiting.go().succeeded();
    goes_on(&job);
}

#[test]
fn a_request_that_nobody_ends_does_not_hold_the_stage() {
    let site = Site::new();
    let job = site.job().plain();
    let waiting = job.waiting();
    let mut visitor = waiting.visit(INSIDE);
    visitor.say(&build_request());
    assert!(visitor.until(PROCEED).is_some());
    waiting.go().succeeded();
    assert_eq!(
        visitor
            .answer()
            .map(|answer| answer["done"].clone())
            .filter(|done| !done.is_null()),
        None
    );
    goes_on(&job);
}

#[test]
fn only_the_stages_of_the_users_own_scripts_have_a_socket() {
    let site = Site::new();
    let job = site.job().plain();
    let asks = "ls /.baws/socket && cd /builds/it/project && baws-ci build -q";
    for stage in ["build_script", "step_release", "after_script"] {
        job.run(stage, asks).succeeded().printed("sha256:");
    }
    for stage in [
        "get_sources",
        "restore_cache",
        "archive_cache",
        "upload_artifacts_on_success",
    ] {
        let ended = job.run(stage, asks);
        assert!(
            ended.code == 1 && !ended.out().contains("sha256:"),
            "{stage}: {ended}"
        );
    }
    job.cleaned_up();
}
