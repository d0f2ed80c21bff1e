# AWS: docker-registry and moto, the faces before them, and what can be set about them.
# shellcheck shell=bash disable=SC2154 # variables of ../bench

account=123456789012
ecr_host=$account.dkr.ecr.$region.amazonaws.com
moto=$cache/moto-$(sha256sum <"$here/moto.txt" | cut -c1-12)

python_gitlab=$cache/python-gitlab-$(sha256sum <"$here/python-gitlab.txt" | cut -c1-12)

ensure_moto() { ensure_environment moto "$moto"; }
ensure_python_gitlab() { ensure_environment python-gitlab "$python_gitlab"; }

# ensure_environment NAME DIRECTORY: a Python environment of what NAME.txt pins. It is made once for each such list,
# elsewhere, and renamed. It runs by its interpreter only: the programs in its bin name the other place.
ensure_environment() {
    local name=$1 target=$2
    [ ! -e "$target/complete" ] || return 0
    mkdir -p "$cache"
    (
        flock 8
        [ ! -e "$target/complete" ] || exit 0
        printf 'Fetching the %s environment from PyPI\n' "$name" >&2
        rm -rf "$target" "$target.part"
        /usr/bin/python3 -m venv "$target.part" || die "cannot make a Python environment in \`$target.part\`" "tests/bench/bench install"
        "$target.part/bin/python" -m pip install -q --no-deps --disable-pip-version-check --no-warn-script-location --retries 2 -r "$here/$name.txt" >&2 ||
            die "cannot fetch the $name environment" "PyPI has to be reachable the first time; the environment is then kept in \`$cache\`"
        touch "$target.part/complete"
        mv "$target.part" "$target"
    ) 8>"$cache/$name.lock" 9>&-
}

# ---- services ---------------------------------------------------------------------------------------------------------

# No cache of blobs: what a reset or DeleteRepository removes on disk is gone at once.
ensure_registry_files() {
    mkdir -p "$state/registry" "$state/etc/docker/certs.d/$ecr_host"
    cp "$tls/ca.pem" "$state/etc/docker/certs.d/$ecr_host/ca.crt"
    cat >"$state/etc/registry.yml" <<CONFIG
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: $state/registry}
  delete: {enabled: true}
  maintenance: {uploadpurging: {enabled: false}}
http: {addr: "127.0.0.1:5001", relativeurls: true, secret: bench-registry-secret}
CONFIG
}

start_registry() { launch registry env OTEL_TRACES_EXPORTER=none docker-registry serve "$state/etc/registry.yml"; }
ready_registry() { inside curl -fs -m 5 -o /dev/null http://127.0.0.1:5001/v2/; }

# moto starts empty; docker-registry has to be so too.
start_moto() {
    rm -rf "$state/registry/docker"
    launch moto env MOTO_ECS_SERVICE_RUNNING=0 PYTHONUNBUFFERED=1 "$moto/bin/python" -B "$here/moto_mended.py" -H 127.0.0.1 -p 5000
}

# With a call, as the first one of a service takes 0.3 s.
ready_moto() {
    local scope=BENCH/20260101/$region/ecr/aws4_request
    inside curl -fs -m 5 -o /dev/null -H 'Content-Type: application/x-amz-json-1.1' -d '{}' \
        -H "Authorization: AWS4-HMAC-SHA256 Credential=$scope, SignedHeaders=host, Signature=0" \
        -H 'X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.DescribeRepositories' http://127.0.0.1:5000/
}

# launch_face NAME [FLAG…]
launch_face() {
    local name=$1
    shift
    launch "$name" "${python[@]}" "$here/$name.py" --rules "$state/faults/$name.json" --policy "$state/aws-policy.json" \
        --journal "$state/journal/$name.jsonl" --certificate "$tls/server.pem" --key "$tls/server.key" "$@"
}

start_ecr() { launch_face ecr; }
ready_ecr() { inside curl -fs -m 5 -o /dev/null "https://$ecr_host/_bench/ready"; }
start_aws() { launch_face aws --registry "$state/registry"; }
ready_aws() { inside curl -fs -m 5 -o /dev/null "https://sts.$region.amazonaws.com/_bench/ready"; }

# ---- verbs ------------------------------------------------------------------------------------------------------------

# docker-registry keeps nothing in memory that its files do not tell.
reset_aws() {
    rm -f "$state/aws-policy.json"
    verb_aws_iam off
    inside curl -fsS -m 20 -X POST -o /dev/null http://127.0.0.1:5000/moto-api/reset
    inside curl -fsS -m 20 -X POST -o /dev/null "https://sts.$region.amazonaws.com/_bench/reset"
    rm -rf "$state/registry/docker"
}

verb_aws_policy() {
    [ $# -eq 1 ] || bad_usage
    need_up
    local policy=$state/aws-policy.json said
    if [ "$1" = clear ]; then
        rm -f "$policy"
        return
    fi
    # Written elsewhere and renamed: the faces read it at any time.
    if [ "$1" = - ]; then cat; else cat "$1"; fi >"$policy.part"
    said=$("${python[@]}" "$here/policy.py" "$policy.part" 2>&1) || die "cannot use the policy in \`$1\`: $said" "README.md has the keys"
    mv "$policy.part" "$policy"
}

# moto's own enforcement of IAM policies and signatures. While it is on, the ECR face cannot look up repositories.
verb_aws_iam() {
    local calls
    case ${1:-} in on) calls=0 ;; off) calls=1e9 ;; *) bad_usage ;; esac
    need_up
    inside curl -fsS -m 20 -o /dev/null -H 'Content-Type: text/plain' -d "$calls" http://127.0.0.1:5000/moto-api/reset-auth
}

# ecs_command VERB FILE: a word to the bench's ECS.
ecs_command() {
    need_up
    inside curl -fsS -m 20 --data-binary @- "https://ecs.$region.amazonaws.com/_bench/ecs/$1" ||
        die "the bench's ECS does not understand that" "README.md has the keys"
}

verb_ecs_service() {
    [ $# -eq 1 ] || bad_usage
    if [ "$1" = - ]; then ecs_command service; else ecs_command service <"$1"; fi
}

verb_ecs_scenario() {
    [ $# -eq 1 ] || bad_usage
    if [ "$1" = - ]; then ecs_command scenario; else ecs_command scenario <"$1"; fi
}

verb_ecs_show() {
    [ $# -ge 2 ] || bad_usage
    local cluster=$1 service=$2 owner=$account place=$region
    shift 2
    while [ $# -gt 0 ]; do
        case $1 in
            --account) owner=${2:?--account needs a number}; shift ;;
            --region) place=${2:?--region needs a name}; shift ;;
            *) bad_usage ;;
        esac
        shift
    done
    printf '{"cluster": "%s", "service": "%s", "account": "%s", "region": "%s"}' "$cluster" "$service" "$owner" "$place" | ecs_command show
}

# states_command VERB: a word to the bench's Step Functions, on stdin.
states_command() {
    need_up
    inside curl -fsS -m 20 --data-binary @- "https://states.$region.amazonaws.com/_bench/states/$1" ||
        die "the bench's Step Functions does not understand that" "README.md has the keys"
}

verb_states_scenario() {
    [ $# -eq 1 ] || bad_usage
    if [ "$1" = - ]; then states_command scenario; else states_command scenario <"$1"; fi
}

verb_states_machine() {
    [ $# -eq 1 ] || bad_usage
    printf '{"machine": "%s"}' "$1" | states_command machine
}

verb_states_show() {
    [ $# -eq 1 ] || bad_usage
    printf '{"machine": "%s"}' "$1" | states_command show
}

verb_ecr_repository() {
    [ $# -ge 1 ] || bad_usage
    local name=$1 owner=$account place=$region mutability=MUTABLE
    shift
    while [ $# -gt 0 ]; do
        case $1 in
            --account) owner=${2:?--account needs a number}; shift ;;
            --region) place=${2:?--region needs a name}; shift ;;
            --immutable) mutability=IMMUTABLE ;;
            *) bad_usage ;;
        esac
        shift
    done
    need_up
    inside "${python[@]}" - "$here" "$owner" "$place" "$name" "$mutability" <<'MAKE'
import sys
sys.path.insert(0, sys.argv[1])
from backend import Moto, Refused
owner, place, name, mutability = sys.argv[2:]
try:
    print(Moto().call(owner, place, "CreateRepository", {"repositoryName": name, "imageTagMutability": mutability})["repository"]["repositoryUri"])
except Refused as error:
    sys.exit(f"error: cannot make the repository `{name}`: {error}")
MAKE
}
