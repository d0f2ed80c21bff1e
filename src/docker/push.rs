//! Names of images, and pushing them to a registry.

use std::time::Duration;

use bollard::query_parameters::{RemoveImageOptionsBuilder, TagImageOptionsBuilder};
use hyper::{Method, Response};
use serde::Deserialize;

use super::build::request;
use super::build_order::auth_header;
use super::query::{Query, path_part};
use super::registry_reason::{RegistryReason, registry_reason};
use super::wire::{self, Fault, FirstAnswer, Outgoing};
use super::{Engine, Failure, Reason};
use crate::error::Error;
use crate::job::Credential;

/// The engine's first words come before it asks the registry.
const FIRST_WORDS: FirstAnswer = FirstAnswer::Within(Duration::from_secs(120));

/// What the registry has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pushed {
    /// `sha256:…` of the manifest.
    pub(crate) digest: String,
    /// Of the manifest, in bytes.
    pub(crate) size: u64,
}

#[derive(Debug)]
pub(crate) struct PushFailure {
    pub(crate) reason: RegistryReason,
    pub(crate) failure: Failure,
}

impl PushFailure {
    /// The engine has no image of the name that was to be pushed (any more). Source: moby `distribution/push.go`,
    /// `daemon/containerd/image_push.go`.
    pub(crate) fn is_about_name(&self) -> bool {
        let said = &self.failure.detail;
        said.contains("tag does not exist") || said.contains("does not exist locally with the tag")
    }
}

impl From<PushFailure> for Error {
    fn from(failure: PushFailure) -> Self {
        failure.failure.into_error()
    }
}

impl Engine {
    /// Pushes one tag. `record` gets each object of the engine's answer. Dropping the future ends the push.
    pub(crate) async fn push(
        &self,
        repository: &str,
        tag: &str,
        login: Option<&Credential>,
        record: &mut dyn FnMut(&[u8]),
    ) -> Result<Pushed, PushFailure> {
        let mut pushed = None;
        let mut record = |object: &[u8]| {
            pushed = told_digest(object).or(pushed.take());
            record(object);
        };
        let pushing = async {
            let mut query = Query::default();
            query.add("tag", tag);
            let path = self.versioned(&format!("/images/{}/push", path_part(repository)));
            let auth = auth_header(login);
            let request = request(
                Method::POST,
                &(path + query.as_str()),
                &[("x-registry-auth", &auth)],
                Outgoing::Empty,
            )?;
            self.exchange(request, FIRST_WORDS, async |answer: Response<_>| {
                wire::records(answer.into_body(), &mut record).await
            })
            .await
        };
        let outcome = pushing.await;
        match (outcome, pushed) {
            (Ok(()), Some(pushed)) => Ok(pushed),
            (Ok(()), None) => Err(Fault::new(
                Reason::Other,
                "the engine did not say what it pushed",
            )),
            (Err(fault), _) => Err(fault),
        }
        .map_err(|fault| PushFailure {
            reason: registry_reason(fault.reason, &fault.detail),
            failure: self.fault(format!("push `{repository}:{tag}`"), fault),
        })
    }

    /// Gives an image one more name.
    pub(crate) async fn tag(
        &self,
        image: &str,
        repository: &str,
        tag: &str,
    ) -> Result<(), Failure> {
        let options = TagImageOptionsBuilder::default()
            .repo(repository)
            .tag(tag)
            .build();
        self.docker
            .tag_image(image, Some(options))
            .await
            .map_err(|error| {
                self.failure(
                    format!("tag the image `{image}` as `{repository}:{tag}`"),
                    error,
                )
            })
    }

    /// Takes a name away; the image goes with its last one, its parents stay. A name that is absent is fine.
    pub(crate) async fn untag(&self, name: &str) -> Result<(), Failure> {
        let options = RemoveImageOptionsBuilder::default().noprune(true).build();
        match self.docker.remove_image(name, Some(options), None).await {
            Ok(_) => Ok(()),
            Err(error) => match self.failure(format!("remove the name `{name}`"), error) {
                failure if failure.reason == Reason::NotFound => Ok(()),
                failure => Err(failure),
            },
        }
    }
}

/// Source: moby `distribution/push_v2.go`, `apitypes.PushResult`: `{"progressDetail":{},"aux":{"Tag":…,"Digest":…,"Size":…}}`. Engines
/// with the containerd image store only say it in words (seen with 26.1): `{"status":"TAG: digest: sha256:… size: 405"}`.
fn told_digest(object: &[u8]) -> Option<Pushed> {
    #[derive(Deserialize)]
    struct Record {
        aux: Option<Aux>,
        status: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Aux {
        digest: String,
        #[serde(default)]
        size: u64,
    }
    let record: Record = serde_json::from_slice(object).ok()?;
    if let Some(Aux { digest, size }) = record.aux {
        return Some(Pushed { digest, size });
    }
    let (_, words) = record.status.as_deref()?.split_once(": digest: ")?;
    let (digest, size) = words.split_once(" size: ")?;
    Some(Pushed {
        digest: digest.to_owned(),
        size: size.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_stands_in_the_aux_record() {
        let text = br#"{"progressDetail":{},"aux":{"Tag":"1","Digest":"sha256:ab","Size":527}}"#;
        let pushed = Pushed {
            digest: "sha256:ab".to_owned(),
            size: 527,
        };
        assert_eq!(told_digest(text), Some(pushed.clone()));
        let words = br#"{"status":"1: digest: sha256:ab size: 527"}"#;
        assert_eq!(told_digest(words), Some(pushed));
        assert_eq!(told_digest(br#"{"status":"Pushed","id":"a"}"#), None);
    }
}
