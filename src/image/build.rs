//! The build: a judged Dockerfile and a context to an image, on this host's engine.
//!
//! The order is: judge, look whether the push could end well and whether there is anything to build at all, fetch what the
//! build starts from, take the context, build.
//! The engine gets the Dockerfile that was judged, rendered anew, and nothing else. Read next: `dockerfile`, `bases`,
//! `engine_build`, `push`.

use std::collections::BTreeMap;
use std::time::Instant;

use futures_util::future::try_join3;

use super::dockerfile::{Dialect, Dockerfile, Rules, Trust, judge};
use super::engine_build::{Context, EngineBuild, run};
use super::preparation::{Asked, prepare};
use super::request::{BuildRequest, BuilderChoice, Image};
use super::skip;
use super::{Maker, Owner, order, owner, progress, push};
use crate::docker::{Builder, Engine};
use crate::error::{Cause, Class, Error, Result};
use crate::image_ref::ImageRef;

/// The engines whose BuildKit may be asked for. Source: Docker Engine API version history, 1.39 (18.09).
const BUILDKIT_SINCE: usize = 39;

/// Builds, and pushes where that is asked for. `context` is called once, when the request has been admitted.
///
/// # Errors
/// `Refused` for what the job may not do; `Usage` and `Precondition` with what to change; class `Script` where the
/// Dockerfile's own step failed.
pub(crate) async fn build(
    maker: &Maker<'_>,
    request: &BuildRequest,
    context: &mut (dyn FnMut() -> Result<Context> + Send),
) -> Result<Image> {
    let begun = Instant::now();
    let tags = request
        .tags
        .iter()
        .map(|tag| owner::reference(tag, "the tag"))
        .collect::<Result<Vec<_>>>()?;
    let targets = match &request.push {
        Some(_) if tags.is_empty() => {
            return Err(
                Error::usage("there is nothing to push to: the image has no name")
                    .hint("name it: `baws-ci build --push -t REGISTRY/REPOSITORY:TAG …`"),
            );
        }
        Some(_) => push::targets(maker, &tags)?,
        None => Vec::new(),
    };
    let builder = builder(maker.engine, request.builder).await?;
    let dialect = dialect(maker.engine.api().minor(), builder);
    let dockerfile = Dockerfile::parse(&request.dockerfile.0, &dialect)?;
    order::admit(maker, request, builder)?;
    let rules = rules(maker, request);
    let judged = judge(&dockerfile, &rules)?;
    for warning in judged.warnings() {
        maker.warn(warning);
    }
    unused_arguments(maker, request, &dockerfile);
    let asked = Asked {
        tags: &tags,
        dockerfile: &dockerfile,
        judged: &judged,
        rules: &rules,
        builder,
    };
    // All of them only wait for others.
    let looks = (
        push::preflight(maker, &targets),
        order::room(maker),
        skip::look(maker, request, &asked, &targets),
    );
    let ((), (), looked) = try_join3(looks.0, looks.1, looks.2).await?;
    let (taken, may_stand) = skip::take(maker, request, &targets, looked).await?;
    if let Some(image) = taken {
        return Ok(image);
    }
    let prepared = prepare(maker, request, &asked).await?;
    let with_triggers = prepared.with_triggers;
    let names = prepared.order.tags.clone();
    let words = prepared.words;
    let context = context()?;
    let engine_build = EngineBuild {
        order: prepared.order,
        dockerfile: prepared.dockerfile,
        dockerfile_name: request.dockerfile_name.clone(),
        context,
        secrets: secrets(request),
        logins: prepared.logins,
        shared_key: maker.owner.cache_key().unwrap_or("caller").to_owned(),
    };
    let outcome = run(maker, engine_build, &|| words.wording()).await;
    let forgotten = prepared.fetched.forget(maker).await;
    let outcome = outcome?;
    forgotten?;
    maker.note(outcome.summary(begun.elapsed()));
    let mut image = built(maker, outcome).await?;
    if request.push.is_none() {
        names.iter().for_each(|name| maker.uses(name));
    }
    if let (Some(options), Some(image_id)) = (&request.push, image.image_id.clone()) {
        let source = source(maker, &tags, &image_id);
        let pushed = push::push(maker, &source, &targets, options).await;
        let kept = match maker.owner {
            Owner::Caller => Ok(()),
            Owner::Project(_) => keep_for_cache(maker, builder, &tags, &image_id).await,
        };
        let forgotten = match maker.owner {
            Owner::Caller => Ok(()),
            Owner::Project(_) => forget(maker, &names).await,
        };
        (image.pushed, image.scan) = pushed?;
        kept.and(forgotten)?;
        // What a base's own instructions name stands in no key.
        if may_stand && !with_triggers {
            skip::keep(maker, request, &asked, &targets, &image.pushed).await?;
        }
    }
    image.took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(image)
}

async fn built(maker: &Maker<'_>, outcome: progress::Outcome) -> Result<Image> {
    let image_id = outcome.image_id.ok_or_else(|| {
        Error::system("the engine ended the build without an image and without an error")
    })?;
    let facts = maker.engine.image(&image_id).await?;
    Ok(Image {
        image_id: Some(image_id),
        size_bytes: facts.map(|facts| facts.size_bytes),
        steps: outcome.steps,
        cached_steps: outcome.cached_steps,
        ..Image::default()
    })
}

/// The builder that was chosen; else what the engine says it builds with, and where it says nothing what it can.
pub(super) async fn builder(engine: &Engine, choice: BuilderChoice) -> Result<Builder> {
    match choice {
        BuilderChoice::Buildkit => return Ok(Builder::BuildKit),
        BuilderChoice::Classic => return Ok(Builder::Classic),
        BuilderChoice::Auto => {}
    }
    // Source: Docker Engine API, `/_ping`, header `Builder-Version`; engines before 23 have BuildKit and say nothing.
    let said = engine.builder_version().await?;
    Ok(match (said.as_deref(), engine.api().minor()) {
        (Some("1"), _) | (None, ..BUILDKIT_SINCE) => Builder::Classic,
        (Some(_), _) | (None, _) => Builder::BuildKit,
    })
}

pub(super) fn dialect(api_minor: usize, builder: Builder) -> Dialect {
    match builder {
        Builder::BuildKit => Dialect::buildkit(api_minor),
        Builder::Classic => Dialect::classic(),
    }
}

fn rules(maker: &Maker<'_>, request: &BuildRequest) -> Rules {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let host = format!("linux/{architecture}");
    let target = request.platform.clone().unwrap_or_else(|| host.clone());
    let mut platform_args = BTreeMap::new();
    for (prefix, platform) in [("BUILD", &host), ("TARGET", &target)] {
        let mut parts = platform.split('/');
        platform_args.insert(format!("{prefix}PLATFORM"), platform.clone());
        for name in ["OS", "ARCH", "VARIANT"] {
            let part = parts.next().unwrap_or_default().to_owned();
            platform_args.insert(format!("{prefix}{name}"), part);
        }
    }
    Rules {
        trust: match maker.owner {
            Owner::Caller => Trust::Caller,
            Owner::Project(_) => Trust::Job,
        },
        build_args: request.build_args.clone(),
        platform_args,
    }
}

fn unused_arguments(maker: &Maker<'_>, request: &BuildRequest, dockerfile: &Dockerfile) {
    let declared = dockerfile.declared_args();
    let unused: Vec<String> = request
        .build_args
        .keys()
        .filter(|name| !declared.contains(*name) && !order::is_predefined(name))
        .map(|name| format!("`{name}`"))
        .collect();
    if !unused.is_empty() {
        maker.warn(format!(
            "the Dockerfile declares no ARG for {}",
            unused.join(", ")
        ));
    }
}

fn secrets(request: &BuildRequest) -> BTreeMap<String, Vec<u8>> {
    let secrets = request.secrets.iter();
    secrets
        .map(|(id, value)| (id.clone(), value.0.clone()))
        .collect()
}

/// What the engine is to push: the name that was just given, which no other build can move unseen.
fn source(maker: &Maker<'_>, tags: &[ImageRef], image_id: &str) -> String {
    match (maker.owner, tags.first()) {
        (Owner::Caller, Some(tag)) => tag.to_string(),
        (Owner::Caller | Owner::Project(_), _) => image_id.to_owned(),
    }
}

/// The classic builder's cache is its images: one name, the same for every build, goes on holding the last of them.
async fn keep_for_cache(
    maker: &Maker<'_>,
    builder: Builder,
    tags: &[ImageRef],
    image_id: &str,
) -> Result<()> {
    for tag in tags.iter().filter(|_| builder == Builder::Classic) {
        if let Ok(last) = tag.tagged("baws-last")
            && let name = maker.owner.local(&last)
            && let Some((repository, last)) = name.rsplit_once(':')
        {
            maker.engine.tag(image_id, repository, last).await?;
            maker.uses(&name);
        }
    }
    Ok(())
}

/// What was pushed is found in its registry; the name it was built under has done its duty.
async fn forget(maker: &Maker<'_>, names: &[String]) -> Result<()> {
    for name in names {
        maker.engine.untag(name).await?;
    }
    Ok(())
}

/// The failure of the Dockerfile's own step is the job's.
pub(super) fn failed(failure: progress::BuildFailure) -> Error {
    let class = Class::Script(1);
    let error = match &failure.step {
        Some((_, name)) => Error::new(class, format!("the build failed at `{name}`")),
        None => Error::new(class, "the build failed"),
    };
    let error = match failure.exit_code {
        Some(code) => error.caused_by(Cause::line(format!(
            "its program ended with exit code {code}"
        ))),
        None => error.caused_by(Cause::line(&failure.message)),
    };
    let error = match failure.output_tail.last().map(|line| line.trim()) {
        Some(line) if !line.is_empty() => {
            error.caused_by(Cause::line(format!("its last words: {line}")))
        }
        Some(_) | None => error,
    };
    match failure.exit_code {
        Some(137) => error.hint("137 is a kill: often the memory was not enough"),
        Some(_) | None => error,
    }
}
