//! The executor's directory: that it is there, can be written, runs programs, and leaves sockets room for their names.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{Host, disk};
use crate::doctor::finding::{Finding, Kind, Mend, Turn};

const CODE: &str = "host.state-dir";
/// A socket's path has 107 letters at most (unix(7)); below the directory a job's takes up to 60.
const LONGEST: usize = 47;

pub(super) fn findings(host: &Host<'_>) -> Vec<Finding> {
    let dir = match &host.state {
        Ok(dir) => dir,
        Err(error) => {
            let finding = Finding::fault(CODE, Kind::Wrong, error).turn(Turn::Host);
            let hints = error.hints().iter();
            return vec![hints.fold(finding, |finding, hint| finding.remedy(hint))];
        }
    };
    let own = decide(
        dir,
        std::fs::metadata(dir).map(|found| (found.is_dir(), found.mode())),
    );
    let mut findings = vec![own];
    let existing = dir.ancestors().find(|dir| dir.exists());
    if let Some(existing) = existing {
        findings.extend(disk::findings(disk::Which::State, existing, host.settings));
    }
    findings
}

/// `found`: whether it is a directory, and its mode.
fn decide(dir: &Path, found: std::io::Result<(bool, u32)>) -> Finding {
    let shown = dir.display();
    let wrong = |what: String| Finding::fault(CODE, Kind::Wrong, what).turn(Turn::Host);
    if dir.as_os_str().len() > LONGEST {
        let length = dir.as_os_str().len();
        return wrong(format!("the path of the state directory `{shown}` has {length} letters: sockets in it would have no room for their names"))
            .remedy(format!("set `[executor] state_dir` to a path of at most {LONGEST} letters"));
    }
    match found {
        Ok((true, mode)) if mode & 0o022 != 0 => wrong(format!(
            "others than its owner may write to the state directory `{shown}` (mode {:o}): programs that jobs run are in it",
            mode & 0o7777
        ))
        .remedy(format!("chmod go-w {shown}")),
        Ok((true, _)) => Finding::ok(CODE, format!("the state directory `{shown}` is there")),
        Ok((false, _)) => wrong(format!("`{shown}` is no directory"))
            .remedy("remove it, or set `[executor] state_dir` to another place"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Finding::fault(CODE, Kind::Missing, format!("the state directory `{shown}` is not there"))
                .turn(Turn::Host)
                .remedy("`baws-ci doctor --fix` makes it")
                .mended_by(Mend::StateDir)
        }
        Err(error) => Finding::fault(CODE, Kind::Forbidden, format!("cannot look at the state directory `{shown}`: {error}"))
            .turn(Turn::Host)
            .remedy("run this as root, as gitlab-runner runs its stages"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_ours_alone_and_its_path_short() {
        let kind = |dir: &str, found| decide(Path::new(dir), found).kind();
        assert_eq!(kind("/var/lib/baws-ci", Ok((true, 0o40755))), None);
        assert_eq!(
            kind("/var/lib/baws-ci", Ok((true, 0o40777))),
            Some(Kind::Wrong)
        );
        assert_eq!(
            kind("/var/lib/baws-ci", Ok((false, 0o644))),
            Some(Kind::Wrong)
        );
        assert_eq!(
            kind(&format!("/{}", "x".repeat(60)), Ok((true, 0o755))),
            Some(Kind::Wrong)
        );
        let gone = || std::io::Error::from(std::io::ErrorKind::NotFound);
        assert_eq!(kind("/x", Err(gone())), Some(Kind::Missing));
        assert_eq!(
            decide(Path::new("/x"), Err(gone())).mend,
            Some(Mend::StateDir)
        );
    }
}
