//! The command line of `template`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::GitlabArgs;

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
    /// Put the templates, and what belongs beside them, into the reference repository: one commit and a tag
    Publish(PublishArgs),
    /// Bring repositories to a version of the templates, by merge requests, wave by wave
    Sync(SyncArgs),
    /// Show what an update would change in repositories
    Diff(DiffArgs),
    /// Tell which repositories are not as their templates made them; exit code 14 if any
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// The reference repository; it is made if it is not there [default: `templates` in `[gitlab]` of the settings, else
    /// platform/pipeline-templates]
    #[arg(long, value_name = "GROUP/PROJECT")]
    pub(crate) project: Option<String>,
    /// Templates of your own, in a directory like `pipeline-templates` [default: those of this program]
    #[arg(long, value_name = "DIR")]
    pub(crate) templates: Option<PathBuf>,
    /// What else belongs there: the portal's entities, software templates and boilerplates (catalog/, templates/, common/)
    #[arg(long, value_name = "DIR")]
    pub(crate) from: Option<PathBuf>,
    /// What `{{ aws-account }}` and `{{ awsAccount }}` stand for in *.yaml of --from
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: Option<String>,
    /// What `{{ gitlab_hostname }}` stands for in *.yaml of --from [default: the host of GitLab's address]
    #[arg(long, value_name = "HOST")]
    pub(crate) hostname: Option<String>,
    /// Tell what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) gitlab: GitlabArgs,
}

/// Which repositories.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct FleetArgs {
    /// All repositories of this group and of the groups in it that were made by `bootstrap-repo`; may be repeated
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    /// This repository; may be repeated
    #[arg(long = "repository", value_name = "GROUP/NAME")]
    pub(crate) repositories: Vec<String>,
}

/// Whose templates.
#[derive(Debug, Args)]
pub(crate) struct TemplatesArgs {
    /// The project that holds the templates [default: `templates` in `[gitlab]` of the settings, else platform/pipeline-templates]
    #[arg(long, value_name = "GROUP/PROJECT")]
    pub(crate) templates: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
    #[command(flatten)]
    pub(crate) templates: TemplatesArgs,
    /// The version to bring them to; an older one takes them back [default: the newest that is published]
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<String>,
    /// A repository to try it on before all others, beside those with the topic baws-canary; may be repeated
    #[arg(long = "canary", value_name = "GROUP/NAME")]
    pub(crate) canaries: Vec<String>,
    /// No waves
    #[arg(long)]
    pub(crate) all_at_once: bool,
    /// Open at most so many merge requests
    #[arg(long, value_name = "COUNT")]
    pub(crate) most: Option<usize>,
    /// Also where a merge request for this version was closed
    #[arg(long)]
    pub(crate) again: bool,
    /// Show what would be changed, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) gitlab: GitlabArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
    #[command(flatten)]
    pub(crate) templates: TemplatesArgs,
    /// The version to compare with [default: the newest that is published]
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) gitlab: GitlabArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// A work tree, which needs no GitLab
    #[arg(value_name = "DIR", default_value = ".", conflicts_with_all = ["groups", "repositories"])]
    pub(crate) directory: PathBuf,
    /// All repositories of this group and of the groups in it; may be repeated
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    /// This repository; may be repeated
    #[arg(long = "repository", value_name = "GROUP/NAME")]
    pub(crate) repositories: Vec<String>,
    #[command(flatten)]
    pub(crate) templates: TemplatesArgs,
    /// Of a work tree: the version that could be had
    #[arg(long, value_name = "VERSION")]
    pub(crate) newest: Option<String>,
    /// Pass over a kind of drift (missing, modified, outdated, unmanaged, orphan); may be repeated
    #[arg(long = "except", value_name = "KIND")]
    pub(crate) except: Vec<String>,
    /// With the last pipeline and the open merge request of each
    #[arg(long)]
    pub(crate) full: bool,
    /// Write a page about them to this file; means --full
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) gitlab: GitlabArgs,
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
