//! The sample project, and what a run looks like as a whole.

use std::process::Command;

use insta::assert_snapshot;

use super::Project;
use super::project::number;
use crate::support::Stand;
use crate::support::job::PROGRAM;
use crate::support::wait::unique;

#[test]
fn the_sample_project_passes() {
    let project = Project::new(include_str!("../../../examples/hello/.gitlab-ci.yml"));
    project.write(
        "Dockerfile",
        include_str!("../../../examples/hello/Dockerfile"),
    );
    project.write(
        ".dockerignore",
        include_str!("../../../examples/hello/.dockerignore"),
    );
    project.commit();
    // The service is on an engine that other tests share.
    let service = format!("SERVICE=local/{}", unique());
    let ended = project
        .local(&["-j", "1", "--var", &service])
        .exited_with(0);
    removed(&project, &service);
    let story = without_picture(&project.story(&ended));
    // A bench that built it before has the one step in its cache.
    let story = story
        .replace("   cached", "   N s")
        .replace("2 cached", "1 cached");
    assert_snapshot!(story, @r#"
    Job greet (stage test, bench/busybox:1)
    Preparing the executor
    Preparing environment
    Getting sources
    Took 3 files of `PROJECT` at SHA8
    Executing the job script
    $ mkdir -p out
    $ wget -q -O out/answer.txt http://greeter:8080/
    $ cat out/answer.txt
    hello from the service
    $ echo "WORDS=$(wc -w <out/answer.txt | tr -d ' ')" >count.env
    Uploading artifacts
    Packing artifacts (archive)...
    Files packed: 1
    Packing artifacts (dotenv)...
    Files packed: 1
    Cleaning up file based variables
    Job succeeded

    Job count (stage report, bench/busybox:1)
    Preparing the executor
    Preparing environment
    Getting sources
    Took 3 files of `PROJECT` at SHA8
    Downloading artifacts
    Unpacking artifacts of greet (ID)...
    Executing the job script
    $ test "$(cat out/answer.txt)" = "$GREETING"
    $ echo "the service said $WORDS words"
    the service said 4 words
    Running after_script
    $ echo "the job ended with $CI_JOB_STATUS"
    the job ended with success
    Cleaning up file based variables
    Job succeeded

    Job build-image (stage image, bench/busybox:1)
    Preparing the executor
    Preparing environment
    Getting sources
    Took 3 files of `PROJECT` at SHA8
    Downloading artifacts
    Unpacking artifacts of greet (ID)...
    Executing the job script
    $ ref=$(baws-ci build ${REGISTRY:+--push} -t "${REGISTRY:+$REGISTRY/}hello" --tags short,latest .)
    [1/2] FROM bench/busybox:1   N s
    [2/2] COPY out/answer.txt /www/index.html   N s
    Built in N s: 2 steps, 1 cached
    $ echo "IMAGE_REF=$ref" >image.env
    Uploading artifacts
    Packing artifacts (dotenv)...
    Files packed: 1
    Cleaning up file based variables
    Job succeeded

    Job deploy (stage deploy, bench/busybox:1)
    Preparing the executor
    Preparing environment
    Getting sources
    Took 3 files of `PROJECT` at SHA8
    Executing the job script
    $ case $SERVICE in local/*) port="--port 8080" ;; esac
    $ baws-ci deploy $SERVICE --start $port --dotenv deploy.env
    verified: digest sha256:N… runs in 1 of 1 task
    Uploading artifacts
    Packing artifacts (dotenv)...
    Files packed: 1
    Cleaning up file based variables
    Job succeeded

    JOB          RESULT  TIME
    greet        passed  N s
    count        passed  N s
    build-image  passed  N s
    deploy       passed  N s
    total                N s
    "#);
    assert_eq!(ended.err(), "");
}

/// Takes the service of a pipeline away, as a developer does.
#[track_caller]
fn removed(project: &Project, service: &str) {
    let name = service.trim_start_matches("SERVICE=");
    let done = Command::new(PROGRAM)
        .args(["stop", "--remove", name])
        .env("DOCKER_HOST", &project.stand.bench.docker_host)
        .output()
        .expect("the program under test was built with the tests");
    assert!(done.status.success(), "{done:?}");
}

/// Without what a deployment tells on its way, which differs with its times.
fn without_picture(story: &str) -> String {
    let (mut kept, mut is_picture) = (String::new(), false);
    for line in story.lines() {
        is_picture |= line.starts_with('+');
        is_picture &= !line.starts_with("verified: ");
        if !is_picture {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[test]
fn the_whole_log_of_a_job() {
    let project = Project::new("job: {script: [echo hello, \"echo $CI_PROJECT_ID\"]}\n");
    let ended = project.local(&[]).exited_with(0);
    let number = number(&project.root).to_string();
    let log = project.log(&ended).replace(&number, "NUMBER");
    assert_snapshot!(log, @r"
    Job job (stage test, the default image)
    Preparing the executor
    Docker engine at `ENGINE`, API N
    Image of the job: `bench/busybox:1`, on this host, N MB, sha256:N
    Preparing environment
    Running on runner-local-project-ID-concurrent-0
    Getting sources
    Took 1 file of `PROJECT` at SHA8
    Executing the job script
    $ echo hello
    hello
    $ echo $CI_PROJECT_ID
    NUMBER
    Cleaning up file based variables
    Job succeeded

    JOB    RESULT  TIME
    job    passed  N s
    total          N s
    ");
    assert_eq!(ended.err(), "");
}

#[test]
fn the_jobs_are_listed_without_an_engine() {
    let project = Project::on(
        Stand::new().set("docker.host", "\"unix:///nowhere\""),
        include_str!("../../../examples/hello/.gitlab-ci.yml"),
    );
    let ended = project.local(&["--list"]).exited_with(0);
    assert_snapshot!(ended.out(), @r"
    ╭ test ───╮   ╭ report ───╮   ╭ image ────────╮   ╭ deploy ─────────╮
    │ ● greet │──▶│ ● count   │──▶│ ● build-image │──▶│ ● deploy        │
    ╰─────────╯   │   ↖ greet │   │   ↖ greet     │   │   ↖ build-image │
                  ╰───────────╯   ╰───────────────╯   ╰─────────────────╯
    ● runs  ▷ when somebody starts it  ◷ later  ✗ after a failure  ◆ starts a pipeline  ↖ needs

    STAGE   JOB          IMAGE            NEEDS           WHEN
    test    greet        bench/busybox:1  earlier stages
    report  count        bench/busybox:1  greet
    image   build-image  bench/busybox:1  greet
    deploy  deploy       bench/busybox:1  build-image
    ");
}
