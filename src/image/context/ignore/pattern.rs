//! One pattern: how it is compared, and whether it could match below a directory.
//!
//! Source: `compile` and `match` of moby's `patternmatcher.go`. Where a plain comparison will do, it is one.

use super::Verdict;
use super::expression;
use super::line::Written;
use super::machine::{Program, Scratch};
use super::syntax;

#[derive(Debug)]
pub(super) struct Pattern {
    comparison: Comparison,
    gives: Verdict,
}

#[derive(Debug)]
enum Comparison {
    Equal(Vec<u8>),
    StartsWith(Vec<u8>),
    /// `**` has been taken off; with a leading `/`, what follows it alone is equal, too.
    EndsWith(Vec<u8>),
    Expression(Vec<Branch>),
}

#[derive(Debug)]
struct Branch {
    program: Program,
    /// Literal ends, compared first: nearly every path is turned down here.
    starts: Vec<u8>,
    ends: Vec<u8>,
}

impl Branch {
    fn new(ops: Vec<expression::Op>) -> Self {
        let program = Program::new(ops);
        let (starts, ends) = program.literal_ends();
        Branch {
            program,
            starts,
            ends,
        }
    }
}

/// The path in question, as bytes and, once an expression asks, as characters.
pub(super) struct Subject<'a> {
    path: &'a [u8],
    is_decoded: bool,
    scratch: &'a mut Scratch,
}

impl<'a> Subject<'a> {
    pub(super) fn new(path: &'a [u8], scratch: &'a mut Scratch) -> Self {
        Subject {
            path,
            is_decoded: false,
            scratch,
        }
    }

    fn decoded(&mut self) -> &mut Scratch {
        if !self.is_decoded {
            self.scratch.text.clear();
            self.scratch.text.extend(characters(self.path));
            self.is_decoded = true;
        }
        self.scratch
    }
}

/// As Go decodes: every byte that is no part of UTF-8 is one U+FFFD.
fn characters(bytes: &[u8]) -> impl Iterator<Item = char> {
    bytes.utf8_chunks().flat_map(|chunk| {
        let broken = std::iter::repeat_n(char::REPLACEMENT_CHARACTER, chunk.invalid().len());
        chunk.valid().chars().chain(broken)
    })
}

/// What moby's loop over a pattern has seen so far; each kind once seen only gives way as its source has it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Literal,
    Prefix,
    Suffix,
    Expression,
}

impl Pattern {
    /// # Errors
    /// What is wrong with the pattern.
    pub(super) fn compile(written: Written) -> Result<Self, String> {
        let Written { text, gives } = written;
        syntax::check(&text)?;
        let (seen, source) = translate(&text);
        let comparison = match seen {
            Seen::Literal => Comparison::Equal(text),
            Seen::Prefix => Comparison::StartsWith(text[..text.len() - 2].to_vec()),
            Seen::Suffix => Comparison::EndsWith(text[2..].to_vec()),
            Seen::Expression => {
                let branches = expression::parse(&source)?;
                Comparison::Expression(branches.into_iter().map(Branch::new).collect())
            }
        };
        Ok(Pattern { comparison, gives })
    }

    pub(super) fn gives(&self) -> Verdict {
        self.gives
    }

    pub(super) fn matches(&self, subject: &mut Subject<'_>) -> bool {
        let path = subject.path;
        match &self.comparison {
            Comparison::Equal(text) => path == text,
            Comparison::StartsWith(text) => path.starts_with(text),
            Comparison::EndsWith(text) => {
                path.ends_with(text) || text.strip_prefix(b"/").is_some_and(|rest| path == rest)
            }
            Comparison::Expression(branches) => branches.iter().any(|branch| {
                path.starts_with(&branch.starts)
                    && path.ends_with(&branch.ends)
                    && branch.program.matches(subject.decoded())
            }),
        }
    }

    /// Whether some path that begins with the subject, a directory and its `/`, could match.
    pub(super) fn may_match_below(&self, subject: &mut Subject<'_>) -> bool {
        let directory = subject.path;
        match &self.comparison {
            Comparison::Equal(text) => text.starts_with(directory),
            Comparison::StartsWith(text) => {
                text.starts_with(directory) || directory.starts_with(text)
            }
            Comparison::EndsWith(_) => true,
            Comparison::Expression(branches) => branches
                .iter()
                .any(|branch| branch.program.may_continue(subject.decoded())),
        }
    }
}

/// The pattern as a regular expression of Go's, and what it takes to compare it.
fn translate(pattern: &[u8]) -> (Seen, String) {
    let mut rest = characters(pattern).peekable();
    // Go's `text/scanner` takes a byte order mark off the front of whatever it reads.
    rest.next_if_eq(&'\u{feff}');
    let (mut seen, mut source) = (Seen::Literal, "^".to_owned());
    let mut is_first = true;
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.next_if_eq(&'*').is_some() => {
                rest.next_if_eq(&'/');
                seen = match (rest.peek(), seen) {
                    (None, Seen::Literal) => Seen::Prefix,
                    (None, Seen::Prefix | Seen::Suffix | Seen::Expression) => {
                        source.push_str(".*");
                        Seen::Expression
                    }
                    (Some(_), _) => {
                        source.push_str(expression::ANY_DIRECTORIES);
                        Seen::Expression
                    }
                };
                if is_first {
                    seen = Seen::Suffix;
                }
            }
            '*' | '?' => {
                source.push_str(if c == '*' { "[^/]*" } else { "[^/]" });
                seen = Seen::Expression;
            }
            // Not `|`, `{` and `}`, which moby forgets: see `expression`.
            '.' | '+' | '(' | ')' | '$' => source.extend(['\\', c]),
            '\\' => {
                source.push(c);
                if let Some(next) = rest.next() {
                    source.push(next);
                    seen = Seen::Expression;
                }
            }
            '[' | ']' => {
                source.push(c);
                seen = Seen::Expression;
            }
            other => source.push(other),
        }
        is_first = false;
    }
    source.push('$');
    (seen, source)
}
