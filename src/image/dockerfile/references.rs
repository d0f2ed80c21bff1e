//! What a build reads besides its context: images, and stages that look like images.
//!
//! Source: buildkit `dockerfile2llb/convert.go`: `FROM` knows the names of earlier stages; `COPY --from` a name or a
//! position; `RUN --mount=from` a name. The classic builder knows earlier stages only, BuildKit later ones too.

use crate::error::Result;
use crate::image_ref::ImageRef;

use super::fault::{invalid, shown};
use super::instruction::Instruction;
use super::keyword::Keyword;
use super::model::Dockerfile;
use super::mount::Mount;
use super::scope::Globals;

/// An image that the build may read. All stages count, also those that the target does not need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) line: usize,
    /// With its variables' values, else as written: the key for [`super::Rewrites::images`].
    pub(crate) image: String,
    pub(crate) place: Place,
    /// `FROM --platform=…`, with its variables' values.
    pub(crate) platform: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    From,
    Copy,
    Mount,
}

/// What stands behind `FROM` or `from=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Scratch,
    /// The stage at this position.
    Stage(usize),
    Image(String),
}

/// Of the stage at `position`, and the image that is read for it.
pub(super) fn base(
    file: &Dockerfile,
    position: usize,
    globals: &Globals<'_>,
) -> Result<(Base, Option<Reference>)> {
    let stage = &file.stages[position];
    let line = stage.from.line;
    let name = globals.expand(line, &stage.base)?;
    if name.is_empty() {
        return Err(invalid(line, format!("{} is empty once its variables have their values", shown(&stage.base)))
            .hint("give the variable a default by `ARG NAME=value` before the first `FROM`, or a value by `--build-arg`"));
    }
    if name == "scratch" {
        return Ok((Base::Scratch, None));
    }
    // A stage that comes later, or this one, hides nothing yet: `FROM python AS python` is the image.
    if let Some(earlier) = file.position(&name).filter(|found| *found < position) {
        return Ok((Base::Stage(earlier), None));
    }
    check_image(line, &name)?;
    let platform = stage
        .from
        .flag("platform")
        .map(|written| globals.expand(line, written));
    let reference = Reference {
        line,
        image: name.clone(),
        place: Place::From,
        platform: platform
            .transpose()?
            .filter(|platform| !platform.is_empty()),
    };
    Ok((Base::Image(name), Some(reference)))
}

/// Which stages an instruction can see.
#[derive(Clone, Copy)]
pub(super) enum Seen {
    /// Those before this position.
    Before(usize),
    /// All: a trigger runs in a stage on top of its image, whichever that is.
    All,
}

/// The images behind `COPY --from` and `RUN --mount=from`, also of a trigger.
pub(super) fn sources(
    file: &Dockerfile,
    seen: Seen,
    instruction: &Instruction,
) -> Result<Vec<Reference>> {
    let (line, acting) = (instruction.line, instruction.acting());
    let mut found = Vec::new();
    let mut add = |place, base| {
        if let Base::Image(image) = base {
            found.push(Reference {
                line,
                image,
                place,
                platform: None,
            });
        }
    };
    match acting.keyword {
        Keyword::Copy => {
            if let Some(from) = acting.flag("from") {
                add(Place::Copy, source(file, seen, line, from, Place::Copy)?);
            }
        }
        Keyword::Run => {
            for text in acting.values("mount") {
                if let Some(from) = Mount::parse(line, text)?.from() {
                    add(Place::Mount, source(file, seen, line, from, Place::Mount)?);
                }
            }
        }
        _ => (),
    }
    Ok(found)
}

pub(super) fn source(
    file: &Dockerfile,
    seen: Seen,
    line: usize,
    from: &str,
    place: Place,
) -> Result<Base> {
    if from.contains('$') {
        return Err(invalid(
            line,
            format!("`from={from}`: no builder replaces variables there"),
        )
        .hint("name a stage for it: `FROM ${VARIABLE} AS name`, then `from=name`"));
    }
    if from == "scratch" {
        return Ok(Base::Scratch);
    }
    // Go's `Atoi` takes signs and leading zeros, too.
    if from
        .trim_start_matches(['+', '-'])
        .chars()
        .all(|c| c.is_ascii_digit())
    {
        return by_position(file, seen, line, from, place);
    }
    match (file.position(from), seen) {
        (None, _) => {
            check_image(line, from)?;
            Ok(Base::Image(from.to_owned()))
        }
        (Some(position), Seen::Before(own)) if position >= own => {
            let begins = file.stages[position].from.line;
            Err(invalid(
                line,
                format!("the stage `{from}` begins in line {begins}; some builders would take an image of that name"),
            )
            .hint("move the stage before the one that reads it, or give it another name"))
        }
        (Some(position), Seen::Before(_) | Seen::All) => Ok(Base::Stage(position)),
    }
}

fn by_position(
    file: &Dockerfile,
    seen: Seen,
    line: usize,
    from: &str,
    place: Place,
) -> Result<Base> {
    let most = match seen {
        Seen::Before(own) => own,
        Seen::All => file.stages.len(),
    };
    let position = from
        .parse::<usize>()
        .ok()
        .filter(|number| number.to_string() == from);
    match (position.filter(|position| *position < most), place) {
        (Some(position), Place::Copy) => Ok(Base::Stage(position)),
        (Some(_), Place::From | Place::Mount) => Err(invalid(
            line,
            format!("`from={from}`: mounts know stages by name, and would look for an image called `{from}`"),
        )
        .hint("give the stage a name by `FROM … AS name`")),
        (None, _) => Err(invalid(line, format!("`from={from}` is the number of no earlier stage"))
            .hint("name the stage by `FROM … AS name`, and use the name")),
    }
}

fn check_image(line: usize, name: &str) -> Result<()> {
    match name.parse::<ImageRef>() {
        Ok(_) => Ok(()),
        Err(why) => Err(invalid(
            line,
            format!("{} names no image: {why}", shown(name)),
        )),
    }
}
