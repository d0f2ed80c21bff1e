//! gitlab-runner's unit: whether stopping it lets jobs end. Source: systemd.kill(5): with `control-group` the signal reaches the
//! stages too.

use std::path::Path;

use crate::doctor::finding::{Finding, Kind, Mend, Turn};

const CODE: &str = "host.runner.unit";
const DROP_INS: &str = "etc/systemd/system/gitlab-runner.service.d";
const UNITS: [&str; 2] = [
    "etc/systemd/system/gitlab-runner.service",
    "lib/systemd/system/gitlab-runner.service",
];

pub(super) fn finding(root: &Path) -> Finding {
    let has_systemd = root.join("run/systemd/system").is_dir() || root != Path::new("/");
    if !has_systemd {
        return Finding::not_looked_at(CODE, "systemd does not run this host");
    }
    let mut texts: Vec<String> = UNITS
        .iter()
        .filter_map(|path| std::fs::read_to_string(root.join(path)).ok())
        .take(1)
        .collect();
    let mut names: Vec<_> = std::fs::read_dir(root.join(DROP_INS))
        .map(|found| found.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    names.sort();
    names.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "conf")
    });
    texts.extend(
        names
            .iter()
            .filter_map(|path| std::fs::read_to_string(path).ok()),
    );
    decide(&texts)
}

/// The unit and what is dropped in, in the order in which systemd reads them: the last says it.
fn decide(texts: &[String]) -> Finding {
    let said = |key: &str| {
        let lines = texts.iter().flat_map(|text| text.lines());
        let mut values = lines.filter_map(|line| {
            line.trim()
                .strip_prefix(key)?
                .trim_start()
                .strip_prefix('=')
        });
        values.next_back().map(|value| value.trim().to_owned())
    };
    let (mode, signal) = (said("KillMode"), said("KillSignal"));
    match (mode.as_deref(), signal.as_deref()) {
        (Some("mixed" | "process"), Some("SIGQUIT" | "QUIT")) => {
            Finding::ok(CODE, "stopping gitlab-runner lets its jobs end")
        }
        (mode, signal) => {
            let told = format!(
                "stopping gitlab-runner ends its jobs: `KillMode={}` and `KillSignal={}`, where `mixed` and `SIGQUIT` let them end",
                mode.unwrap_or("control-group"),
                signal.unwrap_or("SIGTERM")
            );
            let kind = match texts.is_empty() {
                true => Kind::Missing,
                false => Kind::Wrong,
            };
            Finding::fault(CODE, kind, told)
                .turn(Turn::Host)
                .remedy("`baws-ci runner install` writes what systemd has to know; `baws-ci doctor --fix` does the same")
                .mended_by(Mend::Units)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_file_says_how_the_runner_is_stopped() {
        let kind = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            decide(&texts).kind()
        };
        let good = "[Service]\nKillMode=mixed\nKillSignal=SIGQUIT\n";
        assert_eq!(kind(&["[Service]\nKillMode=control-group\n", good]), None);
        assert_eq!(
            kind(&[good, "KillMode = control-group\n"]),
            Some(Kind::Wrong)
        );
        assert_eq!(kind(&[]), Some(Kind::Missing));
        assert_eq!(kind(&["[Service]\n#KillMode=mixed\n"]), Some(Kind::Wrong));
    }
}
