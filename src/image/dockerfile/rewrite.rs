//! The instructions of the engine's Dockerfile, made of those that were judged.
//!
//! An instruction that is not changed stays as it was joined, character for character.

use std::collections::BTreeMap;

use crate::error::{Cause, Error, Result};
use crate::image_ref::ImageRef;

use super::add::Source;
use super::instruction::{Flag, Instruction};
use super::json;
use super::judge::Judged;
use super::keyword::Keyword;
use super::mount::Mount;
use super::references::{Base, Place, Seen, source};
use super::rules::{CACHE_ARG, Trust};

/// What is changed on the way to the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rewrites {
    /// The value of the build argument that parts the engine's layer cache; `None`: the cache is shared.
    pub(crate) cache: Option<String>,
    /// From [`super::Reference::image`] to the image that is read in its place.
    pub(crate) images: BTreeMap<String, String>,
    /// From [`super::RemoteAdd::index`] to the path under which the file was put.
    pub(crate) adds: BTreeMap<usize, String>,
    /// The image in which those paths are; `None`: the context.
    pub(crate) adds_image: Option<String>,
}

/// # Errors
/// The rewrites do not fit the file: a fault of this program.
pub(super) fn rewritten(judged: &Judged<'_>, rewrites: &Rewrites) -> Result<Vec<Instruction>> {
    rewrites
        .images
        .values()
        .try_for_each(|image| check_image(judged, image))?;
    let mut all = judged.file.globals.clone();
    for (position, stage) in judged.file.stages.iter().enumerate() {
        all.push(from(stage, &judged.bases[position], judged, rewrites));
        if rewrites.cache.is_some() {
            all.push(assembled(
                &stage.from,
                Keyword::Arg,
                Vec::new(),
                CACHE_ARG.to_owned(),
            ));
        }
        for instruction in &stage.instructions {
            match judged.adds.get(&instruction.line) {
                Some(sources) => all.extend(add(instruction, sources, rewrites)?),
                None => all.push(images(instruction, position, judged, rewrites)?),
            }
        }
    }
    Ok(all)
}

fn from(
    stage: &super::model::Stage,
    base: &Base,
    judged: &Judged<'_>,
    rewrites: &Rewrites,
) -> Instruction {
    let written = stage.base.as_str();
    let name = match base {
        Base::Scratch => "scratch",
        Base::Stage(position) => judged.file.stages[*position]
            .name
            .as_deref()
            .unwrap_or(written),
        Base::Image(image) => rewrites.images.get(image).unwrap_or(image),
    };
    // A name with variables is written out: the engine then reads exactly the image that was judged.
    if name.eq_ignore_ascii_case(written) {
        return stage.from.clone();
    }
    let rest = match &stage.name {
        Some(own) => format!("{name} AS {own}"),
        None => name.to_owned(),
    };
    assembled(&stage.from, Keyword::From, stage.from.flags.clone(), rest)
}

/// With other images behind `from=`.
fn images(
    instruction: &Instruction,
    position: usize,
    judged: &Judged<'_>,
    rewrites: &Rewrites,
) -> Result<Instruction> {
    if let Some(trigger) = &instruction.trigger {
        let trigger = images(trigger, position, judged, rewrites)?;
        if trigger.text == instruction.rest {
            return Ok(instruction.clone());
        }
        let mut outer = assembled(
            instruction,
            Keyword::Onbuild,
            Vec::new(),
            trigger.text.clone(),
        );
        outer.trigger = Some(Box::new(trigger));
        return Ok(outer);
    }
    let replacement = |from: &str, place: Place| -> Result<Option<&String>> {
        Ok(
            match source(
                judged.file,
                Seen::Before(position),
                instruction.line,
                from,
                place,
            )? {
                Base::Image(image) => rewrites.images.get(&image),
                Base::Scratch | Base::Stage(_) => None,
            },
        )
    };
    let mut flags = instruction.flags.clone();
    for flag in &mut flags {
        let Some(value) = &flag.value else {
            continue;
        };
        let new = match (instruction.keyword, flag.name.as_str()) {
            (Keyword::Copy, "from") => replacement(value, Place::Copy)?.cloned(),
            (Keyword::Run, "mount") => {
                let mount = Mount::parse(instruction.line, value)?;
                let image = match mount.from() {
                    Some(from) => replacement(from, Place::Mount)?,
                    None => None,
                };
                image.map(|image| mount.with_image(image))
            }
            _ => None,
        };
        flag.value = new.or(flag.value.take());
    }
    Ok(match flags == instruction.flags {
        true => instruction.clone(),
        false => assembled(
            instruction,
            instruction.keyword,
            flags,
            instruction.rest.clone(),
        ),
    })
}

/// In the order of its sources: a `COPY` for what was fetched, which no builder unpacks, an `ADD` for the rest.
fn add(
    instruction: &Instruction,
    sources: &[Source],
    rewrites: &Rewrites,
) -> Result<Vec<Instruction>> {
    let words = instruction.words()?;
    let written = words
        .iter()
        .zip(sources)
        .all(|(word, source)| match source {
            Source::Local(path) => path == word,
            Source::Heredoc(_) => true,
            Source::Remote(_) => false,
        });
    if written {
        return Ok(vec![instruction.clone()]);
    }
    let as_json = json::strings(instruction.line, &instruction.rest)?.is_some();
    let destination = words.last().cloned().unwrap_or_default();
    let mut runs: Vec<(Keyword, Vec<String>)> = Vec::new();
    for source in sources {
        let (keyword, word) = match source {
            Source::Local(word) | Source::Heredoc(word) => (Keyword::Add, word),
            Source::Remote(index) => (
                Keyword::Copy,
                rewrites
                    .adds
                    .get(index)
                    .ok_or_else(|| not_fetched(*index))?,
            ),
        };
        match runs.last_mut() {
            Some((last, words)) if *last == keyword => words.push(word.clone()),
            _ => runs.push((keyword, vec![word.clone()])),
        }
    }
    let assemble = |(keyword, mut words): (Keyword, Vec<String>)| {
        words.push(destination.clone());
        let rest = match as_json {
            true => json::array(&words),
            false => words.join(" "),
        };
        let kept = |flag: &&Flag| {
            keyword == Keyword::Add || keyword.flags().iter().any(|known| known.name == flag.name)
        };
        let fetched = rewrites
            .adds_image
            .iter()
            .filter(|_| keyword == Keyword::Copy)
            .map(|image| Flag {
                name: "from".to_owned(),
                value: Some(image.clone()),
            });
        let flags = fetched
            .chain(instruction.flags.iter().filter(kept).cloned())
            .collect();
        let mut part = assembled(instruction, keyword, flags, rest);
        part.heredocs = instruction.heredocs.clone();
        part
    };
    Ok(runs.into_iter().map(assemble).collect())
}

/// A new instruction in the place of `old`.
fn assembled(old: &Instruction, keyword: Keyword, flags: Vec<Flag>, rest: String) -> Instruction {
    let mut text = keyword.to_string();
    for flag in &flags {
        text.push_str(" --");
        text.push_str(&escaped(&flag.name));
        if let Some(value) = &flag.value {
            text.push('=');
            text.push_str(&escaped(value));
        }
    }
    if rest.starts_with("--") {
        text.push_str(" --");
    }
    text.push(' ');
    text.push_str(&rest);
    let same =
        keyword == old.keyword && matches!(keyword, Keyword::Run | Keyword::Copy | Keyword::Add);
    Instruction {
        line: old.line,
        end: old.end,
        text,
        keyword,
        flags,
        rest,
        heredocs: if same || keyword == Keyword::Onbuild {
            old.heredocs.clone()
        } else {
            Vec::new()
        },
        trigger: None,
    }
}

/// As the builder reads flags: `\` takes the meaning from the next character, whatever `# escape=` says.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | '\'' | '"' | ' ' | '\t') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn check_image(judged: &Judged<'_>, image: &str) -> Result<()> {
    match image.parse::<ImageRef>() {
        Ok(_) if judged.file.position(image).is_none() => Ok(()),
        Ok(_) => Err(unfit(format!(
            "the image `{image}` is called like a stage of the file"
        ))),
        Err(why) => Err(unfit(format!("the image `{image}`: {why}"))),
    }
}

fn not_fetched(index: usize) -> Error {
    unfit(format!("the remote source {index} was not fetched"))
}

pub(super) fn unfit(why: String) -> Error {
    Error::system("cannot write the Dockerfile for the engine").caused_by(Cause::line(why))
}

/// Whether the rewrites hold what the judgement needs.
pub(super) fn complete(judged: &Judged<'_>, rewrites: &Rewrites) -> Result<()> {
    match judged.trust {
        Trust::Caller => Ok(()),
        Trust::Job => judged.remote_adds().iter().try_for_each(|add| {
            match rewrites.adds.contains_key(&add.index) {
                true => Ok(()),
                false => Err(not_fetched(add.index)),
            }
        }),
    }
}
