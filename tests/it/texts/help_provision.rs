//! Help of what orders an application's resources.

use insta::assert_snapshot;

use super::shown;

#[test]
fn provisions_help_names_every_command() {
    assert_snapshot!(shown(&["provision", "--help"]), @r#"
    Resources of an application, by the platform's state machine

    Usage: baws-ci provision [OPTIONS] <COMMAND>

    Commands:
      start    Order an application's resources, follow their making, and print what the stacks put out
      follow   Follow an execution to its end
      status   Tell how an execution stands, and why it failed
      stop     Stop an execution; what CloudFormation is doing goes on
      outputs  Print what an execution, or a stack, put out

    Options:
          --config <FILE>  Settings file [default: BAWS_CI_CONFIG, else /etc/baws-ci/config.toml]
      -h, --help           Print help
      -V, --version        Print version
    "#);
}

#[test]
fn the_help_of_an_order_names_every_flag() {
    assert_snapshot!(shown(&["provision", "start", "--help"]), @r#"
    Order an application's resources, follow their making, and print what the stacks put out

    The same order twice is one execution: what is under way is followed, what was carried out is told,
    and nothing is started.

    Usage: baws-ci provision start [OPTIONS] --boilerplate <NAME,…> [APP]

    Arguments:
      [APP]
              The application, as the portal's catalog will call it [default: APP_SHORT_NAME]

    Options:
          --boilerplate <NAME,…>
              Boilerplates of the reference repository, such as aws_ecs

          --config <FILE>
              Settings file [default: BAWS_CI_CONFIG, else /etc/baws-ci/config.toml]

          --action <TEXT>
              What the platform calls this, such as "Create Resource"
              
              [default: "Create App"]

          --set <KEY=VALUE>
              A value for the boilerplates, such as PORT=8080; may be repeated

          --values <FILE>
              Values in a file (YAML or JSON, one object); what is no text becomes JSON

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Environment:
          --environment <REF>
              The environment: its name, or its reference such as awsenvironment:default/dev [default:
              BAWS_CI_ENVIRONMENT, else CI_ENVIRONMENT_NAME]

          --provider <NAME>
              Which of its providers, where it has several

          --catalog <PATH>
              Read the catalog's entities from this file or directory, and ask no GitLab

          --reference <GROUP/PROJECT>
              The project that holds the catalog [default: `reference` in `[provision]` of the settings]

          --catalog-path <PATH>
              File or directory in that project
              
              [default: catalog]

          --gitlab <URL>
              GitLab's address [default: `url` in `[gitlab]` of the settings, else CI_SERVER_URL]

          --token-file <FILE>
              File with the token for GitLab [default: `token_file` of the settings, else GITLAB_TOKEN,
              else `token_secret` of the settings]

    State machine:
          --prefix <PREFIX>
              Prefix of the platform's names: the parameter /PREFIX/pipelineStateMachine/arn names the
              state machine, and outputs begin with it
              
              [default: baws]

          --state-machine <ARN>
              The state machine itself

          --region <REGION>
              [default: that of the provider, of the execution's ARN, else AWS_REGION]

          --account <ACCOUNT>
              Twelve digits: refuse a provider of another account

    Identity:
          --user <NAME>
              Who orders, for the platform's records [default: GITLAB_USER_LOGIN, else the account that
              calls]

          --group <GROUP>
              Act as the role that the platform's table gives this group

          --role-arn <ARN>
              Act as this role

          --again
              Start it once more, though it was carried out or has failed before

          --dry-run
              Tell what would be sent, and start nothing

          --no-wait
              End with the start: nothing is followed

    Waiting:
          --timeout <DURATION>
              How long, such as `90m`; the execution goes on all the same
              
              [default: 2h]

          --cancel-on-interrupt
              Stop the execution when this command is interrupted (Ctrl-C, a cancelled job)

    Output:
          --json
              Print the result as JSON on stdout

          --output <FILE>
              Write the result as JSON

          --outputs-file <FILE>
              Write the outputs as a file for `baws-ci bootstrap-repo --from`

      -q, --quiet
              Tell only the end
    "#);
}

#[test]
fn the_help_of_following_names_every_flag() {
    assert_snapshot!(shown(&["provision", "follow", "--help"]), @r#"
    Follow an execution to its end

    Usage: baws-ci provision follow [OPTIONS] <EXECUTION>

    Arguments:
      <EXECUTION>  ARN, or its name

    Options:
          --config <FILE>  Settings file [default: BAWS_CI_CONFIG, else /etc/baws-ci/config.toml]
      -h, --help           Print help
      -V, --version        Print version

    State machine:
          --prefix <PREFIX>      Prefix of the platform's names: the parameter
                                 /PREFIX/pipelineStateMachine/arn names the state machine, and outputs
                                 begin with it [default: baws]
          --state-machine <ARN>  The state machine itself
          --region <REGION>      [default: that of the provider, of the execution's ARN, else
                                 AWS_REGION]

    Identity:
          --user <NAME>     Who orders, for the platform's records [default: GITLAB_USER_LOGIN, else the
                            account that calls]
          --group <GROUP>   Act as the role that the platform's table gives this group
          --role-arn <ARN>  Act as this role

    Waiting:
          --timeout <DURATION>   How long, such as `90m`; the execution goes on all the same [default:
                                 2h]
          --cancel-on-interrupt  Stop the execution when this command is interrupted (Ctrl-C, a
                                 cancelled job)

    Output:
          --json                 Print the result as JSON on stdout
          --output <FILE>        Write the result as JSON
          --outputs-file <FILE>  Write the outputs as a file for `baws-ci bootstrap-repo --from`
      -q, --quiet                Tell only the end
    "#);
}

#[test]
fn the_help_of_outputs_names_every_flag() {
    assert_snapshot!(shown(&["provision", "outputs", "--help"]), @r#"
    Print what an execution, or a stack, put out

    Usage: baws-ci provision outputs [OPTIONS] [EXECUTION]

    Arguments:
      [EXECUTION]  ARN, or its name

    Options:
          --config <FILE>       Settings file [default: BAWS_CI_CONFIG, else /etc/baws-ci/config.toml]
          --stack <NAME>        Read a stack of CloudFormation in place of an execution, as the second
                                revision of the platform has no state machine
          --environment <NAME>  Environment that the stack belongs to
          --provider <NAME>     Its provider
      -h, --help                Print help
      -V, --version             Print version

    State machine:
          --prefix <PREFIX>      Prefix of the platform's names: the parameter
                                 /PREFIX/pipelineStateMachine/arn names the state machine, and outputs
                                 begin with it [default: baws]
          --state-machine <ARN>  The state machine itself
          --region <REGION>      [default: that of the provider, of the execution's ARN, else
                                 AWS_REGION]

    Identity:
          --user <NAME>     Who orders, for the platform's records [default: GITLAB_USER_LOGIN, else the
                            account that calls]
          --group <GROUP>   Act as the role that the platform's table gives this group
          --role-arn <ARN>  Act as this role

    Output:
          --json                 Print the result as JSON on stdout
          --output <FILE>        Write the result as JSON
          --outputs-file <FILE>  Write the outputs as a file for `baws-ci bootstrap-repo --from`
      -q, --quiet                Tell only the end
    "#);
}
