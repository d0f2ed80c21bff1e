"""Self-checks: each kind of fault rule, at the GitLab stand-in, in clear and under TLS."""

import http.client
import json
import time

from checks import Client, control, expect, random_name

PATH = "/-/readiness"


def with_rules(bench, *rules):
    bench("fault", "gitlab", "-", input=json.dumps(rules).encode())


def timed(call):
    started = time.time()
    result = call()
    return result, time.time() - started


def is_reset(url, path=PATH):
    client = Client(url)
    try:
        client.call("GET", path)
        return False
    except (ConnectionResetError, http.client.IncompleteRead):  # under TLS Python may show a reset as an early end
        return True


def check_fault_status(bench):
    try:
        with_rules(bench, {"id": "once", "match": "^GET /-/readi", "skip": 1, "times": 1, "status": 503, "body": "no", "headers": {"Retry-After": "1"}})
        answers = [Client().call("GET", PATH) for _ in range(3)]
        expect([answer.status for answer in answers] == [200, 503, 200], [answer.status for answer in answers])
        expect(answers[1].headers["Retry-After"] == "1" and answers[1].body == b"no", answers[1].body)
        expect(bench.journal("gitlab")[-2]["fault"] == "once", "the journal does not name the rule")
    finally:
        bench("fault", "gitlab", "clear")


def check_fault_delay(bench):
    try:
        with_rules(bench, {"match": PATH, "delay_ms": 400})
        answer, seconds = timed(lambda: Client().call("GET", PATH))
        expect(answer.status == 200 and 0.4 <= seconds < 1, seconds)
    finally:
        bench("fault", "gitlab", "clear")


def check_fault_drop_and_cut(bench):
    try:
        for url in ("http://gitlab.bench.test", "https://gitlab.bench.test"):
            with_rules(bench, {"match": PATH, "drop": True})
            expect(is_reset(url), f"{url} was not dropped")
            with_rules(bench, {"match": PATH, "cut_response_after": 5})
            expect(is_reset(url), f"{url} was not cut")
        bench("fault", "gitlab", "clear")
        expect(not is_reset("http://gitlab.bench.test"), "the rules are still there")
    finally:
        bench("fault", "gitlab", "clear")


def check_fault_slow(bench):
    path = f"check/{random_name('slow')}"
    control("POST", "projects", {"path": path, "files": {"big.txt": "x" * 20000}})
    name = path.replace("/", "%2F")
    headers = {"PRIVATE-TOKEN": "glpat-bench-0123456789ab"}
    try:
        with_rules(bench, {"match": "/raw", "bps": 20000})
        answer, seconds = timed(lambda: Client().call("GET", f"/api/v4/projects/{name}/repository/files/big.txt/raw", headers=headers))
        expect(len(answer.body) == 20000 and 0.9 < seconds < 2, seconds)
    finally:
        bench("fault", "gitlab", "clear")


def check_a_faulty_rules_file_is_refused(bench):
    bench("fault", "gitlab", "-", input=b'{"not": "a list"}', ok=False)
    expect(Client().call("GET", PATH).status == 200, "the service does not answer")
