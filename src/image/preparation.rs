//! Between what was judged and what the engine is given: bases found, remote files fetched, the Dockerfile written anew.

use std::collections::BTreeMap;

use super::dockerfile::{Dockerfile, Judged, LineMap, Rendered, Rewrites, Rules, Trust, render};
use super::request::{BuildRequest, Cache};
use super::{Maker, add, bases, order, progress};
use crate::docker::{BuildOrder, Builder, LayerCache, Login};
use crate::error::Result;
use crate::image_ref::ImageRef;

/// Keeps the cache mounts of one owner apart from those of another. Source: BuildKit,
/// `frontend/dockerfile/dockerfile2llb/convert_runmount.go`.
const CACHE_MOUNT_ARGUMENT: &str = "BUILDKIT_CACHE_MOUNT_NS";

/// What was asked for, read and judged.
pub(super) struct Asked<'a> {
    pub(super) tags: &'a [ImageRef],
    pub(super) dockerfile: &'a Dockerfile,
    pub(super) judged: &'a Judged<'a>,
    pub(super) rules: &'a Rules,
    pub(super) builder: Builder,
}

/// Everything but the context.
pub(super) struct Prepared {
    pub(super) order: BuildOrder,
    pub(super) dockerfile: Vec<u8>,
    pub(super) logins: Vec<Login>,
    pub(super) fetched: add::Fetched,
    pub(super) words: Words,
    /// Instructions of a base image run in this build.
    pub(super) with_triggers: bool,
}

/// How the engine's words become the author's.
pub(super) struct Words {
    names: BTreeMap<String, String>,
    lines: LineMap,
    ours: u32,
    labels: u32,
}

impl Words {
    pub(super) fn wording(&self) -> progress::Wording {
        let lines = self.lines.clone();
        progress::Wording {
            names: self.names.clone(),
            line: Box::new(move |line| {
                u32::try_from(lines.original(line as usize)).unwrap_or(line)
            }),
            ours: self.ours,
            labels: self.labels,
        }
    }
}

/// # Errors
/// `Refused` for what a job may not start from or add; those of registries and of the engine.
pub(super) async fn prepare(
    maker: &Maker<'_>,
    request: &BuildRequest,
    asked: &Asked<'_>,
) -> Result<Prepared> {
    let mut rewrites = Rewrites::default();
    let mut found = bases::Found::default();
    let mut fetched = add::Fetched::default();
    match asked.rules.trust {
        Trust::Job => {
            found = bases::find(maker, request, asked).await?;
            fetched = add::fetch(maker, asked.judged.remote_adds()).await?;
            rewrites.images = found.names.clone();
            rewrites.adds = fetched.paths.clone();
            rewrites.adds_image = fetched.image.clone();
            rewrites.cache = maker.owner.cache_key().map(str::to_owned);
        }
        // The engine finds and fetches with the caller's rights.
        Trust::Caller => {}
    }
    let Rendered {
        bytes,
        lines,
        build_args,
    } = render(asked.judged, &rewrites)?;
    let mut order = order::order(maker, request, asked.builder, asked.tags).await?;
    order.build_args.extend(build_args);
    let mut ours = 0;
    if let Some(key) = maker.owner.cache_key() {
        if asked.builder == Builder::BuildKit {
            let argument = CACHE_MOUNT_ARGUMENT.to_owned();
            order.build_args.insert(argument, key.to_owned());
        }
        ours = u32::try_from(asked.dockerfile.stage_names().len()).unwrap_or(0);
        if found.with_triggers || request.cache == Cache::Ignore {
            // What an image's triggers run comes before the argument that keeps caches apart.
            order.layer_cache = LayerCache::Ignore;
        }
    }
    let names = std::mem::take(&mut found.names)
        .into_iter()
        .map(|(written, engines)| (engines, written));
    let remote = fetched
        .image
        .clone()
        .map(|image| (image, "fetched".to_owned()));
    Ok(Prepared {
        order,
        dockerfile: bytes,
        logins: order::logins(maker, asked.judged, request).await?,
        words: Words {
            names: names.chain(remote).collect(),
            lines,
            ours,
            labels: u32::try_from(request.labels.len()).unwrap_or(0),
        },
        fetched,
        with_triggers: found.with_triggers,
    })
}
