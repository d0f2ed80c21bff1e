//! Flags of everything that calls GitLab's API.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct GitlabArgs {
    /// GitLab's address [default: `url` in `[gitlab]` of the settings, else CI_SERVER_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) gitlab: Option<String>,
    /// File with the token for GitLab [default: `token_file` of the settings, else GITLAB_TOKEN, else `token_secret` of the
    /// settings]
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}
