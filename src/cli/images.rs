//! The command line of `images`.

use clap::{Args, Subcommand};

/// What this host keeps for the next job: images, kept volumes, the build cache
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ImagesArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ImagesCommand>,
    /// Only what this project used
    #[arg(long, value_name = "PATH")]
    pub(crate) project: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImagesCommand {
    /// Remove what was used longest ago, until the rest fits the budget; never what is in use
    Collect(CollectArgs),
    /// Fetch images in advance
    Warm(WarmArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CollectArgs {
    /// What may stay, such as 60g [default: `budget` in `[cache]` of the settings]
    #[arg(long, value_name = "SIZE")]
    pub(crate) budget: Option<String>,
    /// Print what would be removed, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WarmArgs {
    /// Images to fetch [default: `warm` in `[cache]` of the settings]
    #[arg(value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
}
