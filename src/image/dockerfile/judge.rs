//! What a job's Dockerfile may ask of the host's engine, and what the build will read.
//!
//! Read next: `add` (sources that are fetched), `references` (images).

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::error::{Error, Result};

use super::add::{Kind, RemoteAdd, Source, checksum, kind};
use super::dialect::Feature;
use super::fault::{invalid, refused, shown};
use super::instruction::Instruction;
use super::keyword::Keyword;
use super::model::Dockerfile;
use super::pairs::pairs;
use super::references::{Base, Reference, Seen, base, sources};
use super::rules::{RESERVED, Rules, Trust};
use super::scope::{Globals, Scope};

/// A Dockerfile that may be rendered.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    pub(super) file: &'a Dockerfile,
    pub(super) trust: Trust,
    /// Of each stage.
    pub(super) bases: Vec<Base>,
    /// The sources of each `ADD` that is not rendered as written, by its line.
    pub(super) adds: BTreeMap<usize, Vec<Source>>,
    references: Vec<Reference>,
    remote_adds: Vec<RemoteAdd>,
    warnings: Vec<String>,
}

impl Judged<'_> {
    /// Every image that the build may read, in the order of the file.
    pub(crate) fn references(&self) -> &[Reference] {
        &self.references
    }

    /// What the host fetches. Of a caller's file: none, the engine does it.
    pub(crate) fn remote_adds(&self) -> &[RemoteAdd] {
        &self.remote_adds
    }

    /// Sentences about what is not done as written.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// # Errors
/// A job may not have it, or the builder cannot do it; the line, the reason and a way out are named.
pub(crate) fn judge<'a>(file: &'a Dockerfile, rules: &Rules) -> Result<Judged<'a>> {
    let globals = Globals::of(file, rules)?;
    let mut judged = Judged {
        file,
        trust: rules.trust,
        bases: Vec::new(),
        adds: BTreeMap::new(),
        references: Vec::new(),
        remote_adds: Vec::new(),
        warnings: file.warnings.clone(),
    };
    if let Some((line, syntax)) = &file.directives.syntax {
        judged.warnings.push(format!(
            "line {line} of the Dockerfile asks for the frontend {}: the one built into the engine ({}) reads it instead",
            shown(syntax),
            file.dialect.name()
        ));
    }
    file.globals
        .iter()
        .try_for_each(|arg| check(file, rules, arg))?;
    let mut scopes: Vec<Rc<Scope>> = Vec::new();
    for (position, stage) in file.stages.iter().enumerate() {
        let (base, reference) = base(file, position, &globals)?;
        judged.references.extend(reference);
        let below = match &base {
            Base::Stage(earlier) => scopes.get(*earlier).cloned(),
            Base::Scratch | Base::Image(_) => None,
        };
        let mut scope = Scope::new(file.directives.escape, below);
        judged.bases.push(base);
        for instruction in &stage.instructions {
            check(file, rules, instruction)?;
            let found = sources(file, Seen::Before(position), instruction)?;
            judged.references.extend(found);
            if rules.trust == Trust::Job {
                judged.add(instruction, &scope)?;
            }
            judged.features(instruction)?;
            scope.take(instruction, &globals)?;
        }
        scopes.push(Rc::new(scope));
    }
    Ok(judged)
}

/// Judges what a base image has done in the stage on top of it (`Config.OnBuild`), and says what that reads.
///
/// The engine runs these instructions in this build as if the file held them.
///
/// # Errors
/// A job may not have it, or it cannot be read.
pub(crate) fn judge_triggers(
    image: &str,
    triggers: &[String],
    file: &Dockerfile,
    rules: &Rules,
) -> Result<Vec<Reference>> {
    let mut references = Vec::new();
    for trigger in triggers {
        let judged = judge_trigger(trigger, file, rules);
        references.extend(judged.map_err(|error| {
            error
                .caused_by(crate::error::Cause::line(format!(
                    "the image `{image}` brings `ONBUILD {}`",
                    shown(trigger).trim_matches('`')
                )))
                .hint(format!("use another base image than `{image}`"))
        })?);
    }
    Ok(references)
}

fn judge_trigger(trigger: &str, file: &Dockerfile, rules: &Rules) -> Result<Vec<Reference>> {
    let scanned = super::scan::scan(trigger.as_bytes(), &file.dialect)?;
    let [instruction] = scanned.instructions.as_slice() else {
        return Err(invalid(1, "a trigger is one instruction"));
    };
    if matches!(
        instruction.keyword,
        Keyword::From | Keyword::Onbuild | Keyword::Maintainer
    ) {
        return Err(invalid(
            1,
            format!("`{}` is no trigger", instruction.keyword),
        ));
    }
    check(file, rules, instruction)?;
    if rules.trust == Trust::Job && instruction.keyword == Keyword::Add {
        local_only(instruction)?;
    }
    sources(file, Seen::All, instruction)
}

impl Judged<'_> {
    fn add(&mut self, instruction: &Instruction, scope: &Scope) -> Result<()> {
        if instruction.acting().keyword != Keyword::Add {
            return Ok(());
        }
        if instruction.keyword == Keyword::Onbuild {
            return local_only(instruction);
        }
        let line = instruction.line;
        let words = instruction.words()?;
        let Some((destination, words)) = words
            .split_last()
            .filter(|(_, sources)| !sources.is_empty())
        else {
            return Err(invalid(
                line,
                "`ADD` takes at least one source, and a destination",
            ));
        };
        let (mut sources, before) = (Vec::new(), self.remote_adds.len());
        for word in words {
            sources.push(match kind(instruction, word, self.file.directives.escape, scope)? {
                Kind::Heredoc => Source::Heredoc(word.clone()),
                Kind::Local(path) => {
                    if path != *word {
                        self.warnings.push(format!(
                            "line {line} of the Dockerfile: {} is taken as a path in the context, whatever its variables hold",
                            shown(word)
                        ));
                    }
                    Source::Local(path)
                }
                Kind::Remote { url, file_name } => {
                    let index = self.remote_adds.len();
                    self.remote_adds.push(RemoteAdd {
                        line,
                        index,
                        url,
                        path: format!(".baws-add/{index}/{file_name}"),
                        checksum: checksum(instruction, scope)?,
                    });
                    Source::Remote(index)
                }
            });
        }
        if self.remote_adds.len() > before {
            fits_together(instruction, &sources, destination)?;
        }
        self.adds.insert(line, sources);
        Ok(())
    }

    /// What the builder has to know for this instruction. Checksums of what the host fetches are verified by the host.
    fn features(&self, instruction: &Instruction) -> Result<()> {
        let fetched = self.adds.get(&instruction.line).is_some_and(|sources| {
            sources
                .iter()
                .any(|source| matches!(source, Source::Remote(_)))
        });
        for feature in instruction.features() {
            if !(fetched && feature == Feature::AddChecksum) {
                self.file.dialect.require(feature, instruction.line)?;
            }
        }
        Ok(())
    }
}

/// What has to hold for an `ADD` with a remote source to become a `COPY` and perhaps an `ADD`.
fn fits_together(instruction: &Instruction, sources: &[Source], destination: &str) -> Result<()> {
    let line = instruction.line;
    let apart = |why: &str| refused(line, why).hint("write one `ADD` for each of the sources");
    if sources
        .iter()
        .any(|source| matches!(source, Source::Heredoc(_)))
    {
        return Err(apart("this `ADD` takes a URL and a heredoc together"));
    }
    if sources.len() > 1 && !destination.ends_with('/') {
        return Err(apart(
            "this `ADD` takes several sources, and its destination does not end with `/`",
        ));
    }
    if sources.len() > 1 && instruction.flag("checksum").is_some() {
        return Err(apart(
            "`--checksum` belongs to one source, and this `ADD` takes several",
        ));
    }
    let unpack = instruction.flags.iter().any(|flag| flag.name == "unpack");
    match unpack {
        true => Err(refused(line, "`ADD --unpack` of a URL")
            .hint("leave `--unpack` out, and unpack the archive by RUN")),
        false => Ok(()),
    }
}

/// A trigger runs in other builds, where nobody rewrites it.
fn local_only(instruction: &Instruction) -> Result<()> {
    let words = instruction.acting().words()?;
    let sources = words.split_last().map_or(&[][..], |(_, sources)| sources);
    match sources.iter().find(|word| word.contains(['$', '"', '\'', '\\', '`', ':', '@'])) {
        None => Ok(()),
        Some(word) => Err(refused(
            instruction.line,
            format!("`ONBUILD ADD` of {}: it may name a URL, which the engine would fetch for whoever builds on this image", shown(word)),
        )
        .hint("use `ONBUILD COPY`, or `ONBUILD RUN curl …`")),
    }
}

/// Everything but `ADD` and `from`.
fn check(file: &Dockerfile, rules: &Rules, instruction: &Instruction) -> Result<()> {
    let acting = instruction.acting();
    if acting.keyword == Keyword::Run {
        super::run::check(instruction.line, acting, rules.trust)?;
    }
    match rules.trust {
        Trust::Caller => Ok(()),
        Trust::Job => reserved(file, instruction),
    }
}

fn reserved(file: &Dockerfile, instruction: &Instruction) -> Result<()> {
    for (name, _) in pairs(instruction.acting(), file.directives.escape)? {
        check_name(instruction.line, &name)?;
    }
    Ok(())
}

fn check_name(line: usize, name: &str) -> Result<(), Error> {
    if name.contains(['$', '"', '\'', '\\', '`']) {
        // The builder replaces variables, quotes and escapes in names, too.
        return Err(refused(
            line,
            format!("the variable name {} is not written out", shown(name)),
        )
        .hint("write names of letters, digits and `_`, without quotes"));
    }
    match RESERVED.contains(&name) {
        false => Ok(()),
        true => Err(refused(
            line,
            format!("the name `{name}` is reserved: the host sets it"),
        )
        .hint("give the variable another name")),
    }
}
