//! `build`, `push`, `promote`: over the job socket in a job, on this machine outside one, with the same output.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::audited::{Asker, ImageRecord};
use super::envelope;
use super::push_options::{gate, options};
use crate::agent::DIRECTORY;
use crate::broker::{self, Reached};
use crate::cli::{BuildArgs, OutputArgs, PromoteArgs, PushArgs};
use crate::docker::{Engine, Supply, Want};
use crate::env::{self, Var};
use crate::error::{Error, Result};
use crate::image::{
    self, Access, Context, Event, Files, Image, Maker, OutputFiles, Owner, Place, Progress,
    PromoteRequest, PushRequest, Request, StepLimits, Teller,
};
use crate::output::Output;
use crate::policy::Grant;
use crate::registry::DockerConfig;
use crate::settings::Settings;

/// Bytes of a file are handed on in pieces of this size: the engine's end may hold several of many files at a time.
const PIECE: usize = 64 * 1024;

/// What is asked for, and the build context that goes with it.
struct Ask<'a> {
    request: Request,
    files: Option<Files>,
    output: &'a OutputArgs,
}

pub(super) fn build(arguments: &BuildArgs, config: Option<&Path>, output: &Output) -> Result<()> {
    if arguments.features {
        return super::features::features(arguments, config, output);
    }
    let (request, files, remark) = super::build_request::of(arguments)?;
    for left_out in files.left_out() {
        output.warning(left_out);
    }
    match mode(&arguments.output)? {
        Progress::Auto | Progress::Plain => remark.iter().for_each(|remark| output.status(remark)),
        Progress::Json | Progress::Quiet => {}
    }
    carry_out(
        Ask {
            request: Request::Build(Box::new(request)),
            files: Some(files),
            output: &arguments.output,
        },
        config,
        output,
    )
}

pub(super) fn push(arguments: &PushArgs, config: Option<&Path>, output: &Output) -> Result<()> {
    let also = image::with_tags(&arguments.images, &arguments.tags.tags)?;
    let request = PushRequest {
        images: arguments.images.clone(),
        also,
        options: options(&arguments.gate, &arguments.compression)?,
    };
    carry_out(
        Ask {
            request: Request::Push(request),
            files: None,
            output: &arguments.output,
        },
        config,
        output,
    )
}

pub(super) fn promote(
    arguments: &PromoteArgs,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    let request = PromoteRequest {
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        gate: gate(&arguments.gate),
    };
    carry_out(
        Ask {
            request: Request::Promote(request),
            files: None,
            output: &arguments.output,
        },
        config,
        output,
    )
}

fn mode(arguments: &OutputArgs) -> Result<Progress> {
    if arguments.quiet {
        return Ok(Progress::Quiet);
    }
    arguments.progress.parse().map_err(|why| {
        Error::usage(format!(
            "`--progress {}` cannot be: {why}",
            arguments.progress
        ))
    })
}

/// Asks the host in a job, does it here otherwise; tells, prints and writes what came of it.
fn carry_out(ask: Ask<'_>, config: Option<&Path>, output: &Output) -> Result<()> {
    let place = match Var::GitlabCi.text() {
        Some(_) => Place::JobLog,
        None => Place::Elsewhere,
    };
    let teller = Mutex::new(Teller::new(*output, mode(ask.output)?, place));
    let tell = |event: &Event| {
        let mut teller = teller.lock().unwrap_or_else(PoisonError::into_inner);
        teller.tell(event, Instant::now());
    };
    let done = ticking(&teller, || match broker::reach(Path::new(DIRECTORY))? {
        Reached::Host(call) => {
            let mut request = serde_json::to_value(&ask.request).map_err(unwritable)?;
            let logins = DockerConfig::of_job()?;
            request[envelope::LOGINS] = serde_json::to_value(logins).map_err(unwritable)?;
            let supply = ask.files.as_ref().map(|files| files as &dyn Supply);
            let value = call.make(request, supply, &mut |event| {
                if let Ok(event) = serde_json::from_slice(event) {
                    tell(&event);
                }
            })?;
            serde_json::from_value(value)
                .map_err(|error| Error::system("the host's answer cannot be read").caused_by(error))
        }
        Reached::NoJob => here(&ask.request, ask.files, config, &|event| tell(&event)),
    });
    teller
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .finish();
    let image: Image = done?;
    image.write(&OutputFiles {
        dotenv: ask.output.dotenv.as_deref(),
        iidfile: ask.output.iidfile.as_deref(),
        metadata: ask.output.metadata_file.as_deref(),
    })?;
    match ask.output.json {
        true => output.data(format!("{}\n", image.json())),
        false => output.data(image.lines()),
    }
    Ok(())
}

/// Lets the teller show, about once a second, that long steps live.
fn ticking<T>(teller: &Mutex<Teller>, work: impl FnOnce() -> T) -> T {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while stopped.recv_timeout(Duration::from_secs(1))
                == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                let mut teller = teller.lock().unwrap_or_else(PoisonError::into_inner);
                teller.tick(Instant::now());
            }
        });
        let done = work();
        drop(stop);
        done
    })
}

/// Outside a job: this machine's engine, the caller's credentials.
fn here(
    request: &Request,
    files: Option<Files>,
    config: Option<&Path>,
    tell: &(dyn Fn(Event) + Send + Sync),
) -> Result<Image> {
    let settings = Settings::load(config)?;
    let engine = Engine::connect(&settings.docker, None)?;
    let state = callers_state()?;
    let access = Access::of_caller(&settings.aws, state.join("tokens"))?;
    let maker = Maker {
        engine: &engine,
        access: &access,
        grant: &Grant::of_caller(),
        owner: &Owner::Caller,
        ecr: &settings.aws.ecr,
        limits: StepLimits::default(),
        build_args: &std::collections::BTreeMap::new(),
        state: &state,
        used: None,
        min_free_bytes: 0,
        tell,
    };
    let warn = |text: String| tell(Event::Warning(text));
    let record = ImageRecord::begin(
        request,
        maker.grant,
        Asker::Caller,
        None,
        &settings,
        &state,
        &warn,
    );
    let record = engine.block_on(record)?;
    let mut files = files;
    let mut context = || {
        let files = files
            .take()
            .ok_or_else(|| Error::system("there is no build context"))?;
        context_of(files)
    };
    let done = engine.until_interrupted(make(&maker, request, &mut context));
    engine.block_on(record.end(&done));
    done
}

/// Does what is asked for, here or for a job.
pub(super) async fn make(
    maker: &Maker<'_>,
    request: &Request,
    context: &mut (dyn FnMut() -> Result<Context> + Send),
) -> Result<Image> {
    match request {
        Request::Build(request) => image::build(maker, request, context).await,
        Request::Push(request) => image::push_built(maker, request).await,
        Request::Promote(request) => image::promote(maker, request).await,
        Request::Features { .. } => Err(Error::usage("features are no image")),
    }
}

/// Serves a context from a thread of its own.
fn context_of(files: Files) -> Result<Context> {
    let entries = files.listed().to_vec();
    let (wants, mut wanted) = mpsc::unbounded_channel::<Want>();
    std::thread::Builder::new()
        .name("context".to_owned())
        .spawn(move || {
            while let Some(want) = wanted.blocking_recv() {
                serve(&files, want);
            }
        })
        .map_err(|error| Error::system("cannot start a thread").caused_by(error))?;
    Ok(Context { entries, wants })
}

fn serve(files: &Files, want: Want) {
    let read = files.read(want.index, &mut |bytes| {
        bytes.chunks(PIECE).try_for_each(|piece| {
            let sent = want.into.blocking_send(Ok(piece.to_vec().into()));
            sent.map_err(|_| std::io::ErrorKind::BrokenPipe.into())
        })
    });
    if let Err(error) = read
        && want
            .into
            .blocking_send(Err(std::io::Error::other(error.to_string())))
            .is_err()
    {
        // The engine does not want it any more.
    }
}

pub(super) fn callers_state() -> Result<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/baws-ci/caller"));
    }
    env::users_state().ok_or_else(|| {
        Error::usage("there is no directory for this program's state").hint("set HOME")
    })
}

pub(super) fn unwritable(error: serde_json::Error) -> Error {
    Error::system("cannot write the request").caused_by(error)
}

/// Everything on stdin.
pub(super) fn stdin(most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
