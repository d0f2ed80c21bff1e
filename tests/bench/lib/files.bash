# What is on disk before anything starts: packages, certificates, the files that are mounted inside.
# shellcheck shell=bash disable=SC2154 # variables of ../bench

packages=(bash busybox-static ca-certificates containerd curl docker.io dnsmasq-base e2fsprogs git git-lfs hostname
    iproute2 iptables libstdc++6 mawk nftables openssl procps python3-minimal python3 runc tini unzip util-linux zip)
aws_packages=(amazon-ecr-credential-helper docker-registry python3-distutils python3-venv skopeo)

need_programs() {
    local program aws=(docker-credential-ecr-login docker-registry skopeo)
    [ "${BENCH_AWS:-1}" != 0 ] || aws=()
    for program in "${aws[@]}" busybox curl dnsmasq dockerd git git-lfs ip iptables mkfs.ext4 nft nsenter openssl ps python3 tini; do
        command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] ||
            die "the bench needs \`$program\`" "tests/bench/bench install"
    done
}

verb_install() {
    local package missing=()
    [ "${BENCH_AWS:-1}" = 0 ] || packages+=("${aws_packages[@]}")
    [ "${BENCH_BROWSER:-0}" = 0 ] || packages+=(chromium)
    [ "${BENCH_HOST:-0}" = 0 ] || packages+=(mmdebstrap rpm)
    for package in "${packages[@]}"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        # RUNLEVEL: no service of the machine is to be started by its package.
        export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
        apt-get -o DPkg::Lock::Timeout=300 -qq update
        apt-get -o DPkg::Lock::Timeout=300 -qq install --no-install-recommends -y "${missing[@]}"
    fi
    ensure_engine
    [ "${BENCH_HOST:-0}" = 0 ] || "$here/host" fetch
    if [ "${BENCH_AWS:-1}" != 0 ]; then
        ensure_moto
        ensure_python_gitlab
        BENCH_AWS_PYTHON=$moto/bin/python "$here/sample_images" fetch
    fi
}

# One CA for all benches that share the cache, so that the base images (which trust it) can be shared too.
ensure_tls() {
    mkdir -p "$tls"
    local system=/etc/ssl/certs/ca-certificates.crt
    (
        flock 8
        if ! openssl x509 -checkend 604800 -noout -in "$tls/server.pem" >/dev/null 2>&1 || [ "$here/lib/files.bash" -nt "$tls/server.pem" ]; then
            make_certificates
        fi
        if [ ! -s "$tls/bundle.pem" ] || [ "$system" -nt "$tls/bundle.pem" ] || [ "$tls/ca.pem" -nt "$tls/bundle.pem" ]; then
            cat "$system" "$tls/ca.pem" >"$tls/bundle.pem.part"
            mv "$tls/bundle.pem.part" "$tls/bundle.pem"
        fi
    ) 8>"$tls/lock"
}

# A wildcard covers one label, so each level is listed.
make_certificates() {
    local names="DNS:*.bench.test,DNS:bench.test,DNS:localhost,IP:203.0.113.10,IP:203.0.113.11,IP:203.0.113.12,IP:127.0.0.1" level
    for level in "dkr.ecr.$region." dkr.ecr.us-east-1. "ecr.$region." ecr.us-east-1. "s3.$region." s3.us-east-1. "$region." us-east-1. ""; do
        names+=",DNS:*.${level}amazonaws.com"
    done
    if ! openssl x509 -checkend 2592000 -noout -in "$tls/ca.pem" >/dev/null 2>&1; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Bench CA" \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
            -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null
    fi
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=bench.test" \
        -keyout "$tls/server.key" -out "$tls/server.csr" 2>/dev/null
    openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -days 800 -out "$tls/server.pem" -extfile <(
        printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature extendedKeyUsage=serverAuth \
            "subjectAltName=$names"
    ) 2>/dev/null
}

ensure_files() {
    mkdir -p "$state"/{etc/docker,log,run,journal,faults,gitlab}
    [ ${#state} -le 60 ] || die "the path of BENCH_STATE is too long for sockets below it: \`$state\`"
    ensure_registry_files
    # Go programs cache /etc/hosts for seconds: written once, never changed while up.
    find_holder && return
    printf '%s\n' '127.0.0.1 localhost' "127.0.0.1 $(hostname)" '203.0.113.10 gitlab.bench.test' "203.0.113.11 $ecr_host" >"$state/etc/hosts"
    printf '%s\n' 'nameserver 203.0.113.53' >"$state/etc/resolv.conf"
}

# The environment of everything that runs inside. Clients that bring their own certificates must be told of the bundle.
export_inside() {
    local bundle=/etc/ssl/certs/ca-certificates.crt variable
    for variable in AWS_CA_BUNDLE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE SSL_CERT_FILE NODE_EXTRA_CA_CERTS GIT_SSL_CAINFO; do
        export "$variable=$bundle"
    done
    BENCH_ENGINE=$(cat "$state/engine")
    export DOCKER_HOST=unix://$state/docker.sock BENCH_DOCKER_LOGGED=unix://$state/docker-logged.sock
    export AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_EC2_METADATA_DISABLED=true
    export AWS_ACCESS_KEY_ID=AKIABENCHBENCHBENCH0 AWS_SECRET_ACCESS_KEY=bench-secret-access-key
    export BENCH_GITLAB_URL=http://gitlab.bench.test BENCH_GITLAB_TOKEN=glpat-bench-0123456789ab
    export BENCH_RUNNER_TOKEN=glrt-bench-0123456789abcdef BENCH_INSIDE=1 BENCH_ECR_HOST=$ecr_host BENCH_AWS_PYTHON=$moto/bin/python
    export BENCH_GITLAB_PYTHON=$python_gitlab/bin/python
    unset AWS_SESSION_TOKEN AWS_PROFILE AWS_ENDPOINT_URL AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
    unset AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
}

ensure_images() {
    [ "${BENCH_IMAGES:-1}" != 0 ] || return 0
    DOCKER_HOST=unix://$state/docker.sock BAWS_CI_CACHE=$cache BAWS_CI_CA_BUNDLE=$tls/bundle.pem \
        "$project/scripts/base-images" 9>&-
}
