//! What a build reads: images, stages, the values of variables, and what a base image brings.

use super::{caller, causes, job, parsed, rules};
use crate::image::dockerfile::{Trust, judge, judge_triggers};

#[test]
fn every_image_that_is_read_is_named_with_its_line() {
    let text = "ARG TAG=1\nARG BASE=reg.example/base:${TAG}\nFROM --platform=$BUILDPLATFORM ${BASE} AS Build\n\
        FROM build AS second\nCOPY --from=BUILD /a /b\nCOPY --from=0 /a /b\nCOPY --from=tool:2 /a /b\n\
        RUN --mount=from=build,target=/x --mount=type=bind,from=data,target=/y x\nONBUILD COPY --from=later:1 /a /b\n\
        FROM scratch\nCOPY --from=second /a /b\nFROM python:${GIVEN:-3} AS python\nFROM node-\"${TARGETARCH}\"\\:x\nFROM python\n";
    let file = parsed(text);
    let judged = judge(&file, &rules(Trust::Job)).unwrap();
    let found: Vec<String> = judged
        .references()
        .iter()
        .map(|one| {
            format!(
                "{} {} {:?} {}",
                one.line,
                one.image,
                one.place,
                one.platform.as_deref().unwrap_or("-")
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "3 reg.example/base:1 From linux/amd64",
            "7 tool:2 Copy -",
            "8 data Mount -",
            "9 later:1 Copy -",
            "12 python:3 From -",
            "13 node-arm64:x From -",
        ]
    );
    assert_eq!(
        file.declared_args().into_iter().collect::<Vec<_>>(),
        ["BASE", "TAG"]
    );
}

#[test]
fn references_that_builders_resolve_in_different_ways_are_refused() {
    for (text, expected) in [
        (
            "FROM a AS x\nCOPY --from=y /a /b\nFROM b AS y",
            "line 2: the stage `y` begins in line 3; some builders would take an image of that name",
        ),
        (
            "FROM a AS x\nCOPY --from=x /a /b",
            "line 2: the stage `x` begins in line 1; some builders would take an image of that name",
        ),
        (
            "FROM a AS x\nCOPY --from=0 /a /b",
            "line 2: `from=0` is the number of no earlier stage",
        ),
        (
            "FROM a\nFROM b\nCOPY --from=+0 /a /b",
            "line 3: `from=+0` is the number of no earlier stage",
        ),
        (
            "FROM a\nFROM b\nRUN --mount=from=0,target=/x y",
            "line 3: `from=0`: mounts know stages by name, and would look for an image called `0`",
        ),
        (
            "FROM a\nCOPY --from=$X /a /b",
            "line 2: `from=$X`: no builder replaces variables there",
        ),
        (
            "FROM a\nRUN --mount=from=${X},target=/x y",
            "line 2: `from=${X}`: no builder replaces variables there",
        ),
        (
            "FROM a\nRUN --mount=from=b,from=c y",
            "line 2: `--mount` names `from` twice",
        ),
        (
            "FROM $NOTHING",
            "line 1: `$NOTHING` is empty once its variables have their values",
        ),
        (
            "ARG V=a/b\nFROM ${V#a/}",
            "line 2: `${V#a/}`: `${…#…}` is not known to every builder",
        ),
        (
            "ARG V=a/b\nFROM ${V/a/b}",
            "line 2: `${V/a/b}`: `${…/…/…}` is not known to every builder",
        ),
        (
            "FROM Upper/case",
            "line 1: `Upper/case` names no image: `Upper` has upper-case letters; repositories are lower-case",
        ),
    ] {
        assert_eq!(caller(text), expected, "{text:?}");
    }
}

#[test]
fn variables_of_the_stage_count_in_a_url() {
    let text = "ARG G=global\nFROM a AS x\nARG V=1\nARG W=${V}2\nENV E=env\nARG G\nADD https://h/${W}/$E/$G/${GIVEN:-no} /d/\nFROM x\nADD https://h/$E /d/";
    // `GIVEN` is a build argument that no `ARG` declares.
    assert_eq!(
        job(text),
        "line 7: `ADD` of `https://h/${W}/$E/$G/${GIVEN:-no}`: the value of `GIVEN` cannot be told from this file"
    );
    let file = parsed(&text.replace("/${GIVEN:-no}", ""));
    let judged = judge(&file, &rules(Trust::Job)).unwrap();
    let urls: Vec<&str> = judged
        .remote_adds()
        .iter()
        .map(|add| add.url.as_str())
        .collect();
    assert_eq!(urls, ["https://h/12/env/global", "https://h/env"]);
    assert_eq!(
        job("FROM a AS x\nARG V=1\nFROM x\nADD https://h/$V /d/"),
        "line 4: `ADD` of `https://h/$V`: the value of `V` cannot be told from this file"
    );
    assert_eq!(
        job("FROM a\nARG U=https://h/x\nADD $U /d/"),
        "line 3: `ADD` of `$U`: its variables bring a URL, and a job's URL has to name its host in this line"
    );
}

#[test]
fn triggers_of_a_base_image_are_judged_like_lines_of_the_file() {
    let file = parsed("FROM base AS x");
    let judged = |trigger: &str| match judge_triggers(
        "base",
        &[trigger.to_owned()],
        &file,
        &rules(Trust::Job),
    ) {
        Ok(references) => references
            .into_iter()
            .map(|one| one.image)
            .collect::<Vec<_>>()
            .join(","),
        Err(error) => causes(&error),
    };
    assert_eq!(judged("COPY --from=tool /a /b"), "tool");
    assert_eq!(judged("ADD . /src"), "");
    assert!(judged("ADD http://169.254.169.254/x /y").contains("it may name a URL"));
    assert!(
        judged("RUN --network=host x")
            .contains("the image `base` brings `ONBUILD RUN --network=host x`")
    );
    assert!(judged("RUN x\nADD http://h/x /y").contains("a trigger is one instruction"));
    assert!(judged("FROM y").contains("is no trigger"));
}
