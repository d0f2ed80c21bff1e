//! The command line of `template`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum TemplateCommand {
    /// Tell what is wrong with pipeline files, as GitLab reads them; needs no GitLab
    Lint(LintArgs),
    /// List the templates that this program carries
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Tell what a template takes, and which jobs it makes
    Show {
        /// The kind, such as nodejs
        kind: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the .gitlab-ci.yml that a repository of this kind receives
    Render(RenderArgs),
}

#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Pipeline files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long, conflicts_with = "merged")]
    pub(crate) json: bool,
    /// Print the merged pipeline
    #[arg(long)]
    pub(crate) merged: bool,
    /// Write a report for `artifacts:reports:codequality` to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) code_quality: Option<PathBuf>,
    /// The project's directory, where `include: local` begins [default: the repository that a file stands in]
    #[arg(long, value_name = "DIR")]
    pub(crate) project: Option<PathBuf>,
    /// Warnings, too, end with an error
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) elsewhere: ElsewhereArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    /// The kind, such as nodejs
    pub(crate) kind: String,
    /// Set an input of the template; may be repeated
    #[arg(long = "input", value_name = "NAME=VALUE")]
    pub(crate) inputs: Vec<String>,
    /// The project that holds the templates in GitLab
    #[arg(
        long,
        value_name = "GROUP/PROJECT",
        default_value = "platform/pipeline-templates"
    )]
    pub(crate) project: String,
    /// The tag, branch or commit to include [default: the version of the templates of this program]
    #[arg(long = "ref", value_name = "REF")]
    pub(crate) reference: Option<String>,
    /// Include it as a CI/CD component
    #[arg(long)]
    pub(crate) component: bool,
    /// Print the whole pipeline, without any include
    #[arg(long, conflicts_with = "component")]
    pub(crate) merged: bool,
}

/// What a pipeline is made of beside its own files.
#[derive(Debug, Args)]
pub(crate) struct ElsewhereArgs {
    /// Where an included project is on this machine, as GROUP/PROJECT=DIRECTORY; a remote file as URL=FILE
    #[arg(long = "map", value_name = "PROJECT=DIR")]
    pub(crate) maps: Vec<String>,
    /// Set an input of the pipeline (`spec:inputs`); may be repeated
    #[arg(long = "input", value_name = "NAME=VALUE")]
    pub(crate) inputs: Vec<String>,
}
