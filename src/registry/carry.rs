//! A blob on its way from one registry to another, in pieces: never more of it is in memory than the network has in flight.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use futures_util::stream::{Stream, try_unfold};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Response, Url};

use super::auth::Scope;
use super::client::SILENCE;
use super::failure::Doing;
use super::send::ATTEMPTS;
use super::{Descriptor, Failure, Mounting, Place, Reason, Registry, redirect};

/// Told of each piece that is on its way: its bytes. What is sent again after a cut is not told again.
pub(crate) type Moved = Arc<dyn Fn(u64) + Send + Sync>;

impl Registry {
    /// Sends a body to the upload and closes it. Says nothing of retries: a body like this can be sent only once.
    async fn upload(
        &self,
        name: &str,
        at: Url,
        blob: &Descriptor,
        body: Body,
        doing: &Doing,
    ) -> Result<(), Failure> {
        let client = redirect::client_for(self, &at)
            .map_err(|why| Failure::new(self, doing, Reason::Other, &why))?;
        let mut request = client
            .patch(at.clone())
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, blob.size);
        if self.address.owns(&at)
            && let Some(authorization) = self
                .authorization(&Scope::Push(name.to_owned()), doing)
                .await?
        {
            request = request.header(AUTHORIZATION, authorization);
        }
        let answer = request
            .body(body)
            .send()
            .await
            .map_err(|error| Failure::of_transport(self, doing, error))?;
        if !answer.status().is_success() {
            return Err(Failure::of_answer(self, doing, answer).await);
        }
        let end = self.location(&answer, doing)?;
        self.close_upload(name, end, &blob.digest, doing).await
    }
}

/// Carries one blob over, or has it mounted. A cut begins it anew.
pub(super) async fn copy_blob(
    from: Place<'_>,
    to: Place<'_>,
    blob: &Descriptor,
    moved: &Moved,
) -> Result<(), Failure> {
    let told = Arc::new(AtomicU64::new(0));
    let (mut attempt, mut renewed) = (1, false);
    let mut upload = mount(from, to, blob).await?;
    loop {
        if let Mounting::Mounted = upload {
            return Ok(());
        }
        let failure = match carry(from, to, upload, blob, moved, &told).await {
            Ok(()) => return Ok(()),
            Err(failure) => failure,
        };
        match failure.reason {
            // The destination's login ended while the layer was on its way; all other requests renew theirs themselves.
            Reason::Unauthorized | Reason::Expired if !renewed => {
                renewed = true;
                to.registry
                    .renew_login(&to.registry.blob_doing("push", to.repository, &blob.digest))
                    .await?;
            }
            // An upload that the registry has forgotten is begun anew, as after a cut.
            Reason::Cut
            | Reason::Server(_)
            | Reason::TooManyRequests
            | Reason::BlobUnknown
            | Reason::Unreachable
                if attempt < ATTEMPTS =>
            {
                to.registry.pause(attempt, failure).await?;
                attempt += 1;
            }
            _ => return Err(failure),
        }
        upload = mount(from, to, blob).await?;
    }
}

/// Within one registry the blob may be had without sending it; everywhere an upload is begun.
async fn mount(from: Place<'_>, to: Place<'_>, blob: &Descriptor) -> Result<Mounting, Failure> {
    if from.registry.host() == to.registry.host() && from.repository != to.repository {
        return to
            .registry
            .mount_blob(to.repository, &blob.digest, from.repository)
            .await;
    }
    let doing = to.registry.blob_doing("push", to.repository, &blob.digest);
    let upload = to
        .registry
        .begin_upload(&to.registry.address.repository(to.repository), &doing)
        .await?;
    Ok(Mounting::NotMounted { upload })
}

async fn carry(
    from: Place<'_>,
    to: Place<'_>,
    upload: Mounting,
    blob: &Descriptor,
    moved: &Moved,
    told: &Arc<AtomicU64>,
) -> Result<(), Failure> {
    let Mounting::NotMounted { upload } = upload else {
        return Ok(());
    };
    let reading = from
        .registry
        .blob_doing("fetch", from.repository, &blob.digest);
    let source = from
        .registry
        .open_blob(
            &from.registry.address.repository(from.repository),
            &blob.digest,
            &reading,
        )
        .await?;
    let sent = Arc::new(AtomicU64::new(0));
    let body = Body::wrap_stream(counted(
        source,
        blob.size,
        Arc::clone(&sent),
        Arc::clone(told),
        Arc::clone(moved),
    ));
    let doing = to.registry.blob_doing("push", to.repository, &blob.digest);
    let name = to.registry.address.repository(to.repository);
    let mut work = pin!(to.registry.upload(&name, upload, blob, body, &doing));
    let mut seen = 0;
    loop {
        let limit = SILENCE.min(
            to.registry
                .deadline
                .saturating_duration_since(Instant::now()),
        );
        match tokio::time::timeout(limit, work.as_mut()).await {
            Ok(done) => return done,
            Err(_)
                if Instant::now() < to.registry.deadline
                    && sent.load(Ordering::Relaxed) != seen =>
            {
                seen = sent.load(Ordering::Relaxed);
            }
            Err(_) => return Err(Failure::of_silence(to.registry, &doing)),
        }
    }
}

/// The pieces of a source, counted, and no more of them than were announced.
fn counted(
    source: Response,
    size: u64,
    sent: Arc<AtomicU64>,
    told: Arc<AtomicU64>,
    moved: Moved,
) -> impl Stream<Item = std::io::Result<Vec<u8>>> + Send + 'static {
    try_unfold(source, move |mut source| {
        let (sent, told, moved) = (Arc::clone(&sent), Arc::clone(&told), Arc::clone(&moved));
        async move {
            let piece = tokio::time::timeout(SILENCE, source.chunk()).await;
            let piece = piece.map_err(|_| std::io::Error::other("the source fell silent"))?;
            let piece = piece.map_err(|error| std::io::Error::other(error.without_url()))?;
            let so_far = sent.load(Ordering::Relaxed);
            let Some(piece) = piece else {
                let short = format!("the source ended after {so_far} of {size} bytes");
                return if so_far == size {
                    Ok(None)
                } else {
                    Err(std::io::Error::other(short))
                };
            };
            let now = so_far + piece.len() as u64;
            if now > size {
                return Err(std::io::Error::other(format!(
                    "the source has more than {size} bytes"
                )));
            }
            sent.store(now, Ordering::Relaxed);
            let before = told.fetch_max(now, Ordering::Relaxed);
            if now > before {
                moved(now - before);
            }
            Ok(Some((piece.to_vec(), source)))
        }
    })
}
