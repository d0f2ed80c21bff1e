//! Manifests: looking at them, fetching and putting them, byte for byte.

use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Method, Response};
use sha2::{Digest as _, Sha256};

use super::auth::Scope;
use super::failure::Doing;
use super::payload::Payload;
use super::send::{About, Ask, Target, limited};
use super::{Failure, Reason, Registry};

/// What a manifest or a blob is, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    /// `sha256:…`
    pub(crate) digest: String,
    pub(crate) size: u64,
}

/// A manifest or an index. The bytes are the registry's own: any other spelling would have another digest.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) bytes: Vec<u8>,
    pub(crate) media_type: String,
    /// Of the bytes.
    pub(crate) digest: String,
}

/// Source: OCI distribution specification, "Pushing Manifests": registries need not take more; ECR's limit is the same.
pub(super) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// All that is understood: an answer is never converted by the registry.
const KINDS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

const DIGEST: &str = "docker-content-digest";

impl Registry {
    /// The manifest's descriptor, if it is there; `None` too where the repository is not.
    pub(crate) async fn head_manifest(
        &self,
        repository: &str,
        reference: &str,
    ) -> Result<Option<Descriptor>, Failure> {
        let doing = self.doing("look at", repository, reference);
        let ask = self.manifest_ask(Method::HEAD, repository, reference);
        let answer = self.ask(&ask, &doing).await?;
        if answer.status() == 404 {
            return Ok(None);
        }
        let digest = header(&answer, DIGEST).or_else(|| {
            reference
                .starts_with("sha256:")
                .then(|| reference.to_owned())
        });
        match digest {
            Some(digest) => Ok(Some(Descriptor {
                media_type: media_type(&answer),
                digest,
                size: header(&answer, CONTENT_LENGTH.as_str())
                    .and_then(|size| size.parse().ok())
                    .unwrap_or(0),
            })),
            // A registry that does not tell it: the manifest itself does.
            None => Ok(self
                .manifest(repository, reference)
                .await?
                .map(|manifest| manifest.descriptor())),
        }
    }

    /// The manifest, if it is there.
    ///
    /// # Errors
    /// `NameUnknown` where the repository is not; bytes that are not those of the digest.
    pub(crate) async fn manifest(
        &self,
        repository: &str,
        reference: &str,
    ) -> Result<Option<Manifest>, Failure> {
        let doing = self.doing("fetch", repository, reference);
        let ask = self.manifest_ask(Method::GET, repository, reference);
        let answer = self.ask(&ask, &doing).await?;
        if answer.status() == 404 {
            return match Failure::of_answer(self, &doing, answer).await {
                failure if failure.reason == Reason::NameUnknown => Err(failure),
                _ => Ok(None),
            };
        }
        let (media_type, told) = (media_type(&answer), header(&answer, DIGEST));
        let bytes = limited(self, &doing, answer, MOST_BYTES).await?;
        let digest = digest(&bytes);
        for expected in told
            .iter()
            .map(String::as_str)
            .chain(reference.starts_with("sha256:").then_some(reference))
        {
            if expected != digest {
                let text = format!(
                    "its bytes are those of `{digest}`, not of `{}`",
                    expected.escape_debug()
                );
                return Err(Failure::new(self, &doing, Reason::Other, &text));
            }
        }
        Ok(Some(Manifest {
            bytes,
            media_type,
            digest,
        }))
    }

    /// Puts the manifest under a tag or its digest, and tells its digest. What it names has to be there already.
    pub(crate) async fn put_manifest(
        &self,
        repository: &str,
        reference: &str,
        manifest: &Manifest,
    ) -> Result<String, Failure> {
        let doing = self.doing("push", repository, reference);
        if manifest.bytes.len() > MOST_BYTES {
            let text = format!("the manifest has {} bytes", manifest.bytes.len());
            return Err(Failure::new(self, &doing, Reason::TooLarge, &text));
        }
        let name = self.address.repository(repository);
        let ask = Ask {
            method: Method::PUT,
            to: Target::Path(format!("{name}/manifests/{reference}")),
            about: About::Manifest,
            scope: Scope::Push(name),
            headers: vec![(CONTENT_TYPE, manifest.media_type.clone())],
            body: Some(Payload::of(&manifest.bytes)),
            also: &[],
        };
        match self.ask(&ask, &doing).await {
            Ok(_) => Ok(manifest.digest.clone()),
            // Perhaps our own: the answer to an attempt before this one was lost.
            Err(failure) if failure.reason == Reason::TagImmutable => {
                match self.head_manifest(repository, reference).await? {
                    Some(found) if found.digest == manifest.digest => Ok(found.digest),
                    Some(_) | None => Err(failure),
                }
            }
            Err(failure) => Err(failure),
        }
    }

    fn manifest_ask(&self, method: Method, repository: &str, reference: &str) -> Ask<'static> {
        let name = self.address.repository(repository);
        Ask {
            method,
            to: Target::Path(format!("{name}/manifests/{reference}")),
            about: About::Manifest,
            scope: Scope::Pull(name),
            headers: vec![(ACCEPT, KINDS.to_owned())],
            body: None,
            also: &[404],
        }
    }

    pub(super) fn doing(&self, verb: &str, repository: &str, reference: &str) -> Doing {
        let mark = if reference.starts_with("sha256:") {
            '@'
        } else {
            ':'
        };
        Doing {
            what: format!(
                "{verb} the image `{}/{repository}{mark}{reference}`",
                self.host()
            ),
            repository: repository.to_owned(),
        }
    }
}

impl Manifest {
    pub(crate) fn of(bytes: Vec<u8>, media_type: &str) -> Self {
        Manifest {
            digest: digest(&bytes),
            media_type: media_type.to_owned(),
            bytes,
        }
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor {
            media_type: self.media_type.clone(),
            digest: self.digest.clone(),
            size: self.bytes.len() as u64,
        }
    }
}

/// `sha256:…` of some bytes.
pub(super) fn digest(bytes: &[u8]) -> String {
    let hex = crate::digest::hexadecimal(&Sha256::digest(bytes));
    format!("sha256:{hex}")
}

pub(super) fn header(answer: &Response, name: &str) -> Option<String> {
    Some(answer.headers().get(name)?.to_str().ok()?.to_owned())
}

/// Without parameters such as a character set.
fn media_type(answer: &Response) -> String {
    let written = header(answer, CONTENT_TYPE.as_str()).unwrap_or_default();
    written
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
}
