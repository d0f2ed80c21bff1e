//! gitlab-runner's `config.toml`: a runner whose jobs this program runs, with all its stages and time to end them.
//!
//! Source: gitlab-runner, "Advanced configuration", `[runners.custom]`. No token of the file is told.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use toml::Table;

use super::Host;
use crate::doctor::finding::{Finding, Kind, Turn};
use crate::doctor::gitlab::Registered;
use crate::job::Secret;

const CONFIG: &str = "host.runner";
const STAGES: &str = "host.runner.stages";
const TIMES: &str = "host.runner.times";
const RIGHTS: &str = "host.runner.rights";
const NAMES: [&str; 4] = ["config", "prepare", "run", "cleanup"];
const REGISTER: &str = "`baws-ci runner register` makes one, and writes what is missing";
/// Seconds that a stage needs to say that it was ended.
const MARGIN: i64 = 5;

pub(super) fn findings(host: &Host<'_>) -> (Vec<Finding>, Vec<Registered>) {
    let path = &host.runner_config;
    let shown = path.display();
    let fault = |kind, told: String| Finding::fault(CONFIG, kind, told).turn(Turn::Host);
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let kind = match error.kind() {
                std::io::ErrorKind::NotFound => Kind::Missing,
                std::io::ErrorKind::PermissionDenied => Kind::Forbidden,
                _ => Kind::Wrong,
            };
            let finding = fault(
                kind,
                format!("cannot read gitlab-runner's file `{shown}`: {error}"),
            );
            return (vec![finding.remedy(REGISTER)], Vec::new());
        }
    };
    let Ok(file) = text.parse::<Table>() else {
        // The parser's own words repeat a line, which may hold a token.
        let finding = fault(
            Kind::Wrong,
            format!("gitlab-runner's file `{shown}` is no TOML"),
        );
        return (
            vec![finding.remedy("mend it by hand; `gitlab-runner list` says in which line")],
            Vec::new(),
        );
    };
    let runners = ours(&file);
    if runners.is_empty() {
        let finding = fault(
            Kind::Missing,
            format!(
                "no runner of `{shown}` has its jobs run by this program (`executor = \"custom\"`)"
            ),
        );
        return (vec![finding.remedy(REGISTER)], Vec::new());
    }
    let mut findings = vec![rights(path)];
    let mut registered = Vec::new();
    for runner in runners {
        let word = |key: &str| {
            runner
                .get(key)
                .and_then(toml::Value::as_str)
                .unwrap_or_default()
        };
        let name = word("name").to_owned();
        findings.push(
            Finding::ok(
                CONFIG,
                format!("the runner `{name}` has its jobs run by this program"),
            )
            .about(&name),
        );
        findings.push(stages(&name, runner, host.root));
        findings.push(times(&name, runner, host.settings.executor.stop_grace_secs));
        registered.push(Registered {
            name,
            url: word("url").to_owned(),
            token: Secret::new(word("token")),
        });
    }
    (findings, registered)
}

fn ours(file: &Table) -> Vec<&Table> {
    let runners = file.get("runners").and_then(toml::Value::as_array);
    let tables = runners
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_table);
    tables
        .filter(|runner| runner.get("executor").and_then(toml::Value::as_str) == Some("custom"))
        .filter(|runner| custom(runner).is_some_and(calls_this_program))
        .collect()
}

/// Other programs run jobs for `custom` too.
fn calls_this_program(custom: &Table) -> bool {
    custom.values().any(|value| match value {
        toml::Value::String(program) => program
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("baws-ci")),
        toml::Value::Array(words) => words.iter().any(|word| word.as_str() == Some("executor")),
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_)
        | toml::Value::Table(_) => false,
    })
}

fn rights(path: &Path) -> Finding {
    let mode = std::fs::metadata(path).map_or(0, |found| found.permissions().mode());
    let shown = path.display();
    match mode & 0o077 {
        0 => Finding::ok(RIGHTS, format!("only its owner can read `{shown}`")),
        _ => Finding::fault(
            RIGHTS,
            Kind::Wrong,
            format!(
                "others than its owner can read or write `{shown}` (mode {:o}): it holds tokens",
                mode & 0o7777
            ),
        )
        .turn(Turn::Host)
        .remedy(format!("chmod 600 {shown}")),
    }
}

fn custom(runner: &Table) -> Option<&Table> {
    runner.get("custom").and_then(toml::Value::as_table)
}

/// Each stage has a program that is there, and is called by its name.
fn stages(name: &str, runner: &Table, root: &Path) -> Finding {
    let custom = custom(runner);
    let of = |key: String| custom.and_then(|custom| custom.get(&key));
    let mut wrong = Vec::new();
    for stage in NAMES {
        let program = of(format!("{stage}_exec")).and_then(toml::Value::as_str);
        let words = of(format!("{stage}_args")).and_then(toml::Value::as_array);
        let words: Vec<&str> = words
            .into_iter()
            .flatten()
            .filter_map(toml::Value::as_str)
            .collect();
        match program {
            None => wrong.push(format!("`{stage}_exec` is missing")),
            Some(program) if !is_program(&root.join(program.trim_start_matches('/'))) => {
                wrong.push(format!(
                    "`{stage}_exec` names `{program}`, which is no program here"
                ));
            }
            Some(_) if !words.ends_with(&["executor", stage]) => {
                wrong.push(format!(
                    "`{stage}_args` does not end with `executor`, `{stage}`"
                ));
            }
            Some(_) => {}
        }
    }
    let finding = match wrong.as_slice() {
        [] => Finding::ok(STAGES, format!("the runner `{name}` has all four stages")),
        wrong => Finding::fault(
            STAGES,
            Kind::Wrong,
            format!("of the runner `{name}` {}", wrong.join(", ")),
        )
        .turn(Turn::Host)
        .remedy(REGISTER),
    };
    finding.about(name)
}

fn is_program(path: &Path) -> bool {
    std::fs::metadata(path)
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn times(name: &str, runner: &Table, grace: u64) -> Finding {
    let secs = custom(runner).and_then(|custom| custom.get("graceful_kill_timeout"));
    let secs = secs.and_then(toml::Value::as_integer);
    let grace = i64::try_from(grace).unwrap_or(i64::MAX);
    let finding = match secs {
        // gitlab-runner's own is ten minutes: it gives a stage up before that ends.
        None => Finding::warning(TIMES, format!("the runner `{name}` has no `graceful_kill_timeout`: gitlab-runner waits ten minutes for a stage that hangs"))
            .turn(Turn::Host)
            .remedy("`graceful_kill_timeout = 45` and `force_kill_timeout = 15` in `[runners.custom]`; `baws-ci runner register` writes them"),
        Some(secs) if secs < grace.saturating_add(MARGIN) => Finding::fault(TIMES, Kind::Wrong, format!("the runner `{name}` kills a stage {secs} s after TERM, and the script has {grace} s to end (`stop_grace_secs`)"))
            .turn(Turn::Host)
            .remedy(format!("`graceful_kill_timeout` of at least {} in `[runners.custom]`", grace.saturating_add(MARGIN))),
        Some(secs) => Finding::ok(TIMES, format!("the runner `{name}` gives a stage {secs} s to end")),
    };
    finding.about(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runner(text: &str) -> Table {
        text.parse().unwrap()
    }

    #[test]
    fn each_stage_is_called_by_its_name() {
        let whole: String = NAMES
            .iter()
            .map(|one| format!("{one}_exec = \"/bin/sh\"\n{one}_args = [\"--config\", \"x\", \"executor\", \"{one}\"]\n"))
            .collect();
        let told =
            |text: &str| stages("r", &runner(&format!("[custom]\n{text}")), Path::new("/")).told;
        assert_eq!(told(&whole), "the runner `r` has all four stages");
        assert!(
            told(&whole.replace("\"executor\", \"run\"", "\"run\""))
                .contains("`run_args` does not end with")
        );
        assert!(
            told(&whole.replace("run_exec = \"/bin/sh\"", "")).contains("`run_exec` is missing")
        );
        assert!(told(&whole.replace("/bin/sh", "/bin/none")).contains("which is no program here"));
    }

    #[test]
    fn a_stage_has_time_to_end() {
        let state = |secs: &str| {
            times("r", &runner(&format!("[custom]\n{secs}")), 10)
                .state
                .name()
        };
        assert_eq!(state("graceful_kill_timeout = 45"), "ok");
        assert_eq!(state("graceful_kill_timeout = 10"), "fault");
        assert_eq!(state(""), "warning");
    }
}
