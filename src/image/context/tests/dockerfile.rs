//! Where Dockerfiles and ignore files are looked for.

use std::path::Path;

use rustix::fs::{CWD, Mode};

use super::super::ignore::{Matches, Verdict};
use super::super::{Dockerfile, IgnoreFile};
use super::Context;

#[test]
fn the_usual_name_in_the_context_or_whatever_is_named() {
    let context = Context::new();
    context
        .file("sub/dockerfile", "FROM lower")
        .file("other", "FROM other");
    let found = Dockerfile::find(&context.at("sub"), None).unwrap();
    assert_eq!(
        (found.path, found.text),
        (context.at("sub/dockerfile"), b"FROM lower".to_vec())
    );
    context.file("sub/Dockerfile", "FROM upper");
    let found = Dockerfile::find(&context.at("sub"), None).unwrap();
    assert_eq!(found.text, b"FROM upper");
    // Outside the context, and through a link.
    context.link("link", "other");
    let found = Dockerfile::find(&context.at("sub"), Some(&context.at("link"))).unwrap();
    assert_eq!(found.text, b"FROM other");
}

#[test]
fn a_missing_one_is_told_with_what_is_similar() {
    let context = Context::new();
    let error = Dockerfile::find(context.root(), None).unwrap_err();
    let path = context.at("Dockerfile");
    assert_eq!(
        error.message(),
        format!("there is no Dockerfile at `{}`", path.display())
    );
    assert_eq!(
        error.hints(),
        ["add a `Dockerfile` to the context, or name one with `-f`"]
    );
    context
        .file("app.Dockerfile", "")
        .file("Dockerfile.prod", "")
        .file("Dockerfile.prod.dockerignore", "");
    let error = Dockerfile::find(context.root(), None).unwrap_err();
    let hint = "name it with `-f`; similar files there: `Dockerfile.prod`, `app.Dockerfile`";
    assert_eq!(error.hints(), [hint]);
    let error = Dockerfile::find(context.root(), Some(Path::new("no/such/file"))).unwrap_err();
    assert_eq!(error.message(), "there is no Dockerfile at `no/such/file`");
    assert_eq!(
        error.hints(),
        ["`-f` is relative to the working directory, not to the context"]
    );
}

#[test]
fn it_is_a_small_regular_file() {
    let context = Context::new();
    rustix::fs::mkfifoat(CWD, context.at("fifo"), Mode::RUSR).unwrap();
    context
        .file("large", vec![b'#'; 10_000_000])
        .file("limit", vec![b'#'; 2 * 1024 * 1024]);
    let cause = |name: &str| {
        let error = Dockerfile::find(context.root(), Some(&context.at(name))).unwrap_err();
        error.causes()[0].clone()
    };
    assert_eq!(cause("fifo"), "it is a FIFO, not a regular file");
    assert_eq!(cause("."), "it is a directory, not a regular file");
    assert_eq!(cause("large"), "it is larger than 2 MiB");
    assert!(Dockerfile::find(context.root(), Some(&context.at("limit"))).is_ok());
}

/// Whether the ignore file that holds is the one with just this line.
#[track_caller]
fn holds(found: Option<IgnoreFile>, line: &str) {
    let ignore = found.unwrap().ignore;
    for path in ["none", "context", "beside"] {
        let expected = match path == line {
            true => Verdict::Excluded,
            false => Verdict::Kept,
        };
        let verdict = ignore.verdict(path.as_bytes(), &Matches::default());
        assert_eq!(verdict, expected, "{path}");
    }
}

#[test]
fn the_ignore_file_beside_the_dockerfile_comes_first() {
    let context = Context::new();
    let found = || IgnoreFile::find(&context.at("ctx"), &context.at("docker/Dockerfile")).unwrap();
    context
        .file("ctx/x", "")
        .file("docker/.dockerignore", "none");
    assert!(found().is_none());
    context.file("ctx/.dockerignore", "context");
    holds(found(), "context");
    context.file("docker/Dockerfile.dockerignore", "beside");
    holds(found(), "beside");
    // An empty one holds too.
    context.file("docker/Dockerfile.dockerignore", "");
    holds(found(), "");
}
