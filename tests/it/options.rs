//! Settings that a job's containers show.

use crate::support::Stand;

#[test]
fn names_and_resolvers_of_the_operator_reach_the_script_and_the_helper() {
    let stand = Stand::new()
        .set(
            "executor.docker.extra_hosts",
            "[\"warehouse:203.0.113.77\"]",
        )
        .set("executor.docker.dns", "[\"203.0.113.78\"]");
    let job = stand.job().prepared();
    for stage in ["get_sources", "build_script"] {
        job.run(stage, "cat /etc/hosts /etc/resolv.conf")
            .succeeded()
            .printed("203.0.113.77\twarehouse\n")
            .printed("nameserver 203.0.113.78\n");
    }
    job.cleaned_up();
}

#[test]
fn limits_hold_for_the_build_container() {
    let stand = Stand::new()
        .set("executor.docker.memory", "\"96m\"")
        .set("executor.docker.cpus", "\"0.5\"")
        .set("executor.docker.shm_size", "8388608");
    let job = stand.job().prepared();
    job.run(
        "build_script",
        "df -k /dev/shm | tail -n 1 | awk '{print $2}'",
    )
    .succeeded()
    .printed("8192\n");
    let host = stand.bench.engine.inspect(&job.container("build"))["HostConfig"].clone();
    assert_eq!(
        (
            host["Memory"].as_i64(),
            host["MemorySwap"].as_i64(),
            host["NanoCpus"].as_i64()
        ),
        (Some(96 << 20), Some(96 << 20), Some(500_000_000))
    );
    job.cleaned_up();
}

#[test]
fn containers_have_the_host_name_that_the_docker_executor_gives() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let expected = format!("runner-{}-project-7-concurrent-0\n", stand.token);
    for stage in ["prepare_script", "build_script"] {
        job.run(stage, "hostname").succeeded().printed(&expected);
    }
    job.cleaned_up();
}

#[test]
fn a_given_network_is_used_and_stays() {
    let stand = Stand::new();
    let name = format!("it-{}", stand.token);
    let label = format!("com.gitlab.gitlab-runner.runner.id={}", stand.token);
    stand
        .bench
        .engine
        .docker(&["network", "create", "--label", &label, &name]);
    let stand = stand.set("executor.docker.network_mode", &format!("\"{name}\""));
    let job = stand.job().prepared();
    job.run("build_script", "echo on")
        .succeeded()
        .printed("on\n");
    let networks =
        stand.bench.engine.inspect(&job.container("helper"))["NetworkSettings"]["Networks"].clone();
    assert!(networks.get(&name).is_some(), "{networks}");
    job.cleaned_up();
    assert!(
        stand
            .bench
            .engine
            .get(&format!("/networks/{name}"))
            .is_some()
    );
}

#[test]
fn the_runners_labels_stand_on_every_container() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    for role in ["helper", "build"] {
        let labels = stand.bench.engine.inspect(&job.container(role))["Config"]["Labels"].clone();
        let of = |name: &str| {
            labels[format!("com.gitlab.gitlab-runner.{name}")]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        assert_eq!(
            (of("job.id"), of("project.id"), of("managed"), of("job.ref")),
            (
                job.id.to_string(),
                "7".to_owned(),
                "true".to_owned(),
                "main".to_owned()
            )
        );
    }
    job.cleaned_up();
}

#[test]
fn errors_in_the_job_log_are_coloured_unless_that_is_unwanted() {
    let stand = Stand::new();
    let job = stand.job().image("Upper/case");
    job.prepare()
        .refused()
        .says("error: the job names the image ");
    let coloured = stand
        .job()
        .image("Upper/case")
        .env("NO_COLOR", "")
        .prepare();
    assert!(
        coloured
            .err()
            .starts_with("\u{1b}[31;1merror:\u{1b}[0;m the job names the image "),
        "{coloured}"
    );
}
