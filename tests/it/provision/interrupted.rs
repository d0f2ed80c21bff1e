//! Somebody ends this command: what was started goes on, unless it was to be stopped with it.

use rustix::process::Signal;
use serde_json::json;

use super::Plot;

#[test]
fn an_interrupt_leaves_the_execution_and_says_how_to_go_on() {
    let plot = Plot::new();
    plot.goes(json!([{"at": 0, "enter": "A"}]));
    let run = plot.begin(&[]);
    run.until_said("State `A`");
    run.signal(Signal::INT);
    let arn = plot.executions()[0]["arn"]
        .as_str()
        .expect("it has one")
        .to_owned();
    run.end()
        .ends(130)
        .says("error: no longer followed; what was started goes on")
        .says(&format!(
            "hint: `baws-ci provision follow {arn}` goes on with it"
        ));
    assert_eq!(plot.executions()[0]["status"], "RUNNING");
}

#[test]
fn a_cancelled_job_stops_the_execution_where_that_was_asked_for() {
    let plot = Plot::new();
    plot.goes(json!([{"at": 0, "enter": "A"}]));
    let run = plot.begin(&["--cancel-on-interrupt"]);
    run.until_said("State `A`");
    run.signal(Signal::TERM);
    run.end()
        .ends(143)
        .says("error: cancelled: the execution was stopped");
    let one = &plot.executions()[0];
    assert_eq!(
        (
            one["status"].as_str(),
            one["error"].as_str(),
            one["cause"].as_str()
        ),
        (
            Some("ABORTED"),
            Some("Cancelled"),
            Some("a termination of baws-ci, called by ada")
        )
    );
}
