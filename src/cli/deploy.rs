//! The command line of the verbs on services.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Deploy a pushed image, and end well only when it is what runs
#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// The image, best with the digest a push has printed: `repository[:tag]@sha256:…` [default: IMAGE_REF, which
    /// `baws-ci build --push --dotenv` writes, else what the service's own tag means now]
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image: Option<String>,
    /// Take the image from a dotenv file of a build or a push
    #[arg(long, value_name = "FILE", conflicts_with = "image")]
    pub(crate) image_file: Option<PathBuf>,
    /// Its container [default: those whose image is of the same repository]
    #[arg(long, value_name = "NAME")]
    pub(crate) container: Option<String>,
    /// How the image gets there: a new deployment of the service's own definition and tag, or a copy of it with the digest
    #[arg(long, value_enum, default_value = "restart")]
    pub(crate) strategy: StrategyArg,
    /// Raise a desired count of 0, to 1 or this many; without it a stopped service stays stopped (exit code 16)
    #[arg(long, value_name = "COUNT", num_args = 0..=1, default_missing_value = "1")]
    pub(crate) start: Option<u32>,
    /// While another deployment is under way
    #[arg(long, value_enum, default_value = "proceed")]
    pub(crate) if_busy: IfBusyArg,
    /// With --target local: the container's port to publish
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// Tell what would be done, and touch nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Deploy what is there once more: the same definition, whatever its tag means now
#[derive(Debug, Args)]
pub(crate) struct RestartArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Raise the desired count, and wait until so many tasks run
#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// How many tasks
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub(crate) count: u32,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Set the desired count to 0, and wait until no task runs
#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// With --target local: remove the service and all that belongs to it
    #[arg(long)]
    pub(crate) remove: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Go back to an earlier revision of the task definition
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Number of the revision [default: the latest before this one that had another image]
    #[arg(long, value_name = "REVISION")]
    pub(crate) to: Option<u32>,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Tell what runs: counts, deployments, and the digest of every task
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Look again and again, and tell what changed, until no deployment is under way
    #[arg(long)]
    pub(crate) watch: bool,
    /// Print JSON on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

/// Run one task beside the service, such as a migration, and exit with whether it succeeded
#[derive(Debug, Args)]
pub(crate) struct RunTaskArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Run this image, by its digest, in a copy of the service's definition [default: the definition as it is]
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image: Option<String>,
    /// The container that matters [default: the one whose image is of the same repository, else the first essential one]
    #[arg(long, value_name = "NAME")]
    pub(crate) container: Option<String>,
    /// A variable for it; in a job it needs a grant of its own, as a command does; may be repeated
    #[arg(long = "env", value_name = "KEY=VALUE")]
    pub(crate) variables: Vec<String>,
    /// A name for this run: the same again follows the task that is there, and starts no second one
    #[arg(long, value_name = "NAME")]
    pub(crate) token: Option<String>,
    /// How long it may take, such as `30m`; then it is stopped
    #[arg(long, value_name = "DURATION", default_value = "30m")]
    pub(crate) timeout: String,
    /// Another command than the image's own; in a job it needs a grant of its own
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Which services.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetArgs {
    /// ARN, CLUSTER/SERVICE or local/NAME [default: BAWS_CI_SERVICE, else what .backstage/*.yaml or
    /// .awsdeployment/providers/*.properties name]
    #[arg(value_name = "SERVICE")]
    pub(crate) services: Vec<String>,
    /// The same, as a flag; may be repeated
    #[arg(long = "service", value_name = "SERVICE")]
    pub(crate) more_services: Vec<String>,
    /// Name or ARN of the cluster, for services given by their names alone
    #[arg(long, value_name = "CLUSTER")]
    pub(crate) cluster: Option<String>,
    /// [default: AWS_REGION, else AWS_DEFAULT_REGION]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Twelve digits [default: AWS_ACCOUNT]
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,
    /// Environment of the platform, by which the repository's files are read [default: BAWS_CI_ENVIRONMENT, else
    /// OPA_CI_ENVIRONMENT, else CI_ENVIRONMENT_NAME]
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// Provider of that environment
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// Properties file [default: PROVIDER_PROPS_FILE, else .awsdeployment/providers/*.properties]
    #[arg(long, value_name = "FILE")]
    pub(crate) properties: Option<PathBuf>,
    /// Catalog file [default: BACKSTAGE_ENTITY_FILE, else .backstage/*.yaml]
    #[arg(long, value_name = "FILE")]
    pub(crate) catalog: Option<PathBuf>,
    /// `local`: a container on this machine's engine in place of an ECS service
    #[arg(long = "target", value_enum, default_value = "ecs")]
    pub(crate) kind: TargetKind,
}

/// How long to wait, and what to do where it does not go well.
#[derive(Debug, Args)]
#[command(next_help_heading = "Waiting")]
pub(crate) struct WaitArgs {
    /// End with the update: nothing is verified
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// What to wait for
    #[arg(
        long,
        value_enum,
        default_value = "completed",
        conflicts_with = "no_wait"
    )]
    pub(crate) until: UntilArg,
    /// How long, such as `20m`; the deployment goes on all the same
    #[arg(long, value_name = "DURATION", default_value = "30m")]
    pub(crate) timeout: String,
    /// When the deployment fails and ECS does not roll it back
    #[arg(long, value_enum, default_value = "leave")]
    pub(crate) on_failure: RollbackArg,
    /// When the time is over
    #[arg(long, value_enum, default_value = "leave")]
    pub(crate) on_timeout: RollbackArg,
    /// When other digests run than were wanted
    #[arg(long, value_enum, default_value = "leave")]
    pub(crate) on_mismatch: RollbackArg,
    /// When the deployment pauses at a hook
    #[arg(long, value_enum, default_value = "wait")]
    pub(crate) on_pause: OnPauseArg,
    /// When a newer deployment takes the place of this one: go on with it where it carries the same digest, or fail
    #[arg(long, value_enum, default_value = "follow")]
    pub(crate) superseded: SupersededArg,
    /// Where nobody tells digests, count the end as good all the same
    #[arg(long)]
    pub(crate) accept_unverified: bool,
}

/// Where the result goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ReportArgs {
    /// Print the result as JSON on stdout
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the result as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write DEPLOY_STATUS, DEPLOY_DIGEST, ENVIRONMENT_URL and others, for `artifacts:reports:dotenv`
    #[arg(long, value_name = "FILE")]
    pub(crate) dotenv: Option<PathBuf>,
    /// Write a picture of the rollout, `.html` or `.svg`
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Tell only the end
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum TargetKind {
    Ecs,
    Local,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum StrategyArg {
    Restart,
    Pin,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum UntilArg {
    Completed,
    Healthy,
    Started,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum IfBusyArg {
    Proceed,
    Wait,
    Fail,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RollbackArg {
    Leave,
    Rollback,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OnPauseArg {
    Wait,
    Exit,
    Continue,
    Rollback,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SupersededArg {
    Follow,
    Fail,
}
