//! `get_sources` with a real git, and where the token is not.

use super::*;

#[test]
fn the_token_is_in_no_address_and_no_file_of_the_repository() {
    let origin = Bench::new("origin", r#"{"id":1}"#);
    let git = |directory: &str, args: &[&str]| {
        let done = Command::new("git")
            .current_dir(directory)
            .args(args)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    origin.write("file", "content");
    git(&origin.project, &["init", "-q", "-b", "main"]);
    git(&origin.project, &["add", "."]);
    git(
        &origin.project,
        &[
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@y",
            "commit",
            "-qm",
            "one",
        ],
    );
    let sha = git(&origin.project, &["rev-parse", "HEAD"]);
    let job = format!(
        r#"{{"id":1,"allow_git_fetch":true,"git_info":{{"repo_url":"{}","sha":"{sha}","ref":"main","depth":5,
            "refspecs":["+refs/heads/main:refs/remotes/origin/main"]}}}}"#,
        origin.project
    );
    let bench = Bench::new("fetch", &job);
    for attempt in ["first", "second"] {
        let done = bench.run(SHELLS[0], |context| {
            get_sources(context, &Sources::Repository)
        });
        assert!(
            done.status.success(),
            "{attempt}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert_eq!(git(&bench.project, &["rev-parse", "HEAD"]), sha);
        bench.write("left over", "x");
    }
    let mut job = bench.job.clone();
    job.git_info.repo_url =
        "https://gitlab-ci-token:secret-token@git.example.test:8443/a/b.git".to_owned();
    let at = Surroundings {
        builds_dir: "/b".into(),
        project_dir: "/b/p".into(),
        slot: 0,
        status: Status::Running,
    };
    let variables = Variables::new(&job, &at);
    let context = Context {
        job: &job,
        variables: &variables,
        project_dir: "/b/p",
        cache_dir: "/c",
        colour: Colour::Ansi,
    };
    let script = get_sources(&context, &Sources::Repository);
    assert_eq!(script.matches("secret-token").count(), 1);
    assert!(
        script.contains("export CI_JOB_TOKEN=secret-token")
            && script.contains("https://git.example.test:8443/a/b.git")
    );
}
