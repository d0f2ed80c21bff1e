//! The build context: what of a directory, or of a tar, an engine may want, in which order, and the bytes of each file.
//!
//! Entries first, then one file at a time and by its number: the engine asks for what changed. The order is strict, so
//! that the same files are the same bytes, whether a directory was listed (`walk`) or a tar was read (`unpack`); `encode`
//! writes such entries as a tar. Refuses to follow links, and to open anything but a regular file. What a job says of its
//! context is not believed here: the host's side of the job socket checks each entry.
//! Read next: `entry` (what there is), `ignore` (what stays behind), `read` (the bytes), `dockerfile` (where it is).

mod beneath;
mod dockerfile;
mod encode;
mod entry;
mod ignore;
mod largest;
mod read;
mod sieve;
mod spool;
mod unpack;
mod walk;

#[cfg(test)]
mod tests;

pub(crate) use dockerfile::{Dockerfile, IgnoreFile};
pub(super) use encode::TarEncoder;
pub(super) use entry::{Entry, Kind, Sink, shown};
pub(crate) use ignore::Ignore;
pub(super) use unpack::Content;
pub(crate) use unpack::TarContext;
pub(super) use walk::Listing;
pub(crate) use walk::list;
