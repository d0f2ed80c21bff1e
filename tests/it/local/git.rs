//! git inside a job: the history is real, the changes are seen, nothing of the person's own is.

use super::Project;

/// git as user `app` in a build container, which does not own the sources.
fn project(lines: &str) -> Project {
    let project = Project::new(&format!(
        "job:\n  image: {{name: 'bench/bash:1', docker: {{user: app}}}}\n  script:\n{lines}"
    ));
    project.write("kept", "1\n");
    project.write("changed", "1\n");
    project.commit();
    project
}

#[test]
fn git_sees_the_commit_and_the_changes() {
    let project = project(
        "    - git rev-parse HEAD\n    - git status --porcelain\n    - git log --format=%s%d\n    - id -un\n",
    );
    project.write("changed", "2\n");
    project.write("new", "1\n");
    let ended = project.local(&[]).exited_with(0);
    let log = project.log(&ended);
    assert!(log.contains("\nSHA\n"), "{log}");
    assert!(log.contains("\n M changed\n?? new\n"), "{log}");
    assert!(log.contains("\nOpen the shop (HEAD"), "{log}");
    assert!(log.contains("\napp\n"), "{log}");
}

#[test]
fn git_works_on_a_detached_head_and_a_tag() {
    let project = project(
        "    - git rev-parse HEAD\n    - 'echo \"$CI_COMMIT_TAG $CI_COMMIT_REF_NAME <$CI_COMMIT_BRANCH>\"'\n",
    );
    project.git(&["tag", "v1"]);
    project.git(&["checkout", "--quiet", "--detach", "v1"]);
    let ended = project.local(&[]).exited_with(0);
    assert!(project.log(&ended).contains("\nSHA\n"), "{ended}");
    ended.printed("\nv1 v1 <>\n");
}

#[test]
fn a_linked_work_tree_is_a_project_too() {
    let project =
        project("    - git rev-parse HEAD\n    - git status --porcelain\n    - git branch --all\n");
    let linked = project.stand.dir().join("linked");
    project.git(&[
        "worktree",
        "add",
        "--quiet",
        "-b",
        "side",
        &linked.to_string_lossy(),
    ]);
    std::fs::write(linked.join("new"), "1\n").expect("it is ours");
    let ended = project.local_in(&linked, &[]).exited_with(0);
    let log = project.log(&ended);
    assert!(
        log.contains("\nSHA\n") && log.contains("\n?? new\n"),
        "{log}"
    );
}

#[test]
fn the_persons_own_git_configuration_stays_at_home() {
    let project = project(
        "    - git config --list --show-origin\n    - git remote --verbose\n    - find .git -path '*hooks/*' | wc -l\n",
    );
    project.git(&["config", "user.signingkey", "planted-secret"]);
    project.git(&[
        "remote",
        "add",
        "origin",
        "https://me:planted-secret@git.example.test/a/b.git",
    ]);
    project.write(
        "../home/.gitconfig",
        "[http]\n\textraHeader = planted-secret\n",
    );
    let ended = project.local(&[]).exited_with(0);
    assert!(!ended.out().contains("planted-secret"), "{ended}");
    ended
        .printed("\norigin\thttps://git.example.test/a/b.git (fetch)\n")
        .printed("\n0\n");
}

#[test]
fn a_job_that_configures_git_by_the_environment_does_it_alone() {
    let project = Project::new(
        "
job:
  image: bench/bash:1
  variables: {GIT_CONFIG_COUNT: 1, GIT_CONFIG_KEY_0: user.name, GIT_CONFIG_VALUE_0: Job}
  script: ['git config user.name', 'echo \"safe:$(git config safe.directory)\"']
",
    );
    project
        .local(&[])
        .exited_with(0)
        .printed("\nJob\n")
        .printed("\nsafe:\n");
}
