//! The platform's secret: a token for GitLab comes from it, and the runner's number goes into it.

use serde_json::{Value, json};

use super::{file, runners, words};
use crate::support::Hub;
use crate::support::bench::{REGION, aws, bench};
use crate::support::hub::{TOKEN, Told};

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
