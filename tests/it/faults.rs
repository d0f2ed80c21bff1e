//! `docs/faults.md` and the tests agree: every fault has a row, every row a test that asserts what the row says.

use std::fs;
use std::path::{Path, PathBuf};

/// What can go wrong, by the names of the table's first column.
const CASES: [&str; 144] = [
    "kill -9 of config",
    "kill -9 of prepare",
    "kill -9 of run",
    "kill -9 of cleanup",
    "kill -9 of a stage and of the runner, then sweep",
    "runner killed in mid-job",
    "dockerd killed in mid-job",
    "dockerd restarted in mid-job",
    "dockerd hangs",
    "dockerd away",
    "image missing",
    "image without a shell",
    "entrypoint that never hands over",
    "entrypoint that ends",
    "entrypoint that keeps one word",
    "entrypoint that reads stdin",
    "`USER 1000`",
    "read-only root",
    "container that dies by itself",
    "helper that dies",
    "agent killed by the job",
    "agent stopped by the job",
    "script that ignores TERM",
    "background processes left",
    "background process that holds stdout",
    "script that closes stdout",
    "/dev/stderr and /proc/self/fd/1 as root",
    "/dev/stderr and /proc/self/fd/1 as user 1000",
    "256 MB in one line",
    "invalid UTF-8",
    "out of memory",
    "cancel in every stage",
    "timeout in every stage",
    "hostile variables and names",
    "60 kB values",
    "links planted beside the socket",
    "agent that lies",
    "agent that floods",
    "impostor in place of the agent",
    "settings missing",
    "settings malformed",
    "started by hand",
    "job without a grant",
    "grant of another project",
    "unprotected ref",
    "tag with the name of a protected branch",
    "project path absent",
    "forged variables",
    "another project's repository",
    "poisoned local image",
    "another project's local image",
    "poisoned layer cache",
    "poisoned cache mount",
    "`ADD` from the host's own addresses",
    "`ADD` of a git repository",
    "step that asks for the metadata",
    "step that asks for the host's network or rights",
    "`# syntax=`",
    "Dockerfile missing",
    "Dockerfile invalid",
    "Dockerfile of 10 MB",
    "Dockerfile swapped after the check",
    "step that fails",
    "context that changes while it is read",
    "context with sockets, FIFOs and devices",
    "context with links to elsewhere",
    "context that cannot be read",
    "context of 100,000 files",
    "context beyond the limits",
    "requests beyond the limits",
    "garbage on the job socket",
    "flood on the job socket",
    "silence on the job socket",
    "client of the job socket from elsewhere",
    "cancel in a build",
    "client killed in a build",
    "kill -9 of run in a build",
    "dockerd killed in a build",
    "disk full",
    "registry that answers 500",
    "registry that answers 503",
    "registry that answers 429",
    "registry that answers 401",
    "login that has expired",
    "connection to the registry cut",
    "repository missing",
    "tag taken for good",
    "action denied",
    "two jobs push one tag",
    "registry that does not serve what was pushed",
    "image to promote missing",
    "scan worse than allowed",
    "scan that does not end",
    "credentials missing",
    "job that asks for a login",
    "planted secrets",
    "secret missing",
    "rollout that ECS rolls back",
    "rollout that fails",
    "rollout that another takes the place of",
    "rollout that is too slow",
    "rollout that somebody stops",
    "rollout that pauses",
    "other digests run than were wanted",
    "service that does not run",
    "service deleted meanwhile",
    "service that cannot be deployed to",
    "tag moved since the push",
    "service that is busy",
    "answer to the update lost",
    "update lost on its way",
    "kill -9 of a deployment",
    "cancel of a deployment",
    "permission of AWS missing",
    "no room for a one-off task",
    "optional permission of AWS missing",
    "throttled by AWS",
    "hostile texts of AWS",
    "another project's service",
    "nonsense as a service",
    "service of many tasks",
    "answers of AWS of the future",
    "credentials that end in the middle",
    "clock that is off",
    "region of AWS unreachable",
    "two pipelines that deploy at once",
    "container on this engine that fails",
    "another project's image as a service",
    "audit row that cannot be written at first",
    "audit row that cannot be written at last",
    "answer to an audit row lost",
    "kill -9 of audited work",
    "cancel of audited work",
    "ID token that is forged, expired or another job's",
    "ID token that AWS does not trust",
    "GitLab's keys unreachable",
    "hostile environment in a role's name",
    "no role for a project that rules name",
    "row of the mapping table without a role",
    "mapping table that is not there",
    "role that AWS refuses",
    "role whose sessions may not be tagged",
    "keys asked for without a grant",
    "the host's own keys asked for",
];

/// The words of the third column, each with what a test has to assert for it.
const CLASSES: [(&str, &[&str]); 7] = [
    ("success", &[".succeeded()", "outlasted"]),
    (
        "script",
        &[
            ".failed_with(",
            ".failed_with_any(",
            "unread(",
            "not_granted(",
            "turned_down(",
            "told(",
        ],
    ),
    ("deployment", &["ended_as(", "ended.code, ", "first.code, "]),
    ("refused", &[".refused()"]),
    ("cancelled", &[".cancelled()"]),
    ("system", &[".system_failure()", "exit code 2"]),
    (
        "killed",
        &["Signal::KILL", "kill_prepare_at(", "kill(&started)"],
    ),
];

/// What shows that a test looks at what is left; functions of the tests' own do it for some.
const LOOKS: [&str; 13] = [
    "cleaned_up()",
    "nothing_left()",
    "goes_on(",
    "impersonate(",
    "script_in(",
    "outlasted",
    "told(",
    "failure",
    "site.service(",
    "site.changed(",
    "Here::new()",
    "Here::patient()",
    "Site::deploying()",
];

struct Row {
    case: String,
    module: String,
    test: String,
    class: String,
    sentence: String,
}

fn project() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()))
}

/// The rows of the table: case, test, exit class, sentence.
fn rows() -> Vec<Row> {
    let text = read(&project().join("docs/faults.md"));
    let lines = text
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains("::"));
    lines.map(row).collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let [case, test, class, sentence] = cells[..] else {
        panic!("a row has four cells: {line}")
    };
    let (module, test) = test
        .trim_matches('`')
        .rsplit_once("::")
        .unwrap_or_else(|| panic!("`{test}` is not module::test: {line}"));
    let own = |text: &str| text.to_owned();
    Row {
        case: own(case),
        module: own(module),
        test: own(test),
        class: own(class),
        sentence: own(sentence),
    }
}

/// The file of a test, and its body.
fn body(row: &Row) -> Option<(String, String)> {
    let path = row.module.replace("::", "/");
    let file = read(&project().join(format!("tests/it/{path}.rs")));
    let at = file.find(&format!("#[test]\nfn {}()", row.test))?;
    let end = file[at..].find("\n}\n")?;
    let body = file[at..at + end].to_owned();
    Some((file, body))
}

#[test]
fn every_fault_has_a_row_and_every_row_a_fault() {
    let rows = rows();
    let missing: Vec<&&str> = CASES
        .iter()
        .filter(|case| !rows.iter().any(|row| row.case == **case))
        .collect();
    let unknown: Vec<&String> = rows
        .iter()
        .map(|row| &row.case)
        .filter(|case| !CASES.contains(&case.as_str()))
        .collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "without a row in docs/faults.md: {missing:?}\nnot listed in tests/it/faults.rs: {unknown:?}"
    );
}

#[test]
fn every_row_names_a_test_that_asserts_it() {
    let mut wrong = Vec::new();
    for row in rows() {
        let name = format!("{}::{}", row.module, row.test);
        let Some((file, body)) = body(&row) else {
            wrong.push(format!("{name}: there is no such test"));
            continue;
        };
        match CLASSES.iter().find(|(class, _)| *class == row.class) {
            Some((_, asserted)) if asserted.iter().any(|one| body.contains(one)) => {}
            Some((_, asserted)) => {
                wrong.push(format!("{name}: `{}` wants one of {asserted:?}", row.class))
            }
            None => wrong.push(format!("{name}: `{}` is no exit class", row.class)),
        }
        if !LOOKS.iter().any(|look| body.contains(look)) {
            wrong.push(format!("{name}: it does not look at what is left"));
        }
        let sentence = row.sentence.trim_matches('–').replace('"', "\\\"");
        for part in sentence
            .split('…')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            if !file.contains(part) && !file.contains(&part.replace("\\\"", "\"")) {
                wrong.push(format!("{name}: no test of its module asserts `{part}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
