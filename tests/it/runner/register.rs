//! A host becomes a runner, once; what is lost or broken on the way; what is somebody else's stays.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::{OTHERS, file, given, is_good, register, register_by, runners, text, token, words};
use crate::support::Hub;
use crate::support::hub::Told;

#[test]
fn a_host_becomes_a_runner_and_a_second_run_changes_nothing() {
    let hub = Hub::start();
    let wanted = "--group aws-app --tags ec2,big --maximum-timeout 7200 --json";
    let wanted: Vec<&str> = wanted.split(' ').collect();
    let told = register(&hub, &wanted);
    told.is(0);
    let (first, token) = (text(&hub), token(&hub));
    assert!(
        is_good(&hub, &token) && !told.whole().contains(&token),
        "{}",
        told.whole()
    );
    let mode = std::fs::metadata(file(&hub))
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let made = runners(&hub);
    assert_eq!(made.len(), 1);
    for (key, value) in [
        ("description", json!("baws")),
        ("runner_type", json!("group_type")),
        ("tag_list", json!(["ec2", "big"])),
        ("run_untagged", json!(false)),
        ("maximum_timeout", json!(7200)),
    ] {
        assert_eq!(made[0][key], value, "{key}");
    }
    let again = register(&hub, &wanted).is(0).json();
    let kept = json!({"id": made[0]["id"], "name": "baws", "made": false});
    assert_eq!(
        (&again["runner"], &again["config_changed"]),
        (&kept, &json!(false))
    );
    assert_eq!((text(&hub), runners(&hub).len()), (first, 1));
}

#[test]
fn whatever_answer_of_gitlab_is_lost_there_is_one_runner_in_the_end() {
    let places: [&[&str]; 2] = [&[], &["--group", "aws-app"]];
    for (number, place) in (0..5).flat_map(|number| places.map(|place| (number, place))) {
        for rule in [
            json!({"match": "^[A-Z]+ /api/", "skip": number, "drop": true}),
            json!({"match": "^[A-Z]+ /api/", "skip": number, "times": 1, "after": {"drop": true}}),
        ] {
            let hub = Hub::start();
            hub.rules(&json!([rule]));
            let disturbed = register(&hub, place);
            hub.rules(&json!([]));
            register(&hub, place).is(0);
            assert_eq!(runners(&hub).len(), 1, "{rule}: {}", disturbed.whole());
            assert!(is_good(&hub, &token(&hub)), "{rule}: {}", disturbed.whole());
        }
    }
}

#[test]
fn a_runner_that_was_removed_in_gitlab_is_made_again_and_all_else_in_the_file_stays() {
    let hub = Hub::start();
    given(&hub, OTHERS);
    register(&hub, &[]).is(0);
    let (old, written) = (token(&hub), text(&hub));
    assert!(written.starts_with(OTHERS), "{written}");
    let id = &runners(&hub)[0]["id"];
    hub.api("DELETE", &format!("runners/{id}"), &Value::Null);
    let planned = register(&hub, &["--dry-run"]);
    let out = &planned.is(0).out;
    assert!(
        out.starts_with("A runner `baws` would be made\n--- "),
        "{out}"
    );
    assert!(
        !planned.whole().contains(&old) && !out.contains("glrt-others"),
        "{out}"
    );
    assert_eq!((text(&hub), runners(&hub).len()), (written, 0));
    let made = register(&hub, &[]);
    let said = &made.is(0).err;
    assert!(
        said.contains("GitLab does not know the token of `baws` any more"),
        "{said}"
    );
    assert!(token(&hub) != old && is_good(&hub, &token(&hub)));
    assert!(text(&hub).starts_with(OTHERS), "{}", text(&hub));
}

#[test]
fn a_token_of_the_old_kind_is_refused_with_the_way_out_and_one_of_the_new_kind_is_taken() {
    let hub = Hub::start();
    let told = register_by(&hub, "GR1348941secretsecret\n");
    let said = &told.is(2).err;
    assert!(
        said.starts_with("error: this is no authentication token of a runner\n"),
        "{said}"
    );
    assert!(
        said.contains("hint: registration tokens are of the past"),
        "{said}"
    );
    assert!(!said.contains("secretsecret"), "{said}");
    register_by(&hub, "glrt-dead").is(3);
    assert!(!file(&hub).exists());
    let made = hub.api(
        "POST",
        "user/runners",
        &json!({"runner_type": "instance_type"}),
    );
    register_by(&hub, made["token"].as_str().expect("it is a text")).is(0);
    assert_eq!(
        (json!(token(&hub)), runners(&hub).len()),
        (made["token"].clone(), 1)
    );
    // The same runner with another token: told, though no token is shown.
    let way = format!("runners/{}/reset_authentication_token", made["id"]);
    let reset = hub.api("POST", &way, &json!({}));
    let good = hub.write("token", reset["token"].as_str().expect("it is a text"));
    let again = ["--runner-token-file", good.to_str().expect("it is UTF-8")];
    let planned = register(&hub, &[&again[..], &["--dry-run"]].concat());
    let out = &planned.is(0).out;
    assert!(
        out.contains("/config.toml` would be another one\n"),
        "{out}"
    );
    let done = register(&hub, &[&again[..], &["--json"]].concat());
    assert_eq!(done.is(0).json()["config_changed"], true);
    assert_eq!(json!(token(&hub)), reset["token"]);
}

#[test]
fn what_cannot_be_done_is_named_and_leaves_everything_as_it_was() {
    let hub = Hub::start();
    let by_docker = OTHERS.replace("https://gitlab.test", &hub.url);
    for (before, more, code, said) in [
        (
            "concurrent = \n",
            &[][..],
            4,
            "is no configuration of gitlab-runner",
        ),
        (
            "runners = 1\n",
            &[],
            4,
            "is no configuration of gitlab-runner",
        ),
        (
            &by_docker,
            &["--name", "docker"],
            4,
            "runs its jobs by the executor `docker`",
        ),
        (
            "",
            &["--group", "nowhere"],
            4,
            "error: there is no group `nowhere`",
        ),
        (
            "",
            &["--project", "aws-app/nothing"],
            4,
            "error: there is no project `aws-app/nothing`",
        ),
        ("", &["--concurrent", "0"], 2, "0 is not in 1.."),
        ("", &["--replace"], 2, "--admin-secret"),
    ] {
        given(&hub, before);
        let told = register(&hub, more);
        told.is(code);
        assert!(told.err.contains(said), "{said}: {}", told.err);
        assert_eq!((text(&hub).as_str(), runners(&hub).len()), (before, 0));
    }
    let mut command = hub.command(&words("/nowhere/config.toml", &[]));
    command.env("GITLAB_TOKEN", "glpat-nobody");
    Told::of(command, &hub.url).is(3);
}
