//! `runner register`: a host becomes a runner, once; what is lost or broken on the way; what is somebody else's stays.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::Hub;
use crate::support::bench::{REGION, aws, bench};
use crate::support::hub::{TOKEN, Told};

const OTHERS: &str = r#"# of the platform team
concurrent = 12 # as many as fit

[[runners]]
  name = "docker"
  url = "https://gitlab.test"
  token = "glrt-others"
  executor = "docker"
"#;

fn file(hub: &Hub) -> PathBuf {
    hub.room.path().join("runner/config.toml")
}

fn words<'w>(file: &'w str, more: &[&'w str]) -> Vec<&'w str> {
    let mut words = vec!["runner", "register", "--runner-config", file];
    if !more.contains(&"--name") {
        words.extend(["--name", "baws"]);
    }
    words.extend(more);
    words
}

fn register(hub: &Hub, more: &[&str]) -> Told {
    let file = file(hub);
    hub.run(&words(file.to_str().expect("it is UTF-8"), more))
}

/// With the token in a file, which was made by hand.
fn register_by(hub: &Hub, token: &str) -> Told {
    let token = hub.write("token", token);
    let token = token.to_str().expect("it is UTF-8");
    register(hub, &["--runner-token-file", token])
}

/// gitlab-runner's file as it was before.
fn given(hub: &Hub, text: &str) {
    std::fs::create_dir_all(hub.room.path().join("runner")).expect("it is ours");
    hub.write("runner/config.toml", text);
}

fn text(hub: &Hub) -> String {
    std::fs::read_to_string(file(hub)).expect("it was written")
}

/// Of the runner in the file that runs jobs by this program.
fn token(hub: &Hub) -> String {
    let value: toml::Value = toml::from_str(&text(hub)).expect("it is TOML");
    let runners = value["runners"].as_array().expect("it is a list");
    let ours = runners
        .iter()
        .find(|one| one["executor"].as_str() == Some("custom"));
    let token = ours.and_then(|one| one["token"].as_str());
    token.expect("it has a token").to_owned()
}

fn is_good(hub: &Hub, token: &str) -> bool {
    let body = json!({"token": token});
    hub.call("POST", "/api/v4/runners/verify", TOKEN, &body).0 == 200
}

fn runners(hub: &Hub) -> Vec<Value> {
    let all = hub.api("GET", "runners/all", &Value::Null);
    let all = all.as_array().expect("it is a list").iter();
    all.map(|one| hub.api("GET", &format!("runners/{}", one["id"]), &Value::Null))
        .collect()
}

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
    for number in 0..4 {
        for rule in [
            json!({"match": "^[A-Z]+ /api/", "skip": number, "drop": true}),
            json!({"match": "^[A-Z]+ /api/", "skip": number, "times": 1, "after": {"drop": true}}),
        ] {
            let hub = Hub::start();
            hub.rules(&json!([rule]));
            let disturbed = register(&hub, &[]);
            hub.rules(&json!([]));
            register(&hub, &[]).is(0);
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

#[test]
fn the_platforms_secret_gives_the_token_and_keeps_the_runners_number_beside_all_else() {
    let hub = Hub::start();
    let name = format!("baws-admin-gitlab-secrets-{}", std::process::id());
    let old = hub.api(
        "POST",
        "user/runners",
        &json!({"runner_type": "instance_type"}),
    );
    let value = json!({"username": "baws-admin", "apiToken": TOKEN, "runnerId": old["id"].to_string(), "own": [1]});
    aws(&format!(
        "s.create_secret(Name='{name}',SecretString=json.dumps({value}))\nprint('1')"
    ));
    let file = file(&hub);
    let run = |more: &[&str]| {
        let file = file.to_str().expect("it is UTF-8");
        let mut all = words(
            file,
            &["--admin-secret", &name, "--region", REGION, "--json"],
        );
        all.extend(more);
        let mut command = hub.command(&all);
        command.env_remove("GITLAB_TOKEN").envs(bench().aws);
        Told::of(command, &hub.url)
    };
    let kept = || {
        aws(&format!(
            "print(s.get_secret_value(SecretId='{name}')['SecretString'])"
        ))
    };
    let planned = run(&["--dry-run"]);
    assert_eq!(planned.is(0).json()["previous_id"], old["id"]);
    assert_eq!(
        (kept(), runners(&hub).len(), file.exists()),
        (value.clone(), 1, false)
    );
    let told = run(&["--replace"]);
    let id = told.is(0).json()["runner"]["id"].clone();
    assert_eq!(told.json()["previous_removed"], true);
    let mut expected = value;
    expected["runnerId"] = id.to_string().into();
    assert_eq!(kept(), expected);
    let left = runners(&hub);
    assert_eq!((left.len(), &left[0]["id"]), (1, &id));
    assert!(!told.whole().contains(TOKEN), "{}", told.whole());
    let again = run(&["--replace"]);
    assert_eq!(again.is(0).json()["previous_id"], Value::Null);
    aws(&format!(
        "s.put_secret_value(SecretId='{name}',SecretString='{{}}')\nprint('1')"
    ));
    let told = run(&[]);
    assert!(told.is(3).err.contains("has no `apiToken`"), "{}", told.err);
    aws(&format!(
        "s.delete_secret(SecretId='{name}',ForceDeleteWithoutRecovery=True)\nprint('1')"
    ));
    assert!(run(&[]).is(4).err.contains("error: there is no secret"));
}
