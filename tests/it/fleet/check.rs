//! Many repositories looked at: few requests, one table, and who has strayed.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::mould::Mould;
use super::{
    LOCK, at, change, check, close, edit, ends, fleet, merge, other_port, remove, sync, traffic,
};
use crate::support::Hub;

/// Thirty projects, in every state that there is but for `failed`.
pub(super) fn thirty() -> Hub {
    let hub = fleet(&["declined", "offered", "behind"]);
    let mould = Mould::of(&hub, "aws-app/behind");
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &["--all-at-once"]).is(0);
    close(&hub, "aws-app/declined");
    ends(&hub, "aws-app/offered", "running");
    merge(&hub, "aws-app/behind");
    let newer = Mould::of(&hub, "aws-app/behind");
    let mould_of = |name: &str, mould: &Mould| {
        let project = format!("aws-app/{name}");
        mould.cast(&hub, &project);
        project
    };
    for number in 1..=13 {
        mould_of(&format!("current-{number:02}"), &newer);
    }
    for number in 1..=3 {
        mould_of(&format!("old-{number}"), &mould);
    }
    let held = mould_of("held", &mould);
    edit(&hub, &held, LOCK, "hold: false", "hold: true");
    let pinned = mould_of("pinned", &mould);
    edit(&hub, &pinned, LOCK, "pin: null", "pin: 1.0");
    let modified = mould_of("modified", &newer);
    edit(
        &hub,
        &modified,
        "Dockerfile",
        "EXPOSE 8080\n",
        "EXPOSE 8080\n# ours\n",
    );
    let missing = mould_of("missing", &newer);
    remove(&hub, &missing, ".dockerignore");
    remove(&hub, &missing, ".gitignore");
    let orphan = mould_of("orphan", &newer);
    edit(
        &hub,
        &orphan,
        LOCK,
        "files:\n",
        "files:\n  Jenkinsfile: \"0123456789012345678901234567890123456789\"\n",
    );
    let unmanaged = mould_of("unmanaged-file", &newer);
    let lock = hub.file(&unmanaged, LOCK, "main");
    let less: Vec<&str> = lock
        .lines()
        .filter(|line| !line.starts_with("  Dockerfile:"))
        .collect();
    change(&hub, &unmanaged, LOCK, &(less.join("\n") + "\n"));
    for (name, attribute) in [
        ("archived", json!({"archived": true})),
        ("mirror", json!({"mirror": true})),
        ("leaving", json!({"marked_for_deletion_on": "2026-12-24"})),
        ("foreign", json!({"topics": []})),
    ] {
        let mut body = attribute;
        body["path"] = json!(mould_of(name, &newer));
        hub.control("POST", "project", &body);
    }
    let group = hub.api("GET", "groups/aws-app", &Value::Null);
    hub.api(
        "POST",
        "projects",
        &json!({"name": "blank", "namespace_id": group["id"]}),
    );
    hub
}

#[test]
fn thirty_repositories_in_every_state_are_one_table_and_few_requests() {
    let hub = thirty();
    traffic(&hub);
    let told = check(&hub, &[]);
    assert_snapshot!(told.is(14).whole(), @r"
    14
    aws-app/archived: archived
    aws-app/blank: empty
    aws-app/leaving: is to be deleted
    aws-app/mirror: a mirror
    error: 9 of 30 repositories are not as version 1.1.0 of the templates makes them

    hint: `baws-ci template sync` offers them what is new; `template diff` shows it
    PROJECT                 KIND    VERSION  STATE      DRIFT                PIPELINE  REQUEST
    aws-app/archived        –       –        skipped    –                    –         –
    aws-app/behind          nodejs  1.1.0    current    –                    –         –
    aws-app/blank           –       –        skipped    –                    –         –
    aws-app/current-01      nodejs  1.1.0    current    –                    –         –
    aws-app/current-02      nodejs  1.1.0    current    –                    –         –
    aws-app/current-03      nodejs  1.1.0    current    –                    –         –
    aws-app/current-04      nodejs  1.1.0    current    –                    –         –
    aws-app/current-05      nodejs  1.1.0    current    –                    –         –
    aws-app/current-06      nodejs  1.1.0    current    –                    –         –
    aws-app/current-07      nodejs  1.1.0    current    –                    –         –
    aws-app/current-08      nodejs  1.1.0    current    –                    –         –
    aws-app/current-09      nodejs  1.1.0    current    –                    –         –
    aws-app/current-10      nodejs  1.1.0    current    –                    –         –
    aws-app/current-11      nodejs  1.1.0    current    –                    –         –
    aws-app/current-12      nodejs  1.1.0    current    –                    –         –
    aws-app/current-13      nodejs  1.1.0    current    –                    –         –
    aws-app/declined        nodejs  1.0.0    outdated   1 outdated           –         –
    aws-app/foreign         –       –        unmanaged  –                    –         –
    aws-app/held            nodejs  1.0.0    held       1 outdated           –         –
    aws-app/leaving         –       –        skipped    –                    –         –
    aws-app/mirror          –       –        skipped    –                    –         –
    aws-app/missing         nodejs  1.1.0    drifted    2 missing            –         –
    aws-app/modified        nodejs  1.1.0    drifted    1 modified           –         –
    aws-app/offered         nodejs  1.0.0    outdated   1 outdated           –         –
    aws-app/old-1           nodejs  1.0.0    outdated   1 outdated           –         –
    aws-app/old-2           nodejs  1.0.0    outdated   1 outdated           –         –
    aws-app/old-3           nodejs  1.0.0    outdated   1 outdated           –         –
    aws-app/orphan          nodejs  1.1.0    drifted    1 missing, 1 orphan  –         –
    aws-app/pinned          nodejs  1.0.0    pinned     1 outdated           –         –
    aws-app/unmanaged-file  nodejs  1.1.0    drifted    1 unmanaged          –         –
    30 repositories: 4 drifted, 5 outdated, 1 held, 1 pinned, 1 unmanaged, 4 skipped, 14 current
    ");
    let (requests, writes) = traffic(&hub);
    assert_eq!(writes, 0);
    // Five are not looked into; what is left is the list, the tags and two versions of the templates.
    assert!(requests <= 2 * 25 + 6, "{requests} requests");
    let told = check(&hub, &["--full"]);
    assert_snapshot!(told.is(14).out, @r"
    PROJECT                 KIND    VERSION  STATE      DRIFT                PIPELINE  REQUEST
    aws-app/archived        –       –        skipped    –                    –         –
    aws-app/behind          nodejs  1.1.0    current    –                    created   –
    aws-app/blank           –       –        skipped    –                    –         –
    aws-app/current-01      nodejs  1.1.0    current    –                    created   –
    aws-app/current-02      nodejs  1.1.0    current    –                    created   –
    aws-app/current-03      nodejs  1.1.0    current    –                    created   –
    aws-app/current-04      nodejs  1.1.0    current    –                    created   –
    aws-app/current-05      nodejs  1.1.0    current    –                    created   –
    aws-app/current-06      nodejs  1.1.0    current    –                    created   –
    aws-app/current-07      nodejs  1.1.0    current    –                    created   –
    aws-app/current-08      nodejs  1.1.0    current    –                    created   –
    aws-app/current-09      nodejs  1.1.0    current    –                    created   –
    aws-app/current-10      nodejs  1.1.0    current    –                    created   –
    aws-app/current-11      nodejs  1.1.0    current    –                    created   –
    aws-app/current-12      nodejs  1.1.0    current    –                    created   –
    aws-app/current-13      nodejs  1.1.0    current    –                    created   –
    aws-app/declined        nodejs  1.0.0    declined   1 outdated           created   !1 closed
    aws-app/foreign         –       –        unmanaged  –                    –         –
    aws-app/held            nodejs  1.0.0    held       1 outdated           created   –
    aws-app/leaving         –       –        skipped    –                    –         –
    aws-app/mirror          –       –        skipped    –                    –         –
    aws-app/missing         nodejs  1.1.0    drifted    2 missing            created   –
    aws-app/modified        nodejs  1.1.0    drifted    1 modified           created   –
    aws-app/offered         nodejs  1.0.0    outdated   1 outdated           created   !1 opened
    aws-app/old-1           nodejs  1.0.0    outdated   1 outdated           created   –
    aws-app/old-2           nodejs  1.0.0    outdated   1 outdated           created   –
    aws-app/old-3           nodejs  1.0.0    outdated   1 outdated           created   –
    aws-app/orphan          nodejs  1.1.0    drifted    1 missing, 1 orphan  created   –
    aws-app/pinned          nodejs  1.0.0    pinned     1 outdated           created   –
    aws-app/unmanaged-file  nodejs  1.1.0    drifted    1 unmanaged          created   –
    30 repositories: 4 drifted, 4 outdated, 1 declined, 1 held, 1 pinned, 1 unmanaged, 4 skipped, 14 current
    ");
    let (requests, writes) = traffic(&hub);
    assert_eq!(writes, 0);
    assert!(requests <= 4 * 25 + 6, "{requests} requests");
}

#[test]
fn kinds_of_drift_may_be_passed_over() {
    let hub = fleet(&["shop", "till"]);
    check(&hub, &[]).is(0);
    edit(
        &hub,
        "aws-app/shop",
        "Dockerfile",
        "EXPOSE",
        "# ours\nEXPOSE",
    );
    remove(&hub, "aws-app/till", ".dockerignore");
    check(&hub, &[]).is(14);
    check(&hub, &["--except", "modified"]).is(14);
    check(&hub, &["--except", "modified", "--except", "missing"]).is(0);
    other_port(&hub, "1.1.0").out(&hub);
    check(&hub, &["--except", "modified", "--except", "missing"]).is(14);
    check(
        &hub,
        &[
            "--except", "modified", "--except", "missing", "--except", "outdated",
        ],
    )
    .is(0);
    assert_snapshot!(check(&hub, &["--except", "changed"]).whole(), @r"
    2
    error: `changed` is no kind of drift

    hint: they are missing, modified, outdated, unmanaged, orphan
    ");
}

#[test]
fn a_repository_that_gitlab_does_not_show_is_a_row_and_an_exit_code_of_its_own() {
    let hub = fleet(&["shop", "till"]);
    let number = hub.api("GET", &at("aws-app/till"), &Value::Null)["id"].clone();
    hub.rules(&json!([{"match": format!("^GET /api/v4/projects/{number}/repository/files"), "status": 403, "body": "{\"message\":\"403 Forbidden\"}"}]));
    assert_snapshot!(check(&hub, &[]).is(1).whole(), @r"
    1
    aws-app/till: cannot read `.baws/templates.lock.yaml` at `main`: GitLab answered 403: 403 Forbidden
    error: 1 of 2 repositories could not be looked at

    hint: their notes say why; run it again
    PROJECT       KIND    VERSION  STATE    DRIFT  PIPELINE  REQUEST
    aws-app/shop  nodejs  1.0.0    current  –      –         –
    aws-app/till  –       –        failed   –      –         –
    2 repositories: 1 failed, 1 current
    ");
}

#[test]
fn it_waits_where_gitlab_asks_for_it() {
    let hub = fleet(&["shop"]);
    let busy = json!({"match": "^GET .*/repository/tree", "times": 1, "status": 429, "body": "Retry later", "headers": {"Retry-After": "2", "Content-Type": "text/plain"}});
    hub.rules(&json!([busy]));
    let begun = std::time::Instant::now();
    check(&hub, &[]).is(0);
    assert!(begun.elapsed().as_secs() >= 2);
    hub.rules(&json!([]));
    hub.control("POST", "limits", &json!({"requests": 3, "per_secs": 1}));
    check(&hub, &[]).is(0);
}
