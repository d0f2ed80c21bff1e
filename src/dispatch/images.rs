//! `images`: the operator's view of what this host keeps, its collector, and fetching in advance.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::agent::DIRECTORY;
use crate::broker::{self, Reached};
use crate::cache::{self, Kind, Ledger, Mode};
use crate::cli::{CollectArgs, ImagesArgs, ImagesCommand, WarmArgs};
use crate::docker::Engine;
use crate::error::{Class, Error, Result};
use crate::executor;
use crate::image::{self, Access, Event, Maker, Owner, StepLimits};
use crate::image_ref::ImageRef;
use crate::output::Output;
use crate::policy::{self, Grant};
use crate::settings::Settings;

/// Characters of an image's id that tell it from others.
const SHORT_ID: usize = 12;

/// A host, its engine and what its jobs wrote down.
struct Host {
    settings: Settings,
    engine: Engine,
    ledger: Ledger,
    state: std::path::PathBuf,
}

impl Host {
    fn of(config: Option<&Path>) -> Result<Self> {
        if let Reached::Host(_) = broker::reach(Path::new(DIRECTORY))? {
            return Err(
                Error::refused("a job may not look at what its host keeps for others")
                    .hint("the operator of the runner calls `baws-ci images` on the host"),
            );
        }
        let settings = Settings::load(config)?;
        let state = executor::state(&settings)?;
        Ok(Host {
            engine: Engine::connect(&settings.docker, None)?,
            ledger: Ledger::of_host(&state),
            settings,
            state,
        })
    }

    fn budget(&self, flag: Option<&str>) -> Result<Option<u64>> {
        let given = flag.map(|text| ("--budget", text));
        let known = self.settings.cache.budget.as_deref();
        let Some((key, text)) = given.or_else(|| known.map(|text| ("cache.budget", text))) else {
            return Ok(None);
        };
        Ok(Some(policy::bytes(key, text)?.unsigned_abs()))
    }
}

pub(super) fn images(arguments: &ImagesArgs, config: Option<&Path>, output: &Output) -> Result<()> {
    let host = Host::of(config)?;
    match &arguments.command {
        None => list(&host, arguments, output),
        Some(ImagesCommand::Collect(arguments)) => collect(&host, arguments, output),
        Some(ImagesCommand::Warm(arguments)) => warm(&host, arguments, output),
    }
}

/// The image under a name that nothing moves: by the digest that its registry has it under, fetched with the host's own logins;
/// one that no registry has is given its id as its tag.
pub(super) fn pinned(name: &str, config: Option<&Path>, output: &Output) -> Result<String> {
    let host = Host::of(config)?;
    let engine = &host.engine;
    let here = engine.block_on(engine.image(name))?;
    if let Some(facts) = here.filter(|facts| facts.digests.is_empty()) {
        let id = facts.id.rsplit(':').next().unwrap_or_default();
        let tag = id.get(..SHORT_ID).unwrap_or(id);
        let repository = name
            .parse::<ImageRef>()
            .map(|image| image.name().to_owned());
        let repository = repository.map_err(|error| Error::usage(error.to_string()))?;
        engine.block_on(engine.tag(name, &repository, tag))?;
        let pinned = format!("{repository}:{tag}");
        output.status(format!("`{name}` is here, and is `{pinned}` from now on"));
        return Ok(pinned);
    }
    let name = fetch(&host, name, output)?;
    let facts = engine.block_on(engine.image(&name))?;
    let digests = facts.map(|facts| facts.digests).unwrap_or_default();
    let own = |pinned: &String| cache::same_repository(pinned, &name);
    digests
        .into_iter()
        .find(own)
        .ok_or_else(|| Error::system(format!("the engine knows no digest of `{name}`")))
}

/// Gives the name under which the engine has it.
fn fetch(host: &Host, name: &str, output: &Output) -> Result<String> {
    let access = Access::of_caller(&host.settings.aws, host.state.join("tokens"))?;
    let maker = Maker {
        engine: &host.engine,
        access: &access,
        grant: &Grant::of_caller(),
        owner: &Owner::Caller,
        ecr: &host.settings.aws.ecr,
        limits: StepLimits::default(),
        build_args: &std::collections::BTreeMap::new(),
        state: &host.state,
        used: None,
        min_free_bytes: 0,
        tell: &|event| match event {
            Event::Note(text) => output.status(text),
            Event::Warning(text) => output.warning(text),
            Event::StepBegun { .. }
            | Event::StepSaid { .. }
            | Event::StepEnded { .. }
            | Event::Moved { .. } => {}
        },
    };
    let fetched = host.engine.until_interrupted(image::fetch(&maker, name));
    fetched.and_then(|name| {
        let noted = host.ledger.note(Kind::Image, &name);
        noted.map_err(|error| {
            Error::system("cannot write down what was fetched").caused_by(error)
        })?;
        Ok(name)
    })
}

fn list(host: &Host, arguments: &ImagesArgs, output: &Output) -> Result<()> {
    let budget = host.budget(None)?;
    let warm = &host.settings.cache.warm;
    let held = host
        .engine
        .until_interrupted(cache::held(&host.engine, &host.ledger, warm))?;
    let project = arguments.project.as_deref();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_secs());
    output.data(match arguments.json {
        true => cache::as_json(&held, budget, project),
        false => cache::table(&held, budget, project, now),
    });
    Ok(())
}

fn collect(host: &Host, arguments: &CollectArgs, output: &Output) -> Result<()> {
    let budget = host.budget(arguments.budget.as_deref())?.ok_or_else(|| {
        Error::usage("there is no budget to collect for")
            .hint("name it by --budget, or set `budget` in `[cache]` of the settings: `executor sweep` keeps to that one too")
    })?;
    let mode = match arguments.dry_run {
        true => Mode::DryRun,
        false => Mode::Remove,
    };
    let warm = &host.settings.cache.warm;
    let work = cache::collect(&host.engine, &host.ledger, warm, budget, mode);
    let done = host.engine.until_interrupted(work)?.ok_or_else(|| {
        Error::precondition("another process makes room on this host")
            .hint("it is a job, a sweep or another collector; run this again when it is done")
    })?;
    let (told, warning) = cache::collected(&done, mode);
    if arguments.json {
        let mut value = serde_json::json!(done);
        value["schema"] = "baws-ci/images-collected/1".into();
        value["dry_run"] = arguments.dry_run.into();
        output.data(format!("{value}\n"));
    } else {
        let lines = done.removed.iter().map(|gone| {
            let size = crate::output::bytes(gone.own_bytes);
            format!("{} {} ({size})\n", gone.kind, gone.name)
        });
        output.data(lines.collect::<String>());
    }
    output.status(told);
    warning.iter().for_each(|warning| output.warning(warning));
    Ok(())
}

fn warm(host: &Host, arguments: &WarmArgs, output: &Output) -> Result<()> {
    let names = match arguments.images.is_empty() {
        true => &host.settings.cache.warm,
        false => &arguments.images,
    };
    if names.is_empty() {
        return Err(Error::usage("there is no image to fetch")
            .hint("name some, or list them as `warm` in `[cache]` of the settings"));
    }
    let mut failed = None;
    for name in names {
        if let Err(error) = fetch(host, name, output) {
            if matches!(error.class(), Class::Cancelled(_)) {
                return Err(error);
            }
            output.error(&error);
            failed = Some(error.class());
        }
    }
    match failed {
        Some(class) => Err(Error::new(class, "")),
        None => Ok(()),
    }
}
