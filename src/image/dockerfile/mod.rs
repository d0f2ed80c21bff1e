//! Dockerfiles: read, judged, and written anew for the engine.
//!
//! In a job the file is an untrusted developer's and the engine is the host's. So the engine never gets the author's
//! bytes: what was parsed here is judged and rendered, and where two builders could read a text in two ways it is refused.
//! Pure: no file, no network. Tour: `text` (bytes → lines), `scan` (lines → instructions; `directive`, `instruction`,
//! `heredoc`, `lex`, `json`, `pairs`), `model` (stages), `judge` (`add`, `run`, `references`, `scope`, `address`, `url`),
//! `rewrite` and `render`. `dialect`: what the engine's builder knows.

mod add;
mod address;
mod dialect;
mod directive;
mod fault;
mod heredoc;
mod instruction;
mod json;
mod judge;
mod keyword;
mod lex;
mod model;
mod mount;
mod pairs;
mod references;
mod render;
mod rewrite;
mod risk;
mod rules;
mod run;
mod scan;
mod scope;
mod text;
mod url;

#[cfg(test)]
mod tests;

pub(crate) use add::RemoteAdd;
pub(crate) use address::forbidden_address;
pub(crate) use dialect::{Dialect, Support};
pub(crate) use judge::{Judged, judge, judge_triggers};
pub(crate) use model::Dockerfile;
pub(crate) use references::{Place, Reference};
pub(crate) use render::{LineMap, Rendered, render};
pub(crate) use rewrite::Rewrites;
pub(crate) use rules::{Rules, Trust};
pub(super) use url::check_host;
