//! Nothing changed, nothing built: an image that came of the very same inputs is given the tags that are asked for.
//!
//! The inputs make a key, and the key is a tag (`ctx-…`) in the application's own repository, which only the host sets: the
//! registry is the memory, and a host that has never seen the project knows as much as the one that built. Refuses to guess:
//! where an input cannot be known, or a step does what nothing pins, it is built. Read next: `key` (what counts), `bases`
//! (what a build starts from, without a pull), `kept` (the registry's side).

mod bases;
mod kept;
mod key;

use std::time::Duration;

use super::Maker;
use super::preparation::Asked;
use super::push::{Target, ecr_of};
use super::request::{BuildRequest, Cache, Image, Pushed, Skip};
use crate::error::Result;
use bases::When;
use kept::{Found, Missing};
use key::Key;

pub(super) use key::is_reserved;

/// How long an image stands for its inputs where a step takes from the network what nothing pins.
const RISKY_AGE: Duration = Duration::from_secs(24 * 3600);
/// Said in a Dockerfile, it is always built.
const NEVER: &str = "baws: no-skip";

/// What came of looking.
pub(super) enum Look {
    /// Such a build is never skipped; the reason, where somebody may wonder.
    Off(Missing),
    /// There is nothing yet: what comes of this build may stand for the next.
    Missing(Missing),
    Found(Box<Found>),
}

/// Looks for an image of the same inputs, before anything is pulled or sent. What cannot be looked for is built. Changes nothing
/// and says nothing: other looks go on beside it.
///
/// # Errors
/// `Refused` for an image that the job may not start from.
pub(super) async fn look(
    maker: &Maker<'_>,
    request: &BuildRequest,
    asked: &Asked<'_>,
    targets: &[Target],
) -> Result<Look> {
    if !is_asked_for(maker, request, targets) {
        return Ok(Look::Off(None));
    }
    if let Some(why) = forbidden(maker, request, asked, targets) {
        return Ok(Look::Off(Some(format!(
            "Built even if nothing changed: {why}"
        ))));
    }
    let Some(key) = key_of(maker, request, asked, When::Before).await? else {
        return Ok(Look::Missing(None));
    };
    let risks = asked.dockerfile.unpinned();
    let asked_for = Duration::from_secs(request.max_age_secs);
    let max_age = match risks.is_empty() {
        true => asked_for,
        false => asked_for.min(RISKY_AGE),
    };
    let found = kept::find(maker, targets, &key, max_age, &risks).await?;
    Ok(match found {
        Ok(found) => Look::Found(Box::new(found)),
        Err(missing) => Look::Missing(missing),
    })
}

/// Takes the image that was found; where there is none, or it does not take its tags, `None` and whether what is built now may
/// stand for the next build.
///
/// # Errors
/// `Refused`, and those of the gate.
pub(super) async fn take(
    maker: &Maker<'_>,
    request: &BuildRequest,
    targets: &[Target],
    looked: Look,
) -> Result<(Option<Image>, bool)> {
    let (why, may_stand) = match looked {
        Look::Found(found) => {
            let image = kept::take(maker, request, targets, *found).await?;
            return Ok((image, true));
        }
        Look::Off(why) => (why, false),
        Look::Missing(why) => (why, true),
    };
    why.into_iter().for_each(|why| maker.note(why));
    Ok((None, may_stand))
}

/// Lets what was pushed stand for its inputs: those of the base images that were used, which may have moved since the look.
pub(super) async fn keep(
    maker: &Maker<'_>,
    request: &BuildRequest,
    asked: &Asked<'_>,
    targets: &[Target],
    pushed: &[Pushed],
) -> Result<()> {
    let Some(key) = key_of(maker, request, asked, When::After).await? else {
        return Ok(());
    };
    kept::keep(maker, targets, pushed, &key).await;
    Ok(())
}

async fn key_of(
    maker: &Maker<'_>,
    request: &BuildRequest,
    asked: &Asked<'_>,
    when: When,
) -> Result<Option<Key>> {
    let (Some(context), Some(side)) = (&request.context, maker.grant.side()) else {
        return Ok(None);
    };
    let bases = bases::digests(maker, request, asked, when).await?;
    Ok(bases.map(|bases| Key::of(maker, request, asked, context, &side, &bases)))
}

/// Of a job's build that is pushed to ECR, by a client that says what the context holds.
fn is_asked_for(maker: &Maker<'_>, request: &BuildRequest, targets: &[Target]) -> bool {
    let wants = match request.skip {
        Skip::WhenSame => request.max_age_secs > 0 && request.cache == Cache::Use,
        Skip::Never => false,
    };
    wants
        && request.push.is_some()
        && request.context.is_some()
        && maker.grant.side().is_some()
        && targets.iter().all(|target| ecr_of(target).is_some())
}

fn forbidden(
    maker: &Maker<'_>,
    request: &BuildRequest,
    asked: &Asked<'_>,
    targets: &[Target],
) -> Option<String> {
    if !request.secrets.is_empty() {
        return Some("what its secrets decide cannot be known".to_owned());
    }
    if says_never(&request.dockerfile.0) {
        return Some(format!("its Dockerfile says `# {NEVER}`"));
    }
    let unpinned = asked
        .judged
        .remote_adds()
        .iter()
        .find(|add| add.checksum.is_none());
    if let Some(add) = unpinned {
        return Some(format!(
            "line {} adds a file from the network without `--checksum`",
            add.line
        ));
    }
    let open = targets
        .iter()
        .find(|target| maker.grant.is_open_to_unprotected(&target.repository));
    match open {
        Some(target) if maker.grant.is_protected() => Some(format!(
            "jobs of unprotected refs may push to `{}`, and this ref is protected",
            target.repository.name()
        )),
        Some(_) | None => None,
    }
}

fn says_never(dockerfile: &[u8]) -> bool {
    dockerfile.split(|byte| *byte == b'\n').any(|line| {
        let line = line.trim_ascii();
        line.strip_prefix(b"#")
            .is_some_and(|rest| rest.trim_ascii().eq_ignore_ascii_case(NEVER.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_forbids_it() {
        assert!(says_never(b"FROM x\r\n  #  BAWS: no-skip\r\nRUN y\n"));
        assert!(!says_never(b"FROM x\nRUN echo '# baws: no-skip'\n"));
    }
}
