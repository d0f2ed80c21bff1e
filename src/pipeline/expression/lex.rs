//! The words of a condition.

use std::fmt;

use regex::{Regex, RegexBuilder};

use super::Malformed;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Variable(String),
    Text(String),
    /// With its slashes and flags.
    Pattern(String),
    Null,
    Compare(&'static str),
    And,
    Or,
    Open,
    Close,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Variable(name) => write!(f, "${name}"),
            Token::Text(text) => write!(f, "\"{text}\""),
            Token::Pattern(text) => f.write_str(text),
            Token::Null => f.write_str("null"),
            Token::Compare(operator) => f.write_str(operator),
            Token::And => f.write_str("&&"),
            Token::Or => f.write_str("||"),
            Token::Open => f.write_str("("),
            Token::Close => f.write_str(")"),
        }
    }
}

pub(super) fn lex(text: &str) -> Result<Vec<Token>, Malformed> {
    const SIGNS: [(&str, Token); 8] = [
        ("==", Token::Compare("==")),
        ("!=", Token::Compare("!=")),
        ("=~", Token::Compare("=~")),
        ("!~", Token::Compare("!~")),
        ("&&", Token::And),
        ("||", Token::Or),
        ("(", Token::Open),
        (")", Token::Close),
    ];
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, used) = match first {
            '$' => variable(rest)?,
            '"' | '\'' => quoted(rest, first)?,
            '/' => slashed(rest)?,
            _ => {
                let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
                match sign {
                    Some((sign, token)) => (token.clone(), sign.len()),
                    None => word(rest)?,
                }
            }
        };
        tokens.push(token);
        rest = rest[used..].trim_start();
    }
    if tokens.is_empty() {
        return Err(Malformed {
            text: "it is empty".to_owned(),
            hint: None,
        });
    }
    Ok(tokens)
}

fn variable(rest: &str) -> Result<(Token, usize), Malformed> {
    let name: String = rest[1..]
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    if name.is_empty() {
        let hint = rest
            .starts_with("${")
            .then_some("GitLab takes `$NAME` here, not `${NAME}`");
        return Err(Malformed {
            text: "a `$` without the name of a variable".to_owned(),
            hint,
        });
    }
    let used = 1 + name.len();
    Ok((Token::Variable(name), used))
}

fn quoted(rest: &str, quote: char) -> Result<(Token, usize), Malformed> {
    match rest[1..].find(quote) {
        Some(end) => Ok((Token::Text(rest[1..=end].to_owned()), end + 2)),
        None => Err(Malformed {
            text: format!("the quote {quote} is not closed"),
            hint: None,
        }),
    }
}

/// A slash inside a pattern is escaped.
fn slashed(rest: &str) -> Result<(Token, usize), Malformed> {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'/' => {
                let flags = rest[at + 1..]
                    .chars()
                    .take_while(char::is_ascii_alphabetic)
                    .count();
                let used = at + 1 + flags;
                return Ok((Token::Pattern(rest[..used].to_owned()), used));
            }
            _ => {}
        }
        at += 1;
    }
    Err(Malformed {
        text: "the pattern is not closed with `/`".to_owned(),
        hint: None,
    })
}

fn word(rest: &str) -> Result<(Token, usize), Malformed> {
    let word: String = rest
        .chars()
        .take_while(|c| !c.is_whitespace() && !"()&|=!~\"'$".contains(*c))
        .collect();
    if word == "null" {
        return Ok((Token::Null, word.len()));
    }
    let hint = match rest.chars().next() {
        Some('=') => Some("equality is `==`"),
        Some('!') => Some("there is no `!`: compare with `!=` or `!~`, or with `== null`"),
        Some('&') => Some("and is `&&`"),
        Some('|') => Some("or is `||`"),
        Some('<' | '>') => Some("there is no order between texts: GitLab knows ==, !=, =~ and !~"),
        Some(_) | None => Some("a text needs quotes, a variable a `$`"),
    };
    let shown = if word.is_empty() {
        rest.chars().take(2).collect()
    } else {
        word
    };
    Err(Malformed {
        text: format!("`{shown}` is no part of an expression"),
        hint,
    })
}

/// `/text/flags` as a pattern.
pub(super) fn pattern(text: &str) -> Result<Regex, Malformed> {
    let wrong = |why: String| Malformed {
        text: why,
        hint: None,
    };
    let inner = text
        .strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'));
    let Some((inner, flags)) = inner else {
        return Err(wrong(format!("`{text}` is no pattern between slashes")));
    };
    let mut builder = RegexBuilder::new(inner);
    builder.size_limit(1 << 20);
    for flag in flags.chars() {
        match flag {
            'i' => builder.case_insensitive(true),
            'm' => builder.multi_line(true),
            's' => builder.dot_matches_new_line(true),
            'U' => builder.swap_greed(true),
            other => {
                return Err(wrong(format!(
                    "the pattern `{text}` has an unknown flag `{other}`"
                )));
            }
        };
    }
    builder.build().map_err(|error| {
        let lookaround = inner.contains("(?=")
            || inner.contains("(?!")
            || inner.contains("(?<=")
            || inner.contains("(?<!");
        let text = error.to_string();
        let why = text
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned();
        Malformed {
            text: format!("the pattern `/{inner}/` is not valid: {why}"),
            hint: lookaround.then_some(
                "GitLab's patterns are RE2: no look-around; use a second condition with `!~`",
            ),
        }
    })
}
