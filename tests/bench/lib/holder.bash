# The holder: one process (tini) whose network, mount and PID namespaces hold everything. Ending it ends the bench.
# shellcheck shell=bash disable=SC2154 # variables of ../bench

holder=
inside=
# Inside, PID 1 is the holder itself.
if grep -qzxF "BENCH_HOLDER=$state" /proc/1/environ 2>/dev/null; then
    inside=1
fi

# Serialises verbs that change the bench. The descriptor must not reach the services.
lock() {
    mkdir -p "$state"
    exec 9>"$state/lock"
    flock -w 120 9 || die "another command holds the bench \`$state\`"
}

# Sets `holder` to its pid as seen from outside. The recorded pid counts only while its process carries the marker.
find_holder() {
    [ -z "$inside" ] || return 0
    holder=$(cat "$state/holder.pid" 2>/dev/null || true)
    is_holder "$holder" || holder=
    [ -n "$holder" ]
}

is_holder() {
    [ -n "$1" ] && [ "$(cat "/proc/$1/comm" 2>/dev/null)" = tini ] &&
        grep -qzxF "BENCH_HOLDER=$state" "/proc/$1/environ" 2>/dev/null
}

need_up() {
    find_holder || die "the bench \`$state\` is down" "tests/bench/bench up"
}

# inside CMD…: runs a command in the namespaces.
inside() {
    if [ -n "$inside" ]; then
        "$@"
    else
        nsenter -t "$holder" -n -m -p --wdns="$PWD" -- "$@" 9>&-
    fi
}

# The set-up part runs inside the new namespaces, then becomes the process that holds them.
# PID 1 must reap: dockerd, shims and containers leave orphans.
# shellcheck disable=SC2016 # expanded inside
holder_script='
set -e
mount --bind "$BENCH_HOLDER/etc/hosts" /etc/hosts
mount --bind "$BENCH_HOLDER/etc/resolv.conf" "$(readlink -f /etc/resolv.conf)"
mount --bind "$BENCH_HOLDER/etc/docker" /etc/docker
mount --bind "$BENCH_TLS/bundle.pem" /etc/ssl/certs/ca-certificates.crt
mount -t tmpfs -o mode=0711 tmpfs /run/containerd
mount -t tmpfs -o mode=0711 tmpfs /run/docker
ip link set lo up
for address in 203.0.113.10 203.0.113.11 203.0.113.12 203.0.113.53; do ip address add $address/32 dev lo; done
echo 1 >/proc/sys/net/ipv4/ip_forward
[ ! -e /proc/sys/net/ipv6/conf/all/forwarding ] || echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
touch "$BENCH_HOLDER/ready"
exec tini -g -- sleep infinity'

ensure_holder() {
    find_holder && return
    # What a bench that was killed has left behind.
    remove_leftovers
    # A bind mount needs a target. On the machine itself nothing is put into these.
    mkdir -p /etc/docker /run/containerd /run/docker "$state"/{run,exec}
    setsid -f env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        BENCH_HOLDER="$state" BENCH_NAME="$BENCH_NAME" BENCH_TLS="$tls" \
        unshare --net --mount --propagation slave --pid --fork --kill-child --mount-proc bash -c "$holder_script" \
        </dev/null >"$state/log/holder.log" 2>&1 9>&-
    poll 10 [ -e "$state/ready" ] || die "the bench's namespaces cannot be set up: $(cat "$state/log/holder.log")"
    poll 10 scan_for_holder || die "the bench's holder ended: $(cat "$state/log/holder.log")"
    printf '%s\n' "$BENCH_ENGINE" >"$state/engine"
}

# Looks through all processes for the one that carries the marker.
scan_for_holder() {
    local environment pid
    for environment in $(grep -lzxF "BENCH_HOLDER=$state" /proc/[0-9]*/environ 2>/dev/null); do
        pid=${environment#/proc/}
        pid=${pid%/environ}
        if is_holder "$pid"; then
            holder=$pid
            printf '%s\n' "$pid" >"$state/holder.pid"
            return
        fi
    done
    return 1
}

end_holder() {
    find_holder || scan_for_holder || return 0
    stop_containers
    kill -KILL "$holder" 2>/dev/null || true
    poll 10 gone "/proc/$holder" || die "the holder (pid $holder) does not end"
    rm -f "$state/holder.pid"
}

gone() { [ ! -e "$1" ]; }

# Sockets, pid files and control groups that outlive the processes.
remove_leftovers() {
    rm -rf "$state"/{ready,holder.pid,docker.sock,docker-logged.sock,docker.pid,run,exec,disk,ballast}
    local group
    for group in /sys/fs/cgroup/"$BENCH_NAME" /sys/fs/cgroup/*/"$BENCH_NAME"; do
        [ ! -d "$group" ] || poll 5 remove_group "$group" || printf 'warning: left the control group %s\n' "$group" >&2
    done
}

remove_group() {
    find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [ ! -d "$1" ]
}

# poll SECONDS CMD…: until the command succeeds.
poll() {
    local until=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@"; do
        [ "${EPOCHREALTIME/./}" -lt "$until" ] || return 1
        sleep 0.03
    done
}
