//! Outputs: as the portal reads them, missing, hostile, and on their way into the catalog.

use serde_json::{Value, json};

use super::{Plot, json_of};
use crate::support::Hub;

#[test]
fn the_outputs_of_an_execution_become_annotations_of_the_catalog_file() {
    let plot = Plot::new();
    let file = plot.file("outputs.json");
    let (told, ended) = plot.result(&["--outputs-file", &file]);
    ended.ends(0);
    let hub = Hub::start();
    hub.publish();
    let words = [
        "bootstrap-repo",
        "aws-app/shop",
        "--kind",
        "nodejs",
        "--owner",
        "group:default/shop",
        "--from",
        &file,
    ];
    hub.run(&words).is(0);
    let entity = hub.file("aws-app/shop", ".backstage/catalog-info.yaml", "main");
    let arn = told["executionArn"].as_str().expect("it has one");
    for line in [
        format!("aws.amazon.com/aws-stepfunctions-pipeline-arn: {arn}"),
        "aws.amazon.com/baws-ecs-service-arn: arn:aws:ecs:eu-west-1:123456789012:service/cluster/shop".to_owned(),
        "- awsenvironment:default/dev".to_owned(),
    ] {
        assert!(entity.contains(&line), "{line}: {entity}");
    }
}

#[test]
fn outputs_that_cannot_be_read_are_told_and_the_execution_has_succeeded_all_the_same() {
    let plot = Plot::new();
    for (output, said) in [
        (json!("no json"), "caused by: its output is no JSON"),
        (
            json!({}),
            "caused by: its output has no list `DeploymentOutput.outputs`, but nothing",
        ),
        (
            json!({"DeploymentOutput": {"outputs": {"a": 1}}}),
            "but an object",
        ),
        (Value::Null, "caused by: it has no output"),
    ] {
        plot.goes(json!([{"at": 0, "succeed": output}]));
        let file = plot.file("outputs.json");
        let number = format!("NUMBER={}", plot.executions().len());
        let (told, ended) = plot.result(&["--outputs-file", &file, "--set", &number]);
        ended
            .ends(4)
            .says("error: the execution succeeded, and its outputs cannot be read")
            .says(said);
        assert_eq!(
            (told["outcome"].as_str(), told["exit_code"].as_i64()),
            (Some("succeeded"), Some(4))
        );
        assert!(!std::path::Path::new(&file).exists());
    }
}

#[test]
fn hostile_outputs_are_left_out_and_the_others_count() {
    let plot = Plot::new();
    let many: serde_json::Map<String, Value> = (0..3000)
        .map(|n| (format!("bawsN{n}"), json!("x")))
        .collect();
    plot.goes(json!([{"at": 0, "succeed": {"DeploymentOutput": {"outputs": [
        7, {"a": []}, {"b": {"stack": {"bawsEscape": "\u{1b}]0;x\u{7}", "bawsObject": {"a": 1}, "bawsLong": "x".repeat(5000), "bawsGood": "y", "baws/../x": "z"}}},
        {"c": {"stack": many}},
    ]}}}]));
    let ended = plot.start(&[]).ends(0);
    let (out, err) = (ended.out(), ended.err());
    assert!(
        out.contains("baws-good=y\n") && !out.contains("baws-escape") && !err.contains('\u{1b}'),
        "{ended}"
    );
    assert!(
        err.contains("warning: `bawsObject` is left out: it is an object"),
        "{err}"
    );
    assert!(
        out.lines().count() <= 2000 && err.lines().count() < 60,
        "{ended}"
    );
    assert_eq!(plot.executions()[0]["status"], "SUCCEEDED");
}

#[test]
fn outputs_can_be_asked_for_later_and_not_too_early() {
    let plot = Plot::new();
    plot.goes(json!([{"at": 0, "enter": "A"}]));
    plot.start(&["--no-wait"]).ends(0);
    let arn = plot.executions()[0]["arn"]
        .as_str()
        .expect("it has one")
        .to_owned();
    plot.run(&["outputs", &arn])
        .ends(4)
        .says("error: there are no outputs: ");
    plot.is(json!({"running": [{"at": 0, "succeed": {"DeploymentOutput": {"outputs": [{"a": {"s": {"bawsX": "y"}}}]}}}]}));
    plot.run(&["follow", &arn, "-q"]).ends(0);
    let ended = plot.run(&["outputs", &arn, "--json"]).ends(0);
    assert_eq!(json_of(&ended)["cfnOutputs"], json!({"baws-x": "y"}));
    plot.run(&["outputs", "arn:aws:states:eu-west-1:1:execution:a:b"])
        .ends(2);
}

#[test]
fn a_stack_of_the_second_revision_is_read_in_place_of_an_execution() {
    let plot = Plot::new();
    let stack = format!("{}-ecs-resources-one", plot.site.name);
    let mut scenario = json!({"stacks": {}});
    scenario["stacks"][&stack] = json!({"outputs": {"EcsServiceArn": "arn:aws:ecs:eu-west-1:123456789012:service/c/shop", "AlbEndpoint": "a<b"}});
    plot.is(scenario);
    let file = plot.file("outputs.json");
    let words = [
        "outputs",
        "--stack",
        &stack,
        "--environment",
        "lower",
        "--provider",
        "one",
        "--outputs-file",
        &file,
    ];
    plot.run(&words)
        .ends(0)
        .printed(&format!("AlbEndpoint=a<b\nEcsServiceArn=arn:aws:ecs:eu-west-1:123456789012:service/c/shop\nStackName={stack}\n"));
    let hub = Hub::start();
    hub.publish();
    hub.run(&[
        "bootstrap-repo",
        "aws-app/shop",
        "--kind",
        "nodejs",
        "--owner",
        "group:default/shop",
        "--from",
        &file,
    ])
    .is(0);
    let entity = hub.file("aws-app/shop", ".backstage/catalog-info.yaml", "main");
    assert!(
        entity.contains("lower:") && entity.contains("EcsServiceArn: arn:aws:ecs"),
        "{entity}"
    );
    plot.run(&[
        "outputs",
        "--stack",
        "none",
        "--environment",
        "x",
        "--provider",
        "y",
    ])
    .ends(4);
}
