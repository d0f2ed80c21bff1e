//! The script's exit status: exact in the status file, and the runner's two codes for everything else.

use crate::support::Stand;

#[test]
fn a_script_that_ends_with_0_succeeds_and_leaves_no_status() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.run("build_script", "echo hello")
        .succeeded()
        .printed("hello\n");
    job.cleaned_up();
}

#[test]
fn the_scripts_own_status_reaches_the_runner_exactly() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    for status in [1, 2, 3, 42, 255] {
        job.run("build_script", &format!("exit {status}"))
            .failed_with(status);
    }
    job.cleaned_up();
}

#[test]
fn a_signal_is_reported_as_128_and_its_number() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.run("build_script", "kill -KILL $$").failed_with(137);
    job.run("build_script", "kill -SEGV $$").failed_with(139);
    job.cleaned_up();
}

#[test]
fn a_status_file_of_an_earlier_stage_is_forgotten() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.run("build_script", "exit 3").failed_with(3);
    job.run("after_script", "true").succeeded();
    job.cleaned_up();
}

#[test]
fn a_failing_command_ends_the_script_with_its_status() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let ended = job
        .run("build_script", "echo before\n(exit 9)\necho after")
        .failed_with(9);
    assert_eq!(ended.out(), "before\n");
    job.cleaned_up();
}
