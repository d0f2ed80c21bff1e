//! The command line of `auth`.

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum AuthCommand {
    /// Tell who this is: for AWS, and in a job for the host
    Whoami(AuthWhoamiArgs),
    /// Tell which role the host takes for a job's work, by which rule and why, and try to take it
    Explain(Box<AuthExplainArgs>),
    /// Print keys of AWS: the caller's own; in a job those of its role, where a grant allows that
    Credentials(AuthCredentialsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AuthWhoamiArgs {
    /// Which region's AWS is asked [default: AWS_REGION]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// What the role is for.
#[derive(Debug, Args)]
pub(crate) struct AuthWorkArgs {
    /// A service's ARN, or a repository of ECR; in place of account and region
    #[arg(value_name = "SERVICE|REPOSITORY")]
    pub(crate) work: Option<String>,
    /// Twelve digits [default: AWS_ACCOUNT]
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "work")]
    pub(crate) account: Option<String>,
    /// [default: AWS_REGION]
    #[arg(long, value_name = "REGION", conflicts_with = "work")]
    pub(crate) region: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AuthExplainArgs {
    #[command(flatten)]
    pub(crate) work: AuthWorkArgs,
    /// Outside a job: suppose one of this project
    #[arg(long, value_name = "PATH")]
    pub(crate) project: Option<String>,
    /// Suppose this branch
    #[arg(
        long,
        value_name = "NAME",
        default_value = "main",
        requires = "project"
    )]
    pub(crate) branch: String,
    /// Suppose this git tag in place of a branch
    #[arg(long, value_name = "NAME", requires = "project")]
    pub(crate) tag: Option<String>,
    /// Suppose that the ref is not protected
    #[arg(long, requires = "project")]
    pub(crate) unprotected: bool,
    /// Suppose an ID token that names this environment
    #[arg(long, value_name = "NAME", requires = "project")]
    pub(crate) environment: Option<String>,
    /// Suppose an ID token of a direct member of this group; may be repeated
    #[arg(long = "member-of", value_name = "GROUP", requires = "project")]
    pub(crate) member_of: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AuthCredentialsArgs {
    #[command(flatten)]
    pub(crate) work: AuthWorkArgs,
    /// What they are printed as
    #[arg(long, value_enum, default_value = "process")]
    pub(crate) format: FormatArg,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum FormatArg {
    /// JSON for `credential_process` of a profile
    Process,
    /// Lines for a shell
    Env,
    /// JSON as a container's credentials endpoint answers
    Container,
}
