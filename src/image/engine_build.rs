//! One build on the engine: by BuildKit through a session, or by the classic builder with a tar of everything.
//!
//! Either way a context is a list of entries and a place to ask for the bytes of each; whoever has the files answers,
//! one file after another.

use std::collections::BTreeMap;
use std::time::Instant;

use tokio::sync::mpsc;

use super::Maker;
use super::archive::{self, Archive};
use super::build::failed;
use super::progress::{BuildFailure, Outcome, Reader, Wording};
use crate::docker::{BuildOrder, Builder, Failure, Listed, Login, Offer, Reason, Want};
use crate::error::{Error, Result};
use crate::job::Credential;

/// A build context, wherever its files are.
pub(crate) struct Context {
    pub(crate) entries: Vec<Listed>,
    pub(crate) wants: mpsc::UnboundedSender<Want>,
}

/// All that the engine is given.
pub(super) struct EngineBuild {
    pub(super) order: BuildOrder,
    pub(super) dockerfile: Vec<u8>,
    pub(super) dockerfile_name: String,
    pub(super) context: Context,
    pub(super) secrets: BTreeMap<String, Vec<u8>>,
    pub(super) logins: Vec<Login>,
    /// Under one key the engine keeps the context it got last, to be sent only what changed.
    pub(super) shared_key: String,
}

/// # Errors
/// Class `Script` where a step failed; what the engine says otherwise.
pub(super) async fn run(
    maker: &Maker<'_>,
    build: EngineBuild,
    wording: &dyn Fn() -> Wording,
) -> Result<Outcome> {
    let EngineBuild {
        mut order,
        dockerfile,
        dockerfile_name,
        context,
        secrets,
        logins,
        shared_key,
    } = build;
    let mut reader = Reader::new(wording());
    let mut record = |record: &[u8]| {
        for event in reader.read(record, Instant::now()) {
            (maker.tell)(event);
        }
    };
    let done = match order.builder {
        Builder::BuildKit => {
            order.dockerfile = dockerfile_name;
            let offer = Offer {
                session_name: "baws-ci".to_owned(),
                shared_key,
                dockerfile,
                entries: context.entries,
                wants: context.wants,
                logins,
                secrets,
            };
            maker.engine.build_kit(&order, offer, &mut record).await
        }
        Builder::Classic => {
            order.dockerfile = archive::DOCKERFILE.to_owned();
            let (pieces, body) = mpsc::channel(archive::PIECES);
            let archive = Archive {
                pieces,
                wants: context.wants,
                dockerfile,
            };
            std::thread::Builder::new()
                .name("context".to_owned())
                .spawn(move || archive.send(&context.entries))
                .map_err(|error| Error::system("cannot start a thread").caused_by(error))?;
            let logins: Vec<Credential> = logins
                .into_iter()
                .map(|login| Credential::of(&login.host, &login.user, login.secret))
                .collect();
            maker
                .engine
                .build_classic(&order, &logins, body, &mut record)
                .await
        }
    };
    let outcome = reader.end();
    match (outcome.error, done) {
        (Some(failure), _) => Err(failed(failure)),
        (None, Err(failure)) => Err(refused_by_engine(failure, &wording())),
        (None, Ok(())) => Ok(Outcome {
            error: None,
            ..outcome
        }),
    }
}

/// The engine said no before it began: the classic builder does so about a Dockerfile that it cannot read.
fn refused_by_engine(failure: Failure, wording: &Wording) -> Error {
    match failure.reason {
        Reason::Invalid => failed(BuildFailure {
            message: wording.message(&failure.detail),
            step: None,
            exit_code: None,
            output_tail: Vec::new(),
        }),
        Reason::NotFound
        | Reason::Conflict
        | Reason::Already
        | Reason::Unreachable
        | Reason::Other => failure.into(),
    }
}
