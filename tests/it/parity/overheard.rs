//! CI_DEBUG_SERVICES: what services print, in the job log.

use serde_json::json;

use crate::support::{Job, Stand};

const TICKS: &str = "echo begun; i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.2; done";

fn with_ticks<'a>(stand: &'a Stand, wanted: &str) -> Job<'a> {
    stand
        .job()
        .variable("CI_DEBUG_SERVICES", wanted)
        .service(json!({"name": "bench/busybox:1", "alias": "db", "command": ["sh", "-c", TICKS]}))
        .prepared()
}

#[test]
fn services_are_heard_while_the_script_runs() {
    let stand = Stand::new();
    let job = with_ticks(&stand, "true");
    job.run("build_script", "sleep 1; echo the script")
        .succeeded()
        .printed("the script\n")
        .says("[service:db] begun\n")
        .says("[service:db] tick 0\n");
    let after = job
        .run("after_script", "sleep 1")
        .succeeded()
        .says("[service:db] tick ");
    assert!(!after.err().contains("begun"), "{after}");
    job.run("get_sources", "sleep 0.5").succeeded().silent();
    job.cleaned_up();
}

#[test]
fn services_are_not_heard_where_nobody_asked_and_a_word_that_is_neither_is_told() {
    let stand = Stand::new();
    let job = with_ticks(&stand, "false");
    job.run("build_script", "sleep 0.5").succeeded().silent();
    job.cleaned_up();
    let job = with_ticks(&stand, "maybe");
    let told = job
        .run("build_script", "sleep 0.5")
        .succeeded()
        .says("CI_DEBUG_SERVICES is `maybe`, which is neither true nor false: taken as false");
    assert!(!told.err().contains("[service:"), "{told}");
    job.cleaned_up();
}
