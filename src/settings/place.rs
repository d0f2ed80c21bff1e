//! Where the settings stand.

use std::path::{Path, PathBuf};

use crate::env::Var;

/// Where the settings stand when neither flag nor variable names a file.
pub(crate) const DEFAULT_PATH: &str = "/etc/baws-ci/config.toml";

/// The file that somebody named, by the flag or the variable.
pub(crate) fn named(flag: Option<&Path>) -> Option<PathBuf> {
    flag.map(Path::to_owned).or_else(|| Var::Config.path())
}
