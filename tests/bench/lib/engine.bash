# The Docker engine: where it comes from, and what can be done to its daemon.
# shellcheck shell=bash disable=SC2154 # variables of ../bench

engine_root=$cache/engine-$BENCH_ENGINE

# Engine 20 is the machine's own; 26 comes from Debian trixie and is extracted beside it, never installed. Its runc needs a
# newer glibc, so it runs with the machine's.
ensure_engine() {
    case $BENCH_ENGINE in
        20) ;;
        26) [ -e "$engine_root/complete" ] || fetch_engine trixie ;;
        *) die "no such engine: \`$BENCH_ENGINE\`" "BENCH_ENGINE is 20 or 26" ;;
    esac
}

# fetch_engine SUITE: with lists, cache and sources of its own, so that the machine's apt does not see the suite.
fetch_engine() {
    local suite=$1 work
    work=$cache/apt-$suite
    rm -rf "$work" "$engine_root"
    mkdir -p "$work"/{lists/partial,archives/partial,download,etc} "$engine_root"
    printf '%s\n' "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" >"$work/sources.list"
    : >"$work/status"
    local options=(-qq -o "Dir::Etc::SourceList=$work/sources.list" -o "Dir::Etc::SourceParts=$work/etc" -o "Dir::State::Lists=$work/lists"
        -o "Dir::Cache=$work" -o "Dir::Cache::Archives=$work/archives" -o "Dir::State::Status=$work/status"
        -o "Dir::Etc::Preferences=$work/etc/none" -o "Dir::Etc::PreferencesParts=$work/etc" -o APT::Sandbox::User=root -o Acquire::Languages=none)
    printf 'Fetching engine %s from Debian %s\n' "$BENCH_ENGINE" "$suite" >&2
    apt-get "${options[@]}" update 9>&-
    (cd "$work/download" && apt-get "${options[@]}" download docker.io docker-cli docker-buildx containerd) 9>&-
    local package
    for package in "$work"/download/*.deb; do
        dpkg -x "$package" "$engine_root"
    done
    rm -rf "$work"
    touch "$engine_root/complete"
}

# The PATH of the daemon decides which containerd, runc and docker-proxy it uses.
engine_path() {
    local machine=/usr/sbin:/usr/bin:/sbin:/bin
    case $(cat "$state/engine" 2>/dev/null || echo "$BENCH_ENGINE") in
        20) echo "$machine" ;;
        *) echo "$engine_root/usr/sbin:$engine_root/usr/bin:$engine_root/usr/libexec/docker:$machine" ;;
    esac
}

start_dockerd() {
    # Kept for a daemon that is started again; the file is /etc/docker/daemon.json inside.
    case ${BENCH_STORE:-} in
        '') rm -f "$state/etc/docker/daemon.json" ;;
        containerd) printf '%s\n' '{"features":{"containerd-snapshotter":true}}' >"$state/etc/docker/daemon.json" ;;
        *) die "no such image store: \`$BENCH_STORE\`" "BENCH_STORE is empty or \`containerd\`" ;;
    esac
    launch_dockerd
}

# launch_dockerd [FLAG…]: with the flags of BENCH_DOCKERD_FLAGS before them.
launch_dockerd() {
    local data=$state/data-$BENCH_ENGINE flags=()
    [ ! -e "$state/etc/docker/daemon.json" ] || data+=-containerd
    read -ra flags <<<"${BENCH_DOCKERD_FLAGS:-}"
    if [ -n "${BENCH_DISK_MB:-}" ] && [ ! -e "$state/disk" ]; then
        mount_disk "$BENCH_DISK_MB"
    fi
    [ ! -e "$state/disk" ] || data=$(cat "$state/disk")
    # In a PID namespace pids are small and reused: dockerd would believe a stale file.
    rm -f "$state/docker.pid"
    launch dockerd env -i PATH="$(engine_path)" LANG=C.UTF-8 HOME=/root SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt SSL_CERT_DIR=/nonexistent \
        dockerd --data-root "$data" --exec-root "$state/exec" -H "unix://$state/docker.sock" --pidfile "$state/docker.pid" \
        --bip 198.51.100.1/24 --default-address-pool base=198.18.0.0/16,size=24 --dns 203.0.113.53 --cgroup-parent "/$BENCH_NAME" \
        "${flags[@]}" "$@"
}

ready_dockerd() { curl -fs -m 5 -o /dev/null --unix-socket "$state/docker.sock" http://docker/_ping; }

# signal NAME SERVICE: to the process of the pid file, if there.
signal() {
    local pid
    pid=$(cat "$state/run/$2.pid" 2>/dev/null) || return 0
    inside kill "-$1" "$pid" 2>/dev/null || true
}

not_running() { ! running "$1"; }

# dockerd exits by itself up to 15 s after TERM, when containers ignore it.
end_dockerd() {
    signal CONT dockerd
    signal "$1" dockerd
    poll 30 not_running dockerd || die "dockerd does not end"
    rm -f "$state/run/dockerd.pid" "$state/docker.pid"
}

# Before the holder ends: containers are killed, then the daemon may put its books in order for at most 3 s.
stop_containers() {
    running dockerd || return 0
    # shellcheck disable=SC2016 # expanded by the inner shell
    inside bash -c 'for list in /sys/fs/cgroup/"$1"/*/cgroup.procs /sys/fs/cgroup/pids/"$1"/*/cgroup.procs; do
        [ ! -e "$list" ] || xargs -r kill -KILL <"$list"
    done' stop "$BENCH_NAME" 2>/dev/null || true
    signal CONT dockerd
    signal TERM dockerd
    poll 3 not_running dockerd || true
}

containerd_pid() { cat "$state/exec/containerd/containerd.pid" 2>/dev/null; }

verb_dockerd() {
    [ $# -ge 1 ] || bad_usage
    local act=$1
    shift
    case $act in start | stop | restart | kill | kill-all | pause | resume | disk-full | disk-free) ;; *) bad_usage ;; esac
    need_up
    BENCH_ENGINE=$(cat "$state/engine")
    engine_root=$cache/engine-$BENCH_ENGINE
    case $act in
        start) running dockerd || launch_dockerd "$@"; wait_ready dockerd ;;
        stop) end_dockerd TERM ;;
        restart) end_dockerd TERM; launch_dockerd "$@"; wait_ready dockerd ;;
        kill) end_dockerd KILL ;;
        kill-all)
            local containerd
            containerd=$(containerd_pid || true)
            end_dockerd KILL
            [ -z "$containerd" ] || inside kill -KILL "$containerd" 2>/dev/null || true
            ;;
        pause) signal STOP dockerd ;;
        resume) signal CONT dockerd ;;
        disk-full) fill_disk "${1:-0}" ;;
        disk-free) [ ! -e "$state/ballast" ] || inside rm -f "$(cat "$state/ballast")" ;;
    esac
}

# ---- a small disk for the engine ------------------------------------------------------------------------------------

# mount_disk MB: an ext4 of that size as data-root. Mounted inside: mounts of the machine do not appear there.
mount_disk() {
    local image=$state/run/disk.img target=$state/run/disk
    mkdir -p "$target"
    truncate -s "$1M" "$image"
    mkfs.ext4 -q -F -m 0 -O ^has_journal "$image"
    inside mount -o loop "$image" "$target"
    printf '%s\n' "$target/docker" >"$state/disk"
    printf '%s\n' "$target/ballast" >"$state/ballast"
}

# fill_disk MB: leaves so much free. Without a small disk yet, the daemon is moved to one first, with the base images.
fill_disk() {
    if [ ! -e "$state/disk" ]; then
        end_dockerd TERM
        mount_disk "${BENCH_DISK_MB:-600}"
        launch_dockerd
        wait_ready dockerd
        ensure_images
    fi
    local ballast free
    ballast=$(cat "$state/ballast")
    # shellcheck disable=SC2016 # expanded by the inner shell
    free=$(inside bash -c 'rm -f "$1"; df --output=avail -k "$(dirname "$1")" | tail -n 1' df "$ballast")
    free=$((free - $1 * 1024))
    [ "$free" -gt 0 ] || return 0
    inside fallocate -l "${free}K" "$ballast" || inside dd if=/dev/zero of="$ballast" bs=64K status=none || true
}
