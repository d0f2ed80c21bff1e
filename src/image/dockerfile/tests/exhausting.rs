//! What is made to exhaust the host is refused at once.

use super::{caller, job};

#[test]
fn a_file_made_to_exhaust_the_host_is_refused_at_once() {
    let laughs: String = (1..200)
        .map(|n| format!("ARG A{n}=${{A{m}}}${{A{m}}}\n", m = n - 1))
        .collect();
    for (text, expected) in [
        (
            format!("FROM a\n{}", "ONBUILD ".repeat(8000)),
            "`ONBUILD ONBUILD` is allowed by no builder",
        ),
        (
            format!("FROM a{}", "${A:-".repeat(10_000)),
            "nested too deeply",
        ),
        (
            format!("FROM a\nRUN <<EOF {}", "${A:-".repeat(10_000)),
            "very many",
        ),
        (format!("ARG A0=x\n{laughs}FROM a"), "hold more than 1 MiB"),
        (
            format!(
                "ARG A={}\nFROM \"{}\"",
                "x".repeat(60_000),
                "$A".repeat(30_000)
            ),
            "it is too long once",
        ),
        ("FROM a\n".repeat(600), "that many are not read"),
        (
            format!("FROM a\n{}", "ENV A=1\n".repeat(6000)),
            "that many are not read",
        ),
    ] {
        assert!(caller(&text).contains(expected), "{expected}");
    }
    let stage = format!("FROM a AS s0\nARG A0=x\n{laughs}ADD https://h/$A199 /x");
    assert!(job(&stage).contains("cannot be told from this file"));
}
