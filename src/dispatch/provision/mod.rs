//! `provision` from the command line.
//!
//! Read next: `start` (from flags to an order), `source` (the catalog), `who` (as whom), `machine` (which state machine, which
//! execution), `work` (started, followed, interrupted, and noted in the audit trail), `answer` (what is printed and written).

mod answer;
mod machine;
mod source;
mod start;
mod who;
mod work;

use std::path::Path;
use std::time::Duration;

use crate::audit::{Action, Status};
use crate::aws::{Aws, Execution};
use crate::cli::{
    ProvisionCommand, ProvisionExecutionArgs, ProvisionFollowArgs, ProvisionOutputsArgs,
    ProvisionReportArgs, ProvisionStatusArgs, ProvisionStopArgs, ProvisionWaitArgs,
};
use crate::error::{Error, Result};
use crate::output::Output;
use crate::pipeline;
use crate::provision::{Chosen, Pace, Provider, Until, of_stack, persistently};
use crate::settings::Settings;

use answer::Answer;
use machine::Address;
use who::Who;
use work::{OnInterrupt, Watched};

pub(super) fn provision(
    command: &ProvisionCommand,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    let settings = Settings::load(config)?;
    super::runtime()?.block_on(async {
        match command {
            ProvisionCommand::Start(arguments) => start::start(arguments, &settings, output).await,
            ProvisionCommand::Follow(arguments) => follow(arguments, &settings, output).await,
            ProvisionCommand::Status(arguments) => status(arguments, &settings, output).await,
            ProvisionCommand::Stop(arguments) => stop(arguments, &settings, output).await,
            ProvisionCommand::Outputs(arguments) => outputs(arguments, &settings, output).await,
        }
    })
}

fn pace(settings: &Settings) -> Pace {
    Pace {
        poll: Duration::from_millis(settings.provision.poll_ms.max(1)),
    }
}

fn timeout(wait: &ProvisionWaitArgs) -> Result<Duration> {
    let text = &wait.timeout;
    let secs = pipeline::seconds(text).ok_or_else(|| {
        Error::usage(format!(
            "`--timeout {}` is no duration",
            text.escape_debug()
        ))
        .hint("write one such as `90m`, `1h 30m` or `90` (seconds)")
    })?;
    Ok(Duration::from_secs(secs))
}

fn on_interrupt(wait: &ProvisionWaitArgs) -> OnInterrupt {
    match wait.cancel_on_interrupt {
        true => OnInterrupt::Stop,
        false => OnInterrupt::Leave,
    }
}

/// The execution, and who looks at it.
async fn found(
    arguments: &ProvisionExecutionArgs,
    settings: &Settings,
    output: &Output,
) -> Result<(Address, Who)> {
    let (machine, who) = (&arguments.machine, &arguments.who);
    machine::execution(&arguments.execution, machine, who, settings, output).await
}

/// How long an execution is looked at, and what an interruption means for it.
struct Watch {
    timeout: Duration,
    until: Until,
    on_interrupt: OnInterrupt,
}

async fn watch(
    arguments: &ProvisionExecutionArgs,
    report: &ProvisionReportArgs,
    watch: Watch,
    settings: &Settings,
    output: &Output,
) -> Result<()> {
    let (address, who) = found(arguments, settings, output).await?;
    let answer = Answer::of(report, &arguments.machine.prefix, output);
    let watched = Watched {
        aws: &who.aws,
        pace: pace(settings),
        timeout: watch.timeout,
        until: watch.until,
        on_interrupt: watch.on_interrupt,
        user: &who.user,
    };
    let followed = work::watch(&watched, &address.execution, &answer).await?;
    answer.close(&who.aws, followed, work::Started::No).await
}

async fn follow(
    arguments: &ProvisionFollowArgs,
    settings: &Settings,
    output: &Output,
) -> Result<()> {
    let to_its_end = Watch {
        timeout: timeout(&arguments.wait)?,
        until: Until::Ended,
        on_interrupt: on_interrupt(&arguments.wait),
    };
    let (execution, report) = (&arguments.execution, &arguments.report);
    watch(execution, report, to_its_end, settings, output).await
}

async fn status(
    arguments: &ProvisionStatusArgs,
    settings: &Settings,
    output: &Output,
) -> Result<()> {
    let as_it_is = Watch {
        timeout: Duration::MAX,
        until: Until::Now,
        on_interrupt: OnInterrupt::Leave,
    };
    let (execution, report) = (&arguments.execution, &arguments.report);
    watch(execution, report, as_it_is, settings, output).await
}

/// How an execution stands, or that there is none.
async fn execution(
    arn: &str,
    aws: &Aws,
    settings: &Settings,
    tell: &dyn Fn(String),
) -> Result<Execution> {
    let look = async || aws.execution(arn).await;
    let found = persistently(aws, pace(settings), tell, look).await?;
    found.ok_or_else(|| {
        Error::precondition(format!("there is no execution `{arn}`"))
            .hint("check its name, --region and the account")
    })
}

async fn stop(arguments: &ProvisionStopArgs, settings: &Settings, output: &Output) -> Result<()> {
    let (address, who) = found(&arguments.execution, settings, output).await?;
    let word = *output;
    let tell = move |text: String| word.status(text);
    let arn = address.execution.as_str();
    let look = async || who.aws.execution(arn).await;
    let before = execution(arn, &who.aws, settings, &tell).await?;
    let deed = work::Deed {
        action: Action::StopExecution,
        account: &address.account,
        region: &address.region,
        component: work::application(&before).unwrap_or_else(|| before.name.clone()),
        subject: address.machine.clone(),
        role: who.acts_as().await?,
        user: &who.user,
        request: format!("provision stop {}: {}", before.name, arguments.reason),
    };
    let record = work::Record::begin(deed, settings, output).await?;
    let call = async || {
        who.aws
            .stop_execution(arn, "Stopped", &arguments.reason)
            .await
    };
    let stopped = persistently(&who.aws, pace(settings), &tell, call).await;
    let (status, message) = match &stopped {
        Ok(_) => (Status::Success, format!("stopped: {}", arguments.reason)),
        Err(error) => (Status::Failed, error.to_string()),
    };
    record.end(status, &message).await;
    stopped?;
    let after = persistently(&who.aws, pace(settings), &tell, look).await?;
    let after = after.unwrap_or(before);
    let answer = Answer::silent(arguments.json, &address.machine, output);
    answer.told_as_stopped(after);
    Ok(())
}

async fn outputs(
    arguments: &ProvisionOutputsArgs,
    settings: &Settings,
    output: &Output,
) -> Result<()> {
    let (machine, who) = (&arguments.machine, &arguments.who);
    let answer = Answer::of(&arguments.report, &machine.prefix, output);
    let Some(name) = &arguments.stack else {
        let named = arguments.execution.as_deref().unwrap_or_default();
        let (address, who) = machine::execution(named, machine, who, settings, output).await?;
        let tell = |text: String| output.status(text);
        let found = execution(&address.execution, &who.aws, settings, &tell).await?;
        return answer.outputs_of(found);
    };
    let region = super::gitlab::region(machine.region.as_deref())?;
    let account = crate::env::Var::AwsAccount.text().unwrap_or_default();
    let who = Who::of(who, &machine.prefix, settings, &account, &region).await?;
    let stack = who.aws.stack(name).await?.ok_or_else(|| {
        Error::precondition(format!("there is no stack `{name}` in `{region}`"))
            .hint("the platform calls it APP-ecs-resources, in the second revision APP-ecs-resources-PROVIDER")
    })?;
    let to = Chosen {
        environment: arguments.environment.clone().unwrap_or_default(),
        provider: Provider::named(arguments.provider.as_deref().unwrap_or_default()),
    };
    answer.stack(&stack, of_stack(&stack, &to))
}
