//! Help of `doctor`.

use insta::assert_snapshot;

use super::shown;

#[test]
fn doctors_help_names_every_flag_and_the_exit_codes() {
    assert_snapshot!(shown(&["doctor", "--help"]), @r"
    Say what is wrong with this host, GitLab and the platform's part of AWS, and how it is mended

    Looks at all three, or at those that are named, and changes nothing without --fix. The platform
    itself is looked at where `[platform]` of the settings or --revision says which of its two shapes it
    has.

    Exit codes: 0 nothing to mend (there may be warnings); where all faults are of one kind 3
    (forbidden), 4 (missing), 12 (unreachable) or 14 (wrong); of several kinds 14.

    Usage: baws-ci doctor [OPTIONS] [AREA]...

    Arguments:
      [AREA]...
              What to look at [default: all]

              Possible values:
              - host:   The engine, disk, clock, guard, proxy, names, gitlab-runner's files
              - gitlab: Version, token, groups, reference repository, grants
              - aws:    Parameters, key, tables, secrets, roles, repositories, what runs

    Options:
          --config <FILE>
              Settings file [default: BAWS_CI_CONFIG, else /etc/baws-ci/config.toml]

          --revision <WORD>
              Which of the platform's two shapes [default: `revision` in `[platform]` of the settings]

              Possible values:
              - first:  May 2023, prefix baws: annotations in the catalog file
              - second: September 2024, prefix opa: metadata.appData in the catalog file

          --prefix <WORD>
              What the platform's names begin with [default: `prefix` of the settings, else baws or opa]

          --provider <NAME>
              An environment provider of the second revision; may be repeated [default: `providers` of
              the settings]

          --repository <NAME>
              An application's repository in ECR; may be repeated; beside those of the settings and of
              grants

          --region <REGION>
              Region of the platform [default: `region` in `[platform]` of the settings, else
              AWS_REGION]

          --gitlab <URL>
              GitLab's address [default: `url` in `[gitlab]` of the settings, else CI_SERVER_URL]

          --token-file <FILE>
              File with the token for GitLab [default: `token_file` of the settings, else GITLAB_TOKEN,
              else `token_secret` of the settings]

          --root <DIR>
              Where the host's files are
              
              [default: /]

          --runner-config <FILE>
              gitlab-runner's own file [default: etc/gitlab-runner/config.toml below --root]

          --fix
              Mend what is this program's own and safe: the state directory, the metadata guard, the
              units; then look again

          --all
              Show also what is good

          --json
              Print one JSON object

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version
    ");
}
