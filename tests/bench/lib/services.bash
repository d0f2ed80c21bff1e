# The services inside, dockerd apart: how each is started, and when it is ready.
# shellcheck shell=bash disable=SC2154 # variables of ../bench

# launch NAME CMD…: starts a service inside, with a log and a pid file of its own. The pid is one of the namespace.
launch() {
    local name=$1
    shift
    rm -f "$state/run/$name.pid"
    # shellcheck disable=SC2016 # expanded by the inner shell
    inside setsid -f bash -c 'echo $$ >"$1.part"; mv "$1.part" "$1"; shift; exec "$@"' "$name" "$state/run/$name.pid" "$@" \
        </dev/null >>"$state/log/$name.log" 2>&1
}

# running NAME: whether the process of the pid file is there.
running() {
    local pid
    pid=$(cat "$state/run/$1.pid" 2>/dev/null) && inside kill -0 "$pid" 2>/dev/null
}

wait_ready() {
    poll "$( [ "$1" = dockerd ] && echo 60 || echo 20)" "ready_$1" ||
        die "the service \`$1\` does not get ready; the end of its log:
$(tail -n 20 "$state/log/$1.log")"
}

start_dns() {
    # The `--local` zones: without them AAAA is refused, and musl and busybox then resolve nothing at all.
    launch dns dnsmasq -k -C /dev/null --no-hosts --no-resolv --listen-address=203.0.113.53 --bind-interfaces --pid-file= \
        --user=root --neg-ttl=1 --log-facility=- --log-queries=extra \
        --address=/dkr.ecr."$region".amazonaws.com/203.0.113.11 --address=/dkr.ecr.us-east-1.amazonaws.com/203.0.113.11 --address=/amazonaws.com/203.0.113.12 \
        --address=/bench.test/203.0.113.10 --local=/bench.test/ --local=/amazonaws.com/
}

ready_dns() { running dns; }

start_gitlab() {
    launch gitlab "${python[@]}" "$here/gitlab.py" --directory "$state/gitlab" --rules "$state/faults/gitlab.json" \
        --journal "$state/journal/gitlab.jsonl" --certificate "$tls/server.pem" --key "$tls/server.key"
}

ready_gitlab() { inside curl -fs -m 5 -o /dev/null http://203.0.113.10/-/readiness; }

start_docker_log() {
    launch docker_log "${python[@]}" "$here/dockerlog.py" "$state/docker-logged.sock" "$state/docker.sock" "$state/journal/docker.jsonl"
}

ready_docker_log() { [ -S "$state/docker-logged.sock" ]; }

# ---- metadata: a hop away, in a network namespace of its own, so that containers reach it by forwarding --------------

# shellcheck disable=SC2016 # expanded inside
metadata_script='
until ip link show dev eth0 >/dev/null 2>&1; do sleep 0.02; done
set -e
ip link set lo up
for address in 169.254.169.254 169.254.170.2 169.254.170.23; do ip address add $address/32 dev lo; done
ip address add 203.0.113.202/30 dev eth0
ip link set eth0 up
ip route add default via 203.0.113.201
six=
if [ -e /proc/sys/net/ipv6/conf/eth0/disable_ipv6 ]; then
    for address in fd00:ec2::254 fd00:ec2::23; do ip -6 address add $address/128 dev lo nodad; done
    ip -6 address add 2001:db8::2/64 dev eth0 nodad
    ip -6 route add default via 2001:db8::1
    six=--ipv6
fi
exec /usr/bin/python3 -B -u "$1" --policy "$2" $six'

start_metadata() {
    inside ip link delete metadata 2>/dev/null || true
    launch metadata unshare --net bash -c "$metadata_script" metadata "$here/metadata.py" "$state/aws-policy.json"
    # shellcheck disable=SC2016 # expanded by the inner shell
    inside bash -c 'set -e
until pid=$(cat "$1" 2>/dev/null) && [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link add metadata type veth peer name eth0 netns "$pid"
ip address add 203.0.113.201/30 dev metadata
[ ! -e /proc/sys/net/ipv6/conf/metadata ] || ip -6 address add 2001:db8::1/64 dev metadata nodad
ip link set metadata up
for address in 169.254.169.254 169.254.170.2 169.254.170.23; do ip route add $address/32 via 203.0.113.202; done
[ ! -e /proc/sys/net/ipv6/conf/metadata ] || for address in fd00:ec2::254 fd00:ec2::23; do ip -6 route add $address/128 via 2001:db8::2; done
' metadata "$state/run/metadata.pid"
}

ready_metadata() { inside curl -fs -m 5 -o /dev/null http://169.254.169.254/; }
