//! Images: built, pushed and promoted by jobs that have no privilege, no Docker socket and no key.
//!
//! Read first: `happy`. Every test has repositories of its own; see `support::Site`.

mod cache;
mod context;
mod credentials;
mod dockerfiles;
mod elsewhere;
mod ended;
mod engine;
mod grants;
mod happy;
mod keys;
mod large;
mod liars;
mod listings;
mod names;
mod options;
mod permissions;
mod promote;
mod pusher;
mod registry;
mod remote;
mod secrets;
mod skip;
mod socket;
mod tars;
