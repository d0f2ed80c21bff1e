//! What `--fix` does: only what is this program's own, and safe. The rooms that do it are handed in by dispatch.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::finding::{Finding, Mend, State};
use crate::error::{Error, Result};

/// What can be mended, in the order in which that helps.
pub(crate) fn wanted(findings: &[Finding]) -> Vec<Mend> {
    let needed = |mend: &Mend| {
        let mut found = findings.iter();
        found.any(|one| one.mend == Some(*mend) && one.state != State::Ok)
    };
    let all = [Mend::StateDir, Mend::Guard, Mend::Units];
    all.into_iter().filter(needed).collect()
}

/// As the executor makes it.
///
/// # Errors
/// `System` where it cannot be made.
pub(crate) fn make_state_dir(dir: &Path) -> Result<()> {
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(dir);
    made.map_err(|error| {
        Error::system(format!(
            "cannot make the state directory `{}`",
            dir.display()
        ))
        .caused_by(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Kind;

    #[test]
    fn only_what_is_not_good_is_mended_and_once() {
        let of = |finding: Finding, mend| finding.mended_by(mend);
        let fault = || Finding::fault("host.x", Kind::Missing, "");
        let findings = [
            of(fault(), Mend::Guard),
            of(fault(), Mend::StateDir),
            of(Finding::ok("host.y", ""), Mend::Units),
            of(Finding::warning("host.z", ""), Mend::Guard),
        ];
        assert_eq!(wanted(&findings), [Mend::StateDir, Mend::Guard]);
    }
}
