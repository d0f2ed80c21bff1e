//! The command line: names, flags and their help. Rooms never see these types.
//!
//! Read next: `dispatch`, which turns each command into one call of a room.

mod audit;
mod auth;
mod bootstrap;
mod deploy;
mod doctor;
mod gitlab;
mod image;
mod images;
mod provision;
mod report;
mod runner;
mod template;
mod words;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use audit::{AuditCommand, AuditListArgs};
pub(crate) use auth::{AuthCommand, AuthExplainArgs, AuthWorkArgs, FormatArg};
pub(crate) use bootstrap::{BootstrapArgs, RevisionArg};
pub(crate) use deploy::{
    DeployArgs, IfBusyArg, OnPauseArg, ReportArgs, RestartArgs, RollbackArg, RollbackArgs,
    RunTaskArgs, StartArgs, StatusArgs, StopArgs, StrategyArg, SupersededArg, TargetArgs,
    TargetKind, UntilArg, WaitArgs,
};
pub(crate) use doctor::{AreaArg, DoctorArgs};
pub(crate) use gitlab::GitlabArgs;
pub(crate) use image::{BuildArgs, CompressionArgs, GateArgs, OutputArgs, PromoteArgs, PushArgs};
pub(crate) use images::{CollectArgs, ImagesArgs, ImagesCommand, WarmArgs};
pub(crate) use provision::{
    ProvisionCatalogArgs, ProvisionCommand, ProvisionExecutionArgs, ProvisionFollowArgs,
    ProvisionMachineArgs, ProvisionOrderArgs, ProvisionOutputsArgs, ProvisionReportArgs,
    ProvisionStartArgs, ProvisionStatusArgs, ProvisionStopArgs, ProvisionWaitArgs,
    ProvisionWhoArgs,
};
pub(crate) use report::JobReportArgs;
pub(crate) use runner::{
    DrainArgs, InstallArgs, RegisterArgs, RunnerCommand, RunnerStatusArgs, UninstallArgs,
};
pub(crate) use template::{
    CheckArgs, DiffArgs, ElsewhereArgs, FleetArgs, LintArgs, PublishArgs, RenderArgs, SyncArgs,
    TemplateCommand,
};
pub(crate) use words::{CompletionsArgs, ManualArgs, ShellArg};

/// Runs GitLab jobs in containers that get no privilege, no Docker socket and no AWS key
#[derive(Debug, Parser)]
#[command(
    name = "baws-ci",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// Settings file [default: BAWS_CI_CONFIG, else /etc/baws-ci/config.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The stages of a job, called by gitlab-runner (`executor = "custom"`)
    #[command(subcommand)]
    Executor(ExecutorCommand),
    /// Run this work tree's pipeline on this machine, uncommitted changes included
    Local(LocalArgs),
    Build(Box<BuildArgs>),
    Push(PushArgs),
    Promote(PromoteArgs),
    Images(ImagesArgs),
    Deploy(Box<DeployArgs>),
    Restart(Box<RestartArgs>),
    Start(Box<StartArgs>),
    Stop(Box<StopArgs>),
    Rollback(Box<RollbackArgs>),
    Status(Box<StatusArgs>),
    RunTask(Box<RunTaskArgs>),
    /// Pipeline files and the templates they are made of
    #[command(subcommand)]
    Template(TemplateCommand),
    BootstrapRepo(Box<BootstrapArgs>),
    /// Resources of an application, by the platform's state machine
    #[command(subcommand)]
    Provision(ProvisionCommand),
    /// This host as a runner of GitLab
    #[command(subcommand)]
    Runner(RunnerCommand),
    Doctor(Box<DoctorArgs>),
    /// Roles and identities
    #[command(subcommand)]
    Auth(AuthCommand),
    /// The platform's audit trail
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The operator's settings
    #[command(subcommand)]
    Settings(SettingsCommand),
    Completions(CompletionsArgs),
    Manual(ManualArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExecutorCommand {
    /// Print what the runner has to know, as JSON
    Config,
    /// Pull the images, start the job's containers and services
    Prepare,
    /// Start the build container; called by `prepare`
    #[command(hide = true)]
    Start,
    /// Run one script of the job
    Run {
        /// The script, as gitlab-runner wrote it
        script: PathBuf,
        /// The sub-stage it belongs to, such as get_sources or build_script
        stage: String,
    },
    /// Remove everything that belongs to the job
    Cleanup,
    /// Print what a recorded job would be given, or why it is refused; touches no engine
    Explain {
        /// A job as the runner writes it to JOB_RESPONSE_FILE
        #[arg(value_name = "JOB.json")]
        job: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Tell of this host's jobs: how they ended, where time went, what failed; from its records
    Report(JobReportArgs),
    /// Keep containers from the instance's metadata from now on; for the start of the host
    Guard,
    /// Remove what dead jobs left behind; never a live job's
    Sweep {
        /// Print what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct LocalArgs {
    /// Jobs to run, with what they need; all jobs when none is named
    pub(crate) jobs: Vec<String>,
    /// List the jobs and what they need, and run nothing
    #[arg(long)]
    pub(crate) list: bool,
    /// Say why a job would run, or why not, and run nothing
    #[arg(long, value_name = "JOB", conflicts_with_all = ["jobs", "list", "shell"])]
    pub(crate) explain: Option<String>,
    /// What starts the pipeline: push, merge_request, tag, schedule, web, api or trigger
    #[arg(long, value_name = "EVENT", default_value = "push")]
    pub(crate) event: String,
    /// Set a variable, as a pipeline variable of GitLab; may be repeated
    #[arg(long = "var", value_name = "KEY=VALUE")]
    pub(crate) variables: Vec<String>,
    #[command(flatten)]
    pub(crate) elsewhere: ElsewhereArgs,
    /// Run at most so many jobs at the same time [default: the processors, at most 4]
    #[arg(long, short = 'j', value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) parallel: Option<u8>,
    /// With --list: write a picture of the pipeline to this file
    #[arg(long, value_name = "FILE", requires = "list")]
    pub(crate) svg: Option<PathBuf>,
    /// With --list: print one JSON object
    #[arg(long, requires = "list")]
    pub(crate) json: bool,
    /// When a job fails, open a shell in its build container before it is removed
    #[arg(long)]
    pub(crate) shell: bool,
    /// The pipeline file
    #[arg(long, value_name = "FILE", default_value = ".gitlab-ci.yml")]
    pub(crate) file: PathBuf,
    /// Run one job from a payload, as GitLab's coordinator sends it, in place of a pipeline
    #[arg(long, value_name = "FILE", conflicts_with_all = ["jobs", "list", "file", "variables", "explain", "event", "maps", "inputs", "json", "parallel"])]
    pub(crate) payload: Option<PathBuf>,
    /// With --payload: where the artifacts of earlier jobs stand, as <job id>.tar
    #[arg(long, value_name = "DIR", requires = "payload")]
    pub(crate) artifacts_in: Option<PathBuf>,
    /// With --payload: where the job's artifacts go, as <index>.tar
    #[arg(long, value_name = "DIR", requires = "payload")]
    pub(crate) artifacts_out: Option<PathBuf>,
    /// With --payload: where the result goes, as JSON
    #[arg(long, value_name = "FILE", requires = "payload")]
    pub(crate) result: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// Print the settings in force
    Show,
    /// Tell every key, its type, its default and its meaning
    Explain,
    /// Turn the docker section of a gitlab-runner's configuration into settings, and list what is dropped and why
    Import {
        /// The runner's configuration, such as /etc/gitlab-runner/config.toml
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Of several runners the one of this name; the first with a docker section when none is named
        #[arg(long, value_name = "NAME")]
        runner: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
