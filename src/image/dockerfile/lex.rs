//! Words as the builder's shell lexer sees them: quotes, escapes, `$variables`.
//!
//! Source: buildkit `frontend/dockerfile/shell/lex.go`, versions 0.8 to 0.20. Where a form came later than 0.8 the
//! result says so, and whoever asks decides what that means.

mod quotes;

use super::directive::Escape;

/// What stands for `$name`.
pub(super) enum Variables<'a> {
    /// Nothing is replaced. Source: `SkipUnsetEnv` without an environment, as heredocs are looked for.
    Kept,
    Of(&'a dyn Fn(&str) -> Found),
}

pub(super) enum Found {
    Set(String),
    Unset,
    /// Only the engine knows it: it may come from the base image.
    Unknown,
}

/// Whether quotes and escape characters stay in the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marks {
    Kept,
    Removed,
}

pub(super) struct Lexed {
    pub(super) text: String,
    pub(super) words: Vec<String>,
    /// The first form that not every builder reads, such as `${…#…}`.
    pub(super) young: Option<String>,
}

/// # Errors
/// A sentence: quotes or braces without an end, an unknown form, a variable nobody here knows.
pub(super) fn lex(
    source: &str,
    escape: Escape,
    marks: Marks,
    variables: &Variables<'_>,
) -> Result<Lexed, String> {
    let mut lexer = Lexer {
        rest: source.chars().peekable(),
        escape: escape.as_char(),
        marks,
        variables,
        young: None,
        depth: 0,
    };
    let (text, words) = lexer.until(None, marks)?;
    Ok(Lexed {
        text,
        words,
        young: lexer.young,
    })
}

struct Lexer<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    escape: char,
    marks: Marks,
    variables: &'a Variables<'a>,
    young: Option<String>,
    depth: usize,
}

/// Of `${…${…}…}`, and so of our own stack.
pub(super) const DEEPEST: usize = 200;
/// Of what variables may make of a line, which doubles with each of a chain.
const LONGEST: usize = 512 * 1024;

/// Words in the making: white space outside quotes parts them.
#[derive(Default)]
struct Words {
    done: Vec<String>,
    word: String,
}

impl Words {
    fn add(&mut self, c: char) {
        if !c.is_whitespace() {
            self.word.push(c);
        } else if !self.word.is_empty() {
            self.done.push(std::mem::take(&mut self.word));
        }
    }

    fn end(mut self) -> Vec<String> {
        if !self.word.is_empty() {
            self.done.push(self.word);
        }
        self.done
    }
}

impl Lexer<'_> {
    fn until(&mut self, stop: Option<char>, marks: Marks) -> Result<(String, Vec<String>), String> {
        let (mut text, mut words) = (String::new(), Words::default());
        while let Some(c) = self.rest.peek().copied() {
            if stop == Some(c) {
                self.rest.next();
                return Ok((text, words.end()));
            }
            match c {
                '$' => {
                    let value = self.dollar()?;
                    if text.len() + value.len() > LONGEST {
                        return Err(too_long());
                    }
                    value.chars().for_each(|c| words.add(c));
                    text.push_str(&value);
                }
                '\'' | '"' => {
                    let quoted = if c == '"' {
                        self.double()?
                    } else {
                        self.single()?
                    };
                    words.word.push_str(&quoted);
                    text.push_str(&quoted);
                }
                _ => {
                    self.rest.next();
                    if c != self.escape {
                        words.add(c);
                        text.push(c);
                        continue;
                    }
                    if marks == Marks::Kept {
                        words.word.push(c);
                        text.push(c);
                    }
                    let Some(escaped) = self.rest.next() else {
                        break;
                    };
                    words.word.push(escaped);
                    text.push(escaped);
                }
            }
        }
        match stop {
            Some(stop) => Err(format!("a `{stop}` is missing")),
            None => Ok((text, words.end())),
        }
    }

    fn dollar(&mut self) -> Result<String, String> {
        self.rest.next();
        if self.rest.peek() != Some(&'{') {
            let name = self.name();
            return match (name.is_empty(), self.variables) {
                (true, _) => Ok("$".to_owned()),
                (false, Variables::Kept) => Ok(format!("${name}")),
                (false, Variables::Of(_)) => Ok(self.value(&name)?.unwrap_or_default()),
            };
        }
        if self.depth == DEEPEST {
            return Err("its variables are nested too deeply".to_owned());
        }
        self.depth += 1;
        let value = self.braced()?;
        self.depth -= 1;
        Ok(value)
    }

    fn braced(&mut self) -> Result<String, String> {
        self.rest.next();
        if matches!(self.rest.peek(), None | Some('{' | '}' | ':')) {
            return Err("`${` is followed by no name".to_owned());
        }
        let name = self.name();
        let mut form = self.rest.next().map(String::from).unwrap_or_default();
        match form.as_str() {
            "}" => match self.variables {
                Variables::Kept => Ok(format!("${{{name}}}")),
                Variables::Of(_) => Ok(self.value(&name)?.unwrap_or_default()),
            },
            ":" | "+" | "-" | "?" | "#" | "%" => {
                if form == ":" {
                    form.extend(self.rest.next());
                }
                self.formed(&name, &form)
            }
            "/" => {
                self.young.get_or_insert_with(|| "${…/…/…}".to_owned());
                if self.rest.peek() == Some(&'/') {
                    self.rest.next();
                }
                let (pattern, _) = self.until(Some('/'), Marks::Kept)?;
                let (replacement, _) = self.until(Some('}'), Marks::Kept)?;
                match self.variables {
                    Variables::Kept => Ok(format!("${{{name}/{pattern}/{replacement}}}")),
                    Variables::Of(_) => Err("`${…/…/…}` is not known to every builder".to_owned()),
                }
            }
            _ => Err(format!("`${{{name}{form}…` is no form of a variable")),
        }
    }

    /// `${name:-word}` and its like, behind `form`.
    fn formed(&mut self, name: &str, form: &str) -> Result<String, String> {
        if !matches!(form, ":-" | ":+" | ":?" | "?") {
            self.young.get_or_insert_with(|| format!("${{…{form}…}}"));
        }
        let raw = match form.ends_with(['#', '%']) {
            true => Marks::Kept,
            // Source: `processStopOn('}', rawEscapes)`, raw only for patterns.
            false => Marks::Removed,
        };
        let (word, _) = self.until(Some('}'), raw)?;
        if let Variables::Kept = self.variables {
            return Ok(format!("${{{name}{form}{word}}}"));
        }
        let value = self.value(name)?;
        let empty = form.starts_with(':') && value.as_deref() == Some("");
        let given = value.filter(|_| !empty);
        match (form.trim_start_matches(':'), given) {
            ("-", Some(value)) | ("?", Some(value)) => Ok(value),
            ("-", None) | ("+", Some(_)) => Ok(word),
            ("+", None) => Ok(String::new()),
            ("?", None) => Err(format!("`{name}` has no value: {word}")),
            _ => Err(format!("`${{…{form}…}}` is not known to every builder")),
        }
    }

    fn value(&self, name: &str) -> Result<Option<String>, String> {
        match self.variables {
            Variables::Kept => Ok(None),
            Variables::Of(lookup) => match lookup(name) {
                Found::Set(value) => Ok(Some(value)),
                Found::Unset => Ok(None),
                Found::Unknown => Err(format!(
                    "the value of `{name}` cannot be told from this file"
                )),
            },
        }
    }

    /// Letters, digits and `_`; or digits alone; or one of the shell's special parameters.
    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.rest.peek().copied() {
            if name.is_empty() && "@*#?-$!0".contains(c) && !c.is_ascii_digit() {
                self.rest.next();
                return c.to_string();
            }
            let numeric = name.starts_with(|c: char| c.is_numeric());
            if (numeric && !c.is_numeric()) || !(c.is_alphanumeric() || c == '_') {
                break;
            }
            self.rest.next();
            name.push(c);
        }
        name
    }
}

fn too_long() -> String {
    "it is too long once its variables have their values".to_owned()
}
