//! An engine that goes away, restarts, or has no room left while an image is built.

use insta::assert_snapshot;

use crate::support::Site;
use crate::support::disk::SmallDisk;
use crate::support::site::write;

const SLOW: &str = "FROM bench/busybox:1\nRUN echo in the step; sleep 15\nRUN echo after\n";

#[test]
fn an_engine_that_dies_in_a_build_is_named_and_the_next_build_works() {
    let site = Site::alone();
    let job = site.job().prepared().file_in("Dockerfile", SLOW);
    let project = job.project();
    let started = job.start_baws(
        "build --progress plain . 2>&1 || echo status $?; while [ ! -e go ]; do sleep 0.1; done",
    );
    started.until_printed("in the step\n");
    site.stand.bench.command(&["dockerd", "kill"]);
    started.until_printed("status ");
    std::fs::write(project.join("go"), "").expect("the container lives on");
    let ended = started
        .end()
        .succeeded()
        .printed("status 1\n")
        .printed("error: ");
    assert!(ended.out().contains("engine"), "{ended}");
    site.stand.bench.command(&["dockerd", "start"]);
    job.run("after_script", "cd /builds/it/project; printf 'FROM bench/busybox:1\\nRUN true\\n' > Dockerfile; baws-ci build -q")
        .succeeded()
        .printed("sha256:");
    job.cleaned_up();
}

#[test]
fn a_full_disk_is_named_and_the_next_build_works() {
    let site = Site::alone().set("executor.requests.min_free_disk", "\"1m\"");
    let _disk = SmallDisk::full_but_for(&site.stand, "150");
    let job = site.job().prepared();
    let huge = "FROM bench/busybox:1\nRUN dd if=/dev/zero of=/big bs=1M count=400\n";
    write(&job.project(), "Dockerfile", huge.as_bytes());
    for builder in ["buildkit", "classic"] {
        let ended = job.baws(&format!("build --builder {builder} . 2>&1"));
        let out = ended.out().to_lowercase();
        assert!(
            ended.code == 1 && out.contains("no space left"),
            "{builder}: {ended}"
        );
    }
    write(
        &job.project(),
        "Dockerfile",
        b"FROM bench/busybox:1\nRUN true\n",
    );
    job.baws("build -q").succeeded();
    job.cleaned_up();
}

#[test]
fn a_disk_that_is_nearly_full_is_told_before_anything_is_built() {
    let site = Site::alone();
    let _disk = SmallDisk::full_but_for(&site.stand, "150");
    let job = site.job().plain();
    let ended = job.baws("build . 2>&1").failed_with(1);
    assert_snapshot!(job.masked(&ended.out()), @r"
    error: there is too little room on the engine's disk for a build
      caused by: N MB are free, N GB have to be

    hint: the operator of this host makes room (`docker system df`, `docker image prune`), or changes `min_free_disk` in `[executor.requests]`
    ");
    job.cleaned_up();
}
