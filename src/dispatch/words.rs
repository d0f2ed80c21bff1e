//! `completions` and `manual`: the definitions of the command line, told to shells and to `man`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::{Cli, CompletionsArgs, ManualArgs, ShellArg};
use crate::error::{Error, Result};
use crate::output::Output;

const NAME: &str = "baws-ci";

pub(super) fn completions(arguments: &CompletionsArgs, output: &Output) -> Result<()> {
    let shell = match arguments.shell {
        ShellArg::Bash => Shell::Bash,
        ShellArg::Zsh => Shell::Zsh,
        ShellArg::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    output.data(String::from_utf8_lossy(&script).into_owned());
    Ok(())
}

pub(super) fn manual(arguments: &ManualArgs, output: &Output) -> Result<()> {
    let dir = &arguments.dir;
    let failed = |error| {
        Error::usage(format!("cannot write pages into `{}`", dir.display())).caused_by(error)
    };
    std::fs::create_dir_all(dir).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), dir).map_err(failed)?;
    output.status(format!("Wrote the manual's pages into `{}`", dir.display()));
    Ok(())
}
