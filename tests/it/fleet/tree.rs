//! A work tree looked at by a job of its own pipeline, without GitLab.

use std::path::Path;

use insta::assert_snapshot;

use super::{cloned, fleet};
use crate::support::Hub;
use crate::support::hub::Told;

/// As a job does it: no address, no token.
fn check(hub: &Hub, tree: &Path, words: &[&str]) -> Told {
    let mut all = vec!["template", "check"];
    all.extend(words);
    let mut command = hub.command(&all);
    command
        .current_dir(tree)
        .env_remove("GITLAB_TOKEN")
        .env_remove("CI_SERVER_URL");
    Told::of(command, &hub.url)
}

#[test]
fn a_fresh_clone_is_as_its_template_made_it() {
    let hub = fleet(&["shop"]);
    let tree = cloned(&hub, "aws-app/shop", "tree");
    hub.asked();
    assert_snapshot!(check(&hub, &tree, &[]).whole(), @r"
    0
    all 4 files are as nodejs 1.0.0 makes them
    ");
    assert_snapshot!(check(&hub, &tree, &["--json"]).whole(), @r#"
    0
    {"drift":[],"schema":"baws-ci/template-check/1","template":"nodejs","version":"1.0.0"}
    "#);
    let above = hub.room.path().join("tree");
    let told = check(
        &hub,
        hub.room.path(),
        &[above.to_str().expect("it is UTF-8")],
    );
    told.is(0);
    assert!(hub.asked().is_empty());
}

#[test]
fn files_that_are_missing_or_modified_are_listed() {
    let hub = fleet(&["shop"]);
    let tree = cloned(&hub, "aws-app/shop", "tree");
    std::fs::write(tree.join("Dockerfile"), "FROM ours\n").expect("it is ours");
    std::fs::remove_file(tree.join(".gitignore")).expect("it is there");
    assert_snapshot!(check(&hub, &tree, &[]).whole(), @r"
    14
    error: 2 files are not as nodejs 1.0.0 makes them

    hint: what was changed on purpose is passed over with --except modified; the next update keeps it as well
    missing   .gitignore
    modified  Dockerfile
    ");
    assert_snapshot!(check(&hub, &tree, &["--json"]).is(14).out, @r#"
    {"drift":[{"kind":"missing","path":".gitignore"},{"kind":"modified","path":"Dockerfile"}],"schema":"baws-ci/template-check/1","template":"nodejs","version":"1.0.0"}
    "#);
    check(
        &hub,
        &tree,
        &["--except", "missing", "--except", "modified"],
    )
    .is(0);
    assert_snapshot!(check(&hub, &tree, &["--except", "missing", "--except", "modified", "--newest", "1.1.0"]).whole(), @r"
    14
    error: 1 file is not as nodejs 1.0.0 makes it

    hint: what was changed on purpose is passed over with --except modified; the next update keeps it as well
    outdated  .baws/templates.lock.yaml
    ");
}

#[test]
fn a_directory_that_is_no_repository_of_ours_is_told() {
    let hub = fleet(&[]);
    assert_snapshot!(check(&hub, hub.room.path(), &[]).whole(), @r"
    4
    error: cannot read `./.baws/templates.lock.yaml`
      caused by: No such file or directory (os error 2)

    hint: run it in a work tree that `bootstrap-repo` made; --group looks at repositories in GitLab
    ");
}

#[test]
fn a_lock_does_not_lead_to_other_files() {
    let hub = fleet(&["shop"]);
    let tree = cloned(&hub, "aws-app/shop", "tree");
    let lock = tree.join(".baws/templates.lock.yaml");
    let text = std::fs::read_to_string(&lock).expect("it is there");
    let outside = hub.write("outside", "hello\n");
    // git's own name for "hello\n": nobody may find out by it what lies elsewhere.
    let id = "ce013625030ba8dba906f756967f9e9ca394464a";
    let ways = format!(
        "files:\n  ../outside: {id}\n  {}: {id}\n  away/outside: {id}\n  link: {id}\n",
        outside.display()
    );
    std::fs::write(&lock, text.replace("files:\n", &ways)).expect("it is ours");
    std::os::unix::fs::symlink(&outside, tree.join("link")).expect("it is ours");
    std::os::unix::fs::symlink(hub.room.path(), tree.join("away")).expect("it is ours");
    let told = check(&hub, &tree, &[]);
    let room = hub.room.path().display().to_string();
    let told = told.is(14).out.replace(&room, "…");
    for path in ["../outside", "…/outside", "away/outside", "link"] {
        assert!(
            told.contains(&format!("modified  {path}\n")),
            "{path}: {told}"
        );
    }
}
