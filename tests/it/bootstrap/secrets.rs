//! The access token in its secret, and the token for GitLab out of one: with the bench's AWS.

use serde_json::{Value, json};

use super::{FULL, hub};
use crate::support::bench::{REGION, aws, bench};
use crate::support::hub::Told;
use crate::support::{Hub, hub as standin};

fn secret(name: &str) -> Value {
    aws(&format!(
        "n='{name}'\nx=s.describe_secret(SecretId=n)\nprint(json.dumps({{'value':s.get_secret_value(SecretId=n)['SecretString'],'description':x.get('Description'),'tags':x['Tags'],'arn':x['ARN']}}))"
    ))
}

/// Names are AWS's, which all tests share.
fn name(of: &str) -> String {
    format!("{of}-{}", std::process::id())
}

fn order(hub: &Hub, name: &str, more: &str) {
    let text = FULL.replace("aws-app/shop", &format!("aws-app/{name}"));
    hub.write(
        "order.yaml",
        &format!("{text}\naccess_token: {{region: {REGION}}}\n{more}"),
    );
}

fn bootstrap(hub: &Hub, words: &[&str]) -> Told {
    let order = hub.room.path().join("order.yaml");
    let mut all = vec![
        "bootstrap-repo",
        "--from",
        order.to_str().expect("it is UTF-8"),
    ];
    all.extend(words);
    let mut command = hub.command(&all);
    command.envs(bench().aws);
    Told::of(command, &hub.url)
}

#[test]
fn the_access_token_goes_into_its_secret_and_nowhere_else() {
    let hub = hub();
    let name = name("kept");
    order(&hub, &name, "");
    let told = bootstrap(&hub, &["--json"]);
    let value = told.is(0).json();
    let kept = secret(&format!("aws-apps-{name}-access-token"));
    let token = kept["value"].as_str().expect("it is a text").to_owned();
    assert!(
        token.starts_with("glpat-") && !told.whole().contains(&token),
        "{}",
        told.whole()
    );
    assert_eq!(
        kept["tags"],
        json!([{"Key": format!("aws-apps:{name}"), "Value": name}])
    );
    assert_eq!(value["access_token"]["secret_arn"], kept["arn"]);
    // It is good for the repository, and for nothing else.
    let path = format!("/api/v4/projects/aws-app%2F{name}/repository/files/README.md/raw?ref=main");
    assert_eq!(hub.call("GET", &path, &token, &Value::Null).0, 200);
    assert_eq!(
        hub.call("POST", "/api/v4/projects", &token, &json!({"name": "x"}))
            .0,
        403
    );
    let catalog = hub.file(
        &format!("aws-app/{name}"),
        ".backstage/catalog-info.yaml",
        "main",
    );
    assert!(catalog.contains("baws-repo-secret-arn"), "{catalog}");
    hub.asked();
    let again = bootstrap(&hub, &[]);
    assert!(
        again.is(0).out.contains("nothing to do"),
        "{}",
        again.whole()
    );
    let (requests, writes) = super::traffic(&hub.asked());
    assert!(
        requests <= 12 && writes == 0,
        "{requests} requests, {writes} writes"
    );
}

#[test]
fn a_token_near_its_end_or_whose_value_nobody_has_is_rotated() {
    let hub = hub();
    let name = name("rotated");
    order(&hub, &name, "");
    bootstrap(&hub, &[]).is(0);
    let id = format!("aws-apps-{name}-access-token");
    let first = secret(&id);
    // Somebody wrote another value there.
    aws(&format!(
        "s.update_secret(SecretId='{id}',SecretString='x',Description='mine')\nprint('1')"
    ));
    let told = bootstrap(&hub, &[]);
    assert!(
        told.is(0).err.contains("rotate access token"),
        "{}",
        told.whole()
    );
    let second = secret(&id);
    assert_ne!(first["value"], second["value"]);
    let old = first["value"].as_str().expect("it is a text");
    assert_eq!(hub.call("GET", "/api/v4/user", old, &Value::Null).0, 401);
    let active = hub.api(
        "GET",
        &format!("projects/aws-app%2F{name}/access_tokens?state=active"),
        &Value::Null,
    );
    assert_eq!(active.as_array().map(Vec::len), Some(1), "{active}");
    order(&hub, &name, "");
    let text = std::fs::read_to_string(hub.room.path().join("order.yaml")).expect("it is ours");
    hub.write(
        "order.yaml",
        &text.replace("{region: eu-west-1}", "{region: eu-west-1, days: 20}"),
    );
    // One of 20 days is always near its end.
    bootstrap(&hub, &[]).is(0);
    let told = bootstrap(&hub, &["--dry-run"]);
    assert!(told.is(0).code == 0);
}

#[test]
fn an_answer_lost_while_the_token_is_made_leaves_one_token_that_works() {
    for (number, rule) in [
        json!({"match": "^POST .*/access_tokens", "times": 1, "after": "drop"}),
        json!({"match": "^POST .*/access_tokens", "times": 1, "drop": true}),
    ]
    .into_iter()
    .enumerate()
    {
        let hub = hub();
        let name = name(&format!("lost-{number}"));
        order(&hub, &name, "");
        hub.rules(&json!([rule]));
        bootstrap(&hub, &[]);
        hub.rules(&json!([]));
        bootstrap(&hub, &[]).is(0);
        let kept = secret(&format!("aws-apps-{name}-access-token"));
        let token = kept["value"].as_str().expect("it is a text").to_owned();
        let file =
            format!("/api/v4/projects/aws-app%2F{name}/repository/files/README.md/raw?ref=main");
        assert_eq!(hub.call("GET", &file, &token, &Value::Null).0, 200);
        let active = hub.api(
            "GET",
            &format!("projects/aws-app%2F{name}/access_tokens?state=active"),
            &Value::Null,
        );
        assert_eq!(active.as_array().map(Vec::len), Some(1), "{active}");
    }
}

#[test]
fn the_token_for_gitlab_may_lie_in_the_platforms_own_secret() {
    let hub = hub();
    let id = name("admin-gitlab-secrets");
    aws(&format!(
        "s.create_secret(Name='{id}',SecretString=json.dumps({{'username':'baws-admin','apiToken':'{}'}}))\nprint('1')",
        standin::TOKEN
    ));
    let settings = hub.write(
        "config.toml",
        &format!("[gitlab]\ntoken_secret = \"{id}\"\n"),
    );
    let mut command = hub.command(&[
        "--config",
        settings.to_str().expect("it is UTF-8"),
        "bootstrap-repo",
        "aws-app/by-secret",
        "--kind",
        "nodejs",
        "--owner",
        "x",
    ]);
    command.envs(bench().aws).env_remove("GITLAB_TOKEN");
    Told::of(command, &hub.url).is(0);
    let settings = hub.write(
        "config.toml",
        "[gitlab]\ntoken_secret = \"no-such-secret\"\n",
    );
    let mut command = hub.command(&[
        "--config",
        settings.to_str().expect("it is UTF-8"),
        "bootstrap-repo",
        "aws-app/by-none",
        "--kind",
        "nodejs",
        "--owner",
        "x",
    ]);
    command.envs(bench().aws).env_remove("GITLAB_TOKEN");
    let told = Told::of(command, &hub.url);
    assert!(
        told.is(3).err.contains("no-such-secret"),
        "{}",
        told.whole()
    );
}
