//! Executions that do not end well, and why.

use serde_json::json;

use super::{Plot, json_of};

const MAP: &str = "Deploy Boilerplate Map";

#[test]
fn a_build_that_fails_is_told_with_its_phase_its_log_and_the_stacks_own_reason() {
    let plot = Plot::new();
    let name = plot.site.name.as_str();
    let build = format!("arn:aws:codebuild:eu-west-1:123456789012:build/deploy:{name}");
    let mut scenario = json!({
        "steps": [
            {"at": 0, "map": {"name": MAP, "length": 2, "state": "Deploy Boilerplate", "builds": {"0": build}}},
            {"at": 0.1, "iterated": {"name": MAP, "index": 1, "state": "Deploy Boilerplate"}},
            {"at": 0.15, "iteration_failed": {"name": MAP, "index": 0, "cause": format!("{{\"Build\":{{\"Arn\":\"{build}\",\"BuildStatus\":\"FAILED\"}}}}")}},
            {"at": 0.2, "enter": "Status=FAILED"}, {"at": 0.2, "done": 1}, {"at": 0.2, "exit": "Status=FAILED"},
            {"at": 0.25, "fail": {}},
        ],
        "builds": {},
        "logs": [{"group": "/aws/codebuild/deploy", "stream": name, "lines": ["cdk deploy", "shop-ecs-resources failed\u{1b}[31m"]}],
        "stacks": {},
    });
    scenario["builds"][&build] = json!({
        "buildStatus": "FAILED", "logs": {"groupName": "/aws/codebuild/deploy", "streamName": name, "deepLink": "https://console.example/log"},
        "phases": [{"phaseType": "INSTALL", "phaseStatus": "SUCCEEDED"},
                   {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": "exit status 1"}]}],
    });
    let app = format!("app-{name}");
    scenario["stacks"][format!("{app}-ecs-resources")] = json!({"events": [
        {"resource": "Service", "kind": "AWS::ECS::Service", "status": "CREATE_FAILED", "reason": "of the last time", "ago": 900},
        {"resource": "Service", "kind": "AWS::ECS::Service", "status": "CREATE_FAILED", "reason": "The cluster <dev> & its network are gone"},
        {"resource": "Role", "status": "CREATE_FAILED", "reason": "Resource creation cancelled"},
    ]});
    plot.is(scenario);
    let mut words = plot.words(&["--boilerplate", "aws_ecs,aws_rds", "--json"]);
    words[1] = &app;
    let ended = plot.run(&words);
    let told = json_of(&ended);
    ended
        .ends(5)
        .says("The end of the build's log:\n  | cdk deploy\n  | shop-ecs-resources failed[31m\n")
        .says("`Deploy Boilerplate` of `aws_ecs` failed: States.TaskFailed: the build ended with FAILED")
        .says("caused by: the build failed in its phase BUILD: COMMAND_EXECUTION_ERROR: exit status 1")
        .says(&format!("caused by: the stack `{app}-ecs-resources`: `Service` (AWS::ECS::Service) CREATE_FAILED: The cluster <dev> & its network are gone"))
        .says("hint: the whole log of the build: https://console.example/log");
    let failure = &told["failure"];
    assert_eq!(
        (
            failure["boilerplate"].as_str(),
            failure["phase"]["name"].as_str(),
            failure["build"].as_str()
        ),
        (Some("aws_ecs"), Some("BUILD"), Some(build.as_str()))
    );
    assert_eq!(
        (told["outcome"].as_str(), told["exit_code"].as_i64()),
        (Some("failed"), Some(5))
    );
    assert_eq!(plot.executions().len(), 1);
}

#[test]
fn whatever_fails_is_told_with_its_state_and_its_cause() {
    let plot = Plot::new();
    let json_cause =
        "{\"errorMessage\":\"no such bucket\",\"errorType\":\"Error\",\"trace\":[\"x\"]}";
    for (steps, said) in [
        (
            json!([{"at": 0, "enter": "Aggregate Output"}, {"at": 0, "failed": {"kind": "LambdaFunctionFailed", "error": "Error", "cause": json_cause}}, {"at": 0.05, "fail": {"error": "Error"}}]),
            "caused by: `Aggregate Output` failed: Error: no such bucket",
        ),
        (
            json!([{"at": 0, "enter": "Slow"}, {"at": 0, "failed": {"kind": "TaskTimedOut", "error": "States.Timeout"}}, {"at": 0.05, "fail": {"error": "States.Timeout"}}]),
            "caused by: `Slow` took too long: States.Timeout",
        ),
        (
            json!([{"at": 0.05, "fail": {"error": "States.Runtime", "cause": "The JSONPath '$.x' could not be found"}}]),
            "caused by: States.Runtime: The JSONPath '$.x' could not be found",
        ),
        (
            json!([{"at": 0, "enter": "A"}, {"at": 0.05, "time_out": {"error": "States.Timeout"}}]),
            "failed: it took longer than its state machine allows",
        ),
        (
            json!([{"at": 0, "enter": "A"}, {"at": 0, "failed": {"error": "E\u{1b}[2J\n", "cause": "section_start:1:x\r\u{202e}"}}, {"at": 0.05, "fail": {}}]),
            "caused by: `A` failed: E[2J: section_start:1:x",
        ),
    ] {
        plot.goes(steps);
        let number = format!("NUMBER={}", plot.executions().len());
        let ended = plot.start(&["--set", &number]).ends(5).says(said);
        assert!(!ended.err().contains('\u{1b}'), "{ended}");
    }
}

#[test]
fn an_execution_that_somebody_stops_is_told_as_stopped() {
    let plot = Plot::new();
    plot.goes(json!([{"at": 0, "enter": "A"}]));
    let run = plot.begin(&[]);
    run.until_said("State `A`");
    let name = plot.executions()[0]["name"]
        .as_str()
        .expect("it has one")
        .to_owned();
    let stop = [
        "stop",
        &name,
        "--state-machine",
        &plot.machine,
        "--reason",
        "not wanted",
    ];
    plot.run(&stop).ends(0).says("Stopped `");
    run.end()
        .ends(11)
        .says("was stopped")
        .says("caused by: Stopped: not wanted");
    let one = &plot.executions()[0];
    assert_eq!(
        (one["status"].as_str(), one["cause"].as_str()),
        (Some("ABORTED"), Some("not wanted"))
    );
    plot.run(&[
        "stop",
        "nothing",
        "--state-machine",
        &plot.machine,
        "--reason",
        "x",
    ])
    .ends(4);
}

#[test]
fn what_takes_longer_than_is_waited_goes_on_and_can_be_followed_later() {
    let plot = Plot::new();
    plot.goes(json!([{"at": 0, "enter": "A"}]));
    let (told, ended) = plot.result(&["--timeout", "1"]);
    let arn = told["executionArn"]
        .as_str()
        .expect("it has one")
        .to_owned();
    ended
        .ends(9)
        .says("goes on, and was not waited for any longer")
        .says(&format!(
            "hint: `baws-ci provision follow {arn}` goes on with it"
        ));
    plot.run(&["status", &arn])
        .ends(0)
        .says("is under way since");
    plot.is(json!({"running": [{"at": 0, "succeed": {"DeploymentOutput": {"outputs": [{"a": {"s": {"bawsX": "y"}}}]}}}]}));
    plot.run(&["follow", &arn]).ends(0).printed("baws-x=y\n");
    plot.run(&["status", &arn]).ends(0).printed("baws-x=y\n");
    assert_eq!(plot.executions().len(), 1);
}

#[test]
fn a_call_that_is_forbidden_names_what_is_missing() {
    let plot = Plot::new();
    plot.goes(json!([]));
    for (call, resource) in [
        ("DescribeExecution", ":execution:"),
        ("StartExecution", ":stateMachine:"),
        ("GetExecutionHistory", ":execution:"),
    ] {
        plot.fault(json!({"call": call, "error": "AccessDeniedException"}));
        plot.start(&[])
            .ends(3)
            .says(&format!("{{\"Effect\":\"Allow\",\"Action\":\"states:{call}\",\"Resource\":\"arn:aws:states:eu-west-1:123456789012{resource}"));
    }
    assert_eq!(plot.executions().len(), 1);
}
