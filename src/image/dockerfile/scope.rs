//! The values of variables, as far as the file and the build's arguments tell them.
//!
//! Source: buildkit `dockerfile2llb/convert.go`: `FROM` sees the `ARG`s before the first `FROM` and the platform's
//! arguments; a stage sees its own `ARG`s and `ENV`s, and the `ENV`s of its base, which may be an image we do not read.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::error::Result;

use super::directive::Escape;
use super::fault::{invalid, shown};
use super::instruction::Instruction;
use super::keyword::Keyword;
use super::lex::{Found, Marks, Variables, lex};
use super::model::Dockerfile;
use super::pairs::pairs;
use super::rules::Rules;

// Values can be made to grow with each line: what a job sends may not fill the host's memory.
const MOST_GLOBAL_BYTES: usize = 1024 * 1024;
const MOST_STAGE_BYTES: usize = 64 * 1024;

/// What `FROM` sees.
pub(super) struct Globals<'a> {
    rules: &'a Rules,
    escape: Escape,
    /// `None`: declared, and without a value.
    values: BTreeMap<String, Option<String>>,
}

impl<'a> Globals<'a> {
    /// # Errors
    /// A default value cannot be read.
    pub(super) fn of(file: &Dockerfile, rules: &'a Rules) -> Result<Self> {
        let mut globals = Globals {
            rules,
            escape: file.directives.escape,
            values: BTreeMap::new(),
        };
        let mut bytes = 0;
        for arg in &file.globals {
            for (name, default) in pairs(arg, globals.escape)? {
                let value = match (rules.build_args.get(&name), default) {
                    (Some(given), _) => Some(given.clone()),
                    (None, Some(default)) => Some(globals.expand(arg.line, &default)?),
                    (None, None) => None,
                };
                bytes += name.len() + value.as_ref().map_or(0, String::len);
                if bytes > MOST_GLOBAL_BYTES {
                    return Err(invalid(
                        arg.line,
                        "the arguments before the first `FROM` hold more than 1 MiB",
                    ));
                }
                globals.values.insert(name, value);
            }
        }
        Ok(globals)
    }

    /// `word` without quotes and with its variables' values.
    pub(super) fn expand(&self, line: usize, word: &str) -> Result<String> {
        let lookup = |name: &str| match self.value(name) {
            Some(value) => Found::Set(value),
            None => Found::Unset,
        };
        lex(word, self.escape, Marks::Removed, &Variables::Of(&lookup))
            .map(|lexed| lexed.text)
            .map_err(|why| invalid(line, format!("{}: {why}", shown(word))))
    }

    fn value(&self, name: &str) -> Option<String> {
        let platform = || {
            let predefined = self.rules.platform_args.get(name)?;
            Some(
                self.rules
                    .build_args
                    .get(name)
                    .unwrap_or(predefined)
                    .clone(),
            )
        };
        self.values.get(name).cloned().unwrap_or_else(platform)
    }
}

/// What the instructions of one stage see.
pub(super) struct Scope {
    escape: Escape,
    known: BTreeMap<String, Value>,
    bytes: usize,
    /// The scope of the stage below.
    below: Option<Rc<Scope>>,
}

#[derive(Clone)]
enum Value {
    Arg(String),
    Env(String),
    /// Set in more ways than one, or from something unknown: builders differ, or only the engine can tell.
    Unclear,
}

impl Scope {
    /// `below`: that of the stage on which this one stands.
    pub(super) fn new(escape: Escape, below: Option<Rc<Scope>>) -> Self {
        Scope {
            escape,
            known: BTreeMap::new(),
            bytes: 0,
            below,
        }
    }

    fn value(&self, name: &str) -> Option<Value> {
        if let Some(own) = self.known.get(name) {
            return Some(own.clone());
        }
        let mut below = self.below.as_deref();
        while let Some(scope) = below {
            match scope.known.get(name) {
                Some(Value::Env(value)) => return Some(Value::Env(value.clone())),
                // Whether a stage sees the `ARG`s of the one below differs.
                Some(Value::Arg(_) | Value::Unclear) => return Some(Value::Unclear),
                None => below = scope.below.as_deref(),
            }
        }
        None
    }

    /// Takes in what `instruction` declares.
    pub(super) fn take(&mut self, instruction: &Instruction, globals: &Globals<'_>) -> Result<()> {
        let mut taken = Vec::new();
        for (name, written) in pairs(instruction, self.escape)? {
            let written = written.map(|text| self.expand(&text).ok());
            let value = match instruction.keyword {
                Keyword::Env => written.flatten().map(Value::Env),
                _ => self.arg(&name, written, globals),
            };
            let twice = matches!(
                (self.value(&name), &value),
                (Some(Value::Env(_)), Some(Value::Arg(_)))
                    | (Some(Value::Arg(_)), Some(Value::Env(_)))
            );
            self.bytes += match &value {
                Some(Value::Arg(text) | Value::Env(text)) => text.len(),
                Some(Value::Unclear) | None => 0,
            };
            let fits = self.bytes <= MOST_STAGE_BYTES;
            let value = value.filter(|_| fits && !twice);
            taken.push((name, value.unwrap_or(Value::Unclear)));
        }
        self.known.extend(taken);
        Ok(())
    }

    fn arg(
        &self,
        name: &str,
        default: Option<Option<String>>,
        globals: &Globals<'_>,
    ) -> Option<Value> {
        let given = globals.rules.build_args.get(name).cloned();
        let value = match (given, default) {
            (Some(given), _) => Some(given),
            (None, Some(default)) => default,
            (None, None) => globals.value(name),
        };
        value.map(Value::Arg)
    }

    /// # Errors
    /// A sentence: the word cannot be read, or holds a variable whose value is not clear from here.
    pub(super) fn expand(&self, word: &str) -> Result<String, String> {
        let lookup = |name: &str| match self.value(name) {
            Some(Value::Arg(value) | Value::Env(value)) => Found::Set(value),
            Some(Value::Unclear) | None => Found::Unknown,
        };
        lex(word, self.escape, Marks::Removed, &Variables::Of(&lookup)).map(|lexed| lexed.text)
    }
}
