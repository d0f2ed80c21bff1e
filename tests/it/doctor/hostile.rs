//! Answers that make no sense, never come, or want to be more than text.

use std::time::{Duration, Instant};

use serde_json::json;

use super::platforms::first;
use super::wall::Then;
use super::world::World;
use crate::support::Stand;

#[test]
fn garbage_in_parameters_secrets_and_refusals_stays_text() {
    let world = World::first();
    let escape = "\\x1b]0;owned\\x07\\x1b[31m";
    world.aws(&first(&format!(
        "
p('/baws/domain', '\\t'); p('/baws/Audit', 'a{escape}b'); p('/baws/SecurityMappingTable', 'x'*300)
p('baws-kms-key', 'arn:aws:kms:{escape}:key/x'); p('/baws/solution-network/public-subnets', '['*4000)
c('secretsmanager').put_secret_value(SecretId='baws-okta-secrets', SecretString='{escape}[[[')
"
    )));
    let message = "{\"__type\":\"AccessDeniedException\",\"message\":\"no\\u001b[2J\\nsection_start:1:x\\r\\u001b[0K\"}";
    world.wall.on(
        &["DescribeStateMachine"],
        Then::Answer(400, message.to_owned()),
    );
    world.wall.on(
        &["DescribeClusters"],
        Then::Answer(200, "<html>".to_owned()),
    );
    world.wall.on(
        &["DescribeRepositories"],
        Then::Answer(500, "\u{1b}[31m".to_owned()),
    );
    let said = world.doctor(&["aws"]);
    said.has(&[
        ("aws.parameter", "/baws/domain", "wrong"),
        ("aws.parameter", "/baws/Audit", "wrong"),
        ("aws.parameter", "/baws/SecurityMappingTable", "wrong"),
        ("aws.parameter", "baws-kms-key", "wrong"),
        (
            "aws.parameter",
            "/baws/solution-network/public-subnets",
            "wrong",
        ),
        ("aws.secret.keys", "baws-okta-secrets", "wrong"),
        ("aws.state-machine", "", "forbidden"),
        ("aws.cluster", "", "wrong"),
        ("aws.backstage-repository", "", "wrong"),
    ]);
    let told = world.run(&["doctor", "aws", "--all"]);
    for text in [&said.told.whole(), &told.is(14).whole()] {
        assert!(
            !text.contains('\u{1b}') && !text.contains('\u{7}'),
            "{text}"
        );
        assert!(
            !text.lines().any(|line| line.starts_with("section_start")),
            "{text}"
        );
    }
}

#[test]
fn who_never_answers_and_who_takes_no_more_requests_hold_nobody_up() {
    let world = World::on(Stand::new()).set("platform.revision", "\"first\"");
    world
        .hub
        .rules(&json!([{"match": ".", "status": 429, "headers": {"Retry-After": "60"}}]));
    world.wall.on(&["Action=GetCallerIdentity"], Then::Hang);
    let socket = world.stand.dir().join("dead.sock");
    let dead = std::os::unix::net::UnixListener::bind(&socket).expect("the directory is ours");
    let world = world.env("DOCKER_HOST", &format!("unix://{}", socket.display()));
    let begun = Instant::now();
    let said = world.doctor(&[]);
    assert!(
        begun.elapsed() < Duration::from_secs(25),
        "{:?}",
        begun.elapsed()
    );
    said.has(&[
        ("gitlab.reachable", "", "unreachable"),
        ("aws.identity", "", "unreachable"),
        ("host.engine", "", "unreachable"),
    ]);
    assert!(
        said.told.err.contains("takes no more requests for now"),
        "{}",
        said.told.err
    );
    said.told.is(12);
    drop(dead);
}
