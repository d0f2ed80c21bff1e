//! Jobs that do not run as root, or cannot write to the image's own files.

use std::os::unix::fs::MetadataExt;

use crate::support::Stand;

/// Writes where a job must be able to write.
const WRITES: &str = "id -u\nmkdir -p /builds/it/project.tmp && echo x > /builds/it/project.tmp/gitlab_runner_env\n\
    echo x > /builds/it/project/new && echo x >> /builds/it/project/from-helper && rm -r /builds/it/project/directory\necho x > /cache/new && echo x > /tmp/new";

/// What the helper leaves, as root.
const SOURCES: &str = "mkdir -p /builds/it/project/directory && echo x > /builds/it/project/from-helper && echo x > /builds/it/project/directory/file";

#[test]
fn an_image_of_user_1000_may_write_to_the_project_and_the_cache() {
    let stand = Stand::new();
    let image = stand.made("user-1000", "FROM bench/busybox:1\nUSER 1000\n");
    let job = stand.job().image(&image).prepared();
    job.run("get_sources", SOURCES).succeeded();
    job.run("build_script", WRITES)
        .succeeded()
        .printed("1000\n");
    job.run("after_script", "id -u; rm /builds/it/project/new")
        .succeeded()
        .printed("1000\n");
    job.run("archive_cache", "id -u; rm /cache/new")
        .succeeded()
        .printed("0\n");
    job.cleaned_up();
}

#[test]
fn the_jobs_own_user_may_be_named_by_a_variable() {
    let stand = Stand::new();
    let job = stand
        .job()
        .variable("GROUP", "1000")
        .with("/image/executor_opts/docker/user", "1000:$GROUP".into())
        .prepared();
    job.run("get_sources", SOURCES).succeeded();
    job.run("build_script", &format!("{WRITES}\nid -g"))
        .succeeded()
        .printed("1000\n");
    job.cleaned_up();
}

#[test]
fn the_operators_user_beats_the_jobs() {
    let stand = Stand::new().set("executor.docker.user", "\"1000\"");
    let job = stand
        .job()
        .with("/image/executor_opts/docker/user", "0".into())
        .prepared();
    job.run("build_script", "id -u")
        .succeeded()
        .printed("1000\n");
    job.cleaned_up();
}

#[test]
fn with_a_read_only_root_only_project_cache_and_tmp_can_be_written() {
    let stand = Stand::new().set("executor.read_only_root", "true");
    let job = stand.job().prepared();
    job.run("get_sources", SOURCES).succeeded();
    let ended = job
        .run("build_script", &format!("{WRITES}\necho x > /root/new"))
        .failed_with(1);
    assert!(
        ended.out().contains("/root/new: Read-only file system"),
        "{ended}"
    );
    job.cleaned_up();
}

#[test]
fn with_a_read_only_root_user_1000_may_write_too() {
    let stand = Stand::new().set("executor.read_only_root", "true");
    let job = stand
        .job()
        .with("/image/executor_opts/docker/user", "1000".into())
        .prepared();
    job.run("get_sources", SOURCES).succeeded();
    job.run("build_script", WRITES)
        .succeeded()
        .printed("1000\n");
    job.cleaned_up();
}

#[test]
fn without_the_umask_of_the_docker_executor_files_are_not_open_to_all() {
    let stand = Stand::new();
    let job = stand
        .job()
        .runner("FF_DISABLE_UMASK_FOR_DOCKER_EXECUTOR", "true")
        .prepared();
    job.run("get_sources", SOURCES).succeeded();
    job.run("build_script", "stat -c %a /builds/it/project/from-helper")
        .succeeded()
        .printed("644\n");
    job.cleaned_up();
    let job = stand.job().prepared();
    job.run("get_sources", SOURCES).succeeded();
    job.run("build_script", "stat -c %a /builds/it/project/from-helper")
        .succeeded()
        .printed("666\n");
    job.cleaned_up();
}

#[test]
fn without_that_umask_sources_are_given_to_the_user_of_the_image() {
    let stand = Stand::new();
    let image = stand.made("user-1000", "FROM bench/busybox:1\nUSER 1000\n");
    let job = stand
        .job()
        .runner("FF_DISABLE_UMASK_FOR_DOCKER_EXECUTOR", "true")
        .image(&image)
        .prepared();
    // A link that leads out of the project is given away, and not what it leads to.
    job.run(
        "get_sources",
        &format!("{SOURCES}; ln -s /etc/passwd /builds/it/project/link"),
    )
    .succeeded();
    job.run("restore_cache", "stat -c %u /etc/passwd")
        .succeeded()
        .printed("0\n");
    job.run(
        "build_script",
        "cd /builds/it/project; stat -c '%u:%g %a' . from-helper directory/file; echo more >> from-helper; rm -r directory",
    )
    .succeeded()
    .printed("1000:1000 755\n1000:1000 644\n1000:1000 644\n");
    // What fails is left as it is, and so is what no script works with.
    job.run(
        "download_artifacts",
        "echo x > /builds/it/project/late; exit 3",
    )
    .failed_with(3);
    job.run("after_script", "stat -c %u /builds/it/project/late")
        .succeeded()
        .printed("0\n");
    job.cleaned_up();
}

#[test]
fn an_image_that_cannot_start_is_named_where_its_user_is_asked_for() {
    let stand = Stand::new();
    let image = stand.behind("asked-false", r#"["/bin/false"]"#);
    let job = stand
        .job()
        .runner("FF_DISABLE_UMASK_FOR_DOCKER_EXECUTOR", "true")
        .image(&image)
        .prepared();
    job.run("get_sources", SOURCES)
        .system_failure()
        .says("error: the build container ended before it ran the job");
    job.cleaned_up();
}

#[test]
fn a_job_cannot_have_what_the_operator_lends_given_away() {
    let stand = Stand::new();
    let lent = stand.dir().join("lent");
    std::fs::create_dir(&lent).expect("it is ours");
    std::fs::write(lent.join("file"), "").expect("it is ours");
    let lent = lent.canonicalize().expect("it is there");
    let path = lent.display();
    let stand = stand
        .set(
            "executor.docker.volumes",
            &format!("[\"{path}:/lent\", \"{path}:/builds/lent\"]"),
        )
        .set(
            "executor.docker.allowed_host_paths",
            &format!("[\"{path}\"]"),
        );
    for dir in ["/lent", "/builds/lent", "/builds/../lent", "/"] {
        let job = stand
            .job()
            .runner("FF_DISABLE_UMASK_FOR_DOCKER_EXECUTOR", "true")
            .runner("CI_PROJECT_DIR", dir)
            .with("/image/executor_opts/docker/user", "1000".into())
            .prepared();
        let ended = job.run("get_sources", "true");
        assert!([0, 2].contains(&ended.code), "{ended}");
        let file = std::fs::metadata(lent.join("file")).expect("it is there");
        assert_eq!(file.uid(), 0, "{dir}: {ended}");
        job.run("build_script", "echo goes on").succeeded();
        job.cleaned_up();
    }
}
