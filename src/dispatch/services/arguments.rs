//! From flags to a verb, and to where its result goes.

use std::path::Path;

use crate::cli::{
    DeployArgs, IfBusyArg, OnPauseArg, ReportArgs, RestartArgs, RollbackArg, RollbackArgs,
    RunTaskArgs, StartArgs, StatusArgs, StopArgs, StrategyArg, SupersededArg, TargetArgs,
    TargetKind, UntilArg, WaitArgs,
};
use crate::deploy::{
    DeployRequest, IfBusy, OnPause, OneOffRequest, RollbackChoice, ServiceRequest, Strategy,
    Superseded, Until, Verb,
};
use crate::env::Var;
use crate::error::{Error, Result};
use crate::pipeline;

/// What was asked for on the command line.
pub(super) struct Order<'a> {
    pub(super) target: &'a TargetArgs,
    pub(super) verb: Verb,
    pub(super) json: bool,
    pub(super) quiet: bool,
    pub(super) output: Option<&'a Path>,
    pub(super) dotenv: Option<&'a Path>,
    pub(super) report: Option<&'a Path>,
}

impl<'a> Order<'a> {
    fn of(target: &'a TargetArgs, verb: Verb, report: &'a ReportArgs) -> Self {
        Order {
            target,
            verb,
            json: report.json,
            quiet: report.quiet,
            output: report.output.as_deref(),
            dotenv: report.dotenv.as_deref(),
            report: report.report.as_deref(),
        }
    }
}

pub(super) fn deploy(arguments: &DeployArgs) -> Result<Order<'_>> {
    if arguments.port.is_some() && !is_local(&arguments.target) {
        return Err(Error::usage("`--port` is for the local target")
            .hint("ports of an ECS service stand in its task definition"));
    }
    let request = DeployRequest {
        image: image(arguments)?,
        container: arguments.container.clone(),
        strategy: match arguments.strategy {
            StrategyArg::Restart => Strategy::Restart,
            StrategyArg::Pin => Strategy::Pin,
        },
        start: arguments.start,
        if_busy: match arguments.if_busy {
            IfBusyArg::Proceed => IfBusy::Proceed,
            IfBusyArg::Wait => IfBusy::Wait,
            IfBusyArg::Fail => IfBusy::Fail,
        },
        request: service_request(&arguments.wait)?,
        dry_run: arguments.dry_run,
        port: arguments.port,
    };
    let verb = Verb::Deploy(Box::new(request));
    Ok(Order::of(&arguments.target, verb, &arguments.report))
}

pub(super) fn restart(arguments: &RestartArgs) -> Result<Order<'_>> {
    let verb = Verb::Restart(service_request(&arguments.wait)?);
    Ok(Order::of(&arguments.target, verb, &arguments.report))
}

pub(super) fn start(arguments: &StartArgs) -> Result<Order<'_>> {
    if arguments.count == 0 {
        return Err(
            Error::usage("`--count 0` starts nothing").hint("`baws-ci stop` ends the tasks")
        );
    }
    let verb = Verb::Start {
        count: arguments.count,
        request: service_request(&arguments.wait)?,
    };
    Ok(Order::of(&arguments.target, verb, &arguments.report))
}

pub(super) fn stop(arguments: &StopArgs) -> Result<Order<'_>> {
    let verb = match (arguments.remove, is_local(&arguments.target)) {
        (true, true) => Verb::Remove,
        (true, false) => {
            return Err(Error::usage("`--remove` is for the local target")
                .hint("a service of ECS is removed by whoever provisions it"));
        }
        (false, _) => Verb::Stop(service_request(&arguments.wait)?),
    };
    Ok(Order::of(&arguments.target, verb, &arguments.report))
}

pub(super) fn rollback(arguments: &RollbackArgs) -> Result<Order<'_>> {
    let verb = Verb::Rollback {
        to: arguments.to,
        request: service_request(&arguments.wait)?,
    };
    Ok(Order::of(&arguments.target, verb, &arguments.report))
}

pub(super) fn status(arguments: &StatusArgs) -> Order<'_> {
    Order {
        target: &arguments.target,
        verb: Verb::Status {
            watch: arguments.watch,
        },
        json: arguments.json,
        quiet: false,
        output: None,
        dotenv: None,
        report: None,
    }
}

pub(super) fn run_task(arguments: &RunTaskArgs) -> Result<Order<'_>> {
    let pairs = arguments.variables.iter().map(|text| {
        let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
        pair.map(|(key, value)| (key.to_owned(), value.to_owned()))
            .ok_or_else(|| {
                Error::usage(format!("`--env {}` is no KEY=VALUE", text.escape_debug()))
                    .hint("with an empty value: `KEY=`")
            })
    });
    let verb = Verb::RunTask(OneOffRequest {
        image: arguments.image.clone(),
        container: arguments.container.clone(),
        command: arguments.command.clone(),
        environment: pairs.collect::<Result<_>>()?,
        timeout_secs: seconds("--timeout", &arguments.timeout)?,
        token: arguments.token.clone(),
    });
    Ok(Order::of(&arguments.target, verb, &arguments.report))
}

/// Whether all that was named is on this machine's engine.
pub(super) fn is_local(target: &TargetArgs) -> bool {
    let named = || target.services.iter().chain(&target.more_services);
    target.kind == TargetKind::Local
        || (named().next().is_some() && named().all(|name| name.starts_with("local/")))
}

fn service_request(wait: &WaitArgs) -> Result<ServiceRequest> {
    let rollback = |choice| match choice {
        RollbackArg::Leave => RollbackChoice::Leave,
        RollbackArg::Rollback => RollbackChoice::Rollback,
    };
    Ok(ServiceRequest {
        until: match (wait.no_wait, wait.until) {
            (true, _) | (false, UntilArg::Started) => Until::Started,
            (false, UntilArg::Completed) => Until::Completed,
            (false, UntilArg::Healthy) => Until::Healthy,
        },
        timeout_secs: seconds("--timeout", &wait.timeout)?,
        on_failure: rollback(wait.on_failure),
        on_timeout: rollback(wait.on_timeout),
        on_mismatch: rollback(wait.on_mismatch),
        on_pause: match wait.on_pause {
            OnPauseArg::Wait => OnPause::Wait,
            OnPauseArg::Exit => OnPause::Exit,
            OnPauseArg::Continue => OnPause::Continue,
            OnPauseArg::Rollback => OnPause::Rollback,
        },
        superseded: match wait.superseded {
            SupersededArg::Follow => Superseded::Follow,
            SupersededArg::Fail => Superseded::Fail,
        },
        accept_unverified: wait.accept_unverified,
    })
}

fn seconds(flag: &str, text: &str) -> Result<u64> {
    pipeline::seconds(text).ok_or_else(|| {
        Error::usage(format!("`{flag} {}` is no duration", text.escape_debug()))
            .hint("write one such as `20m`, `1h 30m` or `90` (seconds)")
    })
}

/// The image to deploy: as a flag, in a file that a build has written, or as such a file puts it into the environment.
fn image(arguments: &DeployArgs) -> Result<Option<String>> {
    if let Some(image) = &arguments.image {
        return Ok(Some(image.clone()));
    }
    let Some(path) = &arguments.image_file else {
        return Ok(Var::ImageRef.text());
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::usage(format!("cannot read the image from `{}`", path.display()))
            .caused_by(error)
            .hint("it is the file that `baws-ci build --push --dotenv FILE` has written; a job gets it by `needs` or `dependencies`")
    })?;
    let line = text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key == Var::ImageRef.name()).then(|| value.trim().to_owned())
    });
    match line.filter(|value| !value.is_empty()) {
        Some(image) => Ok(Some(image)),
        None => Err(
            Error::usage(format!("there is no image in `{}`", path.display()))
                .hint("the file has a line `IMAGE_REF=repository@sha256:…`, as `baws-ci build --push --dotenv FILE` writes it"),
        ),
    }
}
