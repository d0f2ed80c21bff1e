//! From a request to the engine's order: what each flag becomes, and which of them a job may not use.

use std::collections::BTreeMap;

use super::access::DOCKER_HUB;
use super::dockerfile::Judged;
use super::request::{Bases, BuildRequest, Cache};
use super::{Maker, Owner, bases, owner, stranger};
use crate::docker::{BuildOrder, Builder, LayerCache, Login, PullBase, Ulimit};
use crate::error::{Cause, Error, Result};
use crate::image_ref::ImageRef;
use crate::output;
use crate::policy;
use crate::registry::Freshness;

/// Arguments that need no ARG. Source: Dockerfile reference, "Predefined ARGs".
const PROXIES: [&str; 5] = [
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "no_proxy",
    "all_proxy",
];
/// Makes an image that `--cache-from` can use; it decides nothing else. Source: BuildKit, `docs/` on inline caches.
const INLINE_CACHE: &str = "BUILDKIT_INLINE_CACHE";
/// Shared memory that a job's build steps may have.
const MOST_SHM: u64 = 2 << 30;

pub(super) fn is_predefined(name: &str) -> bool {
    PROXIES.contains(&name.to_lowercase().as_str())
        || name.starts_with("BUILDKIT_")
        || name == "SOURCE_DATE_EPOCH"
}

/// Refuses what a job may not ask for, before anything is done.
///
/// # Errors
/// `Refused` with the flag.
pub(super) fn admit(maker: &Maker<'_>, request: &BuildRequest, builder: Builder) -> Result<()> {
    if builder == Builder::Classic && !request.secrets.is_empty() {
        return Err(Error::usage("the classic builder knows no build secrets")
            .hint("build with BuildKit: leave out `--builder classic`"));
    }
    if *maker.owner == Owner::Caller {
        return Ok(());
    }
    if let Some(name) = request
        .build_args
        .keys()
        .find(|name| PROXIES.contains(&name.to_lowercase().as_str()))
    {
        return Err(Error::refused(format!("a job may not set the proxy of a build (`{name}`)"))
            .caused_by(Cause::line("what comes through a proxy is cached without the proxy's name, for others too"))
            .hint("the operator of the runner sets it for every build: `build_args` in `[executor.requests]`"));
    }
    if let Some(name) = request.build_args.keys().find(|name| {
        name.starts_with("BUILDKIT_") && *name != INLINE_CACHE || *name == "BAWS_CACHE"
    }) {
        return Err(
            Error::refused(format!("the build argument `{name}` is reserved"))
                .hint("leave it out: the host sets it"),
        );
    }
    match request.network.as_deref() {
        None | Some("default" | "none") => {}
        Some(other) => {
            return Err(
                Error::refused(format!("a job's build may not use the network `{other}`"))
                    .hint("leave out `--network`, or use `--network none`"),
            );
        }
    }
    if let Some(host) = request
        .extra_hosts
        .iter()
        .find(|host| host.ends_with("host-gateway"))
    {
        return Err(Error::refused(format!(
            "a job's build may not name its host (`--add-host {host}`)"
        )));
    }
    Ok(())
}

/// The engine's order, without the arguments that keep caches apart.
pub(super) async fn order(
    maker: &Maker<'_>,
    request: &BuildRequest,
    builder: Builder,
    tags: &[ImageRef],
) -> Result<BuildOrder> {
    let build_id = unique()?;
    let shm_bytes = size("--shm-size", request.shm_size.as_deref())?;
    let of_job = *maker.owner != Owner::Caller;
    if of_job && shm_bytes.is_some_and(|bytes| bytes > MOST_SHM) {
        return Err(Error::refused(format!(
            "a job's build may have {} of shared memory",
            output::bytes(MOST_SHM)
        )));
    }
    Ok(BuildOrder {
        builder,
        tags: names(maker, request, tags, &build_id)?,
        build_id,
        build_args: build_args(maker, request),
        labels: request.labels.clone(),
        target: request.target.clone(),
        platform: request.platform.clone(),
        layer_cache: match request.cache {
            Cache::Use => LayerCache::Use,
            Cache::Ignore => LayerCache::Ignore,
        },
        // For a job the host has fetched them.
        pull: match (of_job, request.bases) {
            (false, Bases::Always) => PullBase::Always,
            (false, Bases::IfMissing) | (true, _) => PullBase::Missing,
        },
        cache_from: cache_from(maker, request, builder).await?,
        extra_hosts: request.extra_hosts.clone(),
        shm_bytes,
        ulimits: request
            .ulimits
            .iter()
            .map(|text| ulimit(text))
            .collect::<Result<_>>()?,
        network_mode: request.network.clone(),
        memory_bytes: maker.limits.memory_bytes,
        nano_cpus: maker.limits.nano_cpus,
        ..BuildOrder::default()
    })
}

fn build_args(maker: &Maker<'_>, request: &BuildRequest) -> BTreeMap<String, String> {
    let mut all = request.build_args.clone();
    all.extend(
        maker
            .build_args
            .iter()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    all
}

/// What the engine is to call the image. One that a job pushes has a name of this build's own until it is pushed: another
/// build of the same name, at the same time, takes nothing from it.
fn names(
    maker: &Maker<'_>,
    request: &BuildRequest,
    tags: &[ImageRef],
    build_id: &str,
) -> Result<Vec<String>> {
    if *maker.owner == Owner::Caller || request.push.is_none() {
        return Ok(tags.iter().map(|tag| maker.owner.local(tag)).collect());
    }
    let own: ImageRef = format!("baws/build:{build_id}")
        .parse()
        .map_err(|why: String| Error::system(why))?;
    Ok(vec![maker.owner.local(&own)])
}

/// Layers that a registry keeps decide what a build comes to: for a protected ref only those that no unprotected one may
/// write.
async fn cache_from(
    maker: &Maker<'_>,
    request: &BuildRequest,
    builder: Builder,
) -> Result<Vec<String>> {
    let mut from = Vec::new();
    for text in &request.cache_from {
        let image = owner::reference(text, "--cache-from")?;
        if *maker.owner == Owner::Caller {
            from.push(image.to_string());
            continue;
        }
        stranger::right(maker, &image).await?;
        if maker.grant.is_protected() && maker.grant.is_open_to_unprotected(&image) {
            maker.warn(format!(
                "`--cache-from {image}` is not used: jobs of unprotected refs may push to it, and this ref is protected"
            ));
            continue;
        }
        match builder {
            Builder::BuildKit => from.push(image.canonical().to_string()),
            // It looks at images that are here, and at no others.
            Builder::Classic => match bases::one(maker, &image, "", Bases::IfMissing).await {
                Ok((name, _)) => from.push(name),
                Err(error) => maker.note(format!("Without `--cache-from {image}`: {error}")),
            },
        }
    }
    Ok(from)
}

/// Logins that the engine needs itself: outside a job for what the Dockerfile names; in a job the host has fetched that,
/// and only what `--cache-from` names is left.
pub(super) async fn logins(
    maker: &Maker<'_>,
    judged: &Judged<'_>,
    request: &BuildRequest,
) -> Result<Vec<Login>> {
    let mut names: Vec<&str> = request.cache_from.iter().map(String::as_str).collect();
    if *maker.owner == Owner::Caller {
        names.extend(judged.references().iter().map(|one| one.image.as_str()));
    }
    let mut logins: Vec<Login> = Vec::new();
    for name in names {
        let Ok(image) = name.parse::<ImageRef>() else {
            continue;
        };
        let host = image.registry().unwrap_or(DOCKER_HUB);
        if logins.iter().any(|login| login.host == host) {
            continue;
        }
        let role = stranger::right(maker, &image).await?.role();
        let found = maker
            .access
            .credential(&image, role.as_ref(), Freshness::Cached)
            .await;
        match found {
            Ok(Some(login)) => logins.push(Login {
                host: host.to_owned(),
                user: login.username,
                secret: login.password,
            }),
            Ok(None) => {}
            // The image may be here, or be anybody's to read.
            Err(error) => maker.note(format!("No login for `{host}`: {error}")),
        }
    }
    Ok(logins)
}

fn size(flag: &str, text: Option<&str>) -> Result<Option<u64>> {
    let Some(text) = text else { return Ok(None) };
    let bytes = policy::bytes(flag, text)?;
    Ok(u64::try_from(bytes).ok())
}

/// `name=soft[:hard]`. Source: Docker CLI reference, `--ulimit`.
fn ulimit(text: &str) -> Result<Ulimit> {
    let wrong = || {
        Error::usage(format!("`--ulimit {text}` cannot be read"))
            .hint("write it as `--ulimit nofile=1024:2048`")
    };
    let (name, values) = text.split_once('=').ok_or_else(wrong)?;
    let (soft, hard) = values.split_once(':').unwrap_or((values, values));
    let number = |text: &str| text.parse::<i64>().map_err(|_| wrong());
    Ok(Ulimit {
        name: name.to_owned(),
        soft: number(soft)?,
        hard: number(hard)?,
    })
}

fn unique() -> Result<String> {
    let mut bytes = [0; 16];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| Error::system("the kernel gives no random numbers").caused_by(error))?;
    Ok(crate::digest::hexadecimal(&bytes))
}

/// # Errors
/// `System` where the engine's disk is nearly full: a build that begins then takes the other jobs' room.
pub(super) async fn room(maker: &Maker<'_>) -> Result<()> {
    if maker.min_free_bytes == 0 {
        return Ok(());
    }
    let Some(free) = maker.engine.free_disk().await? else {
        return Ok(());
    };
    if free >= maker.min_free_bytes {
        return Ok(());
    }
    Err(Error::system("there is too little room on the engine's disk for a build")
        .caused_by(Cause::line(format!(
            "{} are free, {} have to be",
            output::bytes(free),
            output::bytes(maker.min_free_bytes)
        )))
        .hint("the operator of this host makes room (`docker system df`, `docker image prune`), or changes `min_free_disk` in `[executor.requests]`"))
}
