//! Faults planted on the host.

use serde_json::json;

use super::wall::Then;
use super::world::{Said, World};
use crate::support::Stand;

#[test]
fn what_is_wrong_with_a_host_is_found_by_code_and_kind() {
    let world = World::on(Stand::new());
    let bad = world.stand.dir().join("none.pem");
    std::fs::write(&bad, "no certificate").expect("it is ours");
    let text = std::fs::read_to_string(world.config()).expect("it is there");
    let text = text
        .replace("\"executor\", \"run\"", "\"run\"")
        .replace("= 45", "= 1");
    world.write(&world.config(), &text, 0o644);
    std::fs::remove_dir_all(world.root().join("etc/systemd")).expect("it is ours");
    world.mode(&world.stand.state_dir(), 0o777);
    world.hub.rules(&json!([{"match": ".", "skew": 3600}]));
    let registry = "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn";
    let push = format!("[{{ projects = [\"**\"], push = [\"{registry}/app\"] }}]");
    let world = world
        .set("executor.docker.helper_image", "\"bench/none:1\"")
        .set("executor.min_free_disk", "\"900t\"")
        .set("grants", &push)
        .env("HTTPS_PROXY", "proxy without an address");
    let world = world.env(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "http://169.254.169.254",
    );
    let said = world.doctor(&["host"]);
    said.has(&[
        ("host.settings", "", "ok"),
        ("host.state-dir", "", "wrong"),
        ("host.engine.version", "", "ok"),
        ("host.disk.engine", "", "wrong"),
        ("host.helper-image", "bench/none:1", "missing"),
        ("host.guard.tried", "", "not_looked_at"),
        ("host.proxy", "", "wrong"),
        ("host.runner.unit", "", "missing"),
        ("host.runner.stages", "baws", "wrong"),
        ("host.runner.times", "baws", "wrong"),
        ("host.runner.rights", "", "wrong"),
        ("host.clock", "", "wrong"),
        ("host.dns", registry, "missing"),
        ("host.metadata.tokens", "", "wrong"),
    ]);
    said.told.is(14);
    assert!(!said.told.whole().contains("glrt-"), "a token is told");
    let world = world.env("SSL_CERT_FILE", &bad.display().to_string());
    let said = world.doctor(&[]);
    said.has(&[
        ("host.certificates", "", "wrong"),
        ("gitlab.reachable", "", "not_looked_at"),
        ("aws.identity", "", "not_looked_at"),
    ]);
}

#[test]
fn settings_and_an_engine_that_are_wrong_do_not_keep_the_rest_from_being_looked_at() {
    let world = World::on(Stand::new());
    let programs = world.stand.dir().join("programs");
    let old = "#!/bin/sh\necho 'Version:      17.8.4'\n";
    world.write(&programs.join("gitlab-runner"), old, 0o755);
    world.write(&world.stand.config(), "[executer]\n", 0o600);
    let path = format!("{}:/usr/sbin:/usr/bin:/bin", programs.display());
    let world = world
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .env("PATH", &path);
    world.wall.on(
        &["Action=DescribeInstances"],
        Then::Answer(
            200,
            "<httpPutResponseHopLimit>2</httpPutResponseHopLimit>".to_owned(),
        ),
    );
    let config = world.config().display().to_string();
    let told = world.run(&["doctor", "host", "--json", "--runner-config", &config]);
    let said = Said {
        json: told.is(14).json(),
        told,
    };
    said.has(&[
        ("host.settings", "", "wrong"),
        ("host.engine", "", "unreachable"),
        ("host.guard.tried", "", "not_looked_at"),
        ("host.guard", "", "ok"),
        ("host.runner", "baws", "ok"),
        ("host.runner.version", "", "wrong"),
        ("host.metadata.tokens", "", "ok"),
        ("host.metadata.hop-limit", "", "warning"),
    ]);
    world.wall.on(&["Action=DescribeInstances"], Then::Deny);
    let said = world.doctor(&["host"]);
    said.has(&[("host.metadata.hop-limit", "", "unknown")]);
    assert_eq!(
        said.json["policies"][0]["document"]["Statement"][0]["Action"],
        "ec2:DescribeInstances"
    );
    let missing = world.run(&[
        "doctor",
        "host",
        "--json",
        "--runner-config",
        "/nonexistent/config.toml",
    ]);
    assert!(
        missing.out.contains("cannot read gitlab-runner's file"),
        "{}",
        missing.out
    );
}

#[test]
fn fix_makes_what_is_ours_and_looks_again() {
    let world = World::on(Stand::new());
    std::fs::remove_dir_all(world.root().join("etc/systemd")).expect("it is ours");
    std::fs::remove_dir_all(world.stand.state_dir()).expect("it is ours");
    let said = world.doctor(&["host"]);
    said.has(&[
        ("host.state-dir", "", "missing"),
        ("host.runner.unit", "", "missing"),
    ]);
    said.told.is(4);
    assert!(
        !world.stand.state_dir().exists(),
        "it was not asked to mend"
    );
    let said = world.doctor(&["host", "--fix"]);
    said.has(&[("host.state-dir", "", "ok"), ("host.runner.unit", "", "ok")]);
    said.told.is(0);
    let fixed = said.json["fixed"].to_string();
    assert!(
        fixed.contains("Made `") && fixed.contains("10-baws-ci.conf"),
        "{fixed}"
    );
    assert!(world.stand.state_dir().is_dir());
    let again = world.doctor(&["host", "--fix"]);
    assert_eq!(again.told.is(0).json()["fixed"], json!([]));
}

#[test]
fn a_guard_that_is_not_set_is_found_from_inside_a_container_and_set() {
    let world = World::on(Stand::alone());
    let nft = |words: &[&str]| {
        let done = std::process::Command::new("/usr/sbin/nft")
            .args(words)
            .output();
        assert!(
            done.expect("the bench has it").status.success(),
            "nft {words:?}"
        );
    };
    nft(&["delete", "table", "inet", "baws_ci"]);
    // Of a doctor that was ended in the middle.
    let gone = [
        "create",
        "--label",
        "baws-ci.doctor=none",
        "bench/busybox:1",
    ];
    world.stand.bench.engine.docker(&gone);
    let said = world.doctor(&["host"]);
    said.has(&[
        ("host.guard", "", "missing"),
        ("host.guard.tried", "", "wrong"),
    ]);
    said.told.is(14);
    let said = world.doctor(&["host", "--fix"]);
    said.has(&[("host.guard", "", "ok"), ("host.guard.tried", "", "ok")]);
    said.told.is(0);
    let left = world.stand.bench.engine.labelled(
        crate::support::engine::Kind::Containers,
        &["baws-ci.doctor"],
    );
    assert!(left.is_empty(), "{left:?}");
}
