"""Self-checks: names, trust, no way out, the metadata server."""

import os
import socket

from checks import container, expect, run


def check_names_resolve_to_the_bench(bench):
    expect(socket.gethostbyname("gitlab.bench.test") == "203.0.113.10", "gitlab.bench.test")
    expect(socket.gethostbyname("sts.eu-west-1.amazonaws.com") == "203.0.113.12", "sts")
    expect(socket.gethostbyname("123456789012.dkr.ecr.eu-west-1.amazonaws.com") == "203.0.113.11", "the registry")
    expect("203.0.113.10" in container("bench/busybox:1", "nslookup", "gitlab.bench.test", ok=None), "from a container")


def check_there_is_no_internet(bench):
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=2).close()
        raise AssertionError("192.0.2.1 was reached")
    except OSError:
        pass
    try:
        raise AssertionError(socket.gethostbyname("deb.debian.org"))
    except socket.gaierror:
        pass


def check_tls_is_trusted_with_the_bundle_and_only_with_it(bench):
    url = "https://gitlab.bench.test/-/readiness"
    run("curl", "-fsS", url)
    container("bench/bash:1", "curl", "-fsS", url)
    empty = bench.path("empty.pem")
    open(empty, "w").close()
    run("curl", "-fsS", "--cacert", empty, url, ok=False)


def check_the_holder_reaches_the_metadata_server(bench):
    for address in ("169.254.169.254", "169.254.170.2", "169.254.170.23"):
        expect("bench-metadata-secret" in run("curl", "-fsS", "-m", "2", f"http://{address}/latest"), address)
    if os.path.exists("/proc/net/if_inet6"):
        for address in ("fd00:ec2::254", "fd00:ec2::23"):
            expect("bench-metadata-secret" in run("curl", "-gfsS", "-m", "2", f"http://[{address}]/"), address)


def check_a_container_reaches_the_metadata_server(bench):
    # Without wget's own -T, on which Debian's static busybox crashes.
    output = container("bench/busybox:1", "timeout", "2", "wget", "-qO-", "http://169.254.169.254/latest/meta-data/")
    expect("bench-metadata-secret" in output, output)
