//! The conditions of `rules:if`, `workflow:rules:if` and `only:variables`: parsed once, then asked.
//!
//! Grammar: `$NAME`, `"text"`, `'text'`, `null`, `/pattern/flags`; `==`, `!=`, `=~`, `!~`; `&&` before `||`; parentheses.
//! Patterns are RE2, as in GitLab, which the regex crate's syntax covers. Source: GitLab,
//! `lib/gitlab/ci/pipeline/expression`.

mod lex;

use regex::Regex;

use lex::{Token, lex, pattern};

#[derive(Clone, Debug)]
pub(crate) struct Expression(Term);

#[derive(Clone, Debug)]
enum Term {
    Or(Box<Term>, Box<Term>),
    And(Box<Term>, Box<Term>),
    /// Equal, or not.
    Equal(Operand, Operand, Wanted),
    /// Fits, or does not.
    Fits(Operand, Operand, Wanted),
    Value(Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Yes,
    No,
}

#[derive(Clone, Debug)]
enum Operand {
    Variable(String),
    Text(String),
    Pattern(Regex),
    Null,
}

/// What is wrong with a text that is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) text: String,
    pub(crate) hint: Option<&'static str>,
}

/// The value of a variable; `None`: there is none of this name.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How deep parentheses may nest.
const DEEPEST: usize = 50;

impl Expression {
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let tokens = lex(text)?;
        let mut parser = Parser {
            tokens: &tokens,
            at: 0,
            depth: 0,
        };
        let term = parser.or()?;
        match parser.peek() {
            None => Ok(Expression(term)),
            Some(token) => Err(plain(format!("`{token}` is one too many"))),
        }
    }

    pub(crate) fn is_true(&self, variables: Lookup<'_>) -> bool {
        self.0.is_true(variables)
    }

    /// The variables it asks for.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.0.names(&mut names);
        names
    }
}

impl Term {
    fn is_true(&self, variables: Lookup<'_>) -> bool {
        match self {
            Term::Or(left, right) => left.is_true(variables) || right.is_true(variables),
            Term::And(left, right) => left.is_true(variables) && right.is_true(variables),
            Term::Equal(left, right, wanted) => {
                (left.value(variables) == right.value(variables)) == (*wanted == Wanted::Yes)
            }
            Term::Fits(left, right, wanted) => {
                // What is not set fits nothing.
                let fits = left
                    .value(variables)
                    .is_some_and(|text| right.fits(&text, variables));
                fits == (*wanted == Wanted::Yes)
            }
            Term::Value(operand) => operand
                .value(variables)
                .is_some_and(|text| !text.is_empty()),
        }
    }

    fn names<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Term::Or(left, right) | Term::And(left, right) => {
                left.names(names);
                right.names(names);
            }
            Term::Equal(left, right, _) | Term::Fits(left, right, _) => {
                for operand in [left, right] {
                    if let Operand::Variable(name) = operand {
                        names.push(name);
                    }
                }
            }
            Term::Value(Operand::Variable(name)) => names.push(name),
            Term::Value(Operand::Text(_) | Operand::Pattern(_) | Operand::Null) => {}
        }
    }
}

impl Operand {
    fn value(&self, variables: Lookup<'_>) -> Option<String> {
        match self {
            Operand::Variable(name) => variables(name),
            Operand::Text(text) => Some(text.clone()),
            Operand::Pattern(regex) => Some(regex.as_str().to_owned()),
            Operand::Null => None,
        }
    }

    /// A variable on the right may hold `/pattern/`.
    fn fits(&self, text: &str, variables: Lookup<'_>) -> bool {
        match self {
            Operand::Pattern(regex) => regex.is_match(text),
            Operand::Variable(_) | Operand::Text(_) => {
                let held = self.value(variables).unwrap_or_default();
                pattern(&held).is_ok_and(|regex| regex.is_match(text))
            }
            Operand::Null => false,
        }
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn or(&mut self) -> Result<Term, Malformed> {
        let mut left = self.and()?;
        while self.peek() == Some(&Token::Or) {
            self.at += 1;
            left = Term::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Term, Malformed> {
        let mut left = self.comparison()?;
        while self.peek() == Some(&Token::And) {
            self.at += 1;
            left = Term::And(Box::new(left), Box::new(self.comparison()?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Term, Malformed> {
        if self.peek() == Some(&Token::Open) {
            self.at += 1;
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(plain(format!(
                    "parentheses nest more than {DEEPEST} levels deep"
                )));
            }
            let inner = self.or()?;
            self.depth -= 1;
            return match self.next() {
                Some(Token::Close) => Ok(inner),
                Some(token) => Err(plain(format!("`{token}` stands where `)` should close"))),
                None => Err(plain("a parenthesis is not closed".to_owned())),
            };
        }
        let left = self.operand()?;
        let Some(Token::Compare(operator)) = self.peek().cloned() else {
            return Ok(Term::Value(left));
        };
        self.at += 1;
        let right = self.operand()?;
        Ok(match operator {
            "==" => Term::Equal(left, right, Wanted::Yes),
            "!=" => Term::Equal(left, right, Wanted::No),
            "=~" => Term::Fits(left, right, Wanted::Yes),
            _ => Term::Fits(left, right, Wanted::No),
        })
    }

    fn operand(&mut self) -> Result<Operand, Malformed> {
        match self.next() {
            Some(Token::Variable(name)) => Ok(Operand::Variable(name)),
            Some(Token::Text(text)) => Ok(Operand::Text(text)),
            Some(Token::Pattern(text)) => pattern(&text).map(Operand::Pattern),
            Some(Token::Null) => Ok(Operand::Null),
            Some(token) => Err(plain(format!(
                "`{token}` stands where a variable, a text or a pattern should"
            ))),
            None => Err(plain(
                "it ends where a variable, a text or a pattern should follow".to_owned(),
            )),
        }
    }
}

fn plain(text: String) -> Malformed {
    Malformed { text, hint: None }
}

#[cfg(test)]
mod tests;
