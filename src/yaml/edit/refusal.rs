//! Why a text is not edited: one sentence, with its place.

use std::fmt;

/// Line and column count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) why: Why,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The parser's words.
    Invalid(String),
    Tab,
    /// A carriage return that ends no line for people.
    LoneReturn,
    TooLarge,
    Documents(usize),
    NoDocument(usize),
    /// A key, and the line it was first in.
    Duplicate(String, u32),
    Anchor,
    Alias,
    Merge,
    Tag(String),
    /// What is there instead, in a word.
    NotMapping(&'static str),
    NotSequence(&'static str),
    NotScalar(&'static str),
    NoItem(usize),
    NoKey,
    /// The document of a catalog that was looked for.
    NoEntity(String),
    Unsafe,
}

impl Refusal {
    pub(super) fn new(why: Why, (line, column): (u32, u32)) -> Self {
        Refusal { why, line, column }
    }

    /// The file holds no document about the entity.
    pub(crate) fn no_entity(name: &str) -> Self {
        Refusal::new(Why::NoEntity(name.to_owned()), (1, 1))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.why
        )
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Invalid(what) => f.write_str(what),
            Why::Tab => f.write_str("a tab is used as indentation, which YAML does not know"),
            Why::LoneReturn => f.write_str("a carriage return stands without a newline"),
            Why::TooLarge => f.write_str("the file is too large to be edited"),
            Why::Documents(count) => write!(
                f,
                "the file has {count} documents, of which the second begins here; only a file with one is edited"
            ),
            Why::NoDocument(number) => write!(f, "there is no document {}", number + 1),
            Why::Duplicate(key, first) => {
                let key = key.escape_debug();
                write!(
                    f,
                    "the key `{key}` is there twice, the first time in line {first}"
                )
            }
            Why::Anchor => f.write_str("an anchor `&` is here, and other places may refer to it"),
            Why::Alias => {
                f.write_str("an alias `*` is here, and what it refers to has its own place")
            }
            Why::Merge => {
                f.write_str("a merge key `<<` is here, and what it brings in has its own place")
            }
            Why::Tag(tag) => write!(
                f,
                "the tag `{tag}` is here, and it may give the value another meaning"
            ),
            Why::NotMapping(sort) => write!(f, "{sort} is here, where a mapping is needed"),
            Why::NotSequence(sort) => write!(f, "{sort} is here, where a list is needed"),
            Why::NotScalar(sort) => write!(f, "{sort} is here, where a single value is needed"),
            Why::NoItem(number) => write!(f, "the list has no item {}", number + 1),
            Why::NoKey => f.write_str("this is no key of a mapping, and nothing else is removed"),
            Why::NoEntity(name) => {
                let name = name.escape_debug();
                write!(
                    f,
                    "no document has the kind `Component` and the name `{name}`"
                )
            }
            Why::Unsafe => f.write_str("this cannot be edited safely"),
        }
    }
}
