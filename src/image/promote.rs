//! Promotion: the very digest that was tested, in another repository or account; never a rebuild.
//!
//! Manifests byte for byte, blobs mounted where the registry can, else copied from registry to registry in bounded memory;
//! nothing touches the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::request::{Image, PromoteRequest, Pushed};
use super::{Maker, owner, push, stranger};
use crate::error::{Cause, Error, Result};
use crate::output;
use crate::registry::{self, Place};

/// How long a promotion may take.
const LIMIT: Duration = Duration::from_secs(3600);

/// # Errors
/// `Refused` where the source may not be read or the destination not be written; `Precondition` where one is missing.
pub(crate) async fn promote(maker: &Maker<'_>, request: &PromoteRequest) -> Result<Image> {
    let begun = Instant::now();
    let from = owner::reference(&request.from, "the source")?;
    let to = request
        .to
        .iter()
        .map(|text| owner::reference(text, "the destination"))
        .collect::<Result<Vec<_>>>()?;
    let role = stranger::right(maker, &from).await?.role();
    let targets = push::targets(maker, &to)?;
    let [target] = targets.as_slice() else {
        return Err(Error::usage("a promotion has one destination repository")
            .hint("name several tags of one repository, or promote once for each repository"));
    };
    let source = maker.access.registry(&from, role.as_ref(), LIMIT).await?;
    let reference = from.digest().or(from.tag()).unwrap_or("latest");
    let found = source
        .head_manifest(from.repository(), reference)
        .await
        .map_err(|failure| unreadable(failure, &from.to_string()))?
        .ok_or_else(|| {
            Error::precondition(format!("there is no image `{from}`"))
                .hint("promote what a push has printed: `repository@sha256:…`")
        })?;
    push::preflight(maker, &targets).await?;
    let destination = maker
        .access
        .registry(&target.repository, target.role.as_ref(), LIMIT)
        .await?;
    let moved = Moved::default();
    let copied = registry::copy_image(
        Place {
            registry: &source,
            repository: from.repository(),
        },
        &found.digest,
        Place {
            registry: &destination,
            repository: target.repository.repository(),
        },
        &target.tags,
        &moved.told(),
    )
    .await?;
    if copied.digest != found.digest {
        return Err(Error::system(format!(
            "the promotion of `{from}` came out as another image"
        ))
        .caused_by(Cause::line(format!(
            "{} became {}",
            found.digest, copied.digest
        ))));
    }
    push::verify(maker, target, &destination, &copied.digest).await?;
    maker.note(format!(
        "Promoted {} to `{}` in {}: {} layers, {}",
        copied.digest,
        target.repository.name(),
        output::duration(begun.elapsed()),
        copied.layers,
        output::bytes(moved.bytes.load(Ordering::Relaxed))
    ));
    let scan = match &request.gate {
        Some(gate) => Some(push::pass_gate(maker, target, &copied.digest, gate).await?),
        None => None,
    };
    Ok(Image {
        pushed: vec![Pushed {
            repository: target.repository.name().to_owned(),
            tags: target.tags.clone(),
            digest: copied.digest,
        }],
        took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        scan,
        ..Image::default()
    })
}

/// Bytes are counted by the workshop's own threads; what is told stands in the note at the end.
#[derive(Default)]
struct Moved {
    bytes: Arc<AtomicU64>,
}

impl Moved {
    fn told(&self) -> registry::Moved {
        let bytes = Arc::clone(&self.bytes);
        Arc::new(move |count| {
            bytes.fetch_add(count, Ordering::Relaxed);
        })
    }
}

fn unreadable(failure: registry::Failure, image: &str) -> Error {
    match failure.reason {
        registry::Reason::NameUnknown | registry::Reason::ManifestUnknown => {
            Error::precondition(format!("there is no image `{image}`"))
                .caused_by(Error::from(failure))
        }
        _ => failure.into(),
    }
}
