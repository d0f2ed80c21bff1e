//! What counts as a container that failed, and when one began.

use super::super::names;
use super::*;

fn deployed(container: &str, number: u64) -> Deployed {
    let definition = names::definition("app", 1, "hello:1", None);
    let labels = names::labels("app", number, &definition);
    Deployed {
        container: container.to_owned(),
        labels: Labels::read(&labels.into_iter().collect()).unwrap(),
        found: Found::ended(3),
    }
}

fn failed(all: Vec<Deployed>, is_off: bool) -> Vec<String> {
    let stands = Stands::of("app", all, is_off);
    let tasks = stands.tasks(false, |_| String::new());
    tasks.into_iter().map(|task| task.started_by).collect()
}

#[test]
fn a_container_that_took_the_name_and_ended_has_failed_unless_it_was_stopped() {
    let all = || vec![deployed("app", 7), deployed("app.3", 3)];
    assert_eq!(failed(all(), false), ["ecs-svc/7"]);
    assert_eq!(failed(all(), true), [""; 0]);
}

#[test]
fn a_newer_one_that_never_stood_has_failed_and_older_ones_have_not() {
    let all = vec![
        deployed("app.9", 9),
        deployed("app", 7),
        deployed("app.3", 3),
    ];
    assert_eq!(failed(all, true), ["ecs-svc/9"]);
}

#[test]
fn it_began_when_the_engine_says() {
    assert_eq!(Found::ended(0).began_ms(), Some(1_795_708_850_500));
}
