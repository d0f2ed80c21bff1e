//! The order of calls, against a stand-in for the executor that notes each call and does what the scenario says.
//!
//! The same scenarios were recorded from gitlab-runner 19.3.0; names and exit codes of the calls are those of the recording.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::local::filter::Markers;
use crate::local::scratch::Scratch;
use crate::local::signals::Interrupt;
use crate::output::Output;

/// `behaviour`: lines of shell for a call of that name.
fn run(job: &str, behaviour: &[(&str, &str)]) -> (Outcome, String) {
    let place = Scratch::new("driver").unwrap();
    let directory = place.path().display();
    for (name, lines) in behaviour {
        place
            .write(format!("on-{name}"), 0o600, lines.as_bytes())
            .unwrap();
    }
    let stand_in = format!(
        "#!/bin/sh\nshift\nname=$1\n[ \"$name\" != run ] || name=$3\n\
         printf '%s ' \"$name\" >>{directory}/calls\n[ \"$CUSTOM_ENV_CI_JOB_STATUS\" = running ] || printf '(%s) ' \"$CUSTOM_ENV_CI_JOB_STATUS\" >>{directory}/calls\n\
         [ -f \"$JOB_RESPONSE_FILE\" ] && [ \"$PWD\" = \"$TMPDIR\" ] || exit 9\n\
         [ ! -f {directory}/on-$name ] || . {directory}/on-$name\n"
    );
    let program = place.write("executor", 0o700, stand_in.as_bytes()).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();

    let settings = Settings::default();
    let signals = Signals::listen(Interrupt::Soft).unwrap();
    let driver = Driver {
        program,
        config: None,
        settings: &settings,
        engine: std::cell::OnceCell::new(),
        signals: &signals,
    };
    let response: JobResponse = serde_json::from_str(job).unwrap();
    let payload = serde_json::from_str(job).unwrap();
    let task = Task {
        response,
        payload,
        slot: 0,
        sources: Sources::Repository,
        work_tree: None,
        incoming: Vec::new(),
        outgoing: None,
    };
    let outcome = driver.run(
        &task,
        &mut JobLog::new(Output::plain(), Markers::Strip),
        &mut |_, _| {},
    );
    let calls = std::fs::read_to_string(place.path().join("calls")).unwrap();
    (outcome, calls.trim_end().to_owned())
}

const TRIVIAL: &str = r#"{"id":7,"git_info":{"repo_url":"http://git.example.test/a/b.git"},"steps":[{"name":"script","script":["x"]}]}"#;
const AFTER: &str = r#"{"id":7,"runner_info":{"timeout":60},"steps":[{"name":"script","script":["x"]},{"name":"after_script","script":["y"]}],
    "cache":[{"key":"k","paths":["p"],"when":"always"}]}"#;

#[test]
fn a_minimal_job_is_seven_calls() {
    let (outcome, calls) = run(
        TRIVIAL,
        &[
            ("config", "printf '{\"builds_dir\":\"/b\"}'"),
            ("prepare", "[ \"$CUSTOM_ENV_CI_PROJECT_DIR\" = /b/a/b ]"),
        ],
    );
    assert_eq!(outcome.state, State::Success);
    assert_eq!(
        calls,
        "config prepare prepare_script get_sources build_script cleanup_file_variables (success) cleanup (success)"
    );
}

#[test]
fn what_follows_a_script_follows_one_that_failed() {
    let wanted = "config prepare prepare_script get_sources restore_cache build_script after_script (failed) \
                  archive_cache_on_failure (failed) cleanup_file_variables (failed) cleanup (failed)";
    let (outcome, calls) = run(
        AFTER,
        &[("build_script", "echo 42 >$BUILD_EXIT_CODE_FILE; exit 1")],
    );
    assert_eq!(
        (outcome.state, calls.as_str()),
        (State::Failed(Failure::Script(Some(42))), wanted)
    );
    let (outcome, calls) = run(AFTER, &[("build_script", "kill -9 $$")]);
    assert_eq!(
        (outcome.json()["failure_reason"].as_str(), calls.as_str()),
        (Some("runner_system_failure"), wanted)
    );
}

#[test]
fn a_failing_after_script_changes_nothing_and_a_failing_cache_fails_the_job() {
    let (outcome, _) = run(AFTER, &[("after_script", "exit 2")]);
    assert_eq!(outcome.state, State::Success);
    let (outcome, _) = run(AFTER, &[("archive_cache", "exit 1")]);
    assert_eq!(outcome.state, State::Failed(Failure::Script(Some(1))));
    let (outcome, _) = run(
        AFTER,
        &[("cleanup_file_variables", "exit 2"), ("cleanup", "exit 2")],
    );
    assert_eq!(outcome.state, State::Success);
}

#[test]
fn a_build_failure_in_prepare_is_not_tried_again_and_is_cleaned_up() {
    let (outcome, calls) = run(TRIVIAL, &[("prepare", "exit 1")]);
    assert_eq!(
        (outcome.state, calls.as_str()),
        (
            State::Failed(Failure::Script(Some(1))),
            "config prepare cleanup"
        )
    );
}

#[test]
fn a_system_failure_in_prepare_is_tried_again_in_a_new_attempt() {
    let (outcome, calls) = run(
        TRIVIAL,
        &[(
            "prepare",
            "[ -f ${0%/*}/tried ] || { touch ${0%/*}/tried; exit 2; }",
        )],
    );
    let wanted = "config prepare cleanup config prepare prepare_script get_sources build_script cleanup_file_variables (success) cleanup (success)";
    assert_eq!((outcome.state, calls.as_str()), (State::Success, wanted));
}

#[test]
fn sources_that_cannot_be_had_end_the_job_without_its_script() {
    let (outcome, calls) = run(AFTER, &[("get_sources", "exit 1")]);
    let wanted = "config prepare prepare_script get_sources archive_cache_on_failure cleanup_file_variables cleanup";
    assert_eq!(
        (outcome.state, calls.as_str()),
        (State::Failed(Failure::Script(Some(1))), wanted)
    );
    let (_, calls) = run(AFTER, &[("prepare_script", "exit 2")]);
    assert_eq!(calls, "config prepare prepare_script cleanup");
}

#[test]
fn after_the_jobs_timeout_there_is_nothing_but_cleanup() {
    let job = AFTER.replace("60", "1");
    let (outcome, calls) = run(
        &job,
        &[("build_script", "trap 'exit 2' TERM; sleep 60 & wait")],
    );
    let wanted =
        "config prepare prepare_script get_sources restore_cache build_script cleanup (failed)";
    assert_eq!(
        (outcome.state, calls.as_str()),
        (State::Failed(Failure::JobTimeout), wanted)
    );
}

#[test]
fn after_the_scripts_timeout_what_follows_a_script_follows() {
    let job = AFTER.replace(
        "\"steps\"",
        r#""variables":[{"key":"RUNNER_SCRIPT_TIMEOUT","value":"100ms"}],"steps""#,
    );
    let (outcome, calls) = run(
        &job,
        &[("build_script", "trap 'exit 0' TERM; sleep 60 & wait")],
    );
    let wanted = "config prepare prepare_script get_sources restore_cache build_script after_script (timedout) \
                  archive_cache_on_failure (timedout) cleanup_file_variables (timedout) cleanup (timedout)";
    assert_eq!(
        (outcome.state, calls.as_str()),
        (State::Failed(Failure::ScriptTimeout), wanted)
    );
}

#[test]
fn the_result_is_told_in_the_coordinators_words() {
    let (outcome, _) = run(
        TRIVIAL,
        &[("build_script", "echo 3 >$BUILD_EXIT_CODE_FILE; exit 1")],
    );
    let mut result = outcome.json();
    let stages = result["stages"].take();
    assert_eq!(
        stages
            .as_array()
            .unwrap()
            .iter()
            .map(|stage| stage["exit"].as_i64().unwrap())
            .collect::<Vec<_>>(),
        [0, 0, 0, 0, 1, 0, 0]
    );
    let wanted = serde_json::json!({"schema":"baws-ci/job-result/1","state":"failed","failure_reason":"script_failure","exit_code":3,"stages":null});
    assert_eq!(result, wanted);
}
