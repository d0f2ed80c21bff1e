//! Build contexts as the real client sends them: the same names, kinds and modes in the image, with both builders.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::support::site::write;
use crate::support::{Job, Site};

/// The entries of /ctx in an image, in order: kind and mode, owner, size, path, where a link leads, and the content's hash.
#[track_caller]
pub(super) fn entries(site: &Site, image: &str) -> String {
    let engine = &site.stand.bench.engine;
    let container = engine.docker(&["create", image, "true"]);
    let copied = engine.try_docker(&["cp", &format!("{container}:/ctx"), "-"], "");
    engine.docker(&["rm", &container]);
    let mut archive = tar::Archive::new(copied.stdout.as_slice());
    let mut lines = Vec::new();
    for entry in archive.entries().expect("docker gives a tar") {
        let mut entry = entry.expect("docker gives a tar");
        let header = entry.header();
        let head = format!(
            "{:?} {:o} {}:{} {}",
            header.entry_type(),
            header.mode().expect("it has one"),
            header.uid().expect("it has one"),
            header.gid().expect("it has one"),
            header.size().expect("it has one")
        );
        let path = String::from_utf8_lossy(&entry.path_bytes())
            .escape_debug()
            .to_string();
        let link = entry
            .link_name_bytes()
            .map(|link| String::from_utf8_lossy(&link).escape_debug().to_string());
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).expect("docker gives a whole tar");
        let sum = content.iter().fold(0_u64, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u64::from(*byte))
        });
        lines.push(format!(
            "{path} {} {head} {sum:x}\n",
            link.unwrap_or_default()
        ));
    }
    lines.sort();
    lines.concat()
}

/// What the real client makes of the context with this builder.
#[track_caller]
fn of_docker(site: &Site, builder: &str, dir: &Path, words: &[&str]) -> String {
    let image = format!("it/docker-{}-{builder}:1", site.name);
    let kit = if builder == "buildkit" { "1" } else { "0" };
    // The client resolves links, which lead nowhere from here.
    let copy =
        tempfile::tempdir_in(site.stand.dir()).expect("the stand's directory can be written");
    let copied = std::process::Command::new("cp")
        .args(["-a", "."])
        .arg(copy.path())
        .current_dir(dir)
        .status();
    assert!(copied.expect("coreutils are everywhere").success());
    let mut command = std::process::Command::new("/usr/bin/docker");
    command
        .args(["build", "-q", "-t", &image])
        .args(words)
        .arg(".")
        .current_dir(copy.path())
        .env("DOCKER_HOST", &site.stand.bench.docker_host)
        .env("DOCKER_BUILDKIT", kit);
    let done = command
        .output()
        .expect("the bench needs docker: tests/bench/bench install");
    assert!(
        done.status.success(),
        "docker build: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    let entries = entries(site, &image);
    site.stand.bench.engine.docker(&["rmi", &image]);
    entries
}

/// What we make of it.
#[track_caller]
fn of_ours(site: &Site, job: &Job<'_>, builder: &str, words: &str) -> String {
    let out = job
        .baws(&format!("build --builder {builder} -q {words}"))
        .succeeded()
        .out();
    entries(site, out.trim())
}

const COPY_ALL: &str = "FROM bench/busybox:1\nCOPY . /ctx/\n";

/// Both builders, ours against the real client's.
#[track_caller]
fn same_as_docker(site: &Site, job: &Job<'_>) -> String {
    let mut shown = String::new();
    for builder in ["classic", "buildkit"] {
        shown = of_ours(site, job, builder, "");
        let docker = of_docker(site, builder, &job.project(), &[]);
        assert_eq!(shown, docker, "{builder}: ours, and docker's");
    }
    shown
}

/// Names that `.dockerignore` files like to be about.
const TREE: [&str; 24] = [
    "a",
    "b.txt",
    "foo",
    "foo.go",
    "dir/foo",
    "dir/foo.go",
    "dir/a/b/c",
    "dir/keep",
    "dir/sub/keep",
    ".git/config",
    ".hidden",
    "node_modules/x/index.js",
    "src/node_modules/y",
    "src/main.go",
    "src/a b",
    "src/[x]",
    "src/x",
    "src/!bang",
    "src/#hash",
    "src/été",
    "temp/t1",
    "tempx",
    "README.md",
    "docs/README.md",
];

#[test]
fn ignore_files_mean_what_the_real_client_makes_of_them() {
    let site = Site::new();
    let job = site.job().prepared().file_in("Dockerfile", COPY_ALL);
    let project = job.project();
    for path in TREE {
        write(&project, path, path.as_bytes());
    }
    for ignore in [
        "foo\n",
        "**/foo\n*.go\n",
        "*\n!src\n",
        "*\n!src/main.go\n!dir/sub\n",
        "dir\n!dir/keep\n",
        "dir/**\n!dir/sub/keep\n",
        "/foo\n./a\nsrc/../b.txt\ndir//a/\n",
        "# comment\n #hash\nsrc/#hash\n\n  .git  \n",
        "\u{feff}a\nsrc/\\[x\\]\n",
        "src/[x]\n",
        "src/[^x]\n",
        "temp?\n",
        "**/node_modules\n!src/node_modules\n",
        "src/!bang\n!a\n",
        "*/*\n!*/README*\n",
        "Dockerfile\n.dockerignore\n# no two of one size: an engine may take them for one\n",
        "dir/a/b\nsrc/a b\nsrc/?a*\n",
        "a\r\nfoo\r\n",
    ] {
        write(&project, ".dockerignore", ignore.as_bytes());
        let ours = of_ours(&site, &job, "buildkit", "");
        assert_eq!(
            ours,
            of_docker(&site, "buildkit", &project, &[]),
            "{ignore:?}: ours, and docker's"
        );
    }
    // Not for BuildKit: this client and a newer engine do not agree on letters beyond ASCII.
    write(
        &project,
        ".dockerignore",
        "src/é*\nsrc/?t?\n.dockerignore\n".as_bytes(),
    );
    let ours = of_ours(&site, &job, "classic", "");
    assert_eq!(ours, of_docker(&site, "classic", &project, &[]));
    write(&project, ".dockerignore", b"*\n!src/main.go\n!dir/sub\n");
    same_as_docker(&site, &job);
    job.cleaned_up();
}

#[test]
fn the_ignore_file_beside_a_named_dockerfile_comes_first() {
    let site = Site::new();
    let job = site.job().prepared();
    let project = job.project();
    for path in TREE {
        write(&project, path, b"x");
    }
    write(&project, ".dockerignore", b"*\n");
    write(&project, "deploy/Dockerfile", COPY_ALL.as_bytes());
    write(&project, "deploy/Dockerfile.dockerignore", b"src\n.git\n");
    let ours = of_ours(&site, &job, "buildkit", "-f deploy/Dockerfile");
    assert_eq!(
        ours,
        of_docker(&site, "buildkit", &project, &["-f", "deploy/Dockerfile"])
    );
    assert!(
        ours.contains("ctx/foo.go") && !ours.contains("ctx/src"),
        "{ours}"
    );
    job.cleaned_up();
}

/// Links, modes, odd names, empty and sparse files.
#[test]
fn odd_entries_come_as_the_real_client_sends_them() {
    let site = Site::new();
    let job = site.job().prepared().file_in("Dockerfile", COPY_ALL);
    let project = job.project();
    for (path, mode) in [
        ("plain", 0o644),
        ("tool", 0o755),
        ("shut", 0o600),
        ("open", 0o666),
        ("odd", 0o511),
        ("none", 0),
    ] {
        write(&project, path, path.as_bytes());
        std::fs::set_permissions(project.join(path), PermissionsExt::from_mode(mode))
            .expect("it is ours");
    }
    for (path, mode) in [("dir700", 0o700), ("dir777", 0o777)] {
        std::fs::create_dir(project.join(path)).expect("the project can be written");
        std::fs::set_permissions(project.join(path), PermissionsExt::from_mode(mode))
            .expect("it is ours");
    }
    for (link, target) in [
        ("to-plain", "plain"),
        ("to-etc", "/etc/passwd"),
        ("to-up", "../../../etc"),
        ("to-nothing", "nowhere"),
        ("loop", "loop"),
        ("dir777/to-up", "../plain"),
    ] {
        symlink(target, project.join(link)).expect("the project can be written");
    }
    std::fs::hard_link(project.join("plain"), project.join("dir700/hard"))
        .expect("the project can be written");
    write(&project, "empty", b"");
    let sparse = std::fs::File::create(project.join("sparse")).expect("the project can be written");
    sparse.set_len(3 << 20).expect("it is a file");
    for name in [
        &b"latin\xff1"[..],
        b"new\nline",
        b"back\\slash",
        b"quote'\"",
        b" space ",
        b"-dash",
    ] {
        std::fs::write(project.join(OsStr::from_bytes(name)), name)
            .expect("the project can be written");
    }
    write(
        &project,
        &format!("{}/{}", "d".repeat(200), "e".repeat(200)),
        b"long",
    );
    let shown = same_as_docker(&site, &job);
    assert!(shown.contains("ctx/to-etc /etc/passwd"), "{shown}");
    job.cleaned_up();
}

#[test]
fn setuid_bits_come_as_far_as_each_builder_takes_them() {
    let site = Site::new();
    let job = site.job().prepared().file_in("Dockerfile", COPY_ALL);
    write(&job.project(), "suid", b"x");
    std::fs::set_permissions(
        job.project().join("suid"),
        PermissionsExt::from_mode(0o4755),
    )
    .expect("it is ours");
    same_as_docker(&site, &job);
    job.cleaned_up();
}
