//! The operator's settings: missing, malformed, misspelt; and a program started by hand.

use std::process::{Command, Output};

use insta::assert_snapshot;

use crate::support::Stand;
use crate::support::job::PROGRAM;

/// Runs the program with nothing in its environment but what is given.
fn by_hand(words: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(PROGRAM);
    command
        .args(words)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("NO_COLOR", "1")
        .envs(env.iter().copied());
    command
        .output()
        .expect("the program was built with the tests")
}

/// Exit code and stderr.
fn failure(words: &[&str], env: &[(&str, &str)]) -> String {
    let done = by_hand(words, env);
    format!(
        "exit code {}\n{}",
        done.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&done.stderr)
    )
}

/// The failure of `settings show` with this file.
fn failure_of(text: &str) -> String {
    let dir = tempfile::tempdir().expect("there is a directory for temporary files");
    let path = dir.path().join("config.toml");
    std::fs::write(&path, text).expect("it can be written");
    let path = path.to_string_lossy().into_owned();
    failure(&["--config", &path, "settings", "show"], &[]).replace(&path, "FILE")
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_known_one() {
    assert_snapshot!(failure_of("[executor.docker]\nhelper_imgae = \"x\"\n"), @r#"
    exit code 2
    error: the settings `FILE` hold the unknown key `executor.docker.helper_imgae`

    hint: did you mean `executor.docker.helper_image`?
    "#);
}

#[test]
fn a_key_like_no_other_points_to_the_list() {
    assert_snapshot!(failure_of("[executor]\nzzzzzzzzzz = 1\n"), @r#"
    exit code 2
    error: the settings `FILE` hold the unknown key `executor.zzzzzzzzzz`

    hint: `baws-ci settings explain` tells every key
    "#);
}

#[test]
fn settings_that_are_no_toml_are_malformed() {
    assert_snapshot!(failure_of("[executor\n"), @r#"
    exit code 2
    error: the settings `FILE` are malformed
      caused by: TOML parse error at line 1, column 10
                   |
                 1 | [executor
                   |          ^
                 unclosed table, expected `]`

    hint: `baws-ci settings explain` tells every key, its type and its default
    "#);
}

#[test]
fn a_value_of_the_wrong_type_is_shown_where_it_stands() {
    assert_snapshot!(failure_of("[executor]\nstop_grace_secs = \"soon\"\n"), @r#"
    exit code 2
    error: the settings `FILE` are malformed
      caused by: TOML parse error at line 2, column 19
                   |
                 2 | stop_grace_secs = "soon"
                   |                   ^^^^^^
                 invalid type: string "soon", expected u64

    hint: `baws-ci settings explain` tells every key, its type and its default
    "#);
}

#[test]
fn settings_that_are_named_and_missing_are_an_error() {
    assert_snapshot!(failure(&["--config", "/nonexistent/config.toml", "settings", "show"], &[]), @r#"
    exit code 2
    error: cannot read the settings `/nonexistent/config.toml`
      caused by: No such file or directory (os error 2)

    hint: the operator of this host names the file by --config or BAWS_CI_CONFIG; it must be readable
    "#);
    let by_variable = failure(
        &["settings", "show"],
        &[("BAWS_CI_CONFIG", "/nonexistent/config.toml")],
    );
    assert_eq!(
        by_variable,
        failure(
            &["--config", "/nonexistent/config.toml", "settings", "show"],
            &[]
        )
    );
}

#[test]
fn every_key_is_explained_and_shown() {
    let explained = by_hand(&["settings", "explain"], &[]);
    let explained = String::from_utf8_lossy(&explained.stdout).into_owned();
    let keys: Vec<&str> = explained
        .lines()
        .filter(|line| line.contains('.') && !line.starts_with(' '))
        .collect();
    assert!(keys.len() > 15, "{explained}");
    assert!(
        keys.contains(&"executor.docker.allowed_images"),
        "{explained}"
    );
    for key in keys {
        let last = key.rsplit('.').next().unwrap_or_default();
        let unset = "host state_dir job_records min_free_disk budget image user memory memory_swap memory_reservation cpus network_mode build_args tags role_arn \
                     external_id kms_key lifecycle_policy_file region service_memory service_memory_swap \
                     service_memory_reservation service_cpus services_devices ulimit tmpfs sysctls volume_driver_ops \
                     container_labels log_options services_tmpfs metrics_file otlp_endpoint otlp_headers_file";
        let absent = [
            "grants.",
            "roles.",
            "gitlab.",
            "audit.table",
            "executor.docker.services.",
            "platform.",
        ];
        let shown = by_hand(&["settings", "show"], &[("BAWS_CI_CONFIG", "/dev/null")]);
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        assert!(
            unset.split(' ').any(|one| one == last)
                || absent.iter().any(|start| key.starts_with(start))
                || shown.contains(&format!("{last} = ")),
            "`{key}` is not shown:\n{shown}"
        );
    }
}

#[test]
fn a_job_with_wrong_settings_is_not_the_jobs_fault() {
    let stand = Stand::new().set("executor.docker.memory", "\"lots\"");
    let job = stand.job();
    assert_snapshot!(job.prepare().system_failure().err(), @r#"
    error: the settings are wrong: `executor.docker.memory = "lots"` must be an amount such as `512m` or `2g`

    hint: the operator corrects the key in `[executor.docker]`; `baws-ci settings explain` tells every key
    "#);
    job.cleaned_up();
    let stand = Stand::beside(&stand).set("executor.nonsense", "1");
    let job = stand.job();
    for ended in [
        job.config(),
        job.prepare(),
        job.run("build_script", "true"),
        job.cleanup(),
    ] {
        ended
            .system_failure()
            .says("hold the unknown key `executor.nonsense`\n");
    }
    job.nothing_left();
}

#[test]
fn the_hosts_network_is_not_given_to_a_job() {
    let stand = Stand::new().set("executor.docker.network_mode", "\"host\"");
    let job = stand.job();
    assert_snapshot!(job.prepare().system_failure().err(), @r#"
    error: the settings are wrong: `executor.docker.network_mode` may not be `host` or `none`

    hint: name an existing bridge network, or remove the key: on the host's network nothing keeps a job from the instance's credentials
    "#);
    job.cleaned_up();
}

#[test]
fn every_stage_started_by_hand_says_whose_work_it_is() {
    let expected = failure(&["executor", "prepare"], &[]);
    assert_snapshot!(expected, @r#"
    exit code 2
    error: the runner's environment is missing: neither JOB_RESPONSE_FILE nor CUSTOM_ENV_CI_JOB_ID is set

    hint: `baws-ci executor` is called by gitlab-runner (`executor = "custom"`); to run a pipeline by hand use `baws-ci local`
    "#);
    for words in [
        &["executor", "config"][..],
        &["executor", "run", "/dev/null", "build_script"],
        &["executor", "cleanup"],
    ] {
        assert_eq!(failure(words, &[]), expected, "{words:?}");
    }
}

#[test]
fn a_stage_with_half_of_the_runners_environment_says_what_is_missing() {
    let codes = [
        ("BUILD_FAILURE_EXIT_CODE", "1"),
        ("SYSTEM_FAILURE_EXIT_CODE", "2"),
    ];
    assert_snapshot!(failure(&["executor", "prepare"], &codes), @r#"
    exit code 2
    error: this gitlab-runner is too old for baws-ci
      caused by: it does not set BUILD_EXIT_CODE_FILE

    hint: the operator of the runner installs gitlab-runner 17.9 or later
    "#);
    let with_file = [
        codes[0],
        codes[1],
        ("BUILD_EXIT_CODE_FILE", "/nonexistent/code"),
    ];
    assert_snapshot!(failure(&["executor", "prepare"], &with_file), @r#"
    exit code 2
    error: the runner's environment is missing: neither JOB_RESPONSE_FILE nor CUSTOM_ENV_CI_JOB_ID is set

    hint: `baws-ci executor` is called by gitlab-runner (`executor = "custom"`); to run a pipeline by hand use `baws-ci local`
    "#);
}

#[test]
fn a_runner_that_is_too_old_is_named() {
    let stand = Stand::new();
    let job = stand.job().runner("CI_RUNNER_VERSION", "17.8.4");
    assert_snapshot!(job.config().system_failure().err(), @r#"
    error: this gitlab-runner is too old for baws-ci
      caused by: it is version 17.8.4

    hint: the operator of the runner installs gitlab-runner 17.9 or later
    "#);
    job.cleaned_up();
}

#[test]
fn config_prints_one_json_document_and_nothing_else() {
    let stand = Stand::new();
    let ended = stand.job().config().succeeded();
    assert_eq!(ended.err(), "");
    let answer: serde_json::Value =
        serde_json::from_slice(&ended.stdout).expect("config answers in JSON");
    assert_eq!(answer["driver"]["name"], "baws-ci");
    assert_eq!(
        (
            answer["builds_dir"].as_str(),
            answer["builds_dir_is_shared"].as_bool()
        ),
        (Some("/builds"), Some(false))
    );
}

#[test]
fn an_engine_that_is_not_there_is_the_operators_turn() {
    let stand = Stand::new();
    let job = stand
        .job()
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock");
    assert_snapshot!(job.prepare().system_failure().err(), @r#"
    error: cannot reach the Docker engine at `unix:///nonexistent/docker.sock`
      caused by: No such file or directory (os error 2)

    hint: the operator of this host checks that the engine runs (`systemctl status docker`) and that this user may use its socket
    "#);
    let elsewhere = stand.job().env("DOCKER_HOST", "tcp://127.0.0.1:1");
    assert_snapshot!(elsewhere.prepare().system_failure().err(), @r#"
    error: the Docker engine at `tcp://127.0.0.1:1` cannot be used
      caused by: jobs need an engine that sees this host's files, through a unix socket

    hint: set `[docker] host` or DOCKER_HOST to `unix:///path/to/docker.sock` of an engine on this host
    "#);
}

#[test]
fn a_file_system_that_runs_no_programs_is_refused_for_the_state() {
    let stand = Stand::new().set("executor.state_dir", "\"/proc/baws-ci\"");
    let job = stand.job();
    assert_snapshot!(job.prepare().system_failure().err(), @r#"
    error: there is no directory for the executor's state
      caused by: tried: /proc/baws-ci

    hint: the operator sets `[executor] state_dir` to a directory on a file system that is not mounted noexec
    "#);
}
