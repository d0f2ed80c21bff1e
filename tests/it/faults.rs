//! `docs/faults.md` and the tests agree: every fault has a row, every row a test that asserts what the row says.

use std::fs;
use std::path::{Path, PathBuf};

use super::fault_cases::CASES;

/// The words of the third column, each with what a test has to assert for it.
const CLASSES: &[(&str, &[&str])] = &[
    ("diagnosis", &["told.is("]),
    ("pipeline", &["said("]),
    (
        "repository",
        &[
            ".is(0)",
            ".is(1)",
            ".is(2)",
            ".is(3)",
            ".is(4)",
            ".code",
            "told.code",
            "at_each_request(",
            "at_each_write(",
            "Told::of(",
            ".is(14)",
            ".whole()",
            ".out(&hub)",
            "ordered(&",
            "verdict(&",
        ],
    ),
    (
        "success",
        &[
            ".succeeded()",
            "build(&job",
            "outlasted",
            "gets_nowhere(",
            "end(&watched)",
        ],
    ),
    (
        "script",
        &[
            ".failed_with(",
            ".failed_with_any(",
            "unread(",
            "not_granted(",
            "turned_down(",
            "told(",
            ".exited_with(5)",
        ],
    ),
    ("deployment", &["ended_as(", "ended.code, ", "first.code, "]),
    ("provision", &[".ends(", ".failed_with("]),
    ("refused", &[".refused()"]),
    ("cancelled", &[".cancelled()", ".exited_with(130)"]),
    ("system", &[".system_failure()", "exit code 2"]),
    (
        "killed",
        &[
            "Signal::KILL",
            "kill_prepare_at(",
            "kill(&started)",
            "that_is_gone(",
        ],
    ),
];

/// What shows that a test looks at what is left; functions of the tests' own do it for some.
const LOOKS: &[&str] = &[
    "status(&host)",
    "host.path(",
    "end(&watched)",
    "World::",
    "hub.",
    "hub()",
    "at_each_request(",
    "at_each_write(",
    "open(&hub",
    "requests(&hub",
    "check(&hub",
    "Hub::",
    "project.local(",
    "said(",
    "pulled(",
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
    "plot.executions()",
    "root.join(",
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
        "without a row in docs/faults.md: {missing:?}\nnot listed in tests/it/fault_cases.rs: {unknown:?}"
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
