//! Every environment variable the program reads: its name, its meaning, its source. The only reader of the environment.
//!
//! Refuses to hand out job variables without their prefix: `CUSTOM_ENV_*` is written by the job's author and must never
//! be taken for one of the program's own variables (`CUSTOM_ENV_DOCKER_HOST` is not `DOCKER_HOST`).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// A variable read by its plain name. Source: whoever starts the program (operator, shell or gitlab-runner).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Var {
    /// Settings file, when `--config` is not given.
    Config,
    /// Where the Docker engine listens, when `[docker] host` is not set: `unix:///path` or `tcp://host:port`.
    DockerHost,
    /// Set to anything: no colour. Source: <https://no-color.org>.
    NoColor,
    /// The job as JSON. Source: gitlab-runner, `executors/custom/custom.go`.
    JobResponseFile,
    /// Exit code that means "the job's own fault". Source: gitlab-runner, `executors/custom/custom.go`.
    BuildFailureExitCode,
    /// Exit code that means "not the job's fault". Source: gitlab-runner, `executors/custom/custom.go`.
    SystemFailureExitCode,
    /// Takes the script's exact status. Source: gitlab-runner 17.9 and later.
    BuildExitCodeFile,
    /// Where the user's own state lives when not root. Source: XDG base directory specification.
    XdgStateHome,
    /// The user's home directory.
    Home,
    /// Set by `local` for the stages it drives: the job is the caller's own, on the caller's machine.
    DrivenByLocal,
}

impl Var {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Var::Config => "BAWS_CI_CONFIG",
            Var::DockerHost => "DOCKER_HOST",
            Var::NoColor => "NO_COLOR",
            Var::JobResponseFile => "JOB_RESPONSE_FILE",
            Var::BuildFailureExitCode => "BUILD_FAILURE_EXIT_CODE",
            Var::SystemFailureExitCode => "SYSTEM_FAILURE_EXIT_CODE",
            Var::BuildExitCodeFile => "BUILD_EXIT_CODE_FILE",
            Var::XdgStateHome => "XDG_STATE_HOME",
            Var::Home => "HOME",
            Var::DrivenByLocal => "BAWS_CI_DRIVEN_BY_LOCAL",
        }
    }

    /// The value, or `None` where unset or empty; bytes that are not UTF-8 are replaced.
    pub(crate) fn text(self) -> Option<String> {
        self.os().map(|value| value.to_string_lossy().into_owned())
    }

    pub(crate) fn path(self) -> Option<PathBuf> {
        self.os().map(PathBuf::from)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one reader of the environment"
    )]
    fn os(self) -> Option<OsString> {
        std::env::var_os(self.name()).filter(|value| !value.is_empty())
    }
}

/// The job's variables as the runner expanded them, without the `CUSTOM_ENV_` prefix. File variables hold their content.
///
/// Hostile: any name and value may have been chosen by the job's author (a job may even set `CI_JOB_ID`).
/// Source: gitlab-runner, `executors/custom/command/command.go`.
#[expect(
    clippy::disallowed_methods,
    reason = "the one reader of the environment"
)]
pub(crate) fn job_variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name
                .to_string_lossy()
                .strip_prefix("CUSTOM_ENV_")?
                .to_owned();
            Some((name, value.to_string_lossy().into_owned()))
        })
        .collect()
}

/// One of the job's variables; see [`job_variables`] for how little it can be trusted.
#[expect(
    clippy::disallowed_methods,
    reason = "the one reader of the environment"
)]
pub(crate) fn job_variable(name: &str) -> Option<String> {
    std::env::var_os(format!("CUSTOM_ENV_{name}")).map(|value| value.to_string_lossy().into_owned())
}

/// The search path of this process, for the agent that extends it for the shells it starts.
#[expect(
    clippy::disallowed_methods,
    reason = "the one reader of the environment"
)]
pub(crate) fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}
