//! One order, one execution: started once, joined, told, and started again only where that is asked for.

use rustix::process::Signal;
use serde_json::json;

use super::Plot;
use crate::support::eventually;

#[test]
fn the_same_order_twice_is_one_execution() {
    let plot = Plot::new();
    let (first, ended) = plot.result(&[]);
    assert_eq!((ended.code, &first["started"]), (0, &json!(true)));
    let (second, ended) = plot.result(&[]);
    ended.ends(0).says("nothing was started");
    assert_eq!(
        (&second["started"], &second["cfnOutputs"]),
        (&json!(false), &first["cfnOutputs"])
    );
    assert_eq!(
        (plot.executions().len(), plot.calls("StartExecution").len()),
        (1, 1)
    );
    plot.start(&["--set", "PORT=1"]).ends(0);
    assert_eq!(
        plot.executions().len(),
        2,
        "another order is another execution"
    );
}

#[test]
fn an_order_that_failed_is_tried_again_only_when_asked() {
    let plot = Plot::new();
    plot.goes(json!([{"at": 0, "enter": "A"}, {"at": 0.05, "fail": {"error": "Broken", "cause": "for a reason"}}]));
    plot.start(&[])
        .ends(5)
        .says("caused by: Broken: for a reason");
    plot.start(&[])
        .ends(5)
        .says("is not tried again unasked")
        .says("hint: once the reason is gone, the same command with --again starts it once more");
    assert_eq!(plot.executions().len(), 1);
    plot.start(&["--again"]).ends(0);
    let names: Vec<String> = plot
        .executions()
        .iter()
        .map(|one| one["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        (names.len(), names[1].as_str()),
        (2, format!("{}-2", names[0]).as_str())
    );
    plot.start(&[]).ends(0).says("was carried out before");
    assert_eq!(plot.executions().len(), 2);
}

#[test]
fn an_answer_that_is_lost_starts_nothing_twice() {
    let plot = Plot::new();
    plot.fault(json!({"call": "StartExecution", "drop": true, "times": 2}));
    plot.start(&[]).ends(0);
    assert_eq!(
        (plot.executions().len(), plot.calls("StartExecution").len()),
        (1, 3)
    );
}

#[test]
fn what_was_over_before_its_answer_came_is_followed_all_the_same() {
    let plot = Plot::new();
    plot.goes(json!([{"at": 0, "succeed": {"DeploymentOutput": {"outputs": []}}}]));
    plot.fault(json!({"call": "StartExecution", "drop": true}));
    plot.start(&[]).ends(0).says("no output begins with `baws`");
    assert_eq!(plot.executions().len(), 1);
}

#[test]
fn a_program_that_was_killed_after_the_start_is_carried_on_by_the_next() {
    let plot = Plot::new();
    plot.goes(json!([{"at": 0, "enter": "A"}]));
    let run = plot.begin(&[]);
    eventually("it is started", || plot.executions().len() == 1);
    run.signal(Signal::KILL);
    drop(run);
    let next = plot.begin(&[]);
    next.until_said("is under way already; following it");
    plot.is(json!({"running": [{"at": 0, "succeed": {"DeploymentOutput": {"outputs": []}}}]}));
    next.end().ends(0);
    assert_eq!(
        (plot.executions().len(), plot.calls("StartExecution").len()),
        (1, 1)
    );
}

#[test]
fn a_start_that_is_not_known_everywhere_at_once_is_waited_for() {
    let plot = Plot::new();
    plot.fault(json!({"call": "DescribeExecution", "error": "ExecutionDoesNotExist", "skip": 1, "times": 3}));
    plot.start(&[]).ends(0);
    assert_eq!(plot.executions().len(), 1);
}
