//! The command line of `doctor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{GitlabArgs, RevisionArg};

/// Say what is wrong with this host, GitLab and the platform's part of AWS, and how it is mended
///
/// Looks at all three, or at those that are named, and changes nothing without --fix. The platform itself is looked at where
/// `[platform]` of the settings or --revision says which of its two shapes it has.
///
/// Exit codes: 0 nothing to mend (there may be warnings); where all faults are of one kind 3 (forbidden), 4 (missing), 12
/// (unreachable) or 14 (wrong); of several kinds 14.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// What to look at [default: all]
    #[arg(value_enum, value_name = "AREA")]
    pub(crate) areas: Vec<AreaArg>,
    /// Which of the platform's two shapes [default: `revision` in `[platform]` of the settings]
    #[arg(long, value_enum, value_name = "WORD")]
    pub(crate) revision: Option<RevisionArg>,
    /// What the platform's names begin with [default: `prefix` of the settings, else baws or opa]
    #[arg(long, value_name = "WORD")]
    pub(crate) prefix: Option<String>,
    /// An environment provider of the second revision; may be repeated [default: `providers` of the settings]
    #[arg(long = "provider", value_name = "NAME")]
    pub(crate) providers: Vec<String>,
    /// An application's repository in ECR; may be repeated; beside those of the settings and of grants
    #[arg(long = "repository", value_name = "NAME")]
    pub(crate) repositories: Vec<String>,
    /// Region of the platform [default: `region` in `[platform]` of the settings, else AWS_REGION]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    #[command(flatten)]
    pub(crate) gitlab: GitlabArgs,
    /// Where the host's files are
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub(crate) root: PathBuf,
    /// gitlab-runner's own file [default: etc/gitlab-runner/config.toml below --root]
    #[arg(long, value_name = "FILE")]
    pub(crate) runner_config: Option<PathBuf>,
    /// Mend what is this program's own and safe: the state directory, the metadata guard, the units; then look again
    #[arg(long)]
    pub(crate) fix: bool,
    /// Show also what is good
    #[arg(long)]
    pub(crate) all: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AreaArg {
    /// The engine, disk, clock, guard, proxy, names, gitlab-runner's files
    Host,
    /// Version, token, groups, reference repository, grants
    Gitlab,
    /// Parameters, key, tables, secrets, roles, repositories, what runs
    Aws,
}
