//! Contexts that come as a tar on stdin.

use crate::support::Site;

#[test]
fn a_context_may_come_as_a_tar_packed_or_not() {
    let site = Site::new();
    let job = site.job().plain();
    let script = "cd /builds/it/project; mkdir -p ctx/sub; echo inner > ctx/file; ln -s file ctx/link; mkdir -p none
        printf 'FROM bench/busybox:1\\nCOPY . /c\\nRUN echo \"got $(cat /c/link)\"; sleep 0.3\\n' > ctx/sub/Dockerfile
        tar -C ctx -cf - . | baws-ci build --no-cache --progress plain -f sub/Dockerfile - 2>&1
        tar -C ctx -czf - . | baws-ci build --no-cache --progress plain -f ./sub/Dockerfile - 2>&1
        tar -C ctx -czf - . | baws-ci build --no-cache --builder classic --progress plain -f sub/Dockerfile - 2>&1";
    let out = job.run("build_script", script).succeeded().out();
    assert_eq!(out.matches("got inner").count(), 3, "{out}");
    for (input, said) in [
        ("head -c 1000000 /dev/urandom", "tar"),
        ("printf ''", ""),
        ("tar -C ctx -cf - . | head -c 1100", "tar"),
    ] {
        let ended = job.run(
            "build_script",
            &format!("cd /builds/it/project; ({input}) | baws-ci build - 2>&1"),
        );
        assert!(
            ended.code == 1 && ended.out().contains("error: ") && ended.out().contains(said),
            "{input}: {ended}"
        );
    }
    job.cleaned_up();
}

#[test]
fn a_hostile_tar_writes_nowhere() {
    let site = Site::new();
    let job = site.job().prepared();
    let mut archive = tar::Builder::new(Vec::new());
    for (path, kind, content) in [
        (
            &b"Dockerfile"[..],
            tar::EntryType::Regular,
            &b"FROM bench/busybox:1\nCOPY . /c\n"[..],
        ),
        (
            b"../../../../../../tmp/it-escaped",
            tar::EntryType::Regular,
            b"x",
        ),
    ] {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().expect("it is one").name[..path.len()].copy_from_slice(path);
        header.set_size(content.len() as u64);
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_cksum();
        archive
            .append(&header, content)
            .expect("memory can be written");
    }
    std::fs::write(
        job.project().join("x.tar"),
        archive.into_inner().expect("memory can be written"),
    )
    .expect("the project can be written");
    job.baws("build - < x.tar")
        .failed_with_any(&[2, 4, 15])
        .printed("it-escaped");
    let there = job
        .run("build_script", "ls /tmp/it-escaped 2>&1 || echo nothing")
        .succeeded()
        .out();
    assert!(
        there.contains("nothing") && !std::path::Path::new("/tmp/it-escaped").exists(),
        "{there}"
    );
    job.cleaned_up();
}
