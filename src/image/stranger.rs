//! What a job may read an image from: its grant, and for registries that nobody granted also where they are.
//!
//! The host connects to a registry in the job's stead, from its own network. One on loopback or link-local addresses is
//! the host's own business unless the operator names it. A name that leads elsewhere a moment later is not kept from
//! doing so: the engine looks it up again; nothing but a registry's answer is read from it, and no login is sent.

use std::net::SocketAddr;

use super::Maker;
use super::dockerfile::{check_host, forbidden_address};
use crate::error::{Cause, Error, Result};
use crate::image_ref::ImageRef;
use crate::policy::BaseRight;

/// HTTPS, where the reference names no port.
const USUAL_PORT: u16 = 443;

/// The right to read `image`.
///
/// # Errors
/// `Refused` by the grant, or because of where its registry is.
pub(super) async fn right(maker: &Maker<'_>, image: &ImageRef) -> Result<BaseRight> {
    let right = maker.grant.base(image)?;
    match (&right, image.registry()) {
        (BaseRight::AskRegistry, Some(host)) => {
            let refused = |why: String| {
                Error::refused(format!("a job may not read from the registry `{host}`"))
                    .caused_by(Cause::line(why))
                    .hint(format!(
                        "the operator of the runner may allow it: `bases = [\"{}\"]` in a rule of [[grants]]",
                        image.name()
                    ))
            };
            check_host(host).map_err(refused)?;
            let with_port = match host.contains(':') {
                true => host.to_owned(),
                false => format!("{host}:{USUAL_PORT}"),
            };
            // A name that is not found is the pull's to tell.
            let found = tokio::net::lookup_host(with_port).await;
            let found: Vec<SocketAddr> = found.map(Iterator::collect).unwrap_or_default();
            match found
                .iter()
                .find_map(|one| forbidden_address(one.ip()).map(|why| (one, why)))
            {
                Some((address, why)) => {
                    Err(refused(format!("`{host}` is {}, {why}", address.ip())))
                }
                None => Ok(right),
            }
        }
        (BaseRight::AskRegistry | BaseRight::Named(_) | BaseRight::Public, _) => Ok(right),
    }
}
