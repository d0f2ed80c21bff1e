//! Repositories and templates that try to be more than that.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{
    BRANCH, LOCK, at, change, check, commit, edit, fleet, merge, open, ordered, other_port, sync,
};
use crate::support::Hub;
use crate::support::hub::TEMPLATES;

const SHOP: &str = "aws-app/shop";

/// Source: the platform's `.gitlab-ci-aws-base.yml` and scripts, second revision; they match anywhere in a title.
const CONTROL: [&str; 11] = [
    "initial commit",
    "generate CICD stages",
    "Added CICD environment stage",
    "Added multiple environment stages",
    "Reprocessed CICD jobs. No new stages added.",
    "Bind Resource",
    "UnBind Resource",
    "updating entity details",
    "Destroy TF Infrastructure",
    "Update Environment Provider",
    "Reference Commit",
];

/// Titles of all commits and merge requests, of all branches.
fn titles(hub: &Hub, project: &str) -> Vec<String> {
    let made = hub.project(project);
    let branches = made["branches"]
        .as_object()
        .expect("it has branches")
        .values();
    let commits =
        branches.flat_map(|branch| branch["commits"].as_array().cloned().unwrap_or_default());
    let requests = made["merge_requests"]
        .as_array()
        .expect("it is a list")
        .iter();
    let all = commits.chain(requests.map(|one| one["title"].clone()));
    all.map(|one| one.as_str().expect("it is a text").to_owned())
        .collect()
}

#[test]
fn no_title_of_ours_is_a_word_that_steers_the_platforms_pipelines() {
    let hub = fleet(&["shop"]);
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &[]).is(0);
    merge(&hub, SHOP);
    sync(&hub, &["--to", "1.0.0"]).is(0);
    let all = [titles(&hub, SHOP), titles(&hub, TEMPLATES)].concat();
    for title in &all {
        for word in CONTROL {
            assert!(
                !title.to_lowercase().contains(&word.to_lowercase()),
                "{title}"
            );
        }
        assert!(
            !title.to_lowercase().contains("[skip ci]")
                && !title.to_lowercase().contains("[ci skip]"),
            "{title}"
        );
    }
    let mut own: Vec<String> = all;
    own.sort();
    own.dedup();
    assert_snapshot!(own.join("\n"), @r"
    Begin with nodejs 1.0.0 of the templates
    Bring the templates to 1.1.0
    Merge branch 'baws-ci/template-sync' into 'main'
    Publish version 1.0.0 of the templates
    Publish version 1.1.0 of the templates
    Take the templates back to 1.0.0
    ");
}

#[test]
fn control_characters_of_a_file_do_not_reach_the_terminal() {
    let hub = fleet(&["shop"]);
    let evil = "ENV A=\u{1b}]0;taken\u{7}\u{1b}[2J\u{9b}31m\u{202e}\nENV NODE_ENV";
    edit(&hub, SHOP, "Dockerfile", "ENV NODE_ENV", evil);
    other_port(&hub, "1.1.0")
        .with(
            "samples/nodejs/Dockerfile",
            "FROM $BASE\n",
            "FROM $BASE\n# newer\n",
        )
        .out(&hub);
    for words in [
        &["template", "diff", "--group", "aws-app"][..],
        &["template", "sync", "--group", "aws-app", "--dry-run"],
        &["template", "sync", "--group", "aws-app"],
    ] {
        let told = hub.run(words);
        let unseen = told
            .whole()
            .chars()
            .filter(|letter| {
                letter.is_control() && !"\n\t".contains(*letter) || *letter == '\u{202e}'
            })
            .count();
        assert_eq!(unseen, 0, "{:?}", told.whole());
    }
}

#[test]
fn a_lock_leads_no_write_out_of_the_places_of_templates() {
    let hub = fleet(&["shop"]);
    let id = "ce013625030ba8dba906f756967f9e9ca394464a";
    let ways = format!(
        "files:\n  ../../etc/passwd: {id}\n  /etc/passwd: {id}\n  .git/config: {id}\n  ~/x: {id}\n"
    );
    edit(&hub, SHOP, LOCK, "files:\n", &ways);
    other_port(&hub, "1.1.0").out(&hub);
    assert_snapshot!(sync(&hub, &[]).is(0).whole(), @r"
    0
    aws-app/shop: opened https://gitlab.test/aws-app/shop/-/merge_requests/1
    wave 3: 1 brought on, 0 to come; run it again when their pipelines have ended
    REPOSITORY    HAS            MERGE REQUEST
    aws-app/shop  1.0.0  opened  https://gitlab.test/aws-app/shop/-/merge_requests/1
    ");
    let files = hub.project(SHOP)["branches"][BRANCH]["files"].to_string();
    assert!(
        !files.contains("passwd") && !files.contains(".git/"),
        "{files}"
    );
    assert_snapshot!(check(&hub, &[]).is(14).out, @r"
    PROJECT       KIND    VERSION  STATE    DRIFT                            PIPELINE  REQUEST
    aws-app/shop  nodejs  1.0.0    drifted  4 missing, 1 outdated, 4 orphan  –         –
    1 repository: 1 drifted
    ");
}

#[test]
fn a_lock_too_large_to_be_one_is_not_read() {
    let hub = fleet(&["shop", "till"]);
    let text = hub.file(SHOP, LOCK, "main");
    change(
        &hub,
        SHOP,
        LOCK,
        &format!("{text}{}", "# much\n".repeat(200_000)),
    );
    other_port(&hub, "1.1.0").out(&hub);
    assert_snapshot!(ordered(sync(&hub, &["--all-at-once"]).is(1)), @r"
    1
    aws-app/shop: `.baws/templates.lock.yaml` cannot be read: it is larger than 1 MiB
    aws-app/shop: whoever changed it takes the last good one from the repository's history; `bootstrap-repo --adopt` writes a new one
    aws-app/till: opened https://gitlab.test/aws-app/till/-/merge_requests/1
    error: 1 of 2 repositories could not be brought on: `aws-app/shop`

    hint: their notes say why; what is done stands: run it again for the rest
    REPOSITORY    HAS            MERGE REQUEST
    aws-app/shop         failed
    aws-app/till  1.0.0  opened  https://gitlab.test/aws-app/till/-/merge_requests/1
    ");
    open(&hub, "aws-app/till");
}

#[test]
fn a_file_too_large_to_be_merged_is_left_and_not_written_into_the_letter() {
    let hub = fleet(&["shop"]);
    let text = hub
        .file(SHOP, "Dockerfile", "main")
        .replace("PORT=8080", "PORT=1");
    change(
        &hub,
        SHOP,
        "Dockerfile",
        &format!("{text}{}", "# much much much\n".repeat(100_000)),
    );
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &[]).is(0);
    // GitLab takes descriptions of at most 1 MiB.
    let letter = open(&hub, SHOP)["description"].as_str().map_or(0, str::len);
    assert!(letter < 100_000, "{letter}");
}

#[test]
fn a_conflict_of_many_long_lines_still_fits_into_a_description() {
    let hub = fleet(&["shop"]);
    let long = format!("ENV NODE_ENV={} PORT=1\n", "x".repeat(900_000));
    edit(
        &hub,
        SHOP,
        "Dockerfile",
        "ENV NODE_ENV=production PORT=8080\n",
        &long,
    );
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &[]).is(0);
    let letter = open(&hub, SHOP)["description"].as_str().map_or(0, str::len);
    assert!(letter < 100_000, "{letter}");
}

#[test]
fn lines_in_conflict_cannot_break_out_of_their_fence() {
    let hub = fleet(&["shop"]);
    let evil = "ENV A=1\n````\n/approve\n<!-- baws-ci version=1.1.0 from=1.0.0 plan=x -->\n@all PORT=8080\n";
    edit(
        &hub,
        SHOP,
        "Dockerfile",
        "ENV NODE_ENV=production PORT=8080\n",
        evil,
    );
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &[]).is(0);
    let request = open(&hub, SHOP);
    let letter = request["description"].as_str().expect("it is a text");
    let (_, fenced) = letter
        .split_once("**To look at:**")
        .expect("something is in conflict");
    let (fenced, _) = fenced.split_once("\nClosing this").expect("it ends so");
    assert_snapshot!(fenced, @r"


    - `Dockerfile` is left as it is: the templates and this repository changed the same lines (10)

      `````diff
      -ENV A=1
      -````
      -/approve
      -<!-- baws-ci version=1.1.0 from=1.0.0 plan=x -->
      -@all PORT=8080
      +ENV NODE_ENV=production PORT=8110
      `````
    ");
}

/// A tag made by somebody else than `template publish`.
fn tampered(hub: &Hub, tag: &str) {
    let place = at(TEMPLATES);
    commit(
        hub,
        TEMPLATES,
        "main",
        &json!([{"action": "create", "file_path": "templates/evil.yml", "content": "job: {script: [a]}\n"}]),
    );
    hub.api(
        "POST",
        &format!("{place}/repository/tags"),
        &json!({"tag_name": tag, "ref": "main"}),
    );
}

#[test]
fn a_tag_that_holds_another_version_is_refused_and_the_reason_is_told() {
    let hub = fleet(&["shop"]);
    tampered(&hub, "1.2.0");
    let before = hub.project(SHOP);
    let told = sync(&hub, &[]);
    assert_eq!(told.code, 4, "{}", told.whole());
    assert!(told.err.contains("holds version 1.0.0"), "{}", told.whole());
    assert_eq!(hub.project(SHOP), before);
}

#[test]
fn a_repository_that_names_templates_of_somebody_else_is_left_alone() {
    let hub = fleet(&["shop"]);
    hub.control(
        "POST",
        "projects",
        &json!({"path": "root/evil", "files": {"VERSION": "9.0.0\n"}, "tags": ["9.0.0"]}),
    );
    edit(
        &hub,
        SHOP,
        LOCK,
        "project: platform/pipeline-templates",
        "project: root/evil",
    );
    other_port(&hub, "1.1.0").out(&hub);
    let told = sync(&hub, &["--json"]);
    assert_snapshot!(super::verdict(told.is(0), SHOP), @"skipped: its templates are those of `root/evil`");
    let asked = hub.asked();
    let at_it = asked
        .iter()
        .filter(|one: &&Value| one["path"].to_string().contains("evil"));
    assert_eq!(at_it.count(), 0);
}
