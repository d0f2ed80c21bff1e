//! The session of one BuildKit build: an HTTP/2 server of ours on a connection that we open and the engine then uses.
//!
//! The engine asks here for the Dockerfile, for files of the context, for logins and for secrets, and gets only what the
//! offer holds: no path and no name in a question is ever opened on this host. Anything else is "unimplemented", on which
//! the engine falls back to what it can do itself. Source: moby/buildkit `session/grpc.go`, `session/session.go`,
//! `session/filesync/filesync.go`; moby `client/hijack.go`.
//! Read next: `grpc` (calls), `messages`, `tree` (what is sent), `send` (how).

mod follow;
mod grpc;
mod messages;
mod metadata;
mod send;
#[cfg(test)]
mod tests;
mod tree;
mod wildcard;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::pin::pin;
use std::task::Poll;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hyper::body::Bytes;
use hyper::header::HeaderMap;
use hyper::{Method, Request};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use super::build::request;
use super::wire::{Fault, Outgoing};
use crate::job::Secret;
use grpc::{Call, Code, Status};
use messages::{Credentials, CredentialsAsked, Health, HealthAsked, SecretAsked, SecretGiven};
use tree::Tree;

/// The methods we say we have. The engine only calls what is listed. Health is what it keeps the session alive by.
const METHODS: [&str; 4] = [
    "/grpc.health.v1.Health/Check",
    "/moby.filesync.v1.FileSync/DiffCopy",
    "/moby.filesync.v1.Auth/Credentials",
    "/moby.buildkit.secrets.v1.Secrets/GetSecret",
];

/// HTTP/2 windows for what the engine sends us: requests of ten bytes each, many at once.
const WINDOW: u32 = 1024 * 1024;
/// What may wait in memory to be written, for each call.
const SEND_BUFFER: usize = 1024 * 1024;

/// Everything one build may ask for.
pub(crate) struct Offer {
    pub(crate) session_name: String,
    /// The engine keeps its copy of the context for the next build with the same key.
    pub(crate) shared_key: String,
    pub(crate) dockerfile: Vec<u8>,
    /// In any order. Every directory on the way to an entry is an entry.
    pub(crate) entries: Vec<Listed>,
    pub(crate) wants: mpsc::UnboundedSender<Want>,
    pub(crate) logins: Vec<Login>,
    pub(crate) secrets: BTreeMap<String, Vec<u8>>,
}

/// A login the engine may use to fetch base images.
pub(crate) struct Login {
    /// As the engine names it: host, with a port where there is one. `docker.io`: Docker Hub.
    pub(crate) host: String,
    pub(crate) user: String,
    pub(crate) secret: Secret,
}

/// One entry of the context. The engine takes a file for unchanged when all of this is.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    /// Relative, clean, with `/`.
    pub(crate) path: Vec<u8>,
    pub(crate) kind: ListedKind,
    /// Permissions with set-id and sticky bits: 0o7777 at most.
    pub(crate) mode: u32,
    pub(crate) mtime_ns: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListedKind {
    Directory,
    File {
        size: u64,
    },
    Symlink {
        target: Vec<u8>,
    },
    /// `target`: the path of another entry, a file.
    HardLink {
        target: Vec<u8>,
    },
}

/// A file's bytes are needed: exactly as many as its size says, then the sender is dropped. An `Err` ends the build.
/// Many may be open at once, and they may be served in any order; the same file may be asked for again.
#[derive(Debug)]
pub(crate) struct Want {
    /// In the offer's entries.
    pub(crate) index: usize,
    pub(crate) into: mpsc::Sender<io::Result<Bytes>>,
}

pub(super) struct Session {
    offer: Offer,
    /// The context's entries in the order in which they are sent.
    order: Vec<usize>,
    dockerfile: Vec<Listed>,
    /// Why we could not go on, as the build's failure will say.
    broken: RefCell<Option<String>>,
}

impl Session {
    /// # Errors
    /// The entries are not a tree.
    pub(super) fn new(offer: Offer, dockerfile_name: &str) -> Result<Self, String> {
        let order = tree::order(&offer.entries)?;
        let dockerfile = vec![tree::dockerfile(dockerfile_name, offer.dockerfile.len())];
        Ok(Session {
            offer,
            order,
            dockerfile,
            broken: RefCell::default(),
        })
    }

    /// The request that turns its connection into ours to serve. The engine's route has no version in front.
    pub(super) fn request(&self, id: &str) -> Result<Request<Outgoing>, Fault> {
        let mut headers = vec![
            ("connection", "Upgrade"),
            ("upgrade", "h2c"),
            ("x-docker-expose-session-uuid", id),
            ("x-docker-expose-session-name", &self.offer.session_name),
            ("x-docker-expose-session-sharedkey", &self.offer.shared_key),
        ];
        headers.extend(METHODS.map(|method| ("x-docker-expose-session-grpc-method", method)));
        request(Method::POST, "/session", &headers, Outgoing::Empty)
    }

    pub(super) fn broken(&self) -> Option<String> {
        self.broken.borrow().clone()
    }

    /// Answers calls until the engine ends the connection; returns why it ended.
    pub(super) async fn serve(&self, connection: impl AsyncRead + AsyncWrite + Unpin) -> String {
        let handshake = h2::server::Builder::new()
            .initial_window_size(WINDOW)
            .initial_connection_window_size(2 * WINDOW)
            .max_send_buffer_size(SEND_BUFFER)
            .handshake::<_, Bytes>(connection);
        let mut connection = match handshake.await {
            Ok(connection) => connection,
            Err(error) => return error.to_string(),
        };
        let mut calls = FuturesUnordered::new();
        std::future::poll_fn(move |context| {
            loop {
                match connection.poll_accept(context) {
                    Poll::Ready(Some(Ok((request, answer)))) => {
                        calls.push(self.answer(Call::new(request, answer)));
                    }
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(error.to_string()),
                    Poll::Ready(None) => return Poll::Ready("the engine closed it".to_owned()),
                    Poll::Pending => break,
                }
            }
            // What the calls have to send is written by the connection, which they wake.
            while let Poll::Ready(Some(())) = calls.poll_next_unpin(context) {}
            Poll::Pending
        })
        .await
    }

    async fn answer(&self, mut call: Call) {
        let path = call.path().to_owned();
        let outcome = match path.as_str() {
            "/grpc.health.v1.Health/Check" => {
                call.unary(|_: HealthAsked| Ok(Health::serving())).await
            }
            "/moby.filesync.v1.FileSync/DiffCopy" => self.diff_copy(&mut call).await,
            "/moby.filesync.v1.Auth/Credentials" => {
                call.unary(|asked: CredentialsAsked| Ok(self.credentials(&asked.host)))
                    .await
            }
            "/moby.buildkit.secrets.v1.Secrets/GetSecret" => {
                call.unary(|asked: SecretAsked| self.secret(&asked.id))
                    .await
            }
            _ => Err(Status::new(
                Code::Unimplemented,
                format!("this session has no method `{path}`"),
            )),
        };
        if let Err(status) = &outcome
            && status.breaks_the_build()
        {
            self.broken
                .borrow_mut()
                .get_or_insert_with(|| status.message().to_owned());
        }
        call.end(outcome);
    }

    /// Nothing where we have no login: the engine then asks the registry without one.
    fn credentials(&self, host: &str) -> Credentials {
        // Source: docker CLI `cli/command/image/build_buildkit.go`, buildkit `session/auth/authprovider`: Docker Hub's
        // logins go by another name than its host.
        const HUB: [&str; 4] = [
            "registry-1.docker.io",
            "docker.io",
            "index.docker.io",
            "https://index.docker.io/v1/",
        ];
        let fits = |login: &&Login| {
            login.host == host || (HUB.contains(&host) && HUB.contains(&login.host.as_str()))
        };
        let login = self.offer.logins.iter().find(fits);
        login.map_or(Credentials::default(), |login| Credentials {
            username: login.user.clone(),
            secret: login.secret.reveal().to_owned(),
        })
    }

    fn secret(&self, id: &str) -> Result<SecretGiven, Status> {
        match self.offer.secrets.get(id) {
            Some(data) => Ok(SecretGiven { data: data.clone() }),
            // The engine goes on without it, unless the step says `required`.
            None => Err(Status::new(
                Code::NotFound,
                format!("secret `{id}` was not given"),
            )),
        }
    }

    async fn diff_copy(&self, call: &mut Call) -> Result<(), Status> {
        let tree = self.tree(call.headers())?;
        let (messages, out) = call.open()?;
        let sending = pin!(send::send(&tree, &self.offer.wants, messages, out));
        sending.await
    }

    /// Source: moby/buildkit `session/filesync/filesync.go`, the metadata of `DiffCopy`.
    fn tree(&self, headers: &HeaderMap) -> Result<Tree<'_>, Status> {
        let asked = metadata::values(headers, "dir-name");
        let patterns = metadata::values(headers, "followpaths");
        match asked.first().map(String::as_str) {
            Some("dockerfile") => Ok(Tree::dockerfile(
                &self.dockerfile,
                self.offer.dockerfile.clone().into(),
            )),
            Some("context") => Ok(Tree::context(&self.offer.entries, &self.order, &patterns)),
            other => {
                let name = other.unwrap_or("");
                Err(Status::new(
                    Code::NotFound,
                    format!("the build has no directory `{name}` to offer"),
                ))
            }
        }
    }
}
