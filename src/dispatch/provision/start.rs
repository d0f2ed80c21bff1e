//! `provision start`: from flags to an order, its execution, and its end.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answer::Answer;
use super::machine::{machine, parameter, states_arn};
use super::who::Who;
use super::work::{self, Record, Started, Watched};
use super::{on_interrupt, pace, source, timeout};
use crate::audit::{Action, Status};
use crate::cli::{ProvisionCatalogArgs, ProvisionOrderArgs, ProvisionStartArgs};
use crate::dispatch::template::pairs;
use crate::env::Var;
use crate::error::{Error, Result};
use crate::output::Output;
use crate::provision::{Again, Choice, Chosen, Order, Orderer, Sent, Until, choose, values_in};
use crate::settings::Settings;

pub(super) async fn start(
    arguments: &ProvisionStartArgs,
    settings: &Settings,
    output: &Output,
) -> Result<()> {
    let timeout = timeout(&arguments.wait)?;
    let order = order(arguments)?;
    let environment = environment(&arguments.catalog)?;
    let catalog = source::catalog(&arguments.catalog, settings, output).await?;
    let to = catalog.choose(&environment, arguments.catalog.provider.as_deref())?;
    is_where_it_was_said(arguments, &to)?;
    let place = &to.provider;
    let prefix = &arguments.machine.prefix;
    let who = Who::of(
        &arguments.who,
        prefix,
        settings,
        &place.account,
        &place.region,
    )
    .await?;
    let machine = machine(&arguments.machine, &who.aws, settings, output).await?;
    is_of_the_same_place(&machine, &to)?;
    let sent = sent(&order, &to, &who, settings, output).await?;
    let answer = Answer::of(&arguments.report, &arguments.machine.prefix, output);
    let again = match arguments.again {
        true => Again::Yes,
        false => Again::No,
    };
    let tell = answer.teller();
    let choice = choose(&who.aws, &machine, &sent, again, pace(settings), &tell).await?;
    if arguments.dry_run {
        answer.plan(&machine, &sent, &choice);
        return Ok(());
    }
    let watched = Watched {
        aws: &who.aws,
        pace: pace(settings),
        timeout,
        until: match arguments.no_wait {
            true => Until::Now,
            false => Until::Ended,
        },
        on_interrupt: on_interrupt(&arguments.wait),
        user: &who.user,
    };
    match choice {
        Choice::Done(execution) => {
            answer.line(format!("`{}` was carried out before", execution.name));
            answer.finish(&answer.plain(*execution))
        }
        Choice::Failed(execution) => {
            answer.line(format!(
                "`{}` was tried before, and is not tried again unasked",
                execution.name
            ));
            let followed = work::watch(&watched, &execution.arn, &answer.quieter()).await?;
            answer.close(&who.aws, followed, Started::No).await
        }
        Choice::Join(execution) => {
            answer.line(format!(
                "`{}` is under way already; following it",
                execution.name
            ));
            let followed = work::watch(&watched, &execution.arn, &answer).await?;
            answer.close(&who.aws, followed, Started::No).await
        }
        Choice::Start(name) => {
            let deed = work::Deed {
                action: action(&order.action),
                account: &to.provider.account,
                region: &to.provider.region,
                component: order.application.clone(),
                subject: states_arn(&machine, "stateMachine")?.machine,
                role: who.acts_as().await?,
                user: &who.user,
                request: format!(
                    "provision {} in {} by {name}",
                    order.boilerplates.join(", "),
                    to.environment
                ),
            };
            let record = Record::begin(deed, settings, output).await?;
            let done = work::started(&watched, &machine, &name, &sent, &answer).await;
            let done = match done {
                Ok(followed) => answer.report(&who.aws, followed, Started::Yes).await,
                Err(error) => {
                    record.end(Status::Failed, &error.to_string()).await;
                    return Err(error);
                }
            };
            let verdict = done.verdict();
            let (status, message) = match &verdict {
                Ok(()) => (
                    Status::Success,
                    format!("{}: {}", done.sentence(), done.execution.arn),
                ),
                Err(error) => (Status::Failed, error.to_string()),
            };
            record.end(status, &message).await;
            answer.finish(&done)
        }
    }
}

fn action(text: &str) -> Action {
    match text.trim() {
        "Create App" => Action::CreateApp,
        "Create Resource" => Action::CreateResource,
        _ => Action::Provision,
    }
}

fn order(arguments: &ProvisionStartArgs) -> Result<Order> {
    let application = arguments.application.clone();
    let application = application.or_else(|| Var::AppShortName.text());
    let order = Order {
        application: application.ok_or_else(|| {
            Error::usage("which application this is for is not said")
                .hint("name it as the argument, or by APP_SHORT_NAME")
        })?,
        action: arguments.order.action.clone(),
        boilerplates: arguments.order.boilerplate.clone(),
        values: values(&arguments.order)?,
    };
    order.check()?;
    Ok(order)
}

fn values(arguments: &ProvisionOrderArgs) -> Result<BTreeMap<String, Value>> {
    let mut values = BTreeMap::new();
    if let Some(path) = &arguments.values {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::usage(format!("cannot read `{shown}`")).caused_by(error))?;
        values.extend(values_in(&shown, &text)?);
    }
    let set = pairs(&arguments.set)?.into_iter();
    values.extend(set.map(|(key, value)| (key, Value::String(value))));
    Ok(values)
}

fn environment(arguments: &ProvisionCatalogArgs) -> Result<String> {
    let variables = [Var::PlatformEnvironment, Var::CiEnvironmentName];
    let named = arguments.environment.clone();
    named
        .or_else(|| variables.into_iter().find_map(Var::text))
        .ok_or_else(|| {
            Error::usage("in which environment is not said")
                .hint("name it by --environment, such as awsenvironment:default/dev")
        })
}

/// Flags that say where it has to be are promises, and no choice.
fn is_where_it_was_said(arguments: &ProvisionStartArgs, to: &Chosen) -> Result<()> {
    let provider = &to.provider;
    let said = [
        ("account", &arguments.account, &provider.account),
        ("region", &arguments.machine.region, &provider.region),
    ];
    for (what, wanted, is) in said {
        if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != is) {
            return Err(Error::precondition(format!(
                "the provider `{}` of `{}` is in the {what} `{is}`, and not in `{wanted}`",
                provider.name, to.environment
            ))
            .hint(format!("leave out --{what}, or choose another provider")));
        }
    }
    Ok(())
}

/// The platform's builds deploy into their own account and region, whatever the order says.
fn is_of_the_same_place(machine: &str, to: &Chosen) -> Result<()> {
    let parts = states_arn(machine, "stateMachine")?;
    let provider = &to.provider;
    if (&parts.account, &parts.region) == (&provider.account, &provider.region) {
        return Ok(());
    }
    Err(Error::precondition(format!(
        "the state machine is in account {} and {}, and the provider `{}` in account {} and {}",
        parts.account, parts.region, provider.name, provider.account, provider.region
    ))
    .hint("its builds would make everything where it is itself: use the state machine of the provider's account"))
}

async fn sent(
    order: &Order,
    to: &Chosen,
    who: &Who,
    settings: &Settings,
    output: &Output,
) -> Result<Sent> {
    let provider = &to.provider;
    let mut found = Vec::new();
    for (name, which) in [
        (
            &provider.vpc_parameter,
            "which holds the provider's network",
        ),
        (
            &provider.cluster_parameter,
            "which holds the provider's cluster",
        ),
    ] {
        // A value that is no name of a parameter is what is wanted itself.
        found.push(match name.starts_with('/') {
            true => parameter(&who.aws, name, which, settings, output).await?,
            false => name.clone(),
        });
    }
    let role = who.acts_as().await?;
    let orderer = Orderer {
        user: &who.user,
        role: &role,
    };
    order.sent(to, &found[0], &found[1], &orderer)
}
