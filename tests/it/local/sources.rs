//! Which files a job gets, and as what.

use std::os::unix::fs::{PermissionsExt, symlink};

use insta::assert_snapshot;

use super::Project;

/// Every file with its mode and first line, links with their target.
const LOOK: &str = r#"look:
  image: bench/bash:1
  script: |
    find . -name .git -prune -o -type d -empty -printf '%m %p/\n' -o -type f -printf '%m %p ' -exec head -n1 {} \; -o -type l -printf '%p -> %l\n' | sort -k2
"#;

fn found(project: &Project) -> String {
    let ended = project.local(&[]).exited_with(0);
    let log = project.log(&ended);
    log.lines()
        .filter(|line| line.contains(" ./") || line.starts_with("./") || line.starts_with("Took "))
        .filter(|line| !line.contains("gitlab-ci.yml"))
        .flat_map(|line| [line, "\n"])
        .collect()
}

#[test]
fn a_job_gets_the_work_tree_as_it_is_now() {
    let project = Project::new(LOOK);
    project.write(".gitignore", "*.o\n");
    project.write("committed", "1\n");
    project.write("changed", "1\n");
    project.write("deleted", "1\n");
    project.write("staged-away", "1\n");
    project.commit();
    project.write("changed", "2\n");
    project.write("untracked", "1\n");
    project.write("d/ignored.o", "1\n");
    project.write("d/untracked", "1\n");
    std::fs::remove_file(project.root.join("deleted")).expect("it is ours");
    project.git(&["rm", "--quiet", "staged-away"]);
    assert_snapshot!(found(&project), @r"
    Took 6 files of `PROJECT` at SHA8, with changes that are not committed
    666 ./.gitignore *.o
    666 ./changed 2
    666 ./committed 1
    666 ./d/untracked 1
    666 ./untracked 1
    ");
}

#[test]
fn modes_and_links_arrive() {
    let project = Project::new(LOOK);
    project.write("plain", "1\n");
    project.write("run", "1\n");
    project.write("private", "1\n");
    let set = |path: &str, mode| {
        let mode = PermissionsExt::from_mode(mode);
        std::fs::set_permissions(project.root.join(path), mode).expect("it is ours");
    };
    set("run", 0o755);
    set("private", 0o600);
    for (target, link) in [("plain", "link"), ("/nowhere", "broken"), ("d", "to-d")] {
        symlink(target, project.root.join(link)).expect("the project can be written");
    }
    project.write("d/with blank and ü", "1\n");
    let socket = std::os::unix::net::UnixListener::bind(project.root.join("socket"));
    socket.expect("the project can be written");
    project.commit();
    assert_snapshot!(found(&project), @r"
    Took 8 files of `PROJECT` at SHA8
    ./broken -> /nowhere
    ./to-d -> d
    ./link -> plain
    666 ./d/with blank and ü 1
    666 ./plain 1
    666 ./private 1
    777 ./run 1
    ");
}

#[test]
fn a_directory_without_git_is_taken_whole() {
    let project = Project::without_git(LOOK);
    project.write(".gitignore", "*.o\n");
    project.write("ignored.o", "1\n");
    std::fs::create_dir(project.root.join("empty")).expect("the project can be written");
    assert_snapshot!(found(&project), @r"
    Took 4 files of `PROJECT`, which is no git repository
    666 ./.gitignore *.o
    777 ./empty/
    666 ./ignored.o 1
    ");
}

#[test]
fn a_repository_without_a_commit_is_taken_too() {
    let project = Project::without_git(
        "look: {image: 'bench/bash:1', script: ['git status --short --branch']}\n",
    );
    project.git(&["init", "--quiet", "--initial-branch=trunk"]);
    let ended = project.local(&[]).exited_with(0);
    let log = ended.printed("\n## No commits yet on trunk\n?? .gitlab-ci.yml\n");
    log.printed("without a commit yet");
}

#[test]
fn submodules_are_taken_with_their_own_changes() {
    let project = Project::new(LOOK);
    let library = project.stand.dir().join("library");
    std::fs::create_dir(&library).expect("the stand's directory can be written");
    project.git_in(&library, &["init", "--quiet", "--initial-branch=main"]);
    std::fs::write(library.join("code"), "1\n").expect("it is ours");
    project.git_in(&library, &["add", "."]);
    project.git_in(&library, &["commit", "--quiet", "--message", "x"]);
    project.git(&[
        "submodule",
        "--quiet",
        "add",
        &library.to_string_lossy(),
        "lib",
    ]);
    project.commit();
    project.write("lib/code", "2\n");
    project.write("lib/new", "1\n");
    assert_snapshot!(found(&project), @r#"
    Took 4 files of `PROJECT` at SHA8, with changes that are not committed
    666 ./.gitmodules [submodule "lib"]
    666 ./lib/code 2
    666 ./lib/new 1
    "#);
}

#[test]
fn git_strategy_empty_brings_no_sources() {
    let project =
        Project::new("job: {variables: {GIT_STRATEGY: empty}, script: 'ls -A | wc -l'}\n");
    project.local(&[]).exited_with(0).printed("\n0\n");
}

#[test]
fn a_pipeline_file_in_a_subdirectory_makes_it_the_project() {
    let project = Project::new("top: {script: 'true'}\n");
    project.write("part/.gitlab-ci.yml", LOOK);
    project.write("part/.gitignore", "*.o\n");
    project.write("part/deep/file", "1\n");
    project.write("part/x.o", "1\n");
    project.write("beside", "1\n");
    project.commit();
    let part = project.root.join("part");
    let from_there = project.local_in(&part, &[]).exited_with(0);
    assert_snapshot!(project.story(&from_there), @r"
    Job look (stage test, bench/bash:1)
    Preparing the executor
    Preparing environment
    Getting sources
    Took 3 files of `PROJECT/part` at SHA8, a part of the repository `PROJECT`, whose history is left out
    Executing the job script
    $ find . -name .git -prune -o -type d -empty -printf '%m %p/\n' -o -type f -printf '%m %p ' -exec head -n1 {} \; -o -type l -printf '%p -> %l\n' | sort -k2
    666 ./.gitignore *.o
    666 ./.gitlab-ci.yml look:
    666 ./deep/file 1
    Cleaning up file based variables
    Job succeeded

    JOB    RESULT  TIME
    look   passed  N s
    total          N s
    ");
    let by_name = project
        .local(&["--file", "part/.gitlab-ci.yml"])
        .exited_with(0);
    let took = "Took 3 files of `PROJECT/part` at SHA8, a part of the repository `PROJECT`";
    assert!(project.log(&by_name).contains(took), "{by_name}");
}

#[test]
fn any_other_pipeline_file_belongs_to_the_whole_repository() {
    let project = Project::new("top: {script: 'true'}\n");
    project.write("ci/other.yml", "other: {script: 'ls ci beside'}\n");
    project.write("beside", "1\n");
    project.commit();
    let took = "Took 3 files of `PROJECT` at SHA8\n";
    let from_root = project.local(&["--file", "ci/other.yml"]).exited_with(0);
    assert!(project.log(&from_root).contains(took), "{from_root}");
    let from_there = project.local_in(&project.root.join("ci"), &["--file", "other.yml"]);
    assert!(project.log(&from_there.exited_with(0)).contains(took));
}

#[test]
fn in_a_subdirectory_without_a_pipeline_the_repositorys_runs() {
    let project = Project::new("top: {script: 'ls d/x'}\n");
    project.write("d/x", "1\n");
    let ended = project
        .local_in(&project.root.join("d"), &[])
        .exited_with(0);
    assert!(
        project
            .log(&ended)
            .contains("Took 2 files of `PROJECT` at SHA8"),
        "{ended}"
    );
}

#[test]
fn a_project_below_a_repository_that_ignores_it_is_taken_whole() {
    let project = Project::new("top: {script: 'true'}\n");
    project.write(".gitignore", "work/\n");
    project.commit();
    project.write("work/.gitlab-ci.yml", "job: {script: cat file}\n");
    project.write("work/file", "here\n");
    let ended = project
        .local_in(&project.root.join("work"), &[])
        .exited_with(0);
    let log = project.log(&ended);
    assert!(
        log.contains("Took 2 files of `PROJECT/work`, which is no git repository"),
        "{log}"
    );
    ended.printed("\nhere\n");
}
