//! Histories as Step Functions tells them.

use serde_json::{Value, json};

use super::*;

fn read(history: &mut History, events: &[Value]) -> Vec<Beat> {
    let events = events
        .iter()
        .map(|event| Event::read(event).expect("it has a number"));
    events.flat_map(|event| history.take(&event)).collect()
}

fn event(id: u64, previous: u64, told: &str, details: Value) -> Value {
    let mut name = told.to_owned();
    name[..1].make_ascii_lowercase();
    let name = match told {
        _ if told.ends_with("StateEntered") => "stateEntered".to_owned(),
        _ if told.ends_with("StateExited") => "stateExited".to_owned(),
        _ => name,
    };
    json!({"id": id, "previousEventId": previous, "type": told, "timestamp": id as f64, format!("{name}EventDetails"): details})
}

fn lines(beats: &[Beat]) -> Vec<&str> {
    let lines = beats.iter().filter_map(|beat| match beat {
        Beat::Line(text) => Some(text.as_str()),
        Beat::Nested(_) | Beat::NestedEnded(_) => None,
    });
    lines.collect()
}

const MAP: &str = "Deploy Boilerplate Map";

/// Two boilerplates side by side.
fn map() -> Vec<Value> {
    vec![
        event(1, 0, "ExecutionStarted", json!({})),
        event(2, 1, "MapStateEntered", json!({"name": MAP})),
        event(3, 2, "MapStateStarted", json!({"length": 2})),
        event(
            4,
            3,
            "MapIterationStarted",
            json!({"name": MAP, "index": 0}),
        ),
        event(
            5,
            3,
            "MapIterationStarted",
            json!({"name": MAP, "index": 1}),
        ),
        event(6, 4, "TaskStateEntered", json!({"name": "Deploy"})),
        event(7, 5, "TaskStateEntered", json!({"name": "Deploy"})),
        event(
            8,
            6,
            "TaskSubmitted",
            json!({"output": "{\"Build\":{\"Arn\":\"arn:aws:codebuild:eu-west-1:1:build/deploy:a\"}}"}),
        ),
        event(9, 7, "TaskSucceeded", json!({})),
        event(10, 9, "TaskStateExited", json!({"name": "Deploy"})),
        event(
            11,
            10,
            "MapIterationSucceeded",
            json!({"name": MAP, "index": 1}),
        ),
    ]
}

fn history() -> History {
    History::of(vec!["aws_ecs".to_owned(), "aws_rds".to_owned()])
}

#[test]
fn ways_through_a_map_are_told_by_what_they_are_for() {
    let mut history = history();
    let beats = read(&mut history, &map());
    assert_eq!(
        lines(&beats),
        [
            "Deploying boilerplates",
            "  aws_ecs, aws_rds",
            "  aws_rds: deployed in 6.0 s"
        ]
    );
    let rest = [
        event(12, 8, "TaskSucceeded", json!({})),
        event(13, 12, "TaskStateExited", json!({"name": "Deploy"})),
        event(
            14,
            13,
            "MapIterationSucceeded",
            json!({"name": MAP, "index": 0}),
        ),
        event(15, 14, "MapStateSucceeded", json!({})),
        event(16, 15, "MapStateExited", json!({"name": MAP})),
        event(17, 16, "TaskStateEntered", json!({"name": "Mine"})),
    ];
    let beats = read(&mut history, &rest);
    assert_eq!(
        lines(&beats),
        [
            "  aws_ecs: deployed in 10 s",
            "Deployed in 14 s",
            "State `Mine`"
        ]
    );
    assert!(history.troubles().is_empty());
    // What was read is passed over.
    assert!(read(&mut history, &map()).is_empty());
}

#[test]
fn a_failure_is_told_with_its_state_its_item_and_its_build() {
    let mut history = history();
    read(&mut history, &map());
    read(
        &mut history,
        &[
            event(
                12,
                8,
                "TaskFailed",
                json!({"error": "States.TaskFailed", "cause": "{\"Build\":{\"BuildStatus\":\"FAILED\""}),
            ),
            event(
                13,
                12,
                "MapIterationFailed",
                json!({"name": MAP, "index": 0}),
            ),
        ],
    );
    let trouble = &history.troubles()[0];
    assert_eq!(
        (
            trouble.state.as_str(),
            trouble.item.as_deref(),
            trouble.build.as_deref()
        ),
        (
            "Deploy",
            Some("aws_ecs"),
            Some("arn:aws:codebuild:eu-west-1:1:build/deploy:a")
        )
    );
}

#[test]
fn what_a_second_try_mended_is_no_failure() {
    let mut history = history();
    read(
        &mut history,
        &[
            event(1, 0, "TaskStateEntered", json!({"name": "A"})),
            event(
                2,
                1,
                "TaskFailed",
                json!({"error": "E", "cause": "{\"errorMessage\":\"no\"}"}),
            ),
        ],
    );
    assert_eq!(history.troubles()[0].cause, "no");
    read(
        &mut history,
        &[
            event(3, 2, "TaskScheduled", json!({})),
            event(4, 3, "TaskSucceeded", json!({})),
        ],
    );
    assert!(history.troubles().is_empty());
}

#[test]
fn a_long_history_takes_no_more_room_than_a_short_one() {
    let mut history = history();
    let states = (0..5000_u64).flat_map(|n| {
        let at = 2 * n;
        [
            event(at + 1, at, "PassStateEntered", json!({"name": "A"})),
            event(at + 2, at + 1, "PassStateExited", json!({"name": "A"})),
        ]
    });
    for one in states {
        read(&mut history, &[one]);
    }
    assert_eq!(
        (history.last, history.ways.len(), history.forks.len()),
        (10_000, 1, 0)
    );
}

proptest::proptest! {
    /// Whatever stands where: nothing breaks.
    #[test]
    fn fuzz_events(
        id in 0_u64..6, previous in 0_u64..6, name in "(Task|Map|Lambda|X)(State(Entered|Exited)|StateStarted|IterationStarted|Failed|Submitted)",
        text in "\\PC{0,20}|arn:aws:codebuild:x:1:build/a", number in proptest::num::u64::ANY,
    ) {
        let mut history = history();
        let details = json!({"name": text, "output": text, "cause": text, "index": number, "length": number});
        if let Some(event) = Event::read(&event(id, previous, &name, details)) {
            history.take(&event);
            history.take(&event);
        }
    }
}
