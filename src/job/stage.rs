//! The sub-stages of `executor run`, and which of the two containers each one belongs to.

use std::fmt::{self, Display};

/// A sub-stage, by the name the runner passes. Names not known yet are kept: the runner may grow new ones.
///
/// Source: gitlab-runner `common/build.go`, `shells/abstract.go`; `clear_worktree` is missing from upstream's own list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stage {
    name: String,
}

/// Where a stage runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The helper container: the runner's own work (sources, cache, artifacts).
    Helper,
    /// The build container: the job's image.
    Build,
}

impl Stage {
    pub(crate) fn new(name: &str) -> Self {
        Stage {
            name: name.to_owned(),
        }
    }

    /// User stages are the script, its further steps and `after_script`; everything else, also what is unknown, is the
    /// runner's own.
    pub(crate) fn place(&self) -> Place {
        match self.name.as_str() {
            "build_script" | "after_script" => Place::Build,
            name if name.starts_with("step_") => Place::Build,
            _ => Place::Helper,
        }
    }

    /// The stages that lay down a job's sources, into whatever an earlier job has left.
    pub(crate) fn lays_down_sources(&self) -> bool {
        self.name == "prepare_script" || self.name == "get_sources"
    }

    /// The stages whose files the script works with.
    pub(crate) fn fills_the_project(&self) -> bool {
        matches!(
            self.name.as_str(),
            "get_sources" | "restore_cache" | "download_artifacts"
        )
    }

    /// The runner's last stage in the helper: removes file variables and the configuration that holds the token.
    pub(crate) fn removes_secrets(&self) -> bool {
        self.name == "cleanup_file_variables"
    }
}

impl Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_stages_run_in_the_build_container_and_all_others_in_the_helper() {
        for name in [
            "build_script",
            "step_script",
            "step_release",
            "step_a11y scan/1",
            "after_script",
        ] {
            assert_eq!(Stage::new(name).place(), Place::Build, "{name}");
        }
        for name in [
            "prepare_script",
            "get_sources",
            "clear_worktree",
            "archive_cache_on_failure",
            "not_invented_yet",
        ] {
            assert_eq!(Stage::new(name).place(), Place::Helper, "{name}");
        }
    }
}
