//! Jobs whose names and values are made to be misread, and jobs that pretend to be another.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Stand;
use crate::support::engine::Kind;

/// Quotes, newlines, expansions, a way out of a directory, terminal control.
const NASTY: &str = "a 'b' \"c\" `d` $(touch /pwned) ${IFS} \\ ../../etc\n second\tline \u{1b}[31m; & | > < * ? é \u{2028}";

#[test]
fn values_reach_the_script_and_the_container_as_they_are() {
    let stand = Stand::new();
    let job = stand
        .job()
        .variable("NASTY", NASTY)
        .secret("NASTY_SECRET", NASTY)
        .prepared();
    let ended = job
        .run(
            "build_script",
            "printf '%s|%s' \"$NASTY\" \"$NASTY_SECRET\"; test ! -e /pwned",
        )
        .succeeded();
    assert_eq!(ended.out(), format!("{NASTY}|{NASTY}"));
    let env = stand.bench.engine.inspect(&job.container("build"))["Config"]["Env"].clone();
    let env: Vec<&str> = env
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one.as_str())
        .collect();
    assert!(env.contains(&format!("NASTY={NASTY}").as_str()), "{env:?}");
    assert!(
        !env.iter().any(|one| one.starts_with("NASTY_SECRET")),
        "{env:?}"
    );
    job.cleaned_up();
}

#[test]
fn a_value_of_60_kb_reaches_the_script_whole() {
    let stand = Stand::new();
    let long = "0123456789".repeat(6000);
    let job = stand
        .job()
        .variable("LONG", &long)
        .secret("LONG_SECRET", &long)
        .file("LONG_FILE", &long)
        .prepared();
    let ended = job
        .run(
            "build_script",
            "echo ${#LONG} ${#LONG_SECRET}; wc -c < \"$LONG_FILE\"",
        )
        .succeeded();
    assert_eq!(ended.out(), "60000 60000\n60000\n");
    job.cleaned_up();
}

#[test]
fn a_file_variable_holds_its_exact_content_and_only_its_path_is_told() {
    let stand = Stand::new();
    let job = stand.job().file("KUBECONFIG", NASTY).prepared();
    let ended = job
        .run(
            "build_script",
            "cat \"$KUBECONFIG\"; case $KUBECONFIG in /builds/*) ;; *) exit 9;; esac",
        )
        .succeeded();
    assert_eq!(ended.out(), NASTY);
    let inspected = stand
        .bench
        .engine
        .inspect(&job.container("build"))
        .to_string();
    assert!(!inspected.contains("KUBECONFIG"), "{inspected}");
    job.cleaned_up();
}

#[test]
fn names_of_variables_that_no_shell_has_do_not_break_a_job() {
    let stand = Stand::new();
    let mut command = {
        let job = stand.job().prepared();
        let script = job.write_script("echo fine\n");
        let command = job.command(&["executor", "run", &script.to_string_lossy(), "build_script"]);
        (job, command)
    };
    for name in [
        "a.b",
        "a-b",
        "../../x",
        "$(touch /pwned)",
        "a b",
        "a\nb",
        "é",
        "LD_PRELOAD",
        "PATH",
        "DOCKER_HOST",
        "BAWS_CI_CONFIG",
        "TMPDIR",
    ] {
        command.1.env(format!("CUSTOM_ENV_{name}"), "/nowhere");
    }
    let done = command.1.output().expect("the program was built");
    assert_eq!(
        (
            done.status.code(),
            String::from_utf8_lossy(&done.stdout).as_ref()
        ),
        (Some(0), "fine\n")
    );
    command.0.cleaned_up();
}

#[test]
fn what_is_no_image_reference_is_refused_with_the_name_it_has() {
    let stand = Stand::new();
    let mut log = String::new();
    for image in [
        "../../etc",
        "$(touch /pwned)",
        "a'b\"c",
        "Upper/case",
        "a\nb",
        "-v",
        "x:y z",
    ] {
        let job = stand.job().image(image);
        let ended = job.prepare().refused();
        log.push_str(
            ended
                .err()
                .lines()
                .take(2)
                .collect::<Vec<_>>()
                .join("\n")
                .as_str(),
        );
        log.push('\n');
        job.cleaned_up();
    }
    assert_snapshot!(log, @r#"
    error: the job names the image `../../etc`, which is no image reference
      caused by: `..` is no registry host
    error: the job names the image `$(touch /pwned)`, which is no image reference
      caused by: `$(touch ` is no part of a repository's path
    error: the job names the image `a\'b\"c`, which is no image reference
      caused by: `a\'b\"c` is no part of a repository's path
    error: the job names the image `Upper/case`, which is no image reference
      caused by: `Upper` has upper-case letters; repositories are lower-case
    error: the job names the image `a\nb`, which is no image reference
      caused by: `a\nb` is no part of a repository's path
    error: the job names the image `-v`, which is no image reference
      caused by: `-v` is no part of a repository's path
    error: the job names the image `x:y z`, which is no image reference
      caused by: `y z` is no tag
    "#);
}

#[test]
fn names_of_services_that_no_network_has_are_refused_or_harmless() {
    let stand = Stand::new();
    for alias in ["$(touch /pwned)", "../x", "a'b", "a\nb", "-x"] {
        let job = stand.job().service(
            json!({"name": "bench/busybox:1", "alias": alias, "command": ["sleep", "4719"]}),
        );
        let ended = job.prepare();
        assert!(
            ended.code == 0 || ended.code == 1,
            "the alias {alias:?} is no fault of the system: {ended}"
        );
        job.cleaned_up();
    }
}

#[test]
fn a_nasty_user_or_platform_is_the_jobs_own_fault_or_a_named_failure() {
    let stand = Stand::new();
    for user in ["$(id)", "../../root", "0; id", "a'b\"c"] {
        let job = stand
            .job()
            .with("/image/executor_opts/docker/user", user.into());
        let prepared = job.prepare();
        if prepared.code == 0 {
            let ended = job.run("build_script", "id");
            assert_ne!(ended.code, 0, "the user {user:?}: {ended}");
            assert!(
                ended.out().is_empty() && ended.err().starts_with("error: "),
                "{ended}"
            );
        }
        job.cleaned_up();
    }
    let job = stand
        .job()
        .with("/image/executor_opts/docker/platform", "../../x".into());
    assert_ne!(job.prepare().code, 0);
    job.cleaned_up();
}

#[test]
fn names_in_the_job_response_reach_no_shell_and_no_path() {
    let stand = Stand::new();
    let job = stand
        .job()
        .with("/job_info/name", NASTY.into())
        .with("/git_info/ref", NASTY.into())
        .with("/job_info/project_full_path", "../../../x".into());
    let job = job.prepared();
    job.run("step_../../../x $(id)\n", "echo fine")
        .succeeded()
        .printed("fine\n");
    job.cleaned_up();
}

#[test]
fn a_pipeline_that_sets_what_only_the_runner_may_set_is_refused() {
    let stand = Stand::new();
    let mut log = String::new();
    for name in ["CI_CONCURRENT_PROJECT_ID", "CI_RUNNER_SHORT_TOKEN"] {
        let job = stand.job().variable(name, "1");
        log.push_str(&job.prepare().refused().err());
        job.cleaned_up();
    }
    assert_snapshot!(log, @r#"
    error: the pipeline sets `CI_CONCURRENT_PROJECT_ID`, which only the runner may set

    hint: remove `CI_CONCURRENT_PROJECT_ID` from the variables of this job, its pipeline and its project
    error: the pipeline sets `CI_RUNNER_SHORT_TOKEN`, which only the runner may set

    hint: remove `CI_RUNNER_SHORT_TOKEN` from the variables of this job, its pipeline and its project
    "#);
}

#[test]
fn a_forged_job_id_reaches_no_other_job() {
    let stand = Stand::new();
    let victim = stand.job().prepared();
    let job = stand
        .job()
        .runner("CI_CONCURRENT_PROJECT_ID", "1")
        .variable("CI_JOB_ID", &victim.id.to_string())
        .prepared();
    assert_eq!(
        (
            victim.holds(Kind::Containers).len(),
            job.holds(Kind::Containers).len()
        ),
        (2, 2)
    );
    job.run("build_script", "echo forged")
        .succeeded()
        .printed("forged\n");
    job.cleaned_up();
    victim
        .run("build_script", "echo unharmed")
        .succeeded()
        .printed("unharmed\n");
    victim.cleaned_up();
}

#[test]
fn a_job_response_that_is_cut_off_is_a_system_failure() {
    let stand = Stand::new();
    let path = stand.dir().join("cut.json");
    std::fs::write(&path, "{\"id\": 5, \"ima").expect("the stand's directory can be written");
    let job = stand
        .job()
        .env("JOB_RESPONSE_FILE", &path.to_string_lossy());
    job.prepare()
        .system_failure()
        .says("is not what gitlab-runner writes\n");
    job.cleaned_up();
}
