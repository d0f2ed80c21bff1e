//! The program's own words: help, settings, and what is told to a person whose arguments, settings or pipeline are wrong.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use crate::support::job::PROGRAM;

/// The program in a directory of its own, with nothing in its environment but the search path.
fn call(directory: &Path, words: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(PROGRAM);
    command.args(words).current_dir(directory).env_clear();
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let done = command
        .output()
        .expect("the program was built with the tests");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (
        done.status.code().unwrap_or(-1),
        text(done.stdout),
        text(done.stderr),
    )
}

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is a directory for temporary files")
}

/// What stdout shows of a call that succeeds.
#[track_caller]
fn shown(words: &[&str]) -> String {
    let (code, out, err) = call(directory().path(), words);
    assert_eq!((code, err.as_str()), (0, ""));
    out
}

/// What stderr says of a call whose caller is wrong.
#[track_caller]
fn refused(words: &[&str]) -> String {
    refused_in(directory().path(), words)
}

#[track_caller]
fn refused_in(directory: &Path, words: &[&str]) -> String {
    let (code, out, err) = call(directory, words);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    err
}

#[test]
fn help_names_every_command() {
    assert_snapshot!(shown(&["--help"]), @r#"
    Runs GitLab jobs in containers that get no privilege, no Docker socket and no AWS key

    Usage: baws-ci [OPTIONS] <COMMAND>

    Commands:
      executor  The stages of a job, called by gitlab-runner (`executor = "custom"`)
      local     Run this work tree's pipeline on this machine, uncommitted changes included
      settings  The operator's settings

    Options:
          --config <FILE>  Settings file [default: BAWS_CI_CONFIG, else /etc/baws-ci/config.toml]
      -h, --help           Print help
      -V, --version        Print version
    "#);
}

#[test]
fn the_executors_help_names_every_stage() {
    assert_snapshot!(shown(&["executor", "--help"]), @r#"
    The stages of a job, called by gitlab-runner (`executor = "custom"`)

    Usage: baws-ci executor [OPTIONS] <COMMAND>

    Commands:
      config   Print what the runner has to know, as JSON
      prepare  Pull the images, start the job's containers and services
      run      Run one script of the job
      cleanup  Remove everything that belongs to the job
      sweep    Remove what dead jobs left behind; never a live job's

    Options:
          --config <FILE>  Settings file [default: BAWS_CI_CONFIG, else /etc/baws-ci/config.toml]
      -h, --help           Print help
      -V, --version        Print version
    "#);
}

#[test]
fn locals_help_names_every_flag() {
    assert_snapshot!(shown(&["local", "--help"]), @r"
    Run this work tree's pipeline on this machine, uncommitted changes included

    Usage: baws-ci local [OPTIONS] [JOBS]...

    Arguments:
      [JOBS]...  Jobs to run, with what they need; all jobs when none is named

    Options:
          --config <FILE>        Settings file [default: BAWS_CI_CONFIG, else /etc/baws-ci/config.toml]
          --list                 List the jobs and what they need, and run nothing
          --var <KEY=VALUE>      Set a variable, as a pipeline variable of GitLab; may be repeated
          --shell                When a job fails, open a shell in its build container before it is
                                 removed
          --file <FILE>          The pipeline file [default: .gitlab-ci.yml]
          --payload <FILE>       Run one job from a payload, as GitLab's coordinator sends it, in place
                                 of a pipeline
          --artifacts-in <DIR>   With --payload: where the artifacts of earlier jobs stand, as <job
                                 id>.tar
          --artifacts-out <DIR>  With --payload: where the job's artifacts go, as <index>.tar
          --result <FILE>        With --payload: where the result goes, as JSON
      -h, --help                 Print help
      -V, --version              Print version
    ");
}

#[test]
fn the_version_is_told() {
    assert_eq!(
        shown(&["--version"]),
        concat!("baws-ci ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn every_setting_is_explained() {
    assert_snapshot!(shown(&["settings", "explain"]), @r#"
    docker.host
        string · default: DOCKER_HOST, else unix:///var/run/docker.sock
        Where the Docker engine listens. A unix socket on this host: the job's containers must see this host's files.

    docker.timeout_secs
        integer · default: 120
        Seconds one call to the engine may take before the engine counts as unreachable.

    executor.state_dir
        path · default: first of /var/lib/baws-ci, /opt/baws-ci, /run/baws-ci on a file system that runs programs
        Holds the pinned program and one directory a running job. Not under TMPDIR; short, as sockets live in it.

    executor.builds_dir
        path · default: "/builds"
        Where sources are, inside the containers.

    executor.cache_dir
        path · default: "/cache"
        Where the local cache is, inside the containers.

    executor.stop_grace_secs
        integer · default: 10
        Seconds between TERM and KILL when a script is cancelled. Keep it below the runner's graceful_kill_timeout.

    executor.entrypoint_timeout_secs
        integer · default: 120
        Seconds an image's entrypoint may take before it hands over to the command.

    executor.metadata_guard
        "required", "preferred" or "off" · default: "required"
        Keep jobs from the instance's metadata and credentials with an nftables table. required: no guard, no job. preferred: guard where possible, else the job log says that metadata is reachable.

    executor.read_only_root
        boolean · default: false
        The build container's own file system cannot be written; builds_dir, cache_dir and /tmp can.

    executor.docker.image
        string · default: none
        Image of jobs that name none.

    executor.docker.helper_image
        string · default: "baws-ci/helper:1"
        Image of the helper container: git, git-lfs, bash, CA certificates (images/helper).

    executor.docker.pull_policy
        string or list · default: "always"
        always, if-not-present or never; of a list each is tried in turn.

    executor.docker.allowed_pull_policies
        list · default: those of pull_policy
        What a job's own pull_policy may be.

    executor.docker.allowed_images
        list of patterns · default: any
        Images a job may name; `*` stops at a slash, `**` does not. The configured image is always allowed.

    executor.docker.allowed_services
        list of patterns · default: any
        The same for services.

    executor.docker.user
        string · default: the job's, else the image's
        User of the build container; beats the job's own choice.

    executor.docker.memory
        string · default: none
        Memory limit of the build container, such as "2g".

    executor.docker.cpus
        string · default: none
        Processors of the build container, such as "1.5".

    executor.docker.shm_size
        integer · default: 0
        Bytes of /dev/shm in the build container; 0 keeps the engine's 64 MiB.

    executor.docker.dns
        list · default: the engine's
        DNS servers of the job's containers.

    executor.docker.extra_hosts
        list · default: none
        Lines for the job's hosts file, `name:address`.

    executor.docker.network_mode
        string · default: bridge, or a network of the job's own when it has services
        An existing network for the job's containers. `host` and `none` are refused.

    executor.docker.wait_for_services_timeout
        integer · default: 30
        Seconds a service may take to be healthy before the job goes on with a warning; 0 or less: no wait.
    "#);
}

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
    shm_size = 0
    dns = []
    extra_hosts = []
    wait_for_services_timeout = 30
    "#);
    std::fs::write(directory.path().join("again.toml"), &out).expect("it is ours");
    let (_, again, _) = call(
        directory.path(),
        &["settings", "show", "--config", "again.toml"],
    );
    assert_eq!(out, again);
}

#[test]
fn an_unknown_word_is_refused_with_the_nearest_known_one() {
    assert_snapshot!(refused(&["locla"]), @r"
    error: unrecognized subcommand 'locla'

      tip: a similar subcommand exists: 'local'

    Usage: baws-ci [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    assert_snapshot!(refused(&["local", "--lsit"]), @r"
    error: unexpected argument '--lsit' found

      tip: a similar argument exists: '--list'

    Usage: baws-ci local --list [JOBS]...

    For more information, try '--help'.
    ");
    assert_snapshot!(refused(&["executor", "prepar"]), @r"
    error: unrecognized subcommand 'prepar'

      tip: a similar subcommand exists: 'prepare'

    Usage: baws-ci executor [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    assert_snapshot!(refused(&[]), @r#"
    Runs GitLab jobs in containers that get no privilege, no Docker socket and no AWS key

    Usage: baws-ci [OPTIONS] <COMMAND>

    Commands:
      executor  The stages of a job, called by gitlab-runner (`executor = "custom"`)
      local     Run this work tree's pipeline on this machine, uncommitted changes included
      settings  The operator's settings

    Options:
          --config <FILE>  Settings file [default: BAWS_CI_CONFIG, else /etc/baws-ci/config.toml]
      -h, --help           Print help
      -V, --version        Print version
    "#);
}

#[test]
fn flags_that_exclude_each_other_are_refused() {
    assert_snapshot!(refused(&["local", "--payload", "job.json", "--list"]), @r"
    error: the argument '--payload <FILE>' cannot be used with '--list'

    Usage: baws-ci local --payload <FILE> [JOBS]...

    For more information, try '--help'.
    ");
    assert_snapshot!(refused(&["local", "--result", "result.json"]), @r"
    error: the following required arguments were not provided:
      --payload <FILE>

    Usage: baws-ci local --payload <FILE> --result <FILE> [JOBS]...

    For more information, try '--help'.
    ");
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

/// What `local --list` says about a pipeline.
#[track_caller]
fn pipeline(text: &str) -> String {
    let directory = directory();
    std::fs::write(directory.path().join(".gitlab-ci.yml"), text).expect("it is ours");
    refused_in(directory.path(), &["local", "--list"])
}

#[test]
fn a_pipeline_that_holds_no_jobs_is_refused() {
    assert_snapshot!(pipeline(""), @r"
    error: the pipeline `.gitlab-ci.yml` holds no jobs
      caused by: its top level must be keywords and jobs, each with a colon
    ");
    assert_snapshot!(pipeline("- a\n"), @r"
    error: the pipeline `.gitlab-ci.yml` holds no jobs
      caused by: its top level must be keywords and jobs, each with a colon
    ");
    assert_snapshot!(pipeline(".hidden: {script: x}\n"), @r"
    error: the pipeline `.gitlab-ci.yml` is not valid
      caused by: it holds no job that runs

    hint: a job is a name with a `script`; a name that begins with a dot is hidden
    ");
    assert_snapshot!(pipeline("a: {script: x}\na: {script: y}\n"), @r#"
    error: the pipeline `.gitlab-ci.yml` is not valid YAML
      caused by: duplicate entry with key "a"
    "#);
}

#[test]
fn faults_at_the_top_level() {
    assert_snapshot!(
        pipeline("stages: one\nstagse: [x]\ndefault: x\nvariables: [A]\n1: {script: x}\nsomething: 7\njob: {script: x}\n"),
        @r"
        error: the pipeline `.gitlab-ci.yml` is not valid
          caused by: `stagse` is neither a keyword nor a job with a `script`
          caused by: `default` must hold keywords
          caused by: every name at the top level must be a string
          caused by: `something` is neither a keyword nor a job with a `script`
          caused by: `stages` must be a list of names
          caused by: `variables` of the pipeline must be names with values
          caused by: `job` is in the stage `test`, which is not declared

        hint: did you mean `stages`?
        hint: put the name in quotes
        hint: the stages are .pre, .post; add it to `stages`
        "
    );
    assert_snapshot!(pipeline("image: a\ndefault: {image: b, scirpt: x}\njob: {script: x, 7: x}\n"), @r"
    error: the pipeline `.gitlab-ci.yml` is not valid
      caused by: unknown keyword `scirpt` in `default`
      caused by: a keyword in `job` is not a string
      caused by: `image` stands in `default` and at the top level

    hint: keep the one in `default`
    ");
}

#[test]
fn faults_of_jobs() {
    let deep = format!("{}x{}", "[".repeat(12), "]".repeat(12));
    assert_snapshot!(
        pipeline(&format!(
            "
a: {{scirpt: x}}
b: {{script: {{a: b}}}}
c: {{script: {deep}, stage: late}}
d: {{script: x, after_script: 7, dependencies: 7, needs: 7}}
e: {{script: x, stage: 7, when: delayed, allow_failure: maybe, timeout: soon}}
"
        )),
        @r"
        error: the pipeline `.gitlab-ci.yml` is not valid
          caused by: unknown keyword `scirpt` in `a`
          caused by: the job `a` has no `script`
          caused by: `script` of `b` must be a string or a list of strings
          caused by: `script` of `c` has lists more than 10 levels deep
          caused by: `after_script` of `d` must be a string or a list of strings
          caused by: `needs` of `d` must be a list of jobs
          caused by: `dependencies` of `d` must be a list of jobs
          caused by: `when` of `e` cannot be `delayed`
          caused by: `stage` of `e` must be the name of a stage
          caused by: `timeout` of `e` is no duration: `soon`
          caused by: `allow_failure` of `e` must be true, false or hold `exit_codes`

        hint: did you mean `script`?
        hint: a template that runs nothing begins its name with a dot
        hint: put quotes around a line that holds a colon and a blank, such as `- 'echo a: b'`
        hint: these work today: on_success, on_failure, always, manual
        hint: write a duration such as `1h 30m`, `90 minutes` or `3600`
        "
    );
}

#[test]
fn faults_between_jobs() {
    assert_snapshot!(
        pipeline(
            "
stages: [one, two]
a: {stage: one, script: x, needs: [b, 7, {artifacts: true}, {job: c, artifacts: maybe, optional: true}]}
b: {stage: one, script: x, needs: [a]}
c: {stage: one, script: x, needs: [dd, nobody-at-all, later]}
d: {stage: one, script: x, dependencies: [a, later]}
later: {stage: two, script: x, needs: [a], dependencies: [b]}
"
        ),
        @r"
        error: the pipeline `.gitlab-ci.yml` is not valid
          caused by: each of `needs` of `a` must be a job, or hold a `job`
          caused by: each of `needs` of `a` must be a job, or hold a `job`
          caused by: `needs:artifacts` of `a` must be true or false
          caused by: `needs` of `c` names `dd`, which is no job
          caused by: `needs` of `c` names `nobody-at-all`, which is no job
          caused by: `needs` of `c` names `later`, which is in a later stage
          caused by: `dependencies` of `d` names `a`, which is in the same stage
          caused by: `dependencies` of `d` names `later`, which is in a later stage
          caused by: `dependencies` of `later` names `b`, which is not in its `needs`
          caused by: `needs` run in a circle: `a` → `b` → `a`

        hint: did you mean `d`?
        hint: jobs of one stage start together; use `needs` to wait for one of them
        "
    );
}

#[test]
fn faults_of_images_and_services() {
    assert_snapshot!(
        pipeline(
            "
a: {script: x, image: 7, services: x}
b: {script: x, image: {entrypoint: {}, pull_policy: sometimes, docker: x}}
c: {script: x, services: [{name: x, alias: 7, command: {}, variables: {A: []}}, '']}
"
        ),
        @r"
        error: the pipeline `.gitlab-ci.yml` is not valid
          caused by: `image` of `a` must be a name, or hold a `name`
          caused by: `services` of `a` must be a list
          caused by: `image` of `b` has no `name`
          caused by: `image:entrypoint` of `b` must be a list of strings
          caused by: `image:pull_policy` of `b` must be always, if-not-present or never, or a list of them
          caused by: `image:docker` of `b` must be a mapping
          caused by: `services:command` of `c` must be a list of strings
          caused by: `services:alias` of `c` must be a string
          caused by: the variable `A` of a service of `c` must be a string or a number
          caused by: `services` of `c` must be a name, or hold a `name`
        "
    );
}

#[test]
fn faults_of_artifacts() {
    assert_snapshot!(
        pipeline(
            "
a: {script: x, artifacts: [x]}
b: {script: x, artifacts: {paths: 7, exclude: {}, untracked: maybe, when: later, expire_in: soon, reports: [x]}}
c: {script: x, artifacts: {reports: {junit: 7, coverage_report: {}}}}
"
        ),
        @r"
        error: the pipeline `.gitlab-ci.yml` is not valid
          caused by: `artifacts` of `a` must hold `paths`, `untracked` or `reports`
          caused by: `artifacts:paths` of `b` must be a list of paths
          caused by: `artifacts:exclude` of `b` must be a list of paths
          caused by: `artifacts:untracked` of `b` must be true or false
          caused by: `artifacts:when` of `b` must be on_success, on_failure or always
          caused by: `artifacts:expire_in` of `b` is no duration: `soon`
          caused by: `artifacts:reports` of `b` must be kinds of reports with files
          caused by: `artifacts:reports:junit` of `c` must be a path or a list of paths
          caused by: `artifacts:reports:coverage_report` of `c` must be a path or a list of paths

        hint: write a duration such as `1h 30m`, `90 minutes` or `3600`
        "
    );
    assert_snapshot!(pipeline("a: {script: x, artifacts: {name: x}}\n"), @r"
    error: the pipeline `.gitlab-ci.yml` is not valid
      caused by: `artifacts` of `a` names nothing to keep

    hint: add `paths`, `untracked: true` or `reports`
    ");
}

#[test]
fn faults_of_variables() {
    assert_snapshot!(
        pipeline(
            "
variables: {A-B: x, FLAG: true, LIST: [1], E: {value: x, expand: maybe}, U: {valeu: x}}
a: {script: x, variables: x}
"
        ),
        @r#"
        error: the pipeline `.gitlab-ci.yml` is not valid
          caused by: unknown keyword `variables:U:valeu` at the top level
          caused by: `A-B` in `variables` of the pipeline is no name for a variable
          caused by: the variable `FLAG` of the pipeline must be a string or a number
          caused by: the variable `LIST` of the pipeline must be a string or a number
          caused by: `expand` of the variable `E` of the pipeline must be true or false
          caused by: `variables` of `a` must be names with values

        hint: did you mean `value`?
        hint: names are letters, digits and underscores, and do not begin with a digit
        hint: write `FLAG: "true"`
        "#
    );
}
