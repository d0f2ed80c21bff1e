//! The command line of `runner`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::GitlabArgs;

/// That stopping the runner waits for its jobs.
const DRAIN_SECS: u64 = 7200;
/// Between two sweeps.
const SWEEP_MINUTES: u32 = 10;

/// This host as a runner of GitLab
#[derive(Debug, Subcommand)]
pub(crate) enum RunnerCommand {
    Register(Box<RegisterArgs>),
    Install(InstallArgs),
    Uninstall(UninstallArgs),
    Drain(DrainArgs),
    Status(RunnerStatusArgs),
}

/// Make a runner in GitLab, or keep the one that is there, and write it into gitlab-runner's config.toml
///
/// The runner is made with the token for GitLab's API (scope `create_runner`, or `api`); its own token goes into config.toml and
/// nowhere else. What the file says of other runners stays, comments included. Running it again changes nothing, and goes on
/// where a run before was ended.
#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    #[command(flatten)]
    pub(crate) gitlab: GitlabArgs,
    /// Name of the runner [default: `baws-ci on HOST`]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Take the jobs of this group only [default: of the whole GitLab]
    #[arg(long, value_name = "PATH", conflicts_with = "project")]
    pub(crate) group: Option<String>,
    /// Take the jobs of this project only
    #[arg(long, value_name = "PATH")]
    pub(crate) project: Option<String>,
    /// Tags of the jobs it takes
    #[arg(long, value_name = "TAG,…", value_delimiter = ',')]
    pub(crate) tags: Vec<String>,
    /// Take jobs without tags too [default: where it has no tags]
    #[arg(long)]
    pub(crate) run_untagged: bool,
    /// Keep it from being lent to other projects
    #[arg(long)]
    pub(crate) locked: bool,
    /// Take jobs of protected branches and tags only
    #[arg(long)]
    pub(crate) protected: bool,
    /// Seconds that a job may take at most
    #[arg(long, value_name = "SECONDS")]
    pub(crate) maximum_timeout: Option<u64>,
    /// File with the token (glrt-…) of a runner that was made in GitLab by hand; none is made then
    #[arg(long, value_name = "FILE", conflicts_with_all = ["group", "project", "tags", "run_untagged", "locked", "protected", "maximum_timeout"])]
    pub(crate) runner_token_file: Option<PathBuf>,
    /// gitlab-runner's own file
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/gitlab-runner/config.toml"
    )]
    pub(crate) runner_config: PathBuf,
    /// Jobs at a time, of all runners in the file [default: as it is; 4 in a new one]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) concurrent: Option<u32>,
    /// The platform's secret: its `apiToken` (or `PAT`) is the token for GitLab, and `runnerId` is written into it
    #[arg(long, value_name = "NAME", conflicts_with = "token_file")]
    pub(crate) admin_secret: Option<String>,
    /// Region of that secret [default: AWS_REGION]
    #[arg(long, value_name = "REGION", requires = "admin_secret")]
    pub(crate) region: Option<String>,
    /// Remove the runner that the secret named before, once the new one is verified
    #[arg(long, requires = "admin_secret")]
    pub(crate) replace: bool,
    /// Do first what `baws-ci runner install` does, so that no job finds the host unprepared
    #[arg(long)]
    pub(crate) install: bool,
    /// With --install: have this helper image on the engine, and name it in the settings by its digest
    #[arg(long, value_name = "IMAGE", requires = "install")]
    pub(crate) helper_image: Option<String>,
    /// With --install: where there are no settings yet, take over those of this runner's docker section in gitlab-runner's file
    #[arg(long, value_name = "NAME", requires = "install")]
    pub(crate) import: Option<String>,
    /// With --install: drain by itself when this life-cycle hook of the host's Auto Scaling group waits
    #[arg(long, value_name = "NAME", requires = "install")]
    pub(crate) lifecycle_hook: Option<String>,
    /// Print what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Write what systemd, tmpfiles and logrotate have to know: draining when the runner stops, the sweep, the metadata guard at boot
///
/// Files that somebody changed are left alone and named. Where systemd runs, it is told; elsewhere the commands are printed.
#[derive(Debug, Args)]
pub(crate) struct InstallArgs {
    /// Where the host's files are, for making an image of one
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub(crate) root: PathBuf,
    /// Have this helper image on the engine, and name it in the settings by its digest
    #[arg(long, value_name = "IMAGE")]
    pub(crate) helper_image: Option<String>,
    /// Drain by itself when this life-cycle hook of the host's Auto Scaling group waits, and complete it then
    #[arg(long, value_name = "NAME")]
    pub(crate) lifecycle_hook: Option<String>,
    /// Seconds that stopping the runner waits for its jobs
    #[arg(long, value_name = "SECONDS", default_value_t = DRAIN_SECS, value_parser = clap::value_parser!(u64).range(60..))]
    pub(crate) drain_timeout: u64,
    /// Minutes between two sweeps
    #[arg(long, value_name = "MINUTES", default_value_t = SWEEP_MINUTES, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) sweep_every: u32,
    /// Print what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

impl InstallArgs {
    /// With nothing but the usual times.
    pub(crate) fn usual(root: &Path) -> Self {
        InstallArgs {
            root: root.to_owned(),
            helper_image: None,
            lifecycle_hook: None,
            drain_timeout: DRAIN_SECS,
            sweep_every: SWEEP_MINUTES,
            dry_run: false,
            json: false,
        }
    }

    /// As `register --install` has it.
    pub(crate) fn with(registering: &RegisterArgs) -> Self {
        InstallArgs {
            helper_image: registering.helper_image.clone(),
            lifecycle_hook: registering.lifecycle_hook.clone(),
            dry_run: registering.dry_run,
            ..InstallArgs::usual(Path::new("/"))
        }
    }
}

/// Remove what `install` wrote and nobody changed; the runner itself stays, in GitLab and in config.toml
#[derive(Debug, Args)]
pub(crate) struct UninstallArgs {
    /// Where the host's files are
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub(crate) root: PathBuf,
    /// Print what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Take this host out of work: no more jobs are taken, those that run come to their end, gitlab-runner ends
#[derive(Debug, Args)]
pub(crate) struct DrainArgs {
    /// gitlab-runner's own file
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/gitlab-runner/config.toml"
    )]
    pub(crate) runner_config: PathBuf,
    /// Seconds that jobs have for their end [default: as long as they take]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
    /// End the jobs that still run when the time is over
    #[arg(long, requires = "timeout")]
    pub(crate) end_jobs: bool,
    /// Keep this life-cycle hook of the host's Auto Scaling group waiting meanwhile, and complete it in the end
    #[arg(long, value_name = "NAME")]
    pub(crate) lifecycle_hook: Option<String>,
    /// Wait first until the instance's metadata say that it has to go: its group ends it, or AWS wants a spot instance back
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) when_leaving: bool,
    /// Print what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Tell whether this host takes jobs, and which run: gitlab-runner's process, its runners and their tokens, units, helper image
///
/// Ends with 0 where it takes jobs, with 16 where it was stopped or drains, and with 4 where it should take jobs and does not.
#[derive(Debug, Args)]
pub(crate) struct RunnerStatusArgs {
    /// gitlab-runner's own file
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/gitlab-runner/config.toml"
    )]
    pub(crate) runner_config: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
