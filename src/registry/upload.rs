//! A blob whose digest is known only when it has been made, sent in parts while it is made.
//!
//! Each part is sent again after a cut, from where the registry has it: what has arrived does not travel twice. Source: OCI
//! distribution specification, "Pushing a blob in chunks"; ECR takes parts of 5 to 20 MiB, all but the last of one length.

use std::io;

use hyper::body::Bytes;
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, RANGE};
use reqwest::{Method, Response, Url};
use tokio::sync::mpsc;

use super::auth::Scope;
use super::failure::Doing;
use super::manifest::header;
use super::payload::Payload;
use super::send::{About, Ask, Target};
use super::{Descriptor, Failure, Place, Reason, Registry};

/// So many bytes go into one request.
const PART: usize = 6 << 20;
/// The registry has another part of the blob than it was sent.
const RANGE_NOT_SATISFIABLE: u16 = 416;

/// What is to be sent; the last word is the digest of all of it.
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    /// `sha256:…`
    End(String),
}

impl Registry {
    /// The size of a blob that is there. `None` too where the registry does not say.
    pub(crate) async fn head_blob(
        &self,
        repository: &str,
        digest: &str,
    ) -> Result<Option<u64>, Failure> {
        let doing = self.blob_doing("look at", repository, digest);
        let answer = self.ask(&self.look(repository, digest), &doing).await?;
        let size = header(&answer, "content-length").and_then(|text| text.parse().ok());
        Ok(size.filter(|_| answer.status() == 200))
    }
}

/// Sends a blob as it comes. `made` gives its pieces and at last its digest; when it ends early, so does the upload.
///
/// # Errors
/// Those of the registry; [`Reason::Other`] where the pieces ended without a digest.
pub(crate) async fn push_blob(
    to: Place<'_>,
    mut made: mpsc::Receiver<io::Result<Piece>>,
    moved: &(dyn Fn(u64) + Sync),
) -> Result<Descriptor, Failure> {
    let registry = to.registry;
    let name = registry.address.repository(to.repository);
    let doing = Doing {
        what: format!("push a layer to `{}/{}`", registry.host(), to.repository),
        repository: to.repository.to_owned(),
    };
    let mut upload = Upload {
        registry,
        doing: &doing,
        at: registry.begin_upload(&name, &doing).await?,
        name,
        sent: 0,
    };
    let mut part = Payload::default();
    loop {
        let piece = match made.recv().await {
            Some(Ok(piece)) => piece,
            Some(Err(error)) => return Err(upload.failed(&error.to_string())),
            None => return Err(upload.failed("what makes the layer went away")),
        };
        match piece {
            Piece::Bytes(bytes) => {
                let mut rest = Bytes::from(bytes);
                while !rest.is_empty() {
                    let now = rest.split_to(rest.len().min(PART - part.len()));
                    part.push(now);
                    if part.len() == PART {
                        upload.send(&part).await?;
                        moved(PART as u64);
                        part = Payload::default();
                    }
                }
            }
            Piece::End(digest) => {
                if part.len() > 0 {
                    upload.send(&part).await?;
                    moved(part.len() as u64);
                }
                let size = upload.sent;
                upload.close(&digest).await?;
                return Ok(Descriptor {
                    media_type: String::new(),
                    digest,
                    size,
                });
            }
        }
    }
}

struct Upload<'a> {
    registry: &'a Registry,
    doing: &'a Doing,
    name: String,
    at: Url,
    /// Bytes that the registry has.
    sent: u64,
}

impl Upload<'_> {
    fn failed(&self, text: &str) -> Failure {
        Failure::new(self.registry, self.doing, Reason::Other, text)
    }

    async fn send(&mut self, part: &Payload) -> Result<(), Failure> {
        let begin = self.sent;
        let end = begin + part.len() as u64;
        while self.sent < end {
            let skipped = usize::try_from(self.sent - begin).unwrap_or(part.len());
            let range = format!("{}-{}", self.sent, end - 1);
            let ask = Ask {
                method: Method::PATCH,
                to: Target::Url(self.at.clone()),
                about: About::Blob,
                scope: Scope::Push(self.name.clone()),
                headers: vec![
                    (CONTENT_TYPE, "application/octet-stream".to_owned()),
                    (CONTENT_RANGE, range),
                ],
                body: Some(part.behind(skipped)),
                also: &[RANGE_NOT_SATISFIABLE],
            };
            let answer = self.registry.ask(&ask, self.doing).await?;
            if answer.status() != RANGE_NOT_SATISFIABLE {
                self.at = self.registry.location(&answer, self.doing)?;
                self.sent = end;
                return Ok(());
            }
            // An attempt before this one was cut off, and some of it had arrived.
            let there = self.there().await?;
            if !(self.sent + 1..=end).contains(&there) {
                return Err(self.failed(&format!(
                    "the registry has {there} bytes of the layer, and was sent {}",
                    self.sent
                )));
            }
            self.sent = there;
        }
        Ok(())
    }

    /// How many bytes the registry has.
    async fn there(&mut self) -> Result<u64, Failure> {
        let ask = Ask {
            method: Method::GET,
            to: Target::Url(self.at.clone()),
            about: About::Blob,
            scope: Scope::Push(self.name.clone()),
            headers: Vec::new(),
            body: None,
            also: &[],
        };
        let answer = self.registry.ask(&ask, self.doing).await?;
        self.at = self.registry.location(&answer, self.doing)?;
        Ok(last_byte(&answer).map_or(0, |last| last + 1))
    }

    async fn close(self, digest: &str) -> Result<(), Failure> {
        self.registry
            .close_upload(&self.name, self.at, digest, self.doing)
            .await
    }
}

/// `0-123` of the header `Range`, with or without `bytes=`.
fn last_byte(answer: &Response) -> Option<u64> {
    let range = header(answer, RANGE.as_str())?;
    range.rsplit_once('-')?.1.trim().parse().ok()
}
