# The self-check: a bench of its own from `up` to `down --purge`, so that a broken bench does not look like a broken product.
# shellcheck shell=bash disable=SC2154 # variables of ../bench

verb_selfcheck() {
    [ -z "$inside" ] || die "the self-check brings up a bench of its own; run it outside"
    export BENCH_STATE=$state-selfcheck BENCH_NAME=$BENCH_NAME-selfcheck BENCH_AWS=1
    ensure_python_gitlab
    local report
    report=$(mktemp)
    # shellcheck disable=SC2064 # the names are known now
    trap "'$here/bench' down --purge; rm -f '$report'" EXIT
    "$here/bench" down --purge
    {
        if "$here/bench" up; then
            printf 'ok   up\n'
            "$here/bench" exec "${python[@]}" "$here/selfcheck.py" "$here/bench" "$@" || true
        else
            printf 'FAIL up\n'
        fi
        "$here/bench" down
        nothing_left && printf 'ok   down leaves nothing\n' || printf 'FAIL down leaves nothing\n'
    } | tee "$report"
    local passed failed
    passed=$(grep -c '^ok ' "$report" || true)
    failed=$(grep -c '^FAIL ' "$report" || true)
    printf '%s passed, %s failed\n' "$passed" "$failed"
    # The checks inside print this line when they came to their end.
    grep -q '^# end$' "$report" || { printf 'error: the self-check broke off\n' >&2; exit 1; }
    [ "$failed" = 0 ]
}

# Whether a bench that is down has left no process, mount, control group or socket.
nothing_left() {
    local left
    left=$(
        grep -lzxF "BENCH_HOLDER=$BENCH_STATE" /proc/[0-9]*/environ 2>/dev/null
        pgrep -f -- "$BENCH_STATE/(exec|docker|gitlab|etc|faults)"
        grep -lF "$BENCH_STATE/" /proc/[0-9]*/mountinfo 2>/dev/null
        ls -d /sys/fs/cgroup/"$BENCH_NAME" /sys/fs/cgroup/*/"$BENCH_NAME" 2>/dev/null
        find "$BENCH_STATE" -type s 2>/dev/null
        losetup -n -O BACK-FILE 2>/dev/null | grep -F "$BENCH_STATE/"
    ) || true
    [ -z "$left" ] || printf 'left: %s\n' "$left" >&2
    [ -z "$left" ]
}
