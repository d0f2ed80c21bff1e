//! A Dockerfile as stages of instructions.

use std::collections::BTreeSet;

use crate::error::{Cause, Error, Result};

use super::dialect::Dialect;
use super::directive::Directives;
use super::fault::{invalid, shown};
use super::instruction::Instruction;
use super::keyword::Keyword;
use super::pairs::pairs;
use super::scan::scan;

const MOST_STAGES: usize = 500;

/// What was parsed; nothing of it is judged yet.
#[derive(Debug)]
pub(crate) struct Dockerfile {
    pub(super) directives: Directives,
    pub(super) dialect: Dialect,
    /// `ARG`s before the first `FROM`.
    pub(super) globals: Vec<Instruction>,
    pub(super) stages: Vec<Stage>,
    pub(super) warnings: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Stage {
    pub(super) from: Instruction,
    /// The image or stage as written, with its variables.
    pub(super) base: String,
    /// In lower case, as builders compare it.
    pub(super) name: Option<String>,
    pub(super) instructions: Vec<Instruction>,
}

/// Source: buildkit `instructions/parse.go`, `errAtLeastTwoArguments`.
fn two_words(instruction: &Instruction) -> Result<()> {
    let copies = matches!(instruction.keyword, Keyword::Copy | Keyword::Add);
    if copies && instruction.words()?.len() < 2 {
        return Err(invalid(
            instruction.line,
            format!("`{}` needs a source and a destination", instruction.keyword),
        ));
    }
    Ok(())
}

impl Dockerfile {
    /// Reads a file for the builder of `dialect`.
    ///
    /// # Errors
    /// It is no Dockerfile, or one that builders read in different ways; the line is named.
    pub(crate) fn parse(bytes: &[u8], dialect: &Dialect) -> Result<Self> {
        let scanned = scan(bytes, dialect)?;
        let mut file = Dockerfile {
            directives: scanned.directives,
            dialect: *dialect,
            globals: Vec::new(),
            stages: Vec::new(),
            warnings: scanned.warnings,
        };
        for instruction in scanned.instructions {
            file.add(instruction)?;
        }
        if file.stages.is_empty() {
            return Err(Error::usage("the Dockerfile is invalid")
                .caused_by(Cause::line("it holds no `FROM`"))
                .hint("begin it with a line such as `FROM alpine:3.22`"));
        }
        Ok(file)
    }

    fn add(&mut self, instruction: Instruction) -> Result<()> {
        pairs(&instruction, self.directives.escape)?;
        pairs(instruction.acting(), self.directives.escape)?;
        two_words(instruction.acting())?;
        match (instruction.keyword, self.stages.last_mut()) {
            (Keyword::From, _) => {
                let stage = self.stage(instruction)?;
                self.stages.push(stage);
            }
            (_, Some(stage)) => stage.instructions.push(instruction),
            (Keyword::Arg, None) => self.globals.push(instruction),
            (keyword, None) => {
                return Err(invalid(
                    instruction.line,
                    format!("`{keyword}` stands before the first `FROM`, where only `ARG` may"),
                )
                .hint("begin the file with `FROM IMAGE`"));
            }
        }
        Ok(())
    }

    /// Source: buildkit `instructions/parse.go`, `parseFrom` and `parseBuildStageName`.
    fn stage(&self, from: Instruction) -> Result<Stage> {
        let line = from.line;
        if self.stages.len() == MOST_STAGES {
            return Err(invalid(
                line,
                format!(
                    "it begins stage {}, and that many are not read",
                    MOST_STAGES + 1
                ),
            ));
        }
        let words = from.words()?;
        let (base, name) = match words.as_slice() {
            [base] => (base, None),
            [base, word, name] if word.eq_ignore_ascii_case("as") => {
                (base, Some(self.stage_name(line, name)?))
            }
            _ => {
                return Err(
                    invalid(line, "`FROM` takes an image, or an image and `AS name`").hint(
                        "write `FROM IMAGE` or `FROM IMAGE AS NAME`; flags stand before the image",
                    ),
                );
            }
        };
        Ok(Stage {
            base: base.clone(),
            name,
            from,
            instructions: Vec::new(),
        })
    }

    fn stage_name(&self, line: usize, written: &str) -> Result<String> {
        let name = written.to_ascii_lowercase();
        let sound =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(sound) {
            return Err(
                invalid(line, format!("{} is no name for a stage", shown(written)))
                    .hint("begin with a letter, then letters, digits, `-`, `_` and `.`"),
            );
        }
        if name == "scratch" {
            return Err(invalid(
                line,
                "a stage may not be called `scratch`: builders differ over what it then means",
            ));
        }
        match self
            .stages
            .iter()
            .find(|stage| stage.name.as_deref() == Some(&name))
        {
            None => Ok(name),
            Some(first) => Err(invalid(
                line,
                format!(
                    "a stage called `{name}` begins in line {} already",
                    first.from.line
                ),
            )
            .hint("give each stage a name of its own; letter case does not count")),
        }
    }

    /// Every instruction, in the order of the file.
    pub(super) fn instructions(&self) -> impl Iterator<Item = &Instruction> {
        self.globals.iter().chain(
            self.stages
                .iter()
                .flat_map(|stage| std::iter::once(&stage.from).chain(stage.instructions.iter())),
        )
    }

    /// The position of the stage called `name`, in any letter case.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.stages.iter().position(|stage| {
            stage
                .name
                .as_deref()
                .is_some_and(|own| own.eq_ignore_ascii_case(name))
        })
    }

    /// Names of the build arguments that the file declares anywhere, for `one or more build-args were not consumed`.
    pub(crate) fn declared_args(&self) -> BTreeSet<String> {
        let args = self
            .instructions()
            .filter(|one| one.keyword == Keyword::Arg);
        args.flat_map(|arg| pairs(arg, self.directives.escape).unwrap_or_default())
            .map(|(name, _)| name)
            .collect()
    }

    /// The names of its stages, in order; `None`: a stage without one.
    pub(crate) fn stage_names(&self) -> Vec<Option<&str>> {
        self.stages
            .iter()
            .map(|stage| stage.name.as_deref())
            .collect()
    }
}
