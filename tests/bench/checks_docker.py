"""Self-checks: the engine, the journal of its calls, and the faults of its daemon. The last ones end the daemon."""

import json
import os
import subprocess
import time

from checks import DOCKER, container, docker, expect, random_name, run

LOGGED = os.environ.get("BENCH_DOCKER_LOGGED", "")
VERSIONS = {"20": "20.10.", "26": "26."}


def check_the_engine_is_the_chosen_one(bench):
    version = docker("version", "--format", "{{.Server.Version}}")
    expect(version.startswith(VERSIONS[os.environ["BENCH_ENGINE"]]), version)


def check_a_container_over_its_memory_limit_is_marked(bench):
    name = random_name("oom")
    docker("run", "--name", name, "--memory", "32m", "bench/busybox:1", "sh", "-c", "exec tail /dev/zero", ok=False)
    try:
        expect(docker("inspect", "-f", "{{.State.OOMKilled}} {{.State.ExitCode}}", name).strip() == "true 137", "not marked")
    finally:
        docker("rm", "-f", name)


def check_a_container_reaches_another_by_its_alias(bench):
    network, server = random_name("net"), random_name("db")
    docker("network", "create", network)
    try:
        docker("run", "-d", "--name", server, "--network", network, "--network-alias", "db", "bench/busybox:1",
               "sh", "-c", "mkdir /www; echo it is me >/www/index.html; exec httpd -f -p 80 -h /www")
        output = docker("run", "--rm", "--network", network, "bench/busybox:1", "sh", "-c",
                        "for i in 1 2 3 4 5; do wget -qO- http://db/ && exit; sleep 0.2; done; exit 1")
        expect("it is me" in output, output)
        subnet = docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", network)
        expect(subnet.startswith("198.18."), subnet)
    finally:
        docker("rm", "-f", server, ok=None)
        docker("network", "rm", network)


def check_buildkit_builds_with_cache_and_secret(bench):
    context = bench.path("context")
    os.makedirs(context)
    with open(f"{context}/Dockerfile", "w") as file:
        file.write("FROM bench/busybox:1\nRUN --mount=type=cache,target=/c --mount=type=secret,id=s touch /c/x && sha256sum /run/secrets/s >/sum\n")
    with open(f"{context}/secret", "w") as file:
        file.write("abc")
    tag = random_name("built")
    docker("build", "-q", "--secret", f"id=s,src={context}/secret", "-t", tag, context, env={"DOCKER_BUILDKIT": "1"})
    try:
        expect(container(tag, "cat", "/sum").startswith("ba7816bf8f01cfea"), "the secret was not readable")
    finally:
        docker("rmi", tag)


def check_the_docker_journal_counts_calls(bench):
    bench("log", "docker", "--clear")
    name = random_name("logged")
    env = {"DOCKER_HOST": LOGGED}
    output = docker("run", "-i", "--name", name, "bench/busybox:1", "cat", input=b"through and back\n", env=env)
    expect(output == "through and back\n", output)
    docker("rm", name, env=env)
    calls = [f"{entry['method']} {entry['path'].split('?')[0].split('/', 2)[2]}" for entry in bench.journal("docker") if "/v1." in entry["path"]]
    for call in ("POST containers/create", "DELETE containers/" + name):
        expect(calls.count(call) == 1, calls)
    for act in ("start", "attach", "wait"):
        expect(sum(call.endswith("/" + act) for call in calls) == 1, f"{act}: {calls}")


def check_uploads_and_sessions_pass_the_journal(bench):
    context = bench.path("context")
    tag = random_name("logged")
    env = {"DOCKER_HOST": LOGGED, "DOCKER_BUILDKIT": "1"}
    docker("build", "-q", "--no-cache", "--secret", f"id=s,src={context}/secret", "-t", tag, context, env=env)
    saved = subprocess.run([DOCKER, "save", tag], stdout=subprocess.PIPE, env={**os.environ, **env}, check=True).stdout
    docker("load", "-q", input=saved, env=env)
    output = docker("run", "--rm", tag, "sh", "-c", "yes 0123456789 | head -c 20000000", env=env)
    expect(len(output) == 20000000, len(output))
    docker("rmi", tag)


def check_fault_daemon_pause(bench):
    bench("dockerd", "pause")
    try:
        run("curl", "-sS", "-m", "1", "--unix-socket", f"{os.environ['BENCH_STATE']}/docker.sock", "http://d/_ping", ok=False)
    finally:
        bench("dockerd", "resume")
    docker("info")


def check_fault_daemon_kill_spares_the_container(bench):
    name = random_name("survivor")
    bench("dockerd", "restart", "--live-restore")
    docker("run", "-d", "--name", name, "bench/busybox:1", "sh", "-c", "i=0; while sleep 0.1; do i=$((i+1)); echo $i; done")
    bench("dockerd", "kill")
    docker("ps", ok=False)
    time.sleep(0.5)
    bench("dockerd", "start", "--live-restore")
    state = json.loads(docker("inspect", "-f", "{{json .State}}", name))
    expect(state["Running"], state)
    docker("rm", "-f", name)


def check_fault_daemon_and_containerd_killed(bench):
    bench("dockerd", "kill-all")
    bench("dockerd", "start")
    container("bench/busybox:1", "true")
    bench("dockerd", "stop")
    docker("ps", ok=False)
    bench("dockerd", "start")
    container("bench/busybox:1", "true")


def check_fault_full_disk(bench):
    bench("dockerd", "disk-full")
    output = container("bench/busybox:1", "dd", "if=/dev/zero", "of=/x", "bs=1M", "count=50", ok=False)
    expect("no space left" in output.lower(), output)
    bench("dockerd", "disk-free")
    container("bench/busybox:1", "dd", "if=/dev/zero", "of=/x", "bs=1M", "count=50")
