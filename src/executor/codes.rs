//! The runner's two exit codes, and the file that carries a script's exact status.
//!
//! Source: gitlab-runner `executors/custom/command/command.go`; what it makes of each combination was recorded with 19.3.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::env::Var;
use crate::error::{Cause, Class, Error, Result};
use crate::job::by_hand;

/// The oldest gitlab-runner that reads BUILD_EXIT_CODE_FILE and sends the project's path.
pub(super) const OLDEST_RUNNER: (u32, u32) = (17, 9);

/// How a stage ended, as the runner is to hear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// The script's own status, not 0.
    Failed(u8),
    Cancelled,
}

#[derive(Clone, Debug)]
pub(crate) struct RunnerCodes {
    build: u8,
    system: u8,
    status_file: PathBuf,
}

impl RunnerCodes {
    /// # Errors
    /// `Usage` when the environment is not the runner's, or an older runner's.
    pub(crate) fn from_environment() -> Result<Self> {
        let code = |var: Var| {
            var.text()
                .and_then(|text| text.trim().parse::<u8>().ok())
                .filter(|code| *code > 0)
        };
        let (Some(build), Some(system)) = (
            code(Var::BuildFailureExitCode),
            code(Var::SystemFailureExitCode),
        ) else {
            return Err(by_hand());
        };
        let status_file = Var::BuildExitCodeFile
            .path()
            .ok_or_else(|| too_old("it does not set BUILD_EXIT_CODE_FILE"))?;
        Ok(RunnerCodes {
            build,
            system,
            status_file,
        })
    }

    pub(crate) fn system(&self) -> u8 {
        self.system
    }

    pub(crate) fn build(&self) -> ExitCode {
        ExitCode::from(self.build)
    }

    /// The code for a stage that could not do its work.
    pub(crate) fn of(&self, class: Class) -> ExitCode {
        match class {
            Class::Script(_) | Class::Refused => self.build(),
            // Only `prepare` ends so: a preparation whose time was over may be tried again.
            Class::Cancelled(_)
            | Class::Usage
            | Class::Denied
            | Class::Precondition
            | Class::Drift
            | Class::Ended(_)
            | Class::System => ExitCode::from(self.system),
        }
    }

    /// Forgets the status of an earlier stage: the runner would report it for this one.
    pub(crate) fn clear_status(&self) -> Result<()> {
        match std::fs::remove_file(&self.status_file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::system(format!(
                    "cannot clear the exit status file `{}`",
                    self.status_file.display()
                ))
                .caused_by(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Writes the script's status, whole or not at all.
    pub(crate) fn write_status(&self, status: u8) -> Result<()> {
        let part = self.status_file.with_extension("part");
        std::fs::write(&part, format!("{status}\n"))
            .and_then(|()| std::fs::rename(&part, &self.status_file))
            .map_err(|error| {
                Error::system(format!(
                    "cannot write the exit status file `{}`",
                    self.status_file.display()
                ))
                .caused_by(error)
            })
    }
}

/// Refuses a runner below [`OLDEST_RUNNER`]; an unreadable version (a development build) is let through.
pub(super) fn check_runner_version(version: Option<&str>) -> Result<()> {
    let Some(version) = version else {
        return Ok(());
    };
    let mut numbers = version
        .trim_start_matches('v')
        .split(['.', '-', '~'])
        .map(|part| part.parse::<u32>().ok());
    if let (Some(Some(major)), Some(Some(minor))) = (numbers.next(), numbers.next())
        && (major, minor) < OLDEST_RUNNER
    {
        return Err(too_old(&format!("it is version {version}")));
    }
    Ok(())
}

fn too_old(why: &str) -> Error {
    Error::usage("this gitlab-runner is too old for baws-ci")
        .caused_by(Cause::line(why))
        .hint(format!(
            "the operator of the runner installs gitlab-runner {}.{} or later",
            OLDEST_RUNNER.0, OLDEST_RUNNER.1
        ))
}

#[cfg(test)]
mod tests {
    use super::check_runner_version;

    #[test]
    fn runners_before_the_exit_code_file_are_refused() {
        for (version, fits) in [
            ("19.3.0", true),
            ("17.9.0", true),
            ("17.8.5", false),
            ("16.11.0", false),
            ("v17.10.0-rc1", true),
            ("development", true),
        ] {
            assert_eq!(
                check_runner_version(Some(version)).is_ok(),
                fits,
                "{version}"
            );
        }
    }
}
