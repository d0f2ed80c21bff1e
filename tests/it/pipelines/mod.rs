//! The cases of `tests/pipelines`: what `template lint` says of each, and which jobs `local --list` finds for each event.
//!
//! A case is a directory there; its README says what stands in `case.toml`. Read next: `case`.

mod case;
mod peer;

use std::collections::BTreeMap;
use std::thread;

use case::Case;

/// Works through all cases, some at a time, and gathers what is otherwise than it should be.
fn differences(
    wanted: impl Fn(&Case) -> bool,
    asked: impl Fn(&Case) -> Vec<String> + Sync,
) -> Vec<String> {
    let cases: Vec<Case> = Case::all().into_iter().filter(wanted).collect();
    assert!(cases.len() > 40, "only {} cases were found", cases.len());
    let part = cases.len().div_ceil(4);
    let asked = &asked;
    thread::scope(|scope| {
        let parts: Vec<_> = cases
            .chunks(part)
            .map(|part| scope.spawn(move || part.iter().flat_map(asked).collect::<Vec<String>>()))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().expect("a part may fail, not panic"))
            .collect()
    })
}

#[test]
fn lint_has_no_complaint_of_a_valid_pipeline() {
    let wrong = differences(
        |case| case.error.is_none(),
        |case| {
            let told = case.on("push").lint();
            told.iter()
                .map(|one| format!("{}: {}", case.name, one.text))
                .collect()
        },
    );
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn lint_finds_what_is_wrong_where_it_is() {
    let wrong = differences(
        |case| case.error.is_some(),
        |case| {
            let told = case.on("push").lint();
            let error = case.error.as_ref().expect("those cases only");
            let found = told.iter().any(|one| {
                one.severity == "error"
                    && one
                        .text
                        .to_lowercase()
                        .contains(&error.words.to_lowercase())
                    && error.line.is_none_or(|line| line == one.line)
            });
            match found {
                true => Vec::new(),
                false => vec![format!(
                    "{}: wanted {error:?}, was told {told:?}",
                    case.name
                )],
            }
        },
    );
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn each_event_gets_its_jobs() {
    let wrong = differences(
        |case| case.error.is_none(),
        |case| {
            let of_event = |(event, jobs): (&String, &Vec<String>)| {
                let found = case.on(event).jobs();
                (found.as_ref() != Ok(jobs))
                    .then(|| format!("{} {event}: wanted {jobs:?}, found {found:?}", case.name))
            };
            let jobs: &BTreeMap<String, Vec<String>> = &case.jobs;
            jobs.iter().filter_map(of_event).collect()
        },
    );
    assert_eq!(wrong, Vec::<String>::new());
}
