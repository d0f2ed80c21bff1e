//! What is told on the way, and how little is asked for it.

use std::collections::BTreeSet;

use serde_json::json;

use super::Plot;

#[test]
fn progress_is_told_in_plain_words() {
    let plot = Plot::new();
    let ended = plot.start(&["--boilerplate", "aws_ecs,aws_rds"]).ends(0);
    let err = ended.err();
    let lines: Vec<&str> = err.lines().collect();
    let told = |text: &str| {
        lines
            .iter()
            .position(|line| line.starts_with(text))
            .unwrap_or_else(|| panic!("{text}: {err}"))
    };
    let order = [
        "Noting the start in the audit table",
        "Packaging boilerplates",
        "  aws_ecs: packaged in ",
        "  aws_rds: packaged in ",
        "Packaged in ",
        "Deploying boilerplates",
        "  aws_rds: deployed in ",
        "Gathering the outputs",
        "Noting the success in the audit table",
    ];
    let places: Vec<usize> = order.into_iter().map(told).collect();
    assert!(places.is_sorted(), "{err}");
    assert_eq!(
        ended.out(),
        "baws-db-port=5432\nbaws-ecs-service-arn=arn:aws:ecs:eu-west-1:123456789012:service/cluster/shop\nbaws-task-log-group=/aws/apps/shop\n"
    );
}

#[test]
fn each_event_is_read_once_however_long_it_takes() {
    let plot = Plot::new();
    plot.goes(json!([
        {"look": 1, "pass": 1000}, {"look": 20, "pass": 30}, {"look": 30, "pass": 200}, {"look": 45, "enter": "A"},
        {"look": 60, "succeed": {"DeploymentOutput": {"outputs": []}}},
    ]));
    plot.start(&[]).ends(0);
    let calls = plot.calls("GetExecutionHistory");
    let forward: Vec<&serde_json::Value> = calls
        .iter()
        .filter(|one| one["reverseOrder"] == false)
        .collect();
    let tokens: BTreeSet<String> = forward
        .iter()
        .map(|one| one["nextToken"].to_string())
        .collect();
    assert_eq!(tokens.len(), forward.len(), "a page was read twice");
    assert!(
        forward
            .iter()
            .filter(|one| one["nextToken"].is_null())
            .count()
            == 1,
        "it began again"
    );
    assert!(calls.len() > forward.len(), "it was looked at again");
    // 50 at a time: what is new and no more.
    let again = calls
        .iter()
        .filter(|one| one["reverseOrder"] == true && !one["nextToken"].is_null())
        .count();
    assert!(again <= 12, "{again} further pages for 460 events");
    assert_eq!(plot.executions()[0]["status"], "SUCCEEDED");
}

#[test]
fn a_history_of_ten_thousand_events_is_followed_in_little_time_and_room() {
    let plot = Plot::new();
    plot.goes(json!([{"at": 0, "pass": 5000}, {"at": 0.2, "succeed": {"DeploymentOutput": {"outputs": []}}}]));
    let ended = plot.start(&[]).ends(0).says("… ");
    assert!(
        ended.err().lines().count() < 1000,
        "{}",
        ended.err().lines().count()
    );
    assert!(plot.calls("GetExecutionHistory").len() <= 60);
    assert_eq!(plot.executions()[0]["events"], 10_002);
}

#[test]
fn an_execution_that_it_waits_for_is_followed_too() {
    let plot = Plot::new();
    plot.goes(json!([
        {"at": 0, "nested": {"name": "inner", "state": "Child", "steps": [
            {"at": 0.05, "enter": "Inner work"}, {"at": 0.2, "failed": {"error": "Boom", "cause": "deep down"}},
            {"at": 0.25, "fail": {"error": "Boom"}}]}},
        {"at": 0.6, "failed": {"error": "States.TaskFailed", "cause": "the child failed"}},
        {"at": 0.7, "fail": {"error": "States.TaskFailed"}},
    ]));
    plot.start(&[])
        .ends(5)
        .says("[inner] is waited for")
        .says("[inner] State `Inner work`")
        .says("caused by: `Inner work` failed: Boom: deep down");
    assert_eq!(plot.executions()[0]["status"], "FAILED");
}

#[test]
fn calls_that_are_throttled_or_fail_are_waited_out() {
    let plot = Plot::new();
    plot.fault(json!({"call": "StartExecution", "error": "ThrottlingException", "times": 2}));
    plot.fault(json!({"call": "DescribeExecution", "error": "ThrottlingException", "times": 4}));
    plot.fault(json!({"call": "GetExecutionHistory", "error": "InternalFailure", "status": 500, "times": 3}));
    plot.start(&[]).ends(0).says("going on more slowly");
    assert_eq!(plot.executions().len(), 1);
}

#[test]
fn where_aws_answers_nothing_for_long_that_is_told() {
    let plot = Plot::new();
    plot.fault(
        json!({"call": "GetExecutionHistory", "error": "ThrottlingException", "times": 100_000}),
    );
    plot.start(&[])
        .ends(12)
        .says("error: cannot read the history of the execution")
        .says("ThrottlingException");
    assert_eq!(plot.executions().len(), 1);
}

#[test]
fn aws_is_given_no_more_time_than_is_waited_in_all() {
    let plot = Plot::new();
    plot.fault(
        json!({"call": "GetExecutionHistory", "error": "ThrottlingException", "times": 100_000}),
    );
    plot.goes(json!([]));
    plot.start(&["--timeout", "1"])
        .ends(9)
        .says("goes on, and was not waited for any longer");
    assert_eq!(plot.executions().len(), 1);
}
