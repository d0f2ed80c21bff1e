//! Values that try to be more than values, and secrets that must not be seen.

use serde_json::{Value, json};

use super::{bootstrap, hub};

const PLANTED: [&str; 3] = ["planted-secret-value", "planted-hook-token", "glpat-bench"];

#[test]
fn secrets_are_in_no_output_no_plan_and_no_commit() {
    let hub = hub();
    for words in [
        &["--dry-run"][..],
        &["--json", "--dry-run"],
        &["--json"],
        &[],
    ] {
        let told = bootstrap(&hub, words);
        for secret in PLANTED {
            assert!(
                !told.is(0).whole().contains(secret),
                "{words:?}: {}",
                told.whole()
            );
        }
    }
    hub.rules(&json!([{"match": "^PUT .*/variables", "status": 400, "body": "{\"message\":{\"value\":[\"is invalid\"]}}"}]));
    hub.write(
        "order.yaml",
        &super::FULL.replace("planted-secret-value", "planted-secret-value-2"),
    );
    let told = bootstrap(&hub, &["--json"]);
    assert_eq!(told.code, 4, "{}", told.whole());
    for secret in PLANTED {
        assert!(!told.whole().contains(secret), "{}", told.whole());
    }
    let clone = hub.room.path().join("clone");
    let url = hub
        .url
        .replace("http://", "http://root:glpat-bench-0123456789ab@");
    let done = std::process::Command::new("/usr/bin/git")
        .args(["clone", "-q", &format!("{url}/aws-app/shop.git")])
        .arg(&clone)
        .output()
        .expect("git runs");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let log = std::process::Command::new("/usr/bin/git")
        .arg("-C")
        .arg(&clone)
        .args(["log", "-p", "--all"])
        .output()
        .expect("git runs");
    let log = String::from_utf8_lossy(&log.stdout);
    assert!(log.contains("catalog-info.yaml"));
    for secret in PLANTED {
        assert!(!log.contains(secret), "{secret} is in a commit");
    }
}

#[test]
fn values_stay_values_in_every_file_that_is_written() {
    let nasty = [
        "\"; DROP TABLE apps; --",
        "two\nlines: and\n  - a list",
        "$CI_JOB_TOKEN ${HOME} $(id) `id`",
        "${{ secrets.TOKEN }} {{ x }} $[[ inputs.y ]]",
        "'single' # comment & *alias !tag | > % @",
        "no",
        "0123456789",
        "\u{202e}right to left\u{0007}",
        " leading and trailing ",
    ];
    let hub = hub();
    for (number, value) in nasty.iter().enumerate() {
        let name = format!("nasty-{number}");
        let order = json!({
            "project": format!("aws-app/{name}"), "kind": "nodejs", "owner": "group:default/x", "title": value, "description": value,
            "variables": [{"key": "NASTY", "value": value, "raw": true, "description": value}],
            "catalog": {"tags": ["a"], "outputs": [{"environment": "dev", "provider": "p", "values": {"bawsAlbEndpoint": value}}]},
        });
        hub.write("order.yaml", &order.to_string());
        for revision in ["first", "second"] {
            if revision == "second" {
                let mut order = order.clone();
                order["project"] = json!(format!("aws-app/{name}-2"));
                hub.write("order.yaml", &order.to_string());
            }
            let told = bootstrap(&hub, &["--revision", revision]);
            assert_eq!(told.code, 0, "{value:?}: {}", told.whole());
            assert!(
                !told.whole().contains(['\u{202e}', '\u{7}']),
                "{:?}",
                told.whole()
            );
            let path = match revision {
                "first" => format!("aws-app/{name}"),
                _ => format!("aws-app/{name}-2"),
            };
            let text = hub.file(&path, ".backstage/catalog-info.yaml", "main");
            let entity: serde_yaml::Value =
                serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(entity["metadata"]["title"], **value, "{text}");
            assert_eq!(entity["metadata"]["description"], **value, "{text}");
            let again = bootstrap(&hub, &["--revision", revision]);
            assert!(
                again.is(0).out.contains("nothing to do"),
                "{value:?}: {}",
                again.whole()
            );
        }
        let stored = hub.project(&format!("aws-app/{name}"));
        let stored = stored["variables"]
            .as_array()
            .expect("it is a list")
            .iter()
            .find(|one| one["key"] == "NASTY")
            .cloned();
        assert_eq!(stored.unwrap_or(Value::Null)["value"], **value);
    }
}
