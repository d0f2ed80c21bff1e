//! What every test of the room shares: short ways from a text to a judgement.

mod dialects;
mod differential;
mod exhausting;
mod judging;
mod reading;
mod rendering;
mod scanning;

use std::collections::BTreeMap;

use super::{Dialect, Dockerfile, Rewrites, Rules, Trust, judge, render};
use crate::error::Error;

/// Docker 28.
fn newest() -> Dialect {
    Dialect::buildkit(50)
}

fn rules(trust: Trust) -> Rules {
    Rules {
        trust,
        build_args: map(&[("GIVEN", "given")]),
        platform_args: map(&[("BUILDPLATFORM", "linux/amd64"), ("TARGETARCH", "arm64")]),
    }
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(pair).collect()
}

fn parsed(text: &str) -> Dockerfile {
    Dockerfile::parse(text.as_bytes(), &newest())
        .unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// What a job is told about `text`; empty: nothing.
fn job(text: &str) -> String {
    told(text, &newest(), Trust::Job)
}

fn caller(text: &str) -> String {
    told(text, &newest(), Trust::Caller)
}

fn told(text: &str, dialect: &Dialect, trust: Trust) -> String {
    match Dockerfile::parse(text.as_bytes(), dialect)
        .and_then(|file| judge(&file, &rules(trust)).map(|_| ()))
    {
        Ok(()) => String::new(),
        Err(error) => causes(&error),
    }
}

fn causes(error: &Error) -> String {
    error.causes().join(" / ")
}

/// The engine's Dockerfile for a job, when nothing is rewritten but the remote sources.
fn rendered(text: &str) -> String {
    with(text, &Rewrites::default())
}

fn with(text: &str, rewrites: &Rewrites) -> String {
    let file = parsed(text);
    let judged =
        judge(&file, &rules(Trust::Job)).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let mut rewrites = rewrites.clone();
    rewrites.adds = judged
        .remote_adds()
        .iter()
        .map(|add| (add.index, add.path.clone()))
        .collect();
    let rendered = render(&judged, &rewrites).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    String::from_utf8(rendered.bytes).unwrap()
}
