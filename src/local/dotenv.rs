//! The dotenv report of a job: variables for the jobs that depend on it.
//!
//! Refuses what GitLab refuses: lines without `=`, odd names, too much of it. Values are taken as written, without quotes
//! or expansion. Source: GitLab, `Ci::ParseDotenvArtifactService`.

use crate::error::{Cause, Error, Result};

/// Source: GitLab's default limits, `MAX_ACCEPTABLE_DOTENV_SIZE` and the plan limit `dotenv_variables`.
const MOST_BYTES: usize = 5 * 1024;
const MOST_VARIABLES: usize = 150;

/// The variables in the text of the report `file`.
///
/// # Errors
/// Names the file and the line.
pub(super) fn parse(text: &[u8], file: &str) -> Result<Vec<(String, String)>> {
    let wrong = |why: String| {
        Error::refused(format!("the dotenv report `{file}` is not valid"))
            .caused_by(Cause::line(why))
    };
    if text.len() > MOST_BYTES {
        return Err(wrong(format!(
            "it has {} bytes; GitLab takes {MOST_BYTES}",
            text.len()
        )));
    }
    let text = std::str::from_utf8(text).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
    let mut variables: Vec<(String, String)> = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let wrong_line = |why: &str| {
            wrong(format!("line {}: {why}", n + 1))
                .hint("each line is NAME=value; there are no comments and no empty lines")
        };
        let (name, value) = line
            .split_once('=')
            .ok_or_else(|| wrong_line("there is no `=`"))?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty()
            || !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Err(wrong_line(&format!(
                "`{name}` is no name: letters, digits and underscores"
            )));
        }
        variables.retain(|(known, _)| known != name);
        variables.push((name.to_owned(), value.to_owned()));
    }
    if variables.len() > MOST_VARIABLES {
        return Err(wrong(format!(
            "it has {} variables; GitLab takes {MOST_VARIABLES}",
            variables.len()
        )));
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn values_are_taken_as_written() {
        let variables = parse(b"A = two words \r\nB=\"q\"=1\nA=last", "x.env").unwrap();
        assert_eq!(
            variables,
            [
                ("B".to_owned(), "\"q\"=1".to_owned()),
                ("A".to_owned(), "last".to_owned())
            ]
        );
    }

    #[test]
    fn a_bad_line_is_named() {
        let told = |text: &[u8]| parse(text, "x.env").unwrap_err().to_string();
        assert_eq!(
            told(b"A=1\n# no\n"),
            "the dotenv report `x.env` is not valid: line 2: there is no `=`"
        );
        assert_eq!(
            told(b"A=1\n\nB=2"),
            "the dotenv report `x.env` is not valid: line 2: there is no `=`"
        );
        assert_eq!(
            told(b"A-B=1"),
            "the dotenv report `x.env` is not valid: line 1: `A-B` is no name: letters, digits and underscores"
        );
        assert_eq!(
            told(&[b'x'; 6000]),
            "the dotenv report `x.env` is not valid: it has 6000 bytes; GitLab takes 5120"
        );
    }
}
