//! The command line of `completions` and `manual`: what is made of these very definitions.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Print what completes this program's commands and options in a shell
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    pub(crate) shell: ShellArg,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ShellArg {
    /// For /usr/share/bash-completion/completions/baws-ci
    Bash,
    /// For a directory of $fpath, as _baws-ci
    Zsh,
    /// For ~/.config/fish/completions/baws-ci.fish
    Fish,
}

/// Write the manual's pages into a directory, one for each command
#[derive(Debug, Args)]
pub(crate) struct ManualArgs {
    /// It is made where it is missing
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}
