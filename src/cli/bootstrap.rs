//! The command line of `bootstrap-repo`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::GitlabArgs;

/// Make an application's repository ready: project, pipeline, variables, protection, catalog file
///
/// May be run again at any time: it does what is still to do, and goes on where it was interrupted. A project that is
/// somebody else's is refused and not touched.
#[derive(Debug, Args)]
pub(crate) struct BootstrapArgs {
    /// The project, with its group
    #[arg(value_name = "GROUP/NAME")]
    pub(crate) project: Option<String>,
    /// Read what is wanted from this file (YAML or JSON, ours or Backstage's values); `-` reads stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// The kind of application, such as nodejs
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Who owns it in Backstage, such as group:default/shop
    #[arg(long, value_name = "REF")]
    pub(crate) owner: Option<String>,
    /// What it is, in a sentence
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// private, internal or public [default: internal]
    #[arg(long, value_name = "WORD")]
    pub(crate) visibility: Option<String>,
    /// Set an input of the template; may be repeated
    #[arg(long = "input", value_name = "NAME=VALUE")]
    pub(crate) inputs: Vec<String>,
    /// An environment, with its tier if its name does not tell; may be repeated
    #[arg(long = "environment", value_name = "NAME[=TIER]")]
    pub(crate) environments: Vec<String>,
    /// The project that holds the templates [default: `templates` in `[gitlab]` of the settings, else platform/pipeline-templates]
    #[arg(long, value_name = "GROUP/PROJECT")]
    pub(crate) templates: Option<String>,
    /// Which version of the templates [default: that of this program]
    #[arg(long, value_name = "VERSION")]
    pub(crate) templates_version: Option<String>,
    /// Include the template as a CI/CD component
    #[arg(long)]
    pub(crate) component: bool,
    /// Which of the platform's two shapes the catalog file has
    #[arg(long, value_enum, value_name = "WORD")]
    pub(crate) revision: Option<RevisionArg>,
    /// Region of the secret that keeps the access token [default: AWS_REGION]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Take over a project that is there already: what is in it stays, what is missing is added
    #[arg(long)]
    pub(crate) adopt: bool,
    /// Tell what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON object, also about an error
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) gitlab: GitlabArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RevisionArg {
    /// May 2023, prefix baws: annotations in the catalog file
    First,
    /// September 2024, prefix opa: metadata.appData in the catalog file
    Second,
}
