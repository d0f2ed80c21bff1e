//! The engine's Dockerfile: what is changed, what stays, and where lines end up.

use super::{map, newest, parsed, rendered, rules, with};
use crate::image::dockerfile::{Rewrites, Trust, judge, render};

fn cached() -> Rewrites {
    Rewrites {
        cache: Some("team/app, protected".to_owned()),
        ..Rewrites::default()
    }
}

#[test]
fn the_cache_argument_stands_behind_every_from_and_takes_an_empty_line_where_there_is_one() {
    let text = "# syntax=docker/dockerfile:1\nFROM a AS x\n\nRUN y\nFROM x\nRUN z \\\n  w\nRUN v\n";
    assert_eq!(
        with(text, &cached()),
        "\nFROM a AS x\nARG BAWS_CACHE\nRUN y\nFROM x\nARG BAWS_CACHE\nRUN z   w\nRUN v\n"
    );
}

#[test]
fn the_authors_lines_are_found_again() {
    let text = "# escape=`\nFROM a\nRUN x\nRUN y `\n  z\n\nCOPY <<EOF /f\nl1\nEOF\nRUN w\n";
    let file = parsed(text);
    let judged = judge(&file, &rules(Trust::Job)).unwrap();
    let rendered = render(&judged, &cached()).unwrap();
    assert_eq!(
        String::from_utf8(rendered.bytes).unwrap(),
        "# escape=`\nFROM a\nARG BAWS_CACHE\nRUN x\nRUN y   z\n\nCOPY <<EOF /f\nl1\nEOF\nRUN w\n"
    );
    let lines: Vec<usize> = (1..=11).map(|line| rendered.lines.original(line)).collect();
    assert_eq!(lines, [1, 2, 2, 3, 4, 6, 7, 8, 9, 10, 11]);
    assert_eq!(
        rendered.build_args,
        map(&[("BAWS_CACHE", "team/app, protected")])
    );
}

#[test]
fn images_are_replaced_wherever_they_are_read() {
    let rewrites = Rewrites {
        images: map(&[
            (
                "a:1",
                "reg.example/p@sha256:07c4b146f3ae39a25bd807c4b146f3ae39a25bd807c4b146f3ae39a25bd80000",
            ),
            ("tool", "r/tool:2"),
        ]),
        ..Rewrites::default()
    };
    let text = "ARG V=1\nFROM --platform=\"$BUILDPLATFORM\" a:${V} as X\nCOPY --chown='a b' --from=tool -- --x /y\nRUN --mount=type=bind,from=tool,\"target=/a,b\" --mount=from=x2,target=/z cmd  two\nONBUILD COPY --from=tool a b\nFROM x\nCOPY --from=tool [\"a b\", \"/y\"]\n";
    assert_eq!(
        with(text, &rewrites),
        "ARG V=1\nFROM --platform=$BUILDPLATFORM reg.example/p@sha256:07c4b146f3ae39a25bd807c4b146f3ae39a25bd807c4b146f3ae39a25bd80000 AS x\n\
         COPY --chown=a\\ b --from=r/tool:2 -- --x /y\n\
         RUN --mount=type=bind,from=r/tool:2,target=/a,b --mount=from=x2,target=/z cmd  two\n\
         ONBUILD COPY --from=r/tool:2 a b\nFROM x\nCOPY --from=r/tool:2 [\"a b\", \"/y\"]\n"
    );
}

#[test]
fn an_image_may_not_be_replaced_by_the_name_of_a_stage() {
    let file = parsed("FROM a AS evil\nFROM b");
    let judged = judge(&file, &rules(Trust::Job)).unwrap();
    let rewrites = Rewrites {
        images: map(&[("b", "evil")]),
        ..Rewrites::default()
    };
    assert!(render(&judged, &rewrites).is_err());
}

#[test]
fn remote_sources_become_files_of_the_context() {
    for (line, expected) in [
        (
            "ADD https://h/p/a.tar.gz?x=y /d/",
            "COPY .baws-add/0/a.tar.gz /d/",
        ),
        (
            "ADD --chown=1:2 --chmod=755 --link https://h/ /d",
            "COPY --chown=1:2 --chmod=755 --link .baws-add/0/__unnamed__ /d",
        ),
        (
            "ADD [\"https://h/a\", \"/d e/\"]",
            "COPY [\".baws-add/0/a\",\"/d e/\"]",
        ),
        ("ADD \"https://h/a\" /d/", "COPY .baws-add/0/a /d/"),
        (
            "ADD x https://h/a https://h/b y.tgz /d/",
            "ADD x /d/\nCOPY .baws-add/0/a .baws-add/1/b /d/\nADD y.tgz /d/",
        ),
        ("ADD $X /d/", "ADD ./$X /d/"),
        ("ADD \"$X\" /d/", "ADD ./\"$X\" /d/"),
        (
            "ADD github.com/x/y c:d /d/",
            "ADD ./github.com/x/y ./c:d /d/",
        ),
        (
            "ADD ./$X /e/$Y ../x.git  /d/",
            "ADD ./$X /e/$Y ../x.git  /d/",
        ),
        ("ADD <<EOF $X /d/\nx\nEOF", "ADD <<EOF ./$X /d/\nx\nEOF"),
    ] {
        assert_eq!(
            rendered(&format!("FROM a\n{line}\n")),
            format!("FROM a\n{expected}\n"),
            "{line}"
        );
    }
    let sum = format!("sha256:{}", "0a".repeat(32));
    let text = format!("FROM a\nADD --checksum={sum} --keep-git-dir=false https://h/a /d/\n");
    assert_eq!(rendered(&text), "FROM a\nCOPY .baws-add/0/a /d/\n");
    let file = parsed(&text);
    let judged = judge(&file, &rules(Trust::Job)).unwrap();
    assert_eq!(
        judged.remote_adds()[0].checksum.as_deref(),
        Some(sum.as_str())
    );
    // What was not fetched is never left to the engine.
    assert!(render(&judged, &Rewrites::default()).is_err());
}

#[test]
fn a_callers_remote_sources_are_the_engines_affair() {
    let file = parsed("FROM a\nADD http://127.0.0.1/x /y\nRUN --network=host x\n");
    let judged = judge(&file, &rules(Trust::Caller)).unwrap();
    let rendered = render(&judged, &Rewrites::default()).unwrap();
    assert_eq!(
        rendered.bytes,
        b"FROM a\nADD http://127.0.0.1/x /y\nRUN --network=host x\n"
    );
}

#[test]
fn a_frontend_that_was_asked_for_is_told_of() {
    for text in [
        "# syntax=docker/dockerfile:1\nFROM a",
        "#!/usr/bin/x\n# syntax=docker/dockerfile:1\nFROM a",
    ] {
        let file = parsed(text);
        let judged = judge(&file, &rules(Trust::Job)).unwrap();
        assert_eq!(judged.warnings().len(), 1, "{text:?}");
        assert!(judged.warnings()[0].contains(&newest().name()));
        assert!(!super::rendered(text).contains("syntax"));
    }
}
