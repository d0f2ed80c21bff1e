//! HTTP to the engine's socket by our own hand, for the calls whose bodies are long streams: build, session, push.
//!
//! Each exchange has a connection of its own, driven by the future that makes it: dropping the future closes the
//! connection, and by that the engine knows that nobody waits any more. There is no limit on the whole of an exchange. Read
//! next: `splitter`, `build`, `push`.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, select};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::UnixStream;
use tokio::sync::mpsc;

use super::splitter::Splitter;
use super::{Engine, Failure, Reason};

/// A running engine accepts at once; a stopped one leaves the connection in the socket's queue, or refuses.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// An engine's error is one sentence; what comes behind this many bytes is not read.
const ERROR_BYTES: usize = 64 * 1024;

/// It went away, or was ended, while it answered.
const BROKEN_OFF: &str = "the connection broke off in the middle of its answer";

/// What went wrong in an exchange; the caller says during what.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) reason: Reason,
    pub(super) detail: String,
}

impl Fault {
    pub(super) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Fault {
            reason,
            detail: detail.into(),
        }
    }

    /// The connection failed, or what came over it is not HTTP.
    pub(super) fn lost(error: &dyn std::error::Error) -> Self {
        let mut innermost = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        let text = match innermost.to_string() {
            same if std::ptr::addr_eq(innermost, error) => same,
            below => format!("{error}: {below}"),
        };
        Fault::new(Reason::Unreachable, text)
    }
}

/// How long the engine may take until its answer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstAnswer {
    Within(Duration),
    /// The engine answers a build only when it has read the context.
    Whenever,
}

impl FirstAnswer {
    /// Of a call that has nothing to wait for.
    pub(super) const SOON: Self = FirstAnswer::Within(Duration::from_secs(20));
}

/// The body of a request.
pub(super) enum Outgoing {
    Empty,
    Pieces {
        pieces: mpsc::Receiver<io::Result<Bytes>>,
        /// Why the pieces ended early. hyper only says that the body failed.
        broken: Arc<OnceLock<String>>,
    },
}

impl Outgoing {
    fn broken(&self) -> Option<Arc<OnceLock<String>>> {
        match self {
            Outgoing::Empty => None,
            Outgoing::Pieces { broken, .. } => Some(Arc::clone(broken)),
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Outgoing::Empty => Poll::Ready(None),
            Outgoing::Pieces { pieces, broken } => pieces.poll_recv(context).map(|next| {
                let piece = next?;
                if let Err(error) = &piece {
                    // Only the first error counts, and nothing follows it.
                    let _ = broken.set(error.to_string());
                }
                Some(piece.map(Frame::data))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Outgoing::Empty)
    }
}

impl Engine {
    /// `/v1.41/build` and the like.
    pub(super) fn versioned(&self, path: &str) -> String {
        format!("/v{}{path}", self.api)
    }

    pub(super) fn fault(&self, doing: impl std::fmt::Display, fault: Fault) -> Failure {
        Failure::from_parts(doing, fault.reason, fault.detail, &self.host)
    }

    /// One request, and its answer as far as `read` wants it. Answers of 400 and above are errors.
    pub(super) async fn exchange<T>(
        &self,
        request: Request<Outgoing>,
        first: FirstAnswer,
        read: impl AsyncFnOnce(Response<Incoming>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let socket = self.host.strip_prefix("unix://").unwrap_or(&self.host);
        let stream = within(
            FirstAnswer::Within(CONNECT_LIMIT),
            UnixStream::connect(socket),
        )
        .await?
        .map_err(|error| Fault::lost(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Fault::lost(&error))?;
        let broken = request.body().broken();
        let calls = async {
            let answer = within(first, sender.send_request(request))
                .await?
                .map_err(|error| Fault::lost(&error))?;
            if answer.status().as_u16() >= 400 {
                return Err(refusal(answer).await);
            }
            read(answer).await
        };
        let outcome = alongside(connection.with_upgrades(), calls).await;
        match broken.as_ref().and_then(|broken| broken.get()) {
            Some(why) => Err(Fault::new(Reason::Other, why)),
            None => outcome,
        }
    }
}

/// Waits for `calls` while the connection they need is driven.
async fn alongside<C: Future, F: Future>(connection: C, calls: F) -> F::Output {
    match select(pin!(connection), pin!(calls)).await {
        // The connection's own error reaches the calls, or they have all they need.
        Either::Left((_, calls)) => calls.await,
        Either::Right((output, _)) => output,
    }
}

async fn within<F: Future>(limit: FirstAnswer, future: F) -> Result<F::Output, Fault> {
    match limit {
        FirstAnswer::Whenever => Ok(future.await),
        FirstAnswer::Within(limit) => tokio::time::timeout(limit, future).await.map_err(|_| {
            let text = format!("no answer within {} s", limit.as_secs());
            Fault::new(Reason::Unreachable, text)
        }),
    }
}

/// An answer of 400 and above. Source: Docker Engine API, `ErrorResponse`.
async fn refusal(answer: Response<Incoming>) -> Fault {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    let status = answer.status();
    let body = text(answer.into_body(), ERROR_BYTES).await;
    let message = match serde_json::from_slice::<Refusal>(&body) {
        Ok(refusal) => refusal.message,
        Err(_) => String::from_utf8_lossy(&body).into_owned(),
    };
    match message.trim() {
        "" => Fault::new(
            Reason::of_status(status.as_u16()),
            format!("it answered {status}"),
        ),
        message => Fault::new(Reason::of_status(status.as_u16()), message),
    }
}

/// The first bytes of a body that is expected to be short; whatever came, when the rest does not.
pub(super) async fn text(mut body: Incoming, most: usize) -> Vec<u8> {
    let mut text = Vec::new();
    while text.len() < most
        && let Some(Ok(frame)) = body.frame().await
    {
        text.extend(frame.into_data().unwrap_or_default());
    }
    text.truncate(most);
    text
}

/// Hands each object of the engine's answer to `record`, as it comes.
///
/// # Errors
/// The stream was cut, is no stream of objects, or one of the objects is an error: then the stream's last one.
pub(super) async fn records(
    mut body: Incoming,
    record: &mut dyn FnMut(&[u8]),
) -> Result<(), Fault> {
    let (mut splitter, mut error) = (Splitter::default(), None);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Fault::new(Reason::Unreachable, BROKEN_OFF))?;
        let mut object = |object: &[u8]| {
            error = told_error(object).or(error.take());
            record(object);
        };
        splitter
            .push(&frame.into_data().unwrap_or_default(), &mut object)
            .map_err(|what| Fault::new(Reason::Unreachable, what))?;
    }
    match error {
        Some(text) => Err(Fault::new(Reason::Other, text)),
        None if splitter.is_between() => Ok(()),
        None => Err(Fault::new(Reason::Unreachable, BROKEN_OFF)),
    }
}

/// Source: moby `pkg/jsonmessage`, `JSONMessage`: `errorDetail` and, for old clients, `error` with the same text.
fn told_error(object: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Record {
        error: Option<String>,
        #[serde(rename = "errorDetail")]
        detail: Option<Detail>,
    }
    #[derive(Deserialize)]
    struct Detail {
        #[serde(default)]
        message: String,
    }
    let record: Record = serde_json::from_slice(object).ok()?;
    let texts = [record.detail.map(|detail| detail.message), record.error];
    let text = texts.into_iter().flatten().find(|text| !text.is_empty())?;
    Some(text.trim().to_owned())
}
