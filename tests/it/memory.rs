//! Out of memory, named as such.

use insta::assert_snapshot;

use crate::support::Stand;

/// Takes 200 MB of memory and holds it.
const GREEDY: &str = "head -c 200000000 /dev/zero | tail > /dev/null";

#[test]
fn a_script_that_runs_out_of_memory_is_told_so_with_the_limit() {
    let stand = Stand::new().set("executor.docker.memory", "\"48m\"");
    let job = stand.job().prepared();
    let ended = job.run("build_script", GREEDY).failed_with(137);
    assert_snapshot!(job.masked(&ended.err()), @r#"
    warning: out of memory: the kernel killed 1 of this job's processes at the limit of N MB
    Use less memory, for example fewer parallel workers, or ask the runner's operator for a higher `memory` limit.
    "#);
    job.run("after_script", "echo goes on")
        .succeeded()
        .printed("goes on\n");
    job.cleaned_up();
}

#[test]
fn a_script_that_survives_the_death_of_a_part_is_told_all_the_same() {
    let stand = Stand::new().set("executor.docker.memory", "\"48m\"");
    let job = stand.job().image("bench/bash:1").prepared();
    let ended = job
        .run(
            "build_script",
            &format!("({GREEDY}) || echo \"part ended with $?\""),
        )
        .succeeded();
    ended
        .printed("part ended with 137\n")
        .says("warning: out of memory: the kernel killed ")
        .says(" at the limit of 50 MB\n");
    let later = job.run("after_script", "true").succeeded();
    assert_eq!(
        later.err(),
        "",
        "an earlier stage's death is not told again"
    );
    job.cleaned_up();
}

#[test]
fn the_agent_survives_what_its_script_does_not() {
    let stand = Stand::new().set("executor.docker.memory", "\"48m\"");
    let job = stand.job().image("bench/bash:1").prepared();
    // The shell itself grows, not a child of it.
    job.run(
        "build_script",
        "echo kept > /root/kept\nx=0123456789abcdef; while :; do x=$x$x; done",
    )
    .failed_with(137);
    job.run("after_script", "cat /root/kept")
        .succeeded()
        .printed("kept\n");
    job.cleaned_up();
}
