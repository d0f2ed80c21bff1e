//! What a builder lacks is refused by name.

use super::{newest, told};
use crate::image::dockerfile::{Dialect, Support, Trust};

#[test]
fn a_construct_that_the_builder_lacks_is_named_with_its_line() {
    let old = Dialect::buildkit(41);
    for (line, feature, dialects) in [
        (
            "RUN <<EOF\nx\nEOF",
            "heredocs",
            vec![Dialect::classic(), old],
        ),
        (
            "ONBUILD RUN <<EOF\nx\nEOF",
            "heredocs",
            vec![Dialect::classic(), old],
        ),
        (
            "COPY --link a b",
            "`COPY --link` and `ADD --link`",
            vec![Dialect::classic(), old],
        ),
        (
            "RUN --network=none x",
            "`RUN --network`",
            vec![Dialect::classic(), old],
        ),
        (
            "RUN --mount=type=cache,target=/c x",
            "`RUN --mount`",
            vec![Dialect::classic()],
        ),
        (
            "COPY --chmod=755 a b",
            "`COPY --chmod` and `ADD --chmod`",
            vec![Dialect::classic()],
        ),
        (
            "COPY --parents a b",
            "`COPY --parents`",
            vec![Dialect::classic(), newest()],
        ),
        (
            "RUN --security=insecure x",
            "`RUN --security`",
            vec![Dialect::classic(), newest()],
        ),
        (
            "ADD --checksum=sha256:1 http://h/x /y",
            "`ADD --checksum`",
            vec![Dialect::classic(), old],
        ),
    ] {
        let text = format!("FROM a\n{line}\n");
        for dialect in dialects {
            let expected = format!(
                "line 2: the builder of this engine ({}) does not know {feature}",
                dialect.name()
            );
            assert_eq!(told(&text, &dialect, Trust::Caller), expected);
        }
    }
}

#[test]
fn a_jobs_checksum_is_verified_by_the_host_whatever_the_builder() {
    let text = format!(
        "FROM a\nADD --checksum=sha256:{} https://h/x /y",
        "0".repeat(64)
    );
    assert_eq!(told(&text, &Dialect::classic(), Trust::Job), "");
}

#[test]
fn the_table_names_every_feature_once() {
    let rows = Dialect::buildkit(41).features();
    let known: Vec<&str> = rows
        .iter()
        .filter(|row| row.support == Support::Known)
        .map(|row| row.name)
        .collect();
    assert_eq!(known, ["`RUN --mount`", "`COPY --chmod` and `ADD --chmod`"]);
    assert!(
        Dialect::classic()
            .features()
            .iter()
            .all(|row| row.support == Support::Unknown)
    );
    assert_eq!(Dialect::buildkit(41).name(), "Docker 20.10, BuildKit");
}
