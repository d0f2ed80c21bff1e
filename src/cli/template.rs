//! The command line of `template`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum TemplateCommand {
    /// Tell what is wrong with pipeline files, as GitLab reads them; needs no GitLab
    Lint(LintArgs),
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
    /// Warnings, too, end with an error
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) elsewhere: ElsewhereArgs,
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
