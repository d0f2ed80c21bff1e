//! Which digests would be right, container by container.
//!
//! An image may be told by the digest of its index or of the platform's own manifest: either is right. Source: ECS tells
//! what its agent or Fargate resolved, which differs between them.

use super::end::Outcome;
use super::place::{Digests, Place, TroubleKind};
use super::work::{Ended, LONGEST_TEXT, Work};
use crate::image_ref::ImageRef;
use crate::rollout::{Definition, Revision, Task, clean};

/// Of the containers that matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Expected {
    pub(super) containers: Vec<Wanted>,
    /// Whether the caller named a digest or an image; else what the tags mean is only the best guess.
    pub(super) is_asked: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Wanted {
    pub(super) container: String,
    /// Empty: nobody tells what the image means.
    pub(super) digests: Vec<String>,
    /// `linux/amd64`; empty: not told.
    pub(super) platforms: Vec<String>,
}

/// What was found against what was wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Match {
    Right,
    Wrong,
    /// Nothing to compare, on one side or the other.
    Unknown,
}

impl Expected {
    /// All digests, once each.
    pub(super) fn digests(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for digest in self.containers.iter().flat_map(|one| &one.digests) {
            if !all.contains(digest) {
                all.push(digest.clone());
            }
        }
        all
    }

    pub(super) fn is_known(&self) -> bool {
        self.containers.iter().any(|one| !one.digests.is_empty())
    }

    /// Whether the digest of this container counts: where nothing is known of any, that of each.
    pub(super) fn matters(&self, container: &str) -> bool {
        self.containers.is_empty() || self.containers.iter().any(|one| one.container == container)
    }

    fn judge(&self, told: impl Fn(&str) -> Option<String>) -> Match {
        let mut end = Match::Unknown;
        for wanted in self.containers.iter().filter(|one| !one.digests.is_empty()) {
            match told(&wanted.container) {
                None => return Match::Unknown,
                Some(digest) if wanted.digests.contains(&digest) => end = Match::Right,
                Some(_) => return Match::Wrong,
            }
        }
        end
    }

    pub(super) fn of_task(&self, task: &Task) -> Match {
        self.judge(|name| {
            let container = task.containers.iter().find(|one| one.name == name)?;
            container.image_digest.clone()
        })
    }

    pub(super) fn of_revision(&self, revision: &Revision) -> Match {
        self.judge(|name| {
            let image = revision.images.iter().find(|one| one.container == name)?;
            image.digest.clone()
        })
    }

    /// Of a definition that names its images by digest.
    pub(super) fn of_definition(&self, definition: &Definition) -> Match {
        self.judge(|name| {
            let (_, image) = definition.images().find(|(one, _)| *one == name)?;
            let reference: ImageRef = image.parse().ok()?;
            reference.digest().map(str::to_owned)
        })
    }
}

/// An image as it was asked for.
pub(super) fn image_of(text: &str) -> Result<ImageRef, Ended> {
    text.parse().map_err(|why: String| {
        Ended::of(
            Outcome::Usage,
            format!("`{}` is no image: {why}", clean(text, LONGEST_TEXT)),
        )
    })
}

/// Whether an image of a definition is of the same repository.
pub(super) fn is_of_repository(own: &str, image: &ImageRef) -> bool {
    own.parse::<ImageRef>()
        .is_ok_and(|own| own.canonical().name() == image.canonical().name())
}

/// What `image` means; a registry that cannot be asked leaves what the name itself says.
pub(super) async fn meaning<P: Place>(
    work: &Work<'_, P>,
    image: &ImageRef,
) -> Result<Option<Digests>, Ended> {
    let own = |digest: &str| Digests {
        digest: digest.to_owned(),
        platforms: Vec::new(),
    };
    match work.place.digests(&image.to_string()).await {
        Ok(Some(found)) => Ok(Some(found)),
        Ok(None) => Err(Ended::of(
            Outcome::Precondition,
            format!("there is no image `{image}` in its registry"),
        )
        .hint("push it first, or give the reference that the push has printed")),
        Err(trouble)
            if matches!(
                trouble.kind,
                TroubleKind::Denied | TroubleKind::Unsupported | TroubleKind::Invalid
            ) =>
        {
            if trouble.kind == TroubleKind::Denied {
                work.note(format!(
                    "not known which platforms `{image}` has: {}",
                    trouble.error
                ));
            }
            Ok(image.digest().map(own))
        }
        Err(trouble) => Err(trouble.into()),
    }
}

pub(super) fn wanted(container: &str, digests: Option<Digests>) -> Wanted {
    let Some(found) = digests else {
        return Wanted {
            container: container.to_owned(),
            ..Wanted::default()
        };
    };
    let mut digests = vec![found.digest];
    digests.extend(found.platforms.iter().map(|(digest, _)| digest.clone()));
    Wanted {
        container: container.to_owned(),
        digests,
        platforms: found.platforms.into_iter().map(|(_, name)| name).collect(),
    }
}
