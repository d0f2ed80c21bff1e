//! One instruction: keyword, flags, and the rest of its joined line.
//!
//! Source: buildkit `split_command.go`, `splitCommand` and `extractBuilderFlags`: words that begin with `--` are flags,
//! with quotes and `\` taken off (never the file's own escape character); the first other word, or `--`, ends them.

use crate::error::Result;

use super::dialect::Feature;
use super::fault::{invalid, shown};
use super::heredoc::Heredoc;
use super::json;
use super::keyword::{Keyword, Kind};
use super::text::{code, is_odd_space};

/// What Go's patterns in the parser take for white space: `[\t\v\f\r ]`, of which only these get past our door.
pub(super) const BLANKS: [char; 2] = [' ', '\t'];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    /// Where it begins in the author's file.
    pub(super) line: usize,
    /// Where its own lines end, before any heredoc's.
    pub(super) end: usize,
    /// The whole line as joined, from the keyword on.
    pub(super) text: String,
    pub(super) keyword: Keyword,
    pub(super) flags: Vec<Flag>,
    /// Behind the flags; of `ONBUILD`: the trigger's text.
    pub(super) rest: String,
    pub(super) heredocs: Vec<Heredoc>,
    /// What `ONBUILD` has done later.
    pub(super) trigger: Option<Box<Instruction>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flag {
    pub(super) name: String,
    pub(super) value: Option<String>,
}

impl Instruction {
    /// Of a joined line. Its heredocs are still to be found.
    ///
    /// # Errors
    /// No builder knows the instruction or a flag of it, or builders differ over it.
    pub(super) fn parse(line: usize, text: &str) -> Result<Self> {
        let text = text.trim_start_matches(BLANKS);
        let (word, behind) = text.split_once(BLANKS).unwrap_or((text, ""));
        let keyword = Keyword::named(word).ok_or_else(|| unknown(line, word))?;
        let (flags, rest) = flags(line, behind.trim_start_matches(BLANKS))?;
        let rest = rest.trim_matches(BLANKS);
        check_spaces(line, keyword, rest)?;
        check_flags(line, keyword, &flags)?;
        let trigger = match keyword {
            Keyword::Onbuild => Some(Box::new(trigger(line, rest)?)),
            _ => None,
        };
        Ok(Instruction {
            line,
            end: line,
            text: text.to_owned(),
            keyword,
            flags,
            rest: rest.to_owned(),
            heredocs: Vec::new(),
            trigger,
        })
    }

    /// The instruction that does the work: of `ONBUILD` its trigger.
    pub(super) fn acting(&self) -> &Instruction {
        self.trigger.as_deref().unwrap_or(self)
    }

    /// The value of the flag that may stand once.
    pub(super) fn flag<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.values(name).next()
    }

    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.flags
            .iter()
            .filter(move |flag| flag.name == name)
            .filter_map(|flag| flag.value.as_deref())
    }

    /// Sources and destination, or the words of `FROM`: from JSON, else parted by white space and by nothing else.
    pub(super) fn words(&self) -> Result<Vec<String>> {
        let json = match self.keyword {
            Keyword::From => None,
            _ => json::strings(self.line, &self.rest)?,
        };
        Ok(json.unwrap_or_else(|| {
            let words = self.rest.split(BLANKS).filter(|word| !word.is_empty());
            words.map(str::to_owned).collect()
        }))
    }

    /// Whether heredocs may be on its line.
    pub(super) fn may_hold_heredocs(&self) -> Result<bool> {
        let acting = self.acting();
        Ok(acting.keyword.takes_heredocs() && json::strings(acting.line, &acting.rest)?.is_none())
    }

    /// What the builder has to know for its flags.
    pub(super) fn features(&self) -> impl Iterator<Item = Feature> {
        let acting = self.acting();
        acting.flags.iter().filter_map(|flag| {
            let mut known = acting.keyword.flags().iter();
            known.find(|known| known.name == flag.name)?.needs
        })
    }
}

fn unknown(line: usize, word: &str) -> crate::error::Error {
    let upper = word.to_ascii_uppercase();
    let known = super::keyword::KEYWORDS.map(Keyword::as_str);
    let error = invalid(line, format!("unknown instruction {}", shown(word)));
    match crate::nearest::nearest(&upper, known) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(
            "if the line goes on from the one above, that one has to end with the escape character",
        ),
    }
}

fn trigger(line: usize, rest: &str) -> Result<Instruction> {
    if rest.is_empty() {
        return Err(invalid(line, "`ONBUILD` needs an instruction"));
    }
    let word = rest.split(BLANKS).next().unwrap_or_default();
    // Before its own trigger is parsed: the chain could be long.
    if Keyword::named(word) == Some(Keyword::Onbuild) {
        return Err(invalid(line, "`ONBUILD ONBUILD` is allowed by no builder"));
    }
    let trigger = Instruction::parse(line, rest)?;
    match trigger.keyword {
        // Source: buildkit `instructions/parse.go`, `parseOnBuild`.
        Keyword::Onbuild | Keyword::From | Keyword::Maintainer => Err(invalid(
            line,
            format!("`ONBUILD {}` is allowed by no builder", trigger.keyword),
        )),
        _ => Ok(trigger),
    }
}

fn check_spaces(line: usize, keyword: Keyword, rest: &str) -> Result<()> {
    match rest.chars().find(|c| is_odd_space(*c)) {
        Some(odd) if keyword.is_structural() => Err(invalid(
            line,
            format!(
                "it holds {}, which looks like a space and is none to every builder",
                code(odd)
            ),
        )
        .hint("replace the character by a plain space")),
        _ if keyword == Keyword::From && !rest.is_ascii() => Err(invalid(
            line,
            "a `FROM` line holds letters outside ASCII, which no image and no stage has",
        )),
        _ => Ok(()),
    }
}

/// Source: buildkit `instructions/bflag.go`, `Parse`.
fn check_flags(line: usize, keyword: Keyword, flags: &[Flag]) -> Result<()> {
    for (index, flag) in flags.iter().enumerate() {
        let known = keyword.flags().iter().find(|known| known.name == flag.name);
        let Some(known) = known else {
            let names = keyword.flags().iter().map(|known| known.name);
            let error = invalid(
                line,
                format!(
                    "`{keyword}` has no flag {}",
                    shown(&format!("--{}", flag.name))
                ),
            );
            return Err(match crate::nearest::nearest(&flag.name, names) {
                Some(near) => error.hint(format!("did you mean `--{near}`?")),
                None => error,
            });
        };
        let value = flag.value.as_deref().map(str::to_ascii_lowercase);
        let why = match (known.kind, value.as_deref()) {
            (Kind::Switch, None | Some("true" | "false")) => None,
            (Kind::Switch, Some(_)) => Some("is either `true` or `false`"),
            (Kind::Value | Kind::Values, None) => Some("needs a value behind `=`"),
            (Kind::Value | Kind::Values, Some(_)) => None,
        };
        let twice = flags[..index].iter().any(|other| other.name == flag.name);
        let why = why.or((twice && known.kind != Kind::Values).then_some("stands twice"));
        if let Some(why) = why {
            return Err(invalid(line, format!("`--{}` {why}", flag.name)));
        }
    }
    Ok(())
}

/// The flags at the head of `text`, and what stands behind them.
fn flags(line: usize, text: &str) -> Result<(Vec<Flag>, &str)> {
    let mut flags = Vec::new();
    let mut rest = text;
    while rest.starts_with("--") {
        let (word, behind) = flag_word(rest);
        let raw = &rest[..rest.len() - behind.len()];
        if !raw.is_ascii() {
            // Source: the builder reads flags byte by byte, and some bytes of such letters are spaces to it.
            return Err(invalid(
                line,
                format!("the flag {} holds letters outside ASCII", shown(raw)),
            )
            .hint("use plain letters in flags; files may be named so behind them"));
        }
        rest = behind.trim_start_matches(BLANKS);
        if word == "--" {
            break;
        }
        let bare = &word[2..];
        let (name, value) = match bare.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (bare, None),
        };
        flags.push(Flag {
            name: name.to_owned(),
            value,
        });
    }
    Ok((flags, rest))
}

/// The first word, without its quotes and escapes, and what follows it.
fn flag_word(text: &str) -> (String, &str) {
    let mut word = String::new();
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (None, ' ' | '\t') => return (word, &text[at..]),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (_, '\\') => word.extend(chars.next().map(|(_, c)| c)),
            (_, c) => word.push(c),
        }
    }
    (word, "")
}
