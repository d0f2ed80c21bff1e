//! What jobs leave to those after them: files and variables.

use insta::assert_snapshot;

use super::{ONE_BY_ONE, Project};

#[test]
fn artifacts_are_what_the_patterns_match() {
    let project = Project::new(
        "
stages: [build, test]
build:
  stage: build
  script:
    - mkdir -p out/deep/er lib 'with blank'
    - touch out/a.bin out/a.map out/deep/b.bin out/deep/er/c.bin out/deep/er/c.map lib/x.so lib/y.so lib/z.txt 'with blank/f' .hidden
    - ln -s a.bin out/link
    - chmod 755 out/a.bin
  artifacts:
    paths: [out/, 'lib/*.{so,dll}', 'with blank/f', '**/*.nothing', '$CI_PROJECT_DIR/.hidden']
    exclude: ['out/**/*.map']
test:
  stage: test
  script:
    - find . -type f -o -type l | grep -v -e '/[.]git/' -e gitlab-ci | sort
    - test -x out/a.bin && test ! -x lib/x.so && readlink out/link
",
    );
    let ended = project.local(&[]).exited_with(0);
    assert_snapshot!(project.story(&ended), @r"
    Job build (stage build, the default image)
    Preparing the executor
    Preparing environment
    Getting sources
    Took 1 file of `PROJECT` at SHA8
    Executing the job script
    $ mkdir -p out/deep/er lib 'with blank'
    $ touch out/a.bin out/a.map out/deep/b.bin out/deep/er/c.bin out/deep/er/c.map lib/x.so lib/y.so lib/z.txt 'with blank/f' .hidden
    $ ln -s a.bin out/link
    $ chmod 755 out/a.bin
    Uploading artifacts
    Packing artifacts (archive)...
    WARNING: lib/*.dll: no matching files
    WARNING: **/*.nothing: no matching files
    Files packed: 8
    Cleaning up file based variables
    Job succeeded

    Job test (stage test, the default image)
    Preparing the executor
    Preparing environment
    Getting sources
    Took 1 file of `PROJECT` at SHA8
    Downloading artifacts
    Unpacking artifacts of build (ID)...
    Executing the job script
    $ find . -type f -o -type l | grep -v -e '/[.]git/' -e gitlab-ci | sort
    ./.hidden
    ./lib/x.so
    ./lib/y.so
    ./out/a.bin
    ./out/deep/b.bin
    ./out/deep/er/c.bin
    ./out/link
    ./with blank/f
    $ test -x out/a.bin && test ! -x lib/x.so && readlink out/link
    a.bin
    Cleaning up file based variables
    Job succeeded

    JOB    RESULT  TIME
    build  passed  N s
    test   passed  N s
    total          N s
    ");
}

#[test]
fn artifacts_are_kept_by_how_the_job_ended() {
    let job = |name: &str, status: u8, when: &str| {
        format!(
            "{name}: {{stage: build, script: ['echo x >{name}', 'exit {status}'], allow_failure: true,
                artifacts: {{paths: [{name}], when: {when}}}}}\n"
        )
    };
    let jobs = [
        job("good-success", 0, "on_success"),
        job("good-failure", 0, "on_failure"),
        job("good-always", 0, "always"),
        job("bad-success", 1, "on_success"),
        job("bad-failure", 1, "on_failure"),
        job("bad-always", 1, "always"),
    ];
    let project = Project::new(&format!(
        "{}look: {{stage: test, script: 'echo found *-*'}}\n",
        jobs.concat()
    ));
    let ended = project.local(&ONE_BY_ONE).exited_with(0);
    ended.printed("\nfound bad-always bad-failure good-always good-success\n");
}

#[test]
fn untracked_files_can_be_kept() {
    let project = Project::new(
        "
build: {stage: build, image: {name: 'bench/bash:1', docker: {user: app}}, script: ['touch new; mkdir -p d; touch d/new; echo >>tracked'], artifacts: {untracked: true}}
test: {stage: test, script: ['find . -name new | sort', 'wc -c tracked']}
",
    );
    project.write("tracked", "");
    project.commit();
    let ended = project.local(&[]).exited_with(0);
    ended.printed("\n./d/new\n./new\n").printed("\n0 tracked\n");
}

#[test]
fn a_job_gets_the_artifacts_of_its_needs_and_dependencies_only() {
    let project = Project::new(
        "
stages: [build, test]
a: {stage: build, script: touch a, artifacts: {paths: [a]}}
b: {stage: build, script: touch b, artifacts: {paths: [b]}}
all: {stage: test, script: 'echo all ?'}
none: {stage: test, dependencies: [], script: 'echo none ?'}
named: {stage: test, dependencies: [b], script: 'echo named ?'}
needed: {stage: test, needs: [a, {job: b, artifacts: false}], script: 'echo needed ?'}
",
    );
    let ended = project.local(&ONE_BY_ONE).exited_with(0);
    let log = ended.out();
    let found: Vec<&str> = log
        .lines()
        .filter(|line| {
            ["all ", "none ", "named ", "needed "]
                .iter()
                .any(|name| line.starts_with(name))
        })
        .filter(|line| !line.contains("passed"))
        .collect();
    assert_eq!(found, ["all a b", "none ?", "named b", "needed a"]);
}

#[test]
fn variables_of_a_dotenv_report_reach_the_jobs_after_it() {
    let project = Project::new(
        "
variables: {WHO: pipeline}
build: {stage: build, script: \"printf 'WHO=build\\nRAW=$HOME x\\n' >v.env\", artifacts: {reports: {dotenv: v.env}}}
test: {stage: test, script: 'echo \"$WHO $RAW\"'}
alone: {stage: test, needs: [], script: 'echo \"$WHO $RAW.\"'}
",
    );
    let ended = project.local(&ONE_BY_ONE).exited_with(0);
    ended.printed("\nbuild $HOME x\n").printed("\npipeline .\n");
}

#[test]
fn a_dotenv_report_that_gitlab_would_refuse_fails_the_job() {
    let project = Project::new(
        "
build: {stage: build, script: \"printf 'A=1\\n# no\\n' >v.env\", artifacts: {reports: {dotenv: v.env}}}
test: {stage: test, script: 'true'}
",
    );
    let ended = project.local(&[]).exited_with(5);
    assert_snapshot!(project.said(&ended), @r"
    error: the dotenv report `v.env` is not valid
      caused by: line 2: there is no `=`

    hint: each line is NAME=value; there are no comments and no empty lines
    error: the job `build` failed
    ");
    assert_snapshot!(project.summary(&ended), @r"
    JOB    RESULT                    TIME
    build  failed (dotenv report)    N s
    test   skipped (`build` failed)
    total                            N s
    ");
}

#[test]
fn an_artifact_that_is_not_there_is_a_warning() {
    let project = Project::new("job: {script: 'true', artifacts: {paths: [gone, ../outside]}}\n");
    let ended = project.local(&[]).exited_with(0);
    assert_snapshot!(project.story(&ended), @r"
    Job job (stage test, the default image)
    Preparing the executor
    Preparing environment
    Getting sources
    Took 1 file of `PROJECT` at SHA8
    Executing the job script
    $ true
    Uploading artifacts
    Packing artifacts (archive)...
    WARNING: gone: no matching files
    WARNING: ../outside is outside the project and is not kept
    WARNING: there is nothing to keep
    Cleaning up file based variables
    Job succeeded

    JOB    RESULT  TIME
    job    passed  N s
    total          N s
    ");
}
