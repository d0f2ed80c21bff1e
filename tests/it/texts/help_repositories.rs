//! Help of what makes repositories and keeps them current.

use insta::assert_snapshot;

use super::shown;

#[test]
fn bootstraps_help_names_every_flag() {
    assert_snapshot!(shown(&["bootstrap-repo", "--help"]), @r"
    Make an application's repository ready: project, pipeline, variables, protection, catalog file

    May be run again at any time: it does what is still to do, and goes on where it was interrupted. A
    project that is somebody else's is refused and not touched.

    Usage: baws-ci bootstrap-repo [OPTIONS] [GROUP/NAME]

    Arguments:
      [GROUP/NAME]
              The project, with its group

    Options:
          --config <FILE>
              Settings file [default: BAWS_CI_CONFIG, else /etc/baws-ci/config.toml]

          --from <FILE>
              Read what is wanted from this file (YAML or JSON, ours or Backstage's values); `-` reads
              stdin

          --kind <KIND>
              The kind of application, such as nodejs

          --owner <REF>
              Who owns it in Backstage, such as group:default/shop

          --description <TEXT>
              What it is, in a sentence

          --visibility <WORD>
              private, internal or public [default: internal]

          --input <NAME=VALUE>
              Set an input of the template; may be repeated

          --environment <NAME[=TIER]>
              An environment, with its tier if its name does not tell; may be repeated

          --templates <GROUP/PROJECT>
              The project that holds the templates [default: `templates` in `[gitlab]` of the settings,
              else platform/pipeline-templates]

          --templates-version <VERSION>
              Which version of the templates [default: that of this program]

          --component
              Include the template as a CI/CD component

          --revision <WORD>
              Which of the platform's two shapes the catalog file has

              Possible values:
              - first:  May 2023, prefix baws: annotations in the catalog file
              - second: September 2024, prefix opa: metadata.appData in the catalog file

          --region <REGION>
              Region of the secret that keeps the access token [default: AWS_REGION]

          --adopt
              Take over a project that is there already: what is in it stays, what is missing is added

          --dry-run
              Tell what would be done, and do nothing

          --json
              Print one JSON object, also about an error

          --gitlab <URL>
              GitLab's address [default: `url` in `[gitlab]` of the settings, else CI_SERVER_URL]

          --token-file <FILE>
              File with the token for GitLab [default: `token_file` of the settings, else GITLAB_TOKEN,
              else `token_secret` of the settings]

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version
    ");
}

#[test]
fn the_templates_help_names_every_verb() {
    assert_snapshot!(shown(&["template", "--help"]), @r"
    Pipeline files and the templates they are made of

    Usage: baws-ci template [OPTIONS] <COMMAND>

    Commands:
      lint     Tell what is wrong with pipeline files, as GitLab reads them; needs no GitLab
      list     List the templates that this program carries
      show     Tell what a template takes, and which jobs it makes
      render   Print the .gitlab-ci.yml that a repository of this kind receives
      publish  Put the templates, and what belongs beside them, into the reference repository: one
               commit and a tag
      sync     Bring repositories to a version of the templates, by merge requests, wave by wave
      diff     Show what an update would change in repositories
      check    Tell which repositories are not as their templates made them; exit code 14 if any

    Options:
          --config <FILE>  Settings file [default: BAWS_CI_CONFIG, else /etc/baws-ci/config.toml]
      -h, --help           Print help
      -V, --version        Print version
    ");
    assert_snapshot!(shown(&["template", "sync", "--help"]), @r"
    Bring repositories to a version of the templates, by merge requests, wave by wave

    Usage: baws-ci template sync [OPTIONS] <--group <GROUP>|--repository <GROUP/NAME>>

    Options:
          --config <FILE>              Settings file [default: BAWS_CI_CONFIG, else
                                       /etc/baws-ci/config.toml]
          --group <GROUP>              All repositories of this group and of the groups in it that were
                                       made by `bootstrap-repo`; may be repeated
          --repository <GROUP/NAME>    This repository; may be repeated
          --templates <GROUP/PROJECT>  The project that holds the templates [default: `templates` in
                                       `[gitlab]` of the settings, else platform/pipeline-templates]
          --to <VERSION>               The version to bring them to; an older one takes them back
                                       [default: the newest that is published]
          --canary <GROUP/NAME>        A repository to try it on before all others, beside those with
                                       the topic baws-canary; may be repeated
          --all-at-once                No waves
          --most <COUNT>               Open at most so many merge requests
          --again                      Also where a merge request for this version was closed
          --dry-run                    Show what would be changed, and change nothing
          --json                       Print one JSON object
          --gitlab <URL>               GitLab's address [default: `url` in `[gitlab]` of the settings,
                                       else CI_SERVER_URL]
          --token-file <FILE>          File with the token for GitLab [default: `token_file` of the
                                       settings, else GITLAB_TOKEN, else `token_secret` of the settings]
      -h, --help                       Print help
      -V, --version                    Print version
    ");
}
