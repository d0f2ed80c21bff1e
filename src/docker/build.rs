//! Builds: an order and its files go in, the engine's records come out.
//!
//! Refuses to read a file: the classic builder is fed a stream, BuildKit a session that offers exactly what it was given.
//! What the records say is for the caller to tell. Read next: `build_order`, `session`.

use std::io;
use std::pin::pin;
use std::sync::{Arc, OnceLock};

use futures_util::future::{Either, select};
use hyper::body::Bytes;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::build_order::{BuildOrder, config_header};
use super::session::{Offer, Session};
use super::wire::{self, Fault, FirstAnswer, Outgoing};
use super::{Engine, Failure, Reason};
use crate::job::Credential;

impl Engine {
    /// Builds with the classic builder from a tar, which is read as fast as the engine takes it. An `Err` among its
    /// pieces ends the build, and is the failure's detail. Dropping the future ends the build too.
    ///
    /// # Errors
    /// The engine's own words about a failed step are the failure's detail; `record` has had them as well.
    pub(crate) async fn build_classic(
        &self,
        order: &BuildOrder,
        logins: &[Credential],
        context: mpsc::Receiver<io::Result<Bytes>>,
        record: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Failure> {
        let body = Outgoing::Pieces {
            pieces: context,
            broken: Arc::new(OnceLock::new()),
        };
        self.build(order, &config_header(logins), body, record)
            .await
            .map_err(|fault| self.fault("build the image", fault))
    }

    /// Builds with BuildKit, which asks for what it lacks. An `Err` instead of a file's bytes ends the build, and is the
    /// failure's detail. Dropping the future ends the build and the session.
    ///
    /// # Errors
    /// As of `build_classic`; the offered entries are not a tree: `Invalid`.
    pub(crate) async fn build_kit(
        &self,
        order: &BuildOrder,
        offer: Offer,
        record: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Failure> {
        self.build_with_session(order, offer, record)
            .await
            .map_err(|fault| self.fault("build the image", fault))
    }

    async fn build_with_session(
        &self,
        order: &BuildOrder,
        offer: Offer,
        record: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Fault> {
        let session = Session::new(offer, order.dockerfile_name())
            .map_err(|what| Fault::new(Reason::Invalid, what))?;
        let connection = self
            .exchange(
                session.request(&order.build_id)?,
                FirstAnswer::SOON,
                async |answer: Response<_>| match answer.status() {
                    hyper::StatusCode::SWITCHING_PROTOCOLS => hyper::upgrade::on(answer)
                        .await
                        .map_err(|error| Fault::lost(&error)),
                    other => Err(Fault::new(
                        Reason::Other,
                        format!("it opened no session: {other}"),
                    )),
                },
            )
            .await?;
        let serving = pin!(session.serve(TokioIo::new(connection)));
        // Logins are asked for in the session.
        let none = config_header(&[]);
        let building = pin!(self.build(order, &none, Outgoing::Empty, record));
        let outcome = match select(building, serving).await {
            Either::Left((outcome, _)) => outcome,
            // A step that runs needs no session: the build says by itself whether it can go on.
            Either::Right((ended, building)) => {
                building.await.map_err(|fault| match fault.reason {
                    Reason::Other => {
                        let detail =
                            format!("{} (the build's session had ended: {ended})", fault.detail);
                        Fault::new(Reason::Other, detail)
                    }
                    Reason::NotFound
                    | Reason::Conflict
                    | Reason::Already
                    | Reason::Invalid
                    | Reason::Unreachable => fault,
                })
            }
        };
        // What broke the build here explains more than what the engine makes of it.
        match session.broken() {
            Some(why) => outcome.map_err(|_| Fault::new(Reason::Other, why)),
            None => outcome,
        }
    }

    async fn build(
        &self,
        order: &BuildOrder,
        logins: &str,
        body: Outgoing,
        record: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Fault> {
        let path = self.versioned("/build") + order.query().as_str();
        let request = request(
            Method::POST,
            &path,
            &[
                ("content-type", "application/x-tar"),
                ("x-registry-config", logins),
            ],
            body,
        )?;
        let mut image = Image::None;
        let mut record = |object: &[u8]| {
            if let Image::None = image
                && names_an_image(object)
            {
                image = Image::Built;
            }
            record(object);
        };
        self.exchange(
            request,
            FirstAnswer::Whenever,
            async |answer: Response<_>| wire::records(answer.into_body(), &mut record).await,
        )
        .await?;
        match image {
            Image::Built => Ok(()),
            Image::None => Err(Fault::new(
                Reason::Unreachable,
                "the build ended without an image and without an error",
            )),
        }
    }
}

enum Image {
    None,
    Built,
}

/// Whether this is the record with the image's id. Source: moby `builder/builder-next/builder.go` and
/// `builder/dockerfile/builder.go`: `{"aux":{"ID":"sha256:…"}}`, by BuildKit with `"id":"moby.image.id"`.
fn names_an_image(object: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Record {
        aux: Aux,
    }
    #[derive(Deserialize)]
    struct Aux {
        #[serde(rename = "ID")]
        id: String,
    }
    serde_json::from_slice::<Record>(object).is_ok_and(|record| !record.aux.id.is_empty())
}

pub(super) fn request(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Outgoing,
) -> Result<Request<Outgoing>, Fault> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "docker");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    // A value that no header can hold, such as a session's name with a newline.
    request
        .body(body)
        .map_err(|error| Fault::new(Reason::Invalid, error.to_string()))
}
