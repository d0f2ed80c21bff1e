//! The command line of `provision`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::GitlabArgs;

/// Resources of an application, by the platform's state machine
#[derive(Debug, Subcommand)]
pub(crate) enum ProvisionCommand {
    Start(Box<ProvisionStartArgs>),
    Follow(Box<ProvisionFollowArgs>),
    Status(Box<ProvisionStatusArgs>),
    Stop(Box<ProvisionStopArgs>),
    Outputs(Box<ProvisionOutputsArgs>),
}

/// Order an application's resources, follow their making, and print what the stacks put out
///
/// The same order twice is one execution: what is under way is followed, what was carried out is told, and nothing is started.
#[derive(Debug, Args)]
pub(crate) struct ProvisionStartArgs {
    /// The application, as the portal's catalog will call it [default: APP_SHORT_NAME]
    #[arg(value_name = "APP")]
    pub(crate) application: Option<String>,
    #[command(flatten)]
    pub(crate) order: ProvisionOrderArgs,
    #[command(flatten)]
    pub(crate) catalog: ProvisionCatalogArgs,
    #[command(flatten)]
    pub(crate) machine: ProvisionMachineArgs,
    /// Twelve digits: refuse a provider of another account
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) who: ProvisionWhoArgs,
    /// Start it once more, though it was carried out or has failed before
    #[arg(long)]
    pub(crate) again: bool,
    /// Tell what would be sent, and start nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// End with the start: nothing is followed
    #[arg(long)]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) wait: ProvisionWaitArgs,
    #[command(flatten)]
    pub(crate) report: ProvisionReportArgs,
}

/// What is ordered.
#[derive(Debug, Args)]
pub(crate) struct ProvisionOrderArgs {
    /// Boilerplates of the reference repository, such as aws_ecs
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', required = true)]
    pub(crate) boilerplate: Vec<String>,
    /// What the platform calls this, such as "Create Resource"
    #[arg(long, value_name = "TEXT", default_value = "Create App")]
    pub(crate) action: String,
    /// A value for the boilerplates, such as PORT=8080; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Values in a file (YAML or JSON, one object); what is no text becomes JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) values: Option<PathBuf>,
}

/// Which environment, and where the catalog that tells of it is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Environment")]
pub(crate) struct ProvisionCatalogArgs {
    /// The environment: its name, or its reference such as awsenvironment:default/dev [default: BAWS_CI_ENVIRONMENT, else
    /// CI_ENVIRONMENT_NAME]
    #[arg(long, value_name = "REF")]
    pub(crate) environment: Option<String>,
    /// Which of its providers, where it has several
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// Read the catalog's entities from this file or directory, and ask no GitLab
    #[arg(long, value_name = "PATH")]
    pub(crate) catalog: Option<PathBuf>,
    /// The project that holds the catalog [default: `reference` in `[provision]` of the settings]
    #[arg(long, value_name = "GROUP/PROJECT", conflicts_with = "catalog")]
    pub(crate) reference: Option<String>,
    /// File or directory in that project
    #[arg(long, value_name = "PATH", default_value = "catalog")]
    pub(crate) catalog_path: String,
    #[command(flatten)]
    pub(crate) gitlab: GitlabArgs,
}

/// Which state machine.
#[derive(Debug, Args)]
#[command(next_help_heading = "State machine")]
pub(crate) struct ProvisionMachineArgs {
    /// Prefix of the platform's names: the parameter /PREFIX/pipelineStateMachine/arn names the state machine, and outputs begin
    /// with it
    #[arg(long, value_name = "PREFIX", default_value = "baws")]
    pub(crate) prefix: String,
    /// The state machine itself
    #[arg(long, value_name = "ARN")]
    pub(crate) state_machine: Option<String>,
    /// [default: that of the provider, of the execution's ARN, else AWS_REGION]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
}

/// As whom.
#[derive(Debug, Args)]
#[command(next_help_heading = "Identity")]
pub(crate) struct ProvisionWhoArgs {
    /// Who orders, for the platform's records [default: GITLAB_USER_LOGIN, else the account that calls]
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Act as the role that the platform's table gives this group
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<String>,
    /// Act as this role
    #[arg(long, value_name = "ARN", conflicts_with = "group")]
    pub(crate) role_arn: Option<String>,
}

/// How long it is followed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Waiting")]
pub(crate) struct ProvisionWaitArgs {
    /// How long, such as `90m`; the execution goes on all the same
    #[arg(long, value_name = "DURATION", default_value = "2h")]
    pub(crate) timeout: String,
    /// Stop the execution when this command is interrupted (Ctrl-C, a cancelled job)
    #[arg(long)]
    pub(crate) cancel_on_interrupt: bool,
}

/// Where the result goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ProvisionReportArgs {
    /// Print the result as JSON on stdout
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the result as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write the outputs as a file for `baws-ci bootstrap-repo --from`
    #[arg(long, value_name = "FILE")]
    pub(crate) outputs_file: Option<PathBuf>,
    /// Tell only the end
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Follow an execution to its end
#[derive(Debug, Args)]
pub(crate) struct ProvisionFollowArgs {
    #[command(flatten)]
    pub(crate) execution: ProvisionExecutionArgs,
    #[command(flatten)]
    pub(crate) wait: ProvisionWaitArgs,
    #[command(flatten)]
    pub(crate) report: ProvisionReportArgs,
}

/// Tell how an execution stands, and why it failed
#[derive(Debug, Args)]
pub(crate) struct ProvisionStatusArgs {
    #[command(flatten)]
    pub(crate) execution: ProvisionExecutionArgs,
    #[command(flatten)]
    pub(crate) report: ProvisionReportArgs,
}

/// Stop an execution; what CloudFormation is doing goes on
#[derive(Debug, Args)]
pub(crate) struct ProvisionStopArgs {
    #[command(flatten)]
    pub(crate) execution: ProvisionExecutionArgs,
    /// Why, for whoever reads its history
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Print the result as JSON on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

/// Print what an execution, or a stack, put out
#[derive(Debug, Args)]
pub(crate) struct ProvisionOutputsArgs {
    /// ARN, or its name
    #[arg(value_name = "EXECUTION", required_unless_present = "stack")]
    pub(crate) execution: Option<String>,
    /// Read a stack of CloudFormation in place of an execution, as the second revision of the platform has no state machine
    #[arg(long, value_name = "NAME", conflicts_with = "execution", requires_all = ["environment", "provider"])]
    pub(crate) stack: Option<String>,
    /// Environment that the stack belongs to
    #[arg(long, value_name = "NAME", requires = "stack")]
    pub(crate) environment: Option<String>,
    /// Its provider
    #[arg(long, value_name = "NAME", requires = "stack")]
    pub(crate) provider: Option<String>,
    #[command(flatten)]
    pub(crate) machine: ProvisionMachineArgs,
    #[command(flatten)]
    pub(crate) who: ProvisionWhoArgs,
    #[command(flatten)]
    pub(crate) report: ProvisionReportArgs,
}

/// Which execution.
#[derive(Debug, Args)]
pub(crate) struct ProvisionExecutionArgs {
    /// ARN, or its name
    #[arg(value_name = "EXECUTION")]
    pub(crate) execution: String,
    #[command(flatten)]
    pub(crate) machine: ProvisionMachineArgs,
    #[command(flatten)]
    pub(crate) who: ProvisionWhoArgs,
}
