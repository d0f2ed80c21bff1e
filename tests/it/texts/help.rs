//! Help, and arguments that are wrong.

use insta::assert_snapshot;

use super::{refused, shown};

#[test]
fn help_names_every_command() {
    assert_snapshot!(shown(&["--help"]), @r#"
    Runs GitLab jobs in containers that get no privilege, no Docker socket and no AWS key

    Usage: baws-ci [OPTIONS] <COMMAND>

    Commands:
      executor        The stages of a job, called by gitlab-runner (`executor = "custom"`)
      local           Run this work tree's pipeline on this machine, uncommitted changes included
      build           Build an image from a Dockerfile; in a job, on the job's host
      push            Push images that were built before, under the names that the build gave them
      promote         Put an image into another repository or account: the same digest, nothing is
                      rebuilt
      images          What this host keeps for the next job: images, kept volumes, the build cache
      deploy          Deploy a pushed image, and end well only when it is what runs
      restart         Deploy what is there once more: the same definition, whatever its tag means now
      start           Raise the desired count, and wait until so many tasks run
      stop            Set the desired count to 0, and wait until no task runs
      rollback        Go back to an earlier revision of the task definition
      status          Tell what runs: counts, deployments, and the digest of every task
      run-task        Run one task beside the service, such as a migration, and exit with whether it
                      succeeded
      template        Pipeline files and the templates they are made of
      bootstrap-repo  Make an application's repository ready: project, pipeline, variables, protection,
                      catalog file
      provision       Resources of an application, by the platform's state machine
      runner          This host as a runner of GitLab
      doctor          Say what is wrong with this host, GitLab and the platform's part of AWS, and how
                      it is mended
      auth            Roles and identities
      audit           The platform's audit trail
      settings        The operator's settings
      completions     Print what completes this program's commands and options in a shell
      manual          Write the manual's pages into a directory, one for each command

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
      explain  Print what a recorded job would be given, or why it is refused; touches no engine
      report   Tell of this host's jobs: how they ended, where time went, what failed; from its records
      guard    Keep containers from the instance's metadata from now on; for the start of the host
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
          --explain <JOB>        Say why a job would run, or why not, and run nothing
          --event <EVENT>        What starts the pipeline: push, merge_request, tag, schedule, web, api
                                 or trigger [default: push]
          --var <KEY=VALUE>      Set a variable, as a pipeline variable of GitLab; may be repeated
          --map <PROJECT=DIR>    Where an included project is on this machine, as
                                 GROUP/PROJECT=DIRECTORY; a remote file as URL=FILE
          --input <NAME=VALUE>   Set an input of the pipeline (`spec:inputs`); may be repeated
      -j, --parallel <COUNT>     Run at most so many jobs at the same time [default: the processors, at
                                 most 4]
          --svg <FILE>           With --list: write a picture of the pipeline to this file
          --json                 With --list: print one JSON object
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
      executor        The stages of a job, called by gitlab-runner (`executor = "custom"`)
      local           Run this work tree's pipeline on this machine, uncommitted changes included
      build           Build an image from a Dockerfile; in a job, on the job's host
      push            Push images that were built before, under the names that the build gave them
      promote         Put an image into another repository or account: the same digest, nothing is
                      rebuilt
      images          What this host keeps for the next job: images, kept volumes, the build cache
      deploy          Deploy a pushed image, and end well only when it is what runs
      restart         Deploy what is there once more: the same definition, whatever its tag means now
      start           Raise the desired count, and wait until so many tasks run
      stop            Set the desired count to 0, and wait until no task runs
      rollback        Go back to an earlier revision of the task definition
      status          Tell what runs: counts, deployments, and the digest of every task
      run-task        Run one task beside the service, such as a migration, and exit with whether it
                      succeeded
      template        Pipeline files and the templates they are made of
      bootstrap-repo  Make an application's repository ready: project, pipeline, variables, protection,
                      catalog file
      provision       Resources of an application, by the platform's state machine
      runner          This host as a runner of GitLab
      doctor          Say what is wrong with this host, GitLab and the platform's part of AWS, and how
                      it is mended
      auth            Roles and identities
      audit           The platform's audit trail
      settings        The operator's settings
      completions     Print what completes this program's commands and options in a shell
      manual          Write the manual's pages into a directory, one for each command

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

#[test]
fn lints_help_names_every_flag() {
    assert_snapshot!(shown(&["template", "lint", "--help"]), @r"
    Tell what is wrong with pipeline files, as GitLab reads them; needs no GitLab

    Usage: baws-ci template lint [OPTIONS] <FILE>...

    Arguments:
      <FILE>...  Pipeline files

    Options:
          --config <FILE>        Settings file [default: BAWS_CI_CONFIG, else /etc/baws-ci/config.toml]
          --json                 Print one JSON object
          --merged               Print the merged pipeline
          --code-quality <FILE>  Write a report for `artifacts:reports:codequality` to this file
          --project <DIR>        The project's directory, where `include: local` begins [default: the
                                 repository that a file stands in]
          --strict               Warnings, too, end with an error
          --map <PROJECT=DIR>    Where an included project is on this machine, as
                                 GROUP/PROJECT=DIRECTORY; a remote file as URL=FILE
          --input <NAME=VALUE>   Set an input of the pipeline (`spec:inputs`); may be repeated
      -h, --help                 Print help
      -V, --version              Print version
    ");
}
