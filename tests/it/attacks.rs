//! What root in a build container may try against the host and against other jobs, with everything a job has.

use serde_json::json;

use crate::support::{Job, Stand};

const WEB: &str = "FROM bench/busybox:1\nEXPOSE 8080\nCMD [\"httpd\", \"-f\", \"-p\", \"8080\", \"-h\", \"/etc\"]\n";

/// Runs in bench/bash; each line that is printed is something that should not have worked.
#[track_caller]
fn gets_nowhere(job: &Job<'_>, attack: &str) {
    let ended = job.run("build_script", attack).succeeded();
    assert_eq!(ended.out(), "", "{ended}");
}

#[test]
fn root_in_a_job_finds_no_engine() {
    let stand = Stand::new();
    let job = stand.job().image("bench/bash:1").prepared();
    gets_nowhere(
        &job,
        "find / -xdev -name 'docker*.sock' -o -xdev -name 'containerd*.sock' 2>/dev/null\n\
         for socket in /var/run/docker.sock /run/docker.sock /run/containerd/containerd.sock; do test ! -e $socket || echo $socket; done\n\
         env | grep -i ^DOCKER_HOST || true\n\
         gateway=$(awk '$2 == \"00000000\" { print $3 }' /proc/net/route)\n\
         gateway=$(printf '%d.%d.%d.%d' 0x${gateway:6:2} 0x${gateway:4:2} 0x${gateway:2:2} 0x${gateway:0:2})\n\
         for port in 2375 2376; do timeout 2 bash -c \"exec 3<>/dev/tcp/$gateway/$port\" 2>/dev/null && echo $port || true; done",
    );
    job.cleaned_up();
}

#[test]
fn root_in_a_job_reaches_no_file_of_the_host() {
    let stand = Stand::new();
    let job = stand.job().image("bench/bash:1").prepared();
    gets_nowhere(
        &job,
        "exec 2>/dev/null\n\
         mount -t tmpfs none /mnt && echo mount\n\
         mount --bind /proc/1/root /mnt && echo bind\n\
         for disk in $(awk 'NR > 2 { print $1 \":\" $2 }' /proc/partitions); do\n\
           mknod /tmp/disk-$disk b ${disk%:*} ${disk#*:} && head -c 1 /tmp/disk-$disk > /dev/null && echo disk $disk\n\
         done\n\
         mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem > /dev/null && echo mem\n\
         head -c 1 /proc/kcore | grep -q . && echo kcore\n\
         echo x > /proc/sys/kernel/core_pattern && echo core_pattern\n\
         echo x > /proc/sysrq-trigger && echo sysrq\n\
         for file in $(find /sys/fs/cgroup -name release_agent -o -name devices.allow); do echo a > $file && echo $file; done\n\
         unshare -r true && echo namespace\n\
         chroot /proc/1/root true && test -e /proc/1/root/.baws/bell -a ! -e /.baws/bell && echo root\n\
         for pid in /proc/[0-9]*; do case $(tr '\\0' ' ' < $pid/cmdline) in *dockerd*|*gitlab-runner*|*containerd*) echo $pid;; esac; done\n\
         true",
    );
    job.cleaned_up();
}

#[test]
fn root_in_a_job_changes_nothing_of_the_program_and_sees_its_own_directory_only() {
    let stand = Stand::new();
    let other = stand
        .job()
        .runner("CI_CONCURRENT_PROJECT_ID", "1")
        .prepared();
    let job = stand.job().image("bench/bash:1").prepared();
    gets_nowhere(
        &job,
        "exec 2>/dev/null\n\
         echo x > /.baws/baws-ci && echo program\n\
         echo x > /proc/1/exe && echo running\n\
         rm /.baws/agent && echo removed\n\
         ln -s / /.baws/link && echo planted\n\
         mount -o remount,rw /.baws && echo remounted\n\
         chattr -i /.baws/agent && echo chattr\n\
         grep -o 'jobs/[^/ ]*' /proc/self/mountinfo | sort -u | tail -n +2\n\
         true",
    );
    other
        .run("build_script", "echo unharmed")
        .succeeded()
        .printed("unharmed\n");
    other.cleaned_up();
    job.cleaned_up();
}

#[test]
fn another_jobs_services_and_network_are_out_of_reach() {
    let stand = Stand::new();
    let web = stand.made("attacked-web", WEB);
    let victim = stand
        .job()
        .runner("CI_CONCURRENT_PROJECT_ID", "1")
        .image("bench/bash:1")
        .service(json!({"name": web, "alias": "site"}))
        .prepared();
    let site = "curl -fsS -m 5 http://site:8080/passwd | head -n 1";
    victim
        .run("build_script", site)
        .succeeded()
        .printed("root:x:0:0");
    let container = stand.bench.engine.inspect(&victim.container("service-1"));
    let networks = container["NetworkSettings"]["Networks"].clone();
    let address = networks
        .as_object()
        .and_then(|all| all.values().next())
        .and_then(|one| one["IPAddress"].as_str())
        .expect("a service has an address")
        .to_owned();
    // Neither from the engine's own network nor from that of another job with services.
    for attacker in [
        stand.job().image("bench/bash:1"),
        stand
            .job()
            .image("bench/bash:1")
            .runner("CI_CONCURRENT_PROJECT_ID", "2")
            .service(json!({"name": web, "alias": "mine"})),
    ] {
        let attacker = attacker.prepared();
        gets_nowhere(
            &attacker,
            &format!(
                "curl -s -m 3 http://{address}:8080/passwd && echo reached\n\
                 curl -s -m 3 http://site:8080/passwd && echo found by name\n\
                 curl -s -m 3 http://{}:8080/passwd && echo found by its container\n\
                 true",
                victim.container("service-1")
            ),
        );
        attacker.cleaned_up();
    }
    victim
        .run("build_script", site)
        .succeeded()
        .printed("root:x:0:0");
    victim.cleaned_up();
}

#[test]
fn a_tree_of_links_leads_no_stage_of_the_helper_out_of_its_container() {
    let stand = Stand::new();
    let fetching = || stand.job().variable("GIT_STRATEGY", "fetch");
    let first = fetching().image("bench/bash:1").prepared();
    // What a hostile repository or script leaves for the next job of its slot.
    first
        .run(
            "build_script",
            "rm -rf /builds/it /cache/* && ln -s /.baws /builds/it && ln -s /etc /cache/project && ln -s /.baws /builds/it.tmp",
        )
        .succeeded();
    first.cleaned_up();
    let next = fetching().prepared();
    next.run(
        "get_sources",
        "mkdir -p /builds/it/project && echo new > /builds/it/project/file && test ! -L /builds/it && test ! -e /.baws/project",
    )
    .succeeded();
    next.run("build_script", "cat /builds/it/project/file; exit 0")
        .succeeded()
        .printed("new\n");
    next.cleaned_up();
}

#[test]
fn the_runners_token_is_nowhere_in_a_job() {
    let stand = Stand::new();
    let secret = "glrt-0123456789abcdefghij";
    let job = stand
        .job()
        .image("bench/bash:1")
        .env("RUNNER_TOKEN", secret)
        .prepared();
    for stage in ["get_sources", "build_script"] {
        let ended = job
            .run(
                stage,
                "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a glrt- || true",
            )
            .succeeded();
        assert_eq!(ended.out(), "", "{ended}");
    }
    let inspected = stand.bench.engine.inspect(&job.container("build"));
    assert!(!inspected.to_string().contains(secret));
    job.cleaned_up();
}

#[test]
fn variables_that_multiply_each_other_do_not_fill_the_host() {
    let stand = Stand::new();
    let many: Vec<_> = (0..40)
        .map(|n| json!({"key": format!("V{n}"), "value": "$LONG".repeat(20)}))
        .collect();
    let job = stand
        .job()
        .variable("LONG", &"x".repeat(60_000))
        .service(json!({"name": "bench/busybox:1", "variables": many}));
    job.prepare()
        .refused()
        .says("error: the variables of service 1 hold more than 2 MiB")
        .within_secs(20);
    job.cleaned_up();
}
