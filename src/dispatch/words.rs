//! `completions` and `manual`: the definitions of the command line, told to shells and to `man`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::{Cli, CompletionsArgs, ManualArgs, ShellArg};
use crate::error::{Error, Result};
use crate::output::Output;

const NAME: &str = "baws-ci";
/// clap_complete 4.6.12 (`aot/shells/bash.rs`) writes a program's hyphen in two ways, and then knows no command of it.
const PLAIN: &str = "baws_ci";

pub(super) fn completions(arguments: &CompletionsArgs, output: &Output) -> Result<()> {
    let shell = match arguments.shell {
        ShellArg::Bash => Shell::Bash,
        ShellArg::Zsh => Shell::Zsh,
        ShellArg::Fish => Shell::Fish,
    };
    let of = |name: &'static str| {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command().name(name), name, &mut script);
        String::from_utf8_lossy(&script).into_owned()
    };
    output.data(match arguments.shell {
        ShellArg::Bash => of(PLAIN).replace(&format!(" {PLAIN}\n"), &format!(" {NAME}\n")),
        ShellArg::Zsh | ShellArg::Fish => of(NAME),
    });
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
