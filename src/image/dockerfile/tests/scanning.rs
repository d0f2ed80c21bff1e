//! From bytes to instructions, and every text that is refused on the way.

use super::{caller, causes, newest, parsed};
use crate::image::dockerfile::Dockerfile;

/// Keyword, flags and rest of each instruction.
fn read(text: &str) -> Vec<String> {
    let file = parsed(text);
    let told = |one: &crate::image::dockerfile::instruction::Instruction| {
        let flags: Vec<String> = one
            .flags
            .iter()
            .map(|flag| format!("{}={:?} ", flag.name, flag.value))
            .collect();
        format!(
            "{}: {} {}{}",
            one.line,
            one.keyword,
            flags.concat(),
            one.rest
        )
    };
    file.instructions().map(told).collect()
}

#[test]
fn lines_are_joined_as_the_builder_joins_them() {
    for (text, expected) in [
        ("FROM a\nRUN x \\\n y\n", vec!["1: FROM a", "2: RUN x  y"]),
        (
            "FROM a\nRUN x \\  \t\n# comment\n\n  y\n",
            vec!["1: FROM a", "2: RUN x   y"],
        ),
        (
            "FROM a\nRUN x \\\r\n y\r\n",
            vec!["1: FROM a", "2: RUN x  y"],
        ),
        (
            "FROM a\nRUN x \\\\\nRUN y",
            vec!["1: FROM a", "2: RUN x \\\\", "3: RUN y"],
        ),
        ("FROM a\nRUN x \\", vec!["1: FROM a", "2: RUN x"]),
        (
            "FROM a\nRUN x \\\n# only a comment",
            vec!["1: FROM a", "2: RUN x"],
        ),
        ("\\\nFROM a", vec!["1: FROM a"]),
        (
            "# escape=`\nFROM a\nRUN x ` \n y \\\nRUN z",
            vec!["2: FROM a", "3: RUN x  y \\", "5: RUN z"],
        ),
        ("# syntax=x\n#escape = `\nFROM `\na", vec!["3: FROM a"]),
        (
            "\u{feff}# escape=`\r\nFROM a\nRUN c:\\\n",
            vec!["2: FROM a", "3: RUN c:\\"],
        ),
        // Behind a comment, a blank line or an unknown directive it is a comment.
        (
            "# note\n# escape=`\nFROM a\nRUN x `\n",
            vec!["3: FROM a", "4: RUN x `"],
        ),
        (
            "\n# escape=`\nFROM a\nRUN x `\n",
            vec!["3: FROM a", "4: RUN x `"],
        ),
        (
            "# x=y\n# escape=`\nFROM a\nRUN x `\n",
            vec!["3: FROM a", "4: RUN x `"],
        ),
        (
            "\t from\ta  as  B\n  # comment\n\trun --mount=type=cache,target='/a b' -- --x",
            vec![
                "1: FROM a  as  B",
                "3: RUN mount=Some(\"type=cache,target=/a b\") --x",
            ],
        ),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn heredocs_are_taken_whole() {
    let text = "FROM a\nRUN <<EOF cat <<-'E F'\nFROM evil\n# x \\\nEOF\n\tx\n\tE F\nCOPY <<EOF /x\r\n\\\r\nEOF\r\nRUN echo '<<EOF' \"a <<EOF\" $((1 << 2))\nRUN [\"cat\", \"<<EOF\"]\nENV A=<<EOF";
    // `'E F'` is one word to the lexer.
    let file = parsed(text);
    let heredocs: Vec<(usize, String)> = file
        .instructions()
        .flat_map(|one| {
            one.heredocs
                .iter()
                .map(|heredoc| (one.line, heredoc.text.clone()))
        })
        .collect();
    assert_eq!(
        heredocs,
        [
            (2, "FROM evil\n# x \\\nEOF\n".to_owned()),
            (2, "\tx\n\tE F\n".to_owned()),
            (8, "\\\r\nEOF\r\n".to_owned()),
        ]
    );
    assert_eq!(file.stages.len(), 1);
    assert_eq!(
        caller("FROM a\nRUN <<EOF\nx\n"),
        "line 2: the heredoc `EOF` is not ended"
    );
}

#[test]
fn what_builders_read_in_two_ways_is_refused_with_its_line() {
    for (text, expected) in [
        ("FROM a\nRUNN x", "line 2: unknown instruction `RUNN`"),
        (
            "FROM a\nWOR\u{212a}DIR /x",
            "line 2: unknown instruction `WOR\u{212a}DIR`",
        ),
        (
            "FROM a\r\nRUN x\ry",
            "line 2: a carriage return stands where no line ends, and builders differ over it",
        ),
        (
            "FROM a\rRUN x",
            "line 1: a carriage return stands where no line ends, and builders differ over it",
        ),
        (
            "FROM a\nRUN x\0",
            "line 2: it holds the control character U+0000",
        ),
        (
            "FROM a\nRUN x\u{b}y",
            "line 2: it holds the control character U+000B",
        ),
        (
            "\u{feff}\u{feff}FROM a",
            "line 1: it holds U+FEFF, which looks like a space and is none to every builder",
        ),
        (
            "\u{2003}FROM a",
            "line 1: it holds U+2003, which looks like a space and is none to every builder",
        ),
        (
            "\u{a0}# note\nFROM a",
            "line 1: it holds U+00A0, which looks like a space and is none to every builder",
        ),
        ("FROM\u{a0}a", "line 1: unknown instruction `FROM\u{a0}a`"),
        (
            "FROM a\u{a0}AS b",
            "line 1: it holds U+00A0, which looks like a space and is none to every builder",
        ),
        (
            "FROM a\nRUN x \\\u{a0}\n y",
            "line 2: it holds U+00A0, which looks like a space and is none to every builder",
        ),
        (
            "FROM a\nRUN x\u{a0}\\\n",
            "line 2: it holds U+00A0, which looks like a space and is none to every builder",
        ),
        (
            "FROM a\nRUN x \\ \\\n",
            "line 2: two escape characters end it, parted by spaces: builders take one for the other",
        ),
        ("FROM a\n\\\n", "line 2: nothing is continued by this line"),
        (
            "# check=skip=all\n# escape=`\nFROM a",
            "line 2: `# escape=` stands behind `# check=`, where older builders take it for a comment",
        ),
        (
            "# escape=`\n# escape=\\\nFROM a",
            "line 2: the directive `# escape=` stands twice",
        ),
        (
            "# escape=x\nFROM a",
            "line 1: `x` is no escape character: only `\\` and ` are",
        ),
        (
            "FROM a\nRUN [\"a\"] b",
            "line 2: `[\"a\"] b`: text follows the JSON array: older builders drop it, newer ones take all of it as words",
        ),
        (
            "FROM a\nCOPY [\"a\", 1] b",
            "line 2: `[\"a\", 1] b`: text follows the JSON array: older builders drop it, newer ones take all of it as words",
        ),
        (
            "FROM a\nRUN [1]",
            "line 2: `[1]`: it is a JSON array, and not of strings only",
        ),
        (
            "FROM a\nRUN [\"\\ud800\"]",
            "line 2: `[\"\\ud800\"]`: it is a JSON array that cannot be read alike by all builders",
        ),
        (
            "FROM a\nRUN x=${A#b} cat <<EOF\nEOF",
            "line 2: `${…#…}` on a line with a heredoc: older builders do not see the heredoc there",
        ),
        ("FROM a\nRUN cat <<'EOF", ""),
        (
            "FROM a\nRUN --mount=type=cache,target=/é x",
            "line 2: the flag `--mount=type=cache,target=/é` holds letters outside ASCII",
        ),
        (
            "FROM a\nCOPY --form=b x y",
            "line 2: `COPY` has no flag `--form`",
        ),
        (
            "FROM a\nCOPY --from b x y",
            "line 2: `--from` needs a value behind `=`",
        ),
        (
            "FROM a\nCOPY --from=b --from=c x y",
            "line 2: `--from` stands twice",
        ),
        (
            "FROM a\nARG --x BAWS_CACHE",
            "line 2: `ARG` has no flag `--x`",
        ),
        (
            "FROM a\nONBUILD ONBUILD RUN x",
            "line 2: `ONBUILD ONBUILD` is allowed by no builder",
        ),
        (
            "FROM a\nONBUILD FROM x",
            "line 2: `ONBUILD FROM` is allowed by no builder",
        ),
        (
            "RUN x\nFROM a",
            "line 1: `RUN` stands before the first `FROM`, where only `ARG` may",
        ),
        (
            "FROM a b",
            "line 1: `FROM` takes an image, or an image and `AS name`",
        ),
        ("FROM a AS 1x", "line 1: `1x` is no name for a stage"),
        (
            "FROM a AS scratch",
            "line 1: a stage may not be called `scratch`: builders differ over what it then means",
        ),
        (
            "FROM a AS x\nFROM b AS X",
            "line 2: a stage called `x` begins in line 1 already",
        ),
        (
            "FROM a a\u{17f} b",
            "line 1: a `FROM` line holds letters outside ASCII, which no image and no stage has",
        ),
        ("ARG A=1", "it holds no `FROM`"),
        ("# note\n\n", "it holds no instruction"),
        ("", "it holds no instruction"),
    ] {
        assert_eq!(caller(text), expected, "{text:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_line() {
    let error = Dockerfile::parse(b"FROM a\nRUN \xff", &newest()).unwrap_err();
    assert_eq!(causes(&error), "line 2: it is not UTF-8");
    let long = format!("FROM a\nRUN {}", "x".repeat(65_536));
    assert_eq!(
        caller(&long),
        "line 2: the line is longer than 64 KiB, which no builder reads"
    );
    let joined = format!("FROM a\nRUN {}", "x \\\n".repeat(40_000));
    assert_eq!(
        caller(&joined),
        "line 2: the instruction is longer than 64 KiB when its lines are joined"
    );
    assert_eq!(caller(&"#\n".repeat(1_100_000)), "it is larger than 2 MiB");
}

#[test]
fn a_slip_is_answered_with_the_word_that_was_meant() {
    for (text, hint) in [
        ("FROM a\nRUNN x", "did you mean `RUN`?"),
        ("FROM a\nCOPY --form=b x y", "did you mean `--from`?"),
    ] {
        let error = Dockerfile::parse(text.as_bytes(), &newest()).unwrap_err();
        assert_eq!(error.hints(), [hint]);
        assert_eq!(error.message(), "the Dockerfile is invalid");
    }
}

#[test]
fn empty_lines_inside_a_continued_line_are_warned_of() {
    assert_eq!(parsed("FROM a\nRUN x \\\n\n y").warnings.len(), 1);
    assert!(parsed("FROM a\nRUN x \\\n# z\n y").warnings.is_empty());
}
