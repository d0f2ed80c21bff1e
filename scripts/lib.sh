# Shared by the scripts here: words, refusals, and what every one of them needs first. Sourced, never run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bench=$root/tests/bench/bench
cd "$root" || exit 1

say() { printf '\n== %s\n' "$*" >&2; }

refuse() {
    printf 'error: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '\nhint: %s\n' "$@" >&2
    exit 2
}

need_debian_root_and_rust() {
    [ "$(id -u)" = 0 ] || refuse 'this has to run as root' 'it starts containers in namespaces of its own: run it in a virtual machine or with sudo -E'
    command -v apt-get >/dev/null || refuse 'this needs Debian 12 or a system like it: there is no apt-get'
    if ! command -v cargo >/dev/null && [ -x "$HOME/.cargo/bin/cargo" ]; then PATH=$HOME/.cargo/bin:$PATH; fi
    command -v cargo >/dev/null || refuse 'there is no cargo' 'install Rust: https://rustup.rs (a current stable version)'
}

# The triple of this host; builds are static and therefore name their target.
host_triple() { rustc -vV | sed -n 's/^host: //p'; }

built() { printf '%s/target/%s/%s/baws-ci\n' "$root" "$(host_triple)" "$1"; }
