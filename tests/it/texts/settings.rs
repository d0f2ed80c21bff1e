//! The operator's settings: told, and told to be wrong.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use super::{call, directory, refused_in};
use crate::support::job::PROGRAM;

#[test]
fn the_settings_in_force_can_be_read_back() {
    let directory = directory();
    std::fs::write(
        directory.path().join("c.toml"),
        "executor.docker.image = \"debian:12\"\n",
    )
    .expect("it is ours");
    let (code, out, _) = call(
        directory.path(),
        &["settings", "show", "--config", "c.toml"],
    );
    assert_eq!(code, 0);
    assert_snapshot!(out, @r#"
    grants = []
    roles = []

    [docker]
    timeout_secs = 120

    [executor]
    builds_dir = "/builds"
    cache_dir = "/cache"
    stop_grace_secs = 10
    entrypoint_timeout_secs = 120
    metadata_guard = "required"
    read_only_root = false

    [executor.docker]
    image = "debian:12"
    helper_image = "baws-ci/helper:1"
    pull_policy = "always"
    allowed_pull_policies = []
    allowed_images = []
    allowed_services = []
    disable_entrypoint_overwrite = false
    allowed_users = []
    group_add = []
    userns_mode = ""
    cpu_shares = 0
    cpuset_cpus = ""
    cpuset_mems = ""
    cgroup_parent = ""
    pids_limit = 0
    oom_kill_disable = false
    oom_score_adjust = 0
    shm_size = 0
    privileged = false
    allowed_privileged_images = []
    cap_add = []
    cap_drop = []
    security_opt = []
    devices = []
    device_cgroup_rules = []
    gpus = ""
    runtime = ""
    ipcmode = ""
    volumes = []
    allowed_host_paths = []
    volume_driver = ""
    disable_cache = false
    hostname = ""
    mac_address = ""
    dns = []
    dns_search = []
    extra_hosts = []
    links = []
    network_mtu = 0
    enable_ipv6 = false
    services = []
    services_limit = 0
    wait_for_services_timeout = 30
    service_cpu_shares = 0
    service_cpuset_cpus = ""
    service_cgroup_parent = ""
    service_gpus = ""
    services_privileged = false
    allowed_privileged_services = []
    services_security_opt = []

    [executor.docker.ulimit]

    [executor.docker.tmpfs]

    [executor.docker.sysctls]

    [executor.docker.volume_driver_ops]

    [executor.docker.container_labels]

    [executor.docker.log_options]

    [executor.docker.services_tmpfs]

    [executor.docker.services_devices]

    [executor.requests]
    parallel = 4
    timeout_secs = 3600
    max_context = "8g"
    max_context_entries = 1000000
    min_free_disk = "1g"

    [executor.requests.build_args]

    [gitlab]

    [aws.ecr]
    scan_on_push = true
    encryption = "AES256"
    immutable_tags = false
    immutable_except = []

    [aws.ecr.tags]

    [deploy]
    poll_ms = 4000

    [provision]
    reference = "baws-admin/backstage-reference"
    poll_ms = 4000

    [audit]
    shape = "baws"
    prefix = ""
    provider = ""
    deploy = "fail-closed"
    build = "fail-open"

    [cache]
    warm = []

    [telemetry]
    otlp_job_endpoints = []
    otlp_timeout_ms = 2000
    journal = false
    journal_socket = "/run/systemd/journal/socket"

    [platform]
    providers = []
    repositories = []
    "#);
    std::fs::write(directory.path().join("again.toml"), &out).expect("it is ours");
    let (_, again, _) = call(
        directory.path(),
        &["settings", "show", "--config", "again.toml"],
    );
    assert_eq!(out, again);
}

/// Settings that are wrong, and what is wrong with them.
const SETTINGS: [(&str, &str); 5] = [
    ("malformed", "[executor\n"),
    ("unknown", "[executor.docker]\nhelper_imgae = \"x\"\n"),
    ("type", "[executor]\nstop_grace_secs = \"soon\"\n"),
    ("table", "executor = 7\n"),
    ("relative", "[executor]\nbuilds_dir = \"builds\"\n"),
];

#[test]
fn settings_that_are_wrong_are_told_to_the_operator() {
    let directory = directory();
    let mut told = refused_in(
        directory.path(),
        &["--config", "none.toml", "settings", "show"],
    );
    for (name, text) in SETTINGS {
        let file = format!("{name}.toml");
        std::fs::write(directory.path().join(&file), text).expect("it is ours");
        told.push_str("---\n");
        told.push_str(&refused_in(
            directory.path(),
            &["--config", &file, "settings", "show"],
        ));
    }
    assert_snapshot!(told, @r#"
    error: cannot read the settings `none.toml`
      caused by: No such file or directory (os error 2)

    hint: the operator of this host names the file by --config or BAWS_CI_CONFIG; it must be readable
    ---
    error: the settings `malformed.toml` are malformed
      caused by: TOML parse error at line 1, column 10
                   |
                 1 | [executor
                   |          ^
                 unclosed table, expected `]`

    hint: `baws-ci settings explain` tells every key, its type and its default
    ---
    error: the settings `unknown.toml` hold the unknown key `executor.docker.helper_imgae`

    hint: did you mean `executor.docker.helper_image`?
    ---
    error: the settings `type.toml` are malformed
      caused by: TOML parse error at line 2, column 19
                   |
                 2 | stop_grace_secs = "soon"
                   |                   ^^^^^^
                 invalid type: string "soon", expected u64

    hint: `baws-ci settings explain` tells every key, its type and its default
    ---
    error: the settings `table.toml` are wrong: `executor` must be a table

    hint: write `[executor]` on a line of its own
    ---
    error: the settings `relative.toml` are wrong: `executor.builds_dir` must be an absolute path inside the containers, not `/` and without `..`
    "#);
}

/// A stage as the runner calls it, with the codes it gives.
#[track_caller]
fn stage(directory: &Path, words: &[&str]) -> (i32, String) {
    let mut command = Command::new(PROGRAM);
    command.args(words).current_dir(directory).env_clear();
    command
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("NO_COLOR", "1");
    command
        .env("BUILD_FAILURE_EXIT_CODE", "70")
        .env("SYSTEM_FAILURE_EXIT_CODE", "71")
        .env("BUILD_EXIT_CODE_FILE", directory.join("status"));
    let done = command
        .output()
        .expect("the program was built with the tests");
    assert_eq!(done.stdout, b"");
    (
        done.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&done.stderr).into_owned(),
    )
}

#[test]
fn settings_that_are_wrong_are_a_system_failure_of_every_stage() {
    let directory = directory();
    for (name, text) in SETTINGS {
        let file = format!("{name}.toml");
        std::fs::write(directory.path().join(&file), text).expect("it is ours");
        let expected = refused_in(directory.path(), &["--config", &file, "settings", "show"]);
        for words in [
            &["config"][..],
            &["prepare"],
            &["run", "script", "build_script"],
            &["cleanup"],
        ] {
            let words = [&["--config", &file, "executor"], words].concat();
            assert_eq!(
                stage(directory.path(), &words),
                (71, expected.clone()),
                "{words:?}"
            );
        }
    }
}

#[test]
fn a_stage_that_no_runner_calls_says_so() {
    let mut command = Command::new(PROGRAM);
    command.args(["executor", "prepare"]).env_clear();
    let done = command.env("NO_COLOR", "1").output().expect("as above");
    assert_eq!((done.status.code(), done.stdout), (Some(2), Vec::new()));
    assert_snapshot!(String::from_utf8_lossy(&done.stderr), @r#"
    error: the runner's environment is missing: neither JOB_RESPONSE_FILE nor CUSTOM_ENV_CI_JOB_ID is set

    hint: `baws-ci executor` is called by gitlab-runner (`executor = "custom"`); to run a pipeline by hand use `baws-ci local`
    "#);
}
