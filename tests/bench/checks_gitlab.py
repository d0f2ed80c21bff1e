"""Self-checks: projects, git, LFS, and the life of a job at the coordinator."""

import io
import os
import tarfile
import threading
import time

import archives
from checks import PERSONAL, Client, RunningJob, container, control, docker, expect, random_name, run

USER = {"PRIVATE-TOKEN": PERSONAL}


def check_a_project_over_rest_and_a_commit_that_lands(bench):
    client, name = Client(), random_name("rest")
    expect(client.call("POST", "/api/v4/projects", {"name": name}).status == 401, "without a token")
    project = client.call("POST", "/api/v4/projects", {"name": name, "initialize_with_readme": True}, USER).json()
    actions = [{"action": "create", "file_path": "a/b.txt", "content": "from the api\n"}]
    commit = {"branch": "main", "commit_message": "Add b", "actions": actions}
    created = client.call("POST", f"/api/v4/projects/{project['id']}/repository/commits", commit, USER)
    expect(created.status == 201, created.body)
    again = client.call("POST", f"/api/v4/projects/{project['id']}/repository/commits", commit, USER)
    expect(again.status == 400, "a file was created twice")
    target = bench.path(name)
    run("git", "clone", "-q", f"https://root:{PERSONAL}@gitlab.bench.test/root/{name}.git", target)
    expect(open(f"{target}/a/b.txt").read() == "from the api\n", "the file is not in the clone")
    expect(run("git", "-C", target, "rev-parse", "HEAD").strip() == created.json()["id"], "the commit is another")


def check_a_container_clones_with_the_job_token(bench):
    library, path = f"check/{random_name('lib')}", f"check/{random_name('app')}"
    control("POST", "projects", {"path": library, "files": {"lib.txt": "lib\n"}})
    control("POST", "projects", {"path": path, "files": {"src/main.txt": "main\n"}, "lfs": {"big.bin": "large\n"},
                                 "submodule": {"path": "lib", "project": library}})
    job = RunningJob(project=path)
    script = f"git clone -q --recurse-submodules {job.url} /builds/c && cd /builds/c && git lfs pull && cat src/main.txt lib/lib.txt big.bin"
    output = container("baws-ci/helper:1", "sh", "-c", script)
    expect(output.endswith("main\nlib\nlarge\n"), output)
    push = f"git clone -q {job.url} /builds/c && cd /builds/c && git push -q origin HEAD:refs/heads/x"
    expect("not allowed" in container("baws-ci/helper:1", "sh", "-c", push, ok=False), "a job token pushed")


def check_a_job_token_dies_with_its_job(bench):
    job = RunningJob()
    run("git", "ls-remote", job.url)
    expect(job.put("success").status == 200, "the update was refused")
    expect(job.state()["state"] == "success", job.state())
    run("git", "ls-remote", job.url, ok=False, env={"GIT_TERMINAL_PROMPT": "0"})
    expect(job.put("success").status == 403, "an ended job took an update")


def check_lfs_objects_go_round(bench):
    path = f"check/{random_name('lfs')}"
    control("POST", "projects", {"path": path})
    url = f"http://root:{PERSONAL}@gitlab.bench.test/{path}.git"
    container("baws-ci/helper:1", "sh", "-ec", f"""
git clone -q {url} /builds/one; cd /builds/one; git lfs track '*.bin' >/dev/null; head -c 300000 /dev/urandom >x.bin; git add .
git -c user.name=c -c user.email=c@bench.test commit -qm add; git push -q origin main
git clone -q {url} /builds/two; cmp x.bin /builds/two/x.bin; git -C /builds/two cat-file blob HEAD:x.bin | grep -q '^oid sha256:'""")


def check_the_trace_takes_what_fits(bench):
    job = RunningJob()
    first = job.patch(0, b"hello")
    expect((first.status, first.headers["Range"], first.headers["Job-Status"]) == (202, "0-5", "running"), first.headers)
    wrong = job.patch(9, b"x")
    expect((wrong.status, wrong.headers["Range"]) == (416, "0-5"), wrong.headers)
    early = job.put("success", output={"checksum": "crc32:00000000", "bytesize": 7})
    expect(early.status == 202, "the end was taken before the trace was whole")
    expect(job.patch(5, b", you").status == 202, "the rest of the trace")
    expect(job.put("failed", failure_reason="script_failure", exit_code=3).status == 200, "the final update")
    state = job.state()
    expect((state["trace"], state["failure_reason"], state["exit_code"]) == ("hello, you", "script_failure", 3), state)


def check_artifacts_go_up_and_come_down(bench):
    path = f"check/{random_name('artifacts')}"
    artifacts = [{"name": "out", "paths": ["bin"]}, {"artifact_type": "dotenv", "artifact_format": "gzip", "paths": ["x.env"]}]
    job = RunningJob(project=path, artifacts=artifacts)
    out, into = bench.path("out"), bench.path("in")
    os.makedirs(out)
    os.makedirs(into)
    for index in (0, 1):
        with tarfile.open(f"{out}/{index}.tar", "w") as tar:
            member = tarfile.TarInfo("bin/run")
            member.mode, member.size = 0o750, 3
            tar.addfile(member, io.BytesIO(b"go\n"))
    archives.upload(job.client, job.payload, out)
    kinds = [(stored["type"], stored["format"], stored["filename"]) for stored in job.state()["artifacts"]]
    expect(kinds == [("archive", "zip", "out.zip"), ("dotenv", "gzip", "dotenv.gz")], kinds)
    job.put("success")
    later = RunningJob(project=path, dependencies=[job.number])
    archives.download(later.client, later.payload, into)
    with tarfile.open(f"{into}/{job.number}.tar") as tar:
        member = tar.getmember("bin/run")
        expect(member.mode == 0o750 and tar.extractfile(member).read() == b"go\n", "the file changed on its way")


def check_cancel_soft_and_hard(bench):
    soft, hard = RunningJob(), RunningJob()
    control("POST", f"jobs/{soft.number}/cancel", {"soft": True})
    answer = soft.patch(0, b"still here")
    expect((answer.status, answer.headers["Job-Status"]) == (202, "canceling"), answer.headers)
    expect(soft.put("failed").status == 200 and soft.state()["state"] == "canceled", soft.state())
    control("POST", f"jobs/{hard.number}/cancel", {})
    answer = hard.patch(0, b"too late")
    expect((answer.status, answer.headers["Job-Status"]) == (403, "canceled"), answer.headers)


def check_a_waiting_runner_gets_a_job_at_once(bench):
    token, answers = random_name("glrt-check-0123456789"), []
    control("POST", "runners", {"token": token})

    def wait():
        answers.append(Client().call("POST", "/api/v4/jobs/request", {"token": token}))
        answers.append(time.time())

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.3)
    control("POST", "jobs", {"script": ["true"], "runner": "glrt-bench-0123456789abcdef", "name": "not for it"})
    posted = time.time()
    number = control("POST", "jobs", {"script": ["true"], "runner": token})["id"]
    thread.join(25)
    expect(answers[0].status == 201 and answers[0].json()["id"] == number, answers[0].body[:200])
    expect(answers[1] - posted < 0.5, f"{answers[1] - posted:.2f} s")
    expect(Client().call("POST", "/api/v4/jobs/request", {"token": "glrt-unknown"}).status == 403, "an unknown runner")


def check_the_images_hold_what_they_should(bench):
    container("baws-ci/helper:1", "bash", "-ec", "git --version; git lfs version; ! type gitlab-runner; git submodule --help >/dev/null 2>&1 || true")
    container("bench/busybox:1", "sh", "-ec", "! type bash; true; whoami")
    output = docker("run", "--rm", "-u", "app", "bench/bash:1", "bash", "-lec", "id -u; ps -e >/dev/null; setsid true; curl --version >/dev/null; echo ~")
    expect(output == "1000\n/home/app\n", output)
    container("bench/scratch:1", "/busybox", "true")
    container("bench/scratch:1", "sh", "-c", "true", ok=False)
