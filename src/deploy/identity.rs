//! What a deployment carries, whoever began it: by the names in its definition, else by what ECS has resolved for its
//! revision.

use super::expected::{Expected, Match};
use super::place::Place;
use super::watch::{a_little_before, of_deployment};
use super::work::Work;
use crate::rollout::{Deployment, Revision};

pub(super) async fn resolved<P: Place>(
    work: &Work<'_, P>,
    deployment: &Deployment,
    expected: &Expected,
) -> Match {
    if let Ok(definition) = work.place.definition(&deployment.task_definition).await {
        let by_name = expected.of_definition(&definition);
        if by_name != Match::Unknown {
            return by_name;
        }
    }
    let revision = revision_of(work, deployment).await;
    revision.map_or(Match::Unknown, |one| expected.of_revision(&one))
}

/// The digest of the first container that matters, where it is told.
pub(super) async fn digest_of<P: Place>(
    work: &Work<'_, P>,
    deployment: &Deployment,
    expected: &Expected,
) -> Option<String> {
    let revision = revision_of(work, deployment).await?;
    let image = revision
        .images
        .into_iter()
        .find(|one| expected.matters(&one.container))?;
    image.digest
}

/// Nice to have: what cannot be read is not known.
async fn revision_of<P: Place>(work: &Work<'_, P>, deployment: &Deployment) -> Option<Revision> {
    let since = deployment.created_at;
    let kept = work
        .place
        .service_deployments(a_little_before(since))
        .await
        .ok()?;
    let one = of_deployment(&kept, &deployment.id, since)?;
    work.place.revision(&one.target.arn).await.ok()?
}
