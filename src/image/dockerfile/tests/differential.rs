//! Texts made to be read in two ways: each is refused, or rendered to what all builders read as it was judged.
//!
//! The expected texts were compared with the parsers of buildkit 0.8.3, 0.10.6, 0.12.5 and 0.20.2 themselves.

use super::{parsed, rendered};

/// Reads the rendered text again: the same instructions, and rendering changes nothing more.
#[test]
fn what_is_rendered_reads_as_what_was_written() {
    for (text, expected) in [
        (
            "FROM a\nRUN x \\\n  # FROM evil\n  y\n",
            "FROM a\nRUN x   y\n",
        ),
        ("FROM a\nRUN x \\\nFROM evil\n", "FROM a\nRUN x FROM evil\n"),
        ("FROM a\nRUN x \\\\\nRUN y\n", "FROM a\nRUN x \\\\\nRUN y\n"),
        ("FROM a\nRUN x `\nRUN y\n", "FROM a\nRUN x `\nRUN y\n"),
        (
            "# escape=`\nFROM a\nRUN x `\nFROM evil\n",
            "# escape=`\nFROM a\nRUN x FROM evil\n",
        ),
        (
            "# syntax=evil\n# escape=`\nFROM a\nRUN x `\nFROM evil\n",
            "# escape=`\n\nFROM a\nRUN x FROM evil\n",
        ),
        (
            "# c\n# escape=`\nFROM a\nRUN x \\\n y\n",
            "\n\nFROM a\nRUN x  y\n",
        ),
        ("from a as b\n\trun\tx\n", "from a as b\nrun\tx\n"),
        (
            "FROM a\nRUN <<EOF\nFROM evil\n\\\nEOF\nRUN y\n",
            "FROM a\nRUN <<EOF\nFROM evil\n\\\nEOF\nRUN y\n",
        ),
        (
            "FROM a\nRUN cat <<A <<-B\nB\nA\n\tA\n\tB\nRUN y",
            "FROM a\nRUN cat <<A <<-B\nB\nA\n\tA\n\tB\nRUN y\n",
        ),
        (
            "FROM a\nCOPY <<EOF \\\n  /x\nEOF",
            "FROM a\nCOPY <<EOF   /x\nEOF",
        ),
        (
            "FROM a\nCOPY <<EOF /x\r\nline\r\nEOF\r\n",
            "FROM a\nCOPY <<EOF /x\nline\r\nEOF\r\n",
        ),
        (
            "FROM a\nRUN echo '<<EOF'\nRUN y\n",
            "FROM a\nRUN echo '<<EOF'\nRUN y\n",
        ),
        (
            "FROM a\nRUN echo \"it's\" it's <<EOF\nRUN y\n",
            "FROM a\nRUN echo \"it's\" it's <<EOF\nRUN y\n",
        ),
        ("FROM a\nCMD cat <<EOF\n", "FROM a\nCMD cat <<EOF\n"),
        (
            "FROM a\nRUN [\"x\", \\\n \"y\"]\n",
            "FROM a\nRUN [\"x\",  \"y\"]\n",
        ),
        ("FROM a\nRUN [ -f x ] && y\n", "FROM a\nRUN [ -f x ] && y\n"),
        (
            "FROM a\nONBUILD RUN --mount=type=cache,target=/c x\n",
            "FROM a\nONBUILD RUN --mount=type=cache,target=/c x\n",
        ),
        (
            "FROM a\nONBUILD RUN <<EOF\nx\nEOF\n",
            "FROM a\nONBUILD RUN <<EOF\nx\nEOF\n",
        ),
        (
            "FROM a\nARG A B=c D=\"e f\"\n",
            "FROM a\nARG A B=c D=\"e f\"\n",
        ),
        (
            "FROM a\nCOPY --chown=\"a b\" --chmod='1' x /y\n",
            "FROM a\nCOPY --chown=\"a b\" --chmod='1' x /y\n",
        ),
        ("FROM a\nLABEL a=\"b\\\nc\"\n", "FROM a\nLABEL a=\"bc\"\n"),
        ("FROM a\nRUN x\\\n", "FROM a\nRUN x\n"),
        ("FROM a\nRUN x \\", "FROM a\nRUN x \n"),
        ("\u{feff}FROM a\nRUN \u{a0}x\n", "FROM a\nRUN \u{a0}x\n"),
        (
            "ARG T=x\nFROM \"a\":$T\nRUN y\n",
            "ARG T=x\nFROM a:x\nRUN y\n",
        ),
        (
            "FROM a AS b\nARG S=b\nFROM b\n",
            "FROM a AS b\nARG S=b\nFROM b\n",
        ),
        (
            "ARG S=b\nFROM a AS b\nFROM $S AS c\n",
            "ARG S=b\nFROM a AS b\nFROM b AS c\n",
        ),
    ] {
        let once = rendered(text);
        assert_eq!(once, expected, "{text:?}");
        assert_eq!(rendered(&once), once, "{text:?}");
        let read = |text: &str| -> Vec<_> {
            let file = parsed(text);
            file.instructions()
                .map(|one| (one.keyword, one.flags.clone()))
                .collect()
        };
        assert_eq!(read(text), read(&once), "{text:?}");
    }
}
