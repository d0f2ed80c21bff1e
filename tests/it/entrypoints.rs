//! Entrypoints of images: those that hand over to the job, in whatever way, and those that do not.

use insta::assert_snapshot;

use crate::images::script_in;
use crate::support::Stand;

#[test]
fn an_entrypoint_that_never_hands_over_is_given_up_and_named() {
    let stand = Stand::new().set("executor.entrypoint_timeout_secs", "2");
    let image = stand.behind("never", r#"["/bin/sh", "-c", "echo serving; sleep 4714"]"#);
    let (ended, log) = script_in(&stand, &image);
    ended.system_failure().within_secs(10);
    assert_snapshot!(log, @r#"
    error: the entrypoint of the build container did not hand over to the job within N s
      caused by: it printed: serving

    hint: an entrypoint has to end in `exec "$@"`; override it in the job: `image: {name: …, entrypoint: [""]}`
    hint: where it only needs longer, the operator raises `entrypoint_timeout_secs` in `[executor]`
    hint: an engine whose default runtime is gVisor or Kata, or SELinux without a label for `[executor] state_dir`, keeps the agent from the host: neither is supported
    "#);
}

#[test]
fn an_entrypoint_that_ends_in_place_of_handing_over_is_named_with_its_words() {
    let stand = Stand::new();
    let image = stand.behind(
        "ends",
        r#"["/bin/sh", "-c", "echo this image only greets; exit 3"]"#,
    );
    let (ended, log) = script_in(&stand, &image);
    ended.system_failure().within_secs(10);
    assert_snapshot!(log, @r#"
    error: the build container ended before it ran the job, with exit status 3
      caused by: it printed: this image only greets

    hint: the image's entrypoint does not run the command it is given; it has to end in `exec "$@"`
    hint: override it in the job: `image: {name: …, entrypoint: [""]}`
    "#);
}

#[test]
fn an_entrypoint_that_takes_the_command_for_a_script_is_named() {
    let stand = Stand::new();
    let image = stand.behind("shell", r#"["/bin/sh"]"#);
    let (ended, log) = script_in(&stand, &image);
    ended
        .system_failure()
        .within_secs(10)
        .says("error: the build container ended before it ran the job, with exit status ");
    assert!(
        log.contains("hint: override it in the job: `image: {name: …, entrypoint: [\"\"]}`\n"),
        "{log}"
    );
}

#[test]
fn an_entrypoint_that_reads_stdin_finds_it_empty_and_the_script_untouched() {
    let stand = Stand::new();
    let image = stand.behind(
        "reads",
        r#"["/bin/sh", "-c", "cat; echo read all; exec \"$0\" \"$@\""]"#,
    );
    let (ended, _) = script_in(&stand, &image);
    assert_eq!(ended.succeeded().out(), "read all\nthe script\n");
}

#[test]
fn an_entrypoint_that_is_a_reader_of_stdin_and_nothing_else_is_named() {
    let stand = Stand::new();
    let image = stand.behind("cat", r#"["/bin/sh", "-c", "exec cat"]"#);
    let (ended, log) = script_in(&stand, &image);
    ended.system_failure();
    assert_snapshot!(log, @r#"
    error: the build container ended before it ran the job, with exit status 0

    hint: the image's entrypoint does not run the command it is given; it has to end in `exec "$@"`
    hint: override it in the job: `image: {name: …, entrypoint: [""]}`
    "#);
}

#[test]
fn an_entrypoint_that_keeps_one_word_of_its_command_works() {
    let stand = Stand::new();
    let image = stand.behind("one-word", r#"["/bin/sh", "-c", "exec $0"]"#);
    let (ended, _) = script_in(&stand, &image);
    assert_eq!(ended.succeeded().out(), "the script\n");
}

#[test]
fn the_entrypoints_words_stand_in_the_log_once() {
    let stand = Stand::new();
    let image = stand.behind(
        "words",
        r#"["/bin/sh", "-c", "echo from the entrypoint; echo to stderr >&2; exec \"$0\" \"$@\""]"#,
    );
    let job = stand.job().image(&image).prepared();
    let first = job.run("build_script", "echo script").succeeded().out();
    let second = job.run("after_script", "echo after").succeeded().out();
    assert!(
        first.contains("from the entrypoint\n")
            && first.contains("to stderr\n")
            && first.ends_with("script\n"),
        "{first}"
    );
    assert_eq!(second, "after\n");
    job.cleaned_up();
}

#[test]
fn the_jobs_own_entrypoint_replaces_the_images() {
    let stand = Stand::new();
    let image = stand.behind("never", r#"["/bin/sh", "-c", "echo serving; sleep 4714"]"#);
    for (entrypoint, printed) in [
        (serde_json::json!([""]), "script\n"),
        (
            serde_json::json!(["/bin/sh", "-c", "echo mine; exec $0"]),
            "mine\nscript\n",
        ),
    ] {
        let job = stand
            .job()
            .image(&image)
            .with("/image/entrypoint", entrypoint)
            .prepared();
        assert_eq!(
            job.run("build_script", "echo script").succeeded().out(),
            printed
        );
        job.cleaned_up();
    }
}

#[test]
fn an_entrypoint_that_does_not_exist_is_named() {
    let stand = Stand::new();
    let job = stand
        .job()
        .with("/image/entrypoint", serde_json::json!(["/no/such/program"]))
        .prepared();
    let ended = job.run("build_script", "true").system_failure();
    ended.says("/no/such/program").says("\nhint: ");
    job.cleaned_up();
}

#[test]
fn a_slow_entrypoint_is_waited_for() {
    let stand = Stand::new();
    let image = stand.behind(
        "slowly",
        r#"["/bin/sh", "-c", "sleep 2; exec \"$0\" \"$@\""]"#,
    );
    let (ended, log) = script_in(&stand, &image);
    assert_eq!(
        (ended.succeeded().out(), log),
        ("the script\n".to_owned(), String::new())
    );
}
