//! Names and values of `ARG` and `ENV`.
//!
//! Source: buildkit `line_parsers.go`, `parseWords` and `parseNameVal`; `instructions/parse.go`, `parseArg`.

use crate::error::Result;

use super::directive::Escape;
use super::fault::{invalid, shown};
use super::instruction::{BLANKS, Instruction};

/// A name as written and, with its quotes and escapes, the value; `None`: no `=` stands there.
pub(super) type Pair = (String, Option<String>);

/// Of an `ARG` or `ENV` instruction; of any other: none.
///
/// # Errors
/// No builder reads it.
pub(super) fn pairs(instruction: &Instruction, escape: Escape) -> Result<Vec<Pair>> {
    use super::keyword::Keyword;
    let (line, rest) = (instruction.line, instruction.rest.as_str());
    match instruction.keyword {
        Keyword::Arg => args(line, rest, escape),
        Keyword::Env => envs(line, rest, escape),
        _ => Ok(Vec::new()),
    }
}

fn args(line: usize, rest: &str, escape: Escape) -> Result<Vec<Pair>> {
    let words = words(rest, escape);
    if words.is_empty() {
        return Err(invalid(line, "`ARG` needs a name"));
    }
    words.iter().map(|word| named(line, word)).collect()
}

fn envs(line: usize, rest: &str, escape: Escape) -> Result<Vec<Pair>> {
    let words = words(rest, escape);
    let Some(first) = words.first() else {
        return Err(invalid(line, "`ENV` needs a name and a value"));
    };
    if !first.contains('=') {
        // The old form, `ENV name value with spaces`.
        let Some((name, value)) = rest.split_once(BLANKS) else {
            return Err(
                invalid(line, "`ENV` needs a value").hint(format!("write `ENV {rest}=value`"))
            );
        };
        return Ok(vec![(
            name.to_owned(),
            Some(value.trim_start_matches(BLANKS).to_owned()),
        )]);
    }
    let pair = |word: &String| match word.contains('=') {
        true => named(line, word),
        false => Err(invalid(line, format!("{} holds no `=`", shown(word)))
            .hint("put a value that holds spaces into double quotes")),
    };
    words.iter().map(pair).collect()
}

fn named(line: usize, word: &str) -> Result<Pair> {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (word, None),
    };
    match name.is_empty() {
        true => Err(invalid(
            line,
            format!("{} begins with no name", shown(word)),
        )),
        false => Ok((name.to_owned(), value)),
    }
}

/// Parted by white space outside quotes; quotes and escapes stay.
fn words(rest: &str, escape: Escape) -> Vec<String> {
    let escape = escape.as_char();
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match quote {
            None if BLANKS.contains(&c) => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if matches!(c, '\'' | '"') => quote = Some(c),
            Some(open) if c == open => quote = None,
            _ => (),
        }
        if c == escape && quote != Some('\'') {
            // An escape character at the very end is dropped.
            if let Some(escaped) = chars.next() {
                word.extend([c, escaped]);
            }
            continue;
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_parted_as_the_builder_does() {
        let of = |line: &str| {
            let instruction = Instruction::parse(1, line).unwrap();
            pairs(&instruction, Escape::Backslash).unwrap()
        };
        let pair = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
        assert_eq!(
            of("ARG A B= C=\"x y\" D=a\\ b"),
            [
                pair("A", None),
                pair("B", Some("")),
                pair("C", Some("\"x y\"")),
                pair("D", Some("a\\ b"))
            ]
        );
        assert_eq!(of("ENV A b c=d"), [pair("A", Some("b c=d"))]);
        assert_eq!(
            of("ENV A=1 'B'='x y'"),
            [pair("A", Some("1")), pair("'B'", Some("'x y'"))]
        );
    }
}
