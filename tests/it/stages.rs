//! The stages of a job among themselves: where each runs, and what one finds of another.

use crate::support::Stand;

/// Prints which container this is.
const WHERE: &str = "if [ -x /usr/bin/git ]; then echo helper; else echo image; fi";

/// The commands of all processes but our own, with blanks for what separates the words.
const PROCESSES: &str =
    "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null; echo; done";

#[test]
fn the_runners_own_stages_run_in_the_helper_also_those_not_known_yet() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    for stage in [
        "prepare_script",
        "get_sources",
        "clear_worktree",
        "restore_cache",
        "archive_cache_on_failure",
        "not_invented_yet",
    ] {
        job.run(stage, WHERE).succeeded().printed("helper\n");
    }
    job.cleaned_up();
}

#[test]
fn the_users_stages_run_in_the_jobs_image() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    for stage in [
        "build_script",
        "step_script",
        "step_release",
        "step_a11y scan/../1",
        "after_script",
    ] {
        job.run(stage, WHERE).succeeded().printed("image\n");
    }
    job.cleaned_up();
}

#[test]
fn stages_can_be_left_out() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.run("after_script", "echo only")
        .succeeded()
        .printed("only\n");
    job.cleaned_up();
}

#[test]
fn files_of_the_image_and_of_the_project_last_from_stage_to_stage() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.run(
        "get_sources",
        "mkdir -p /builds/it/project && echo sources > /builds/it/project/file",
    )
    .succeeded();
    job.run(
        "build_script",
        "cat /builds/it/project/file; echo left > /root/left",
    )
    .succeeded()
    .printed("sources\n");
    job.run(
        "after_script",
        "cat /root/left; echo more >> /builds/it/project/file",
    )
    .succeeded()
    .printed("left\n");
    job.run("upload_artifacts_on_success", "cat /builds/it/project/file")
        .succeeded()
        .printed("sources\nmore\n");
    job.cleaned_up();
}

#[test]
fn what_a_stage_left_running_does_not_live_into_the_next() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let leave = "sleep 4711 > /dev/null 2>&1 &\n(setsid sh -c 'trap \"\" TERM HUP; sleep 4711; sleep 4711' > /dev/null 2>&1 &)";
    job.run("build_script", leave).succeeded();
    let seen = job.run("after_script", PROCESSES).succeeded().out();
    assert!(!seen.contains("sleep 4711"), "still there:\n{seen}");
    job.cleaned_up();
}

#[test]
fn what_the_images_entrypoint_started_lives_through_all_stages() {
    let stand = Stand::new();
    let image = stand.behind(
        "companion",
        r#"["/bin/sh", "-c", "sleep 4712 & exec \"$0\" \"$@\""]"#,
    );
    let job = stand.job().image(&image).prepared();
    job.run("build_script", PROCESSES)
        .succeeded()
        .printed("sleep 4712");
    job.run("build_script", "trap '' TERM; sleep 4711 &")
        .succeeded();
    let seen = job
        .run("after_script", PROCESSES)
        .succeeded()
        .printed("sleep 4712")
        .out();
    assert!(!seen.contains("sleep 4711"), "still there:\n{seen}");
    job.cleaned_up();
}

#[test]
fn orphans_of_the_script_are_collected_while_it_runs() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let orphans = "for i in 1 2 3 4 5; do (true & exec true); done\n\
        dead() { cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z ' || true; }\n\
        i=0; while [ \"$(dead)\" != 0 ] && [ $i -lt 500 ]; do usleep 10000; i=$((i+1)); done\necho zombies: $(dead)";
    job.run("build_script", orphans)
        .succeeded()
        .printed("zombies: 0\n");
    job.cleaned_up();
}

#[test]
fn leftovers_of_a_user_that_the_agent_may_not_signal_are_ended_from_the_host() {
    let stand = Stand::new();
    let image = stand.made(
        "set-uid",
        "FROM bench/bash:1\nRUN cp /usr/bin/setpriv /usr/bin/become && chmod 4755 /usr/bin/become\nUSER 1000\n",
    );
    let job = stand.job().image(&image).prepared();
    let leave = "id -u\nbecome --reuid 0 --clear-groups sleep 4711 > /dev/null 2>&1 &\n\
        until grep -l 4711 /proc/[0-9]*/cmdline 2> /dev/null | grep -qv self; do :; done\nsleep 0.2\nkill $! 2>&1 || true";
    job.run("build_script", leave)
        .succeeded()
        .printed("1000\n")
        .printed("Operation not permitted");
    let seen = job.run("after_script", PROCESSES).succeeded().out();
    assert!(!seen.contains("sleep 4711"), "still there:\n{seen}");
    job.cleaned_up();
}

#[test]
fn leftovers_of_a_lesser_user_are_ended_too() {
    let stand = Stand::new();
    let job = stand.job().image("bench/bash:1").prepared();
    job.run(
        "build_script",
        "setpriv --reuid 1000 --regid 1000 --clear-groups setsid sleep 4711 > /dev/null 2>&1 &",
    )
    .succeeded();
    let seen = job.run("after_script", PROCESSES).succeeded().out();
    assert!(!seen.contains("sleep 4711"), "still there:\n{seen}");
    job.cleaned_up();
}

#[test]
fn the_program_is_found_in_any_image_behind_everything_else() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.run(
        "build_script",
        "baws-ci --version\nprintf '%s\\n' \"$PATH\" | grep -q ':/.baws$'",
    )
    .succeeded()
    .printed("baws-ci ");
    job.cleaned_up();
}

#[test]
fn the_shell_is_bash_where_the_image_has_one() {
    let stand = Stand::new();
    let job = stand.job().image("bench/bash:1").prepared();
    job.run("build_script", "echo \"shell ${BASH_VERSION:+bash}\"")
        .succeeded()
        .printed("shell bash\n");
    job.cleaned_up();
}
