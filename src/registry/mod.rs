//! The workshop for registries: the only place that names reqwest.
//!
//! A small client of the OCI distribution protocol, for what Docker cannot do: looking before a build, giving an image
//! another tag, carrying an image from one registry to another as it is. Logins come from the room above through
//! `LoginSource`. Refuses to send a login to another host or in the clear, and to be redirected to this machine or its
//! metadata. Read next: `send` (one request, with its retries), `manifest`, `blob`, `copy`, `docker_config` (logins outside
//! jobs), `failure`; and `fetch`, which downloads a plain file.
//!
//! Source of the protocol: the OCI distribution specification, version 1.1.

mod address;
mod auth;
mod blob;
mod carry;
mod challenge;
mod client;
mod copy;
mod docker_config;
mod docker_helper;
mod failure;
mod fetch;
mod login;
mod manifest;
mod payload;
mod redirect;
mod refusal;
mod send;
mod upload;

use std::sync::{Arc, Mutex};
use std::time::Instant;

pub(crate) use carry::Moved;
pub(crate) use copy::{Place, copy_image, has_all_of};
pub(crate) use docker_config::DockerConfig;
pub(crate) use failure::{Failure, Reason};
pub(crate) use fetch::{Download, fetch};
pub(crate) use login::{Freshness, Login, LoginSource};

pub(crate) use blob::Mounting;
pub(crate) use manifest::{Descriptor, Manifest};
pub(crate) use upload::{Piece, push_blob};

use crate::error::Result;

/// One registry, as one user, until a point in time.
pub(crate) struct Registry {
    address: address::Address,
    client: client::Client,
    login: Arc<dyn LoginSource>,
    auth: Mutex<auth::Auth>,
    deadline: Instant,
}

impl Registry {
    /// The registry at `host`, with a port where it has one; `docker.io` is Docker Hub. Nothing is sent yet.
    ///
    /// # Errors
    /// `host` is none, or the certificates of this machine cannot be read.
    pub(crate) fn at(host: &str, login: Arc<dyn LoginSource>, deadline: Instant) -> Result<Self> {
        let address = address::Address::of(host)?;
        Ok(Registry {
            client: client::Client::new(address.locality())?,
            auth: Mutex::new(auth::Auth::first(&address)),
            address,
            login,
            deadline,
        })
    }

    /// As it was given.
    pub(crate) fn host(&self) -> &str {
        self.address.host()
    }
}

#[cfg(test)]
mod loopback;
#[cfg(test)]
mod tests;
