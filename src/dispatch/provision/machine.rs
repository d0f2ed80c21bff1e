//! Which state machine, and which execution of it: by ARN, or by name and the parameter that names the machine.

use crate::aws::Aws;
use crate::cli::{ProvisionMachineArgs, ProvisionWhoArgs};
use crate::dispatch::gitlab::region;
use crate::env::Var;
use crate::error::{Error, Result};
use crate::output::Output;
use crate::provision::persistently;
use crate::rollout::clean;
use crate::settings::Settings;

use super::who::Who;

/// Where an execution is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// ARN.
    pub(super) execution: String,
    /// The state machine's name.
    pub(super) machine: String,
    pub(super) account: String,
    pub(super) region: String,
}

/// Parts of an ARN of Step Functions.
pub(super) struct StatesArn {
    pub(super) region: String,
    pub(super) account: String,
    /// The machine's name.
    pub(super) machine: String,
}

/// `kind`: `stateMachine` or `execution`.
///
/// # Errors
/// `Usage` for what is none.
pub(super) fn states_arn(arn: &str, kind: &str) -> Result<StatesArn> {
    let parts: Vec<&str> = arn.split(':').collect();
    let count = if kind == "execution" { 8 } else { 7 };
    let sound = |c: char| c.is_ascii_alphanumeric() || ":-_.".contains(c);
    match parts.as_slice() {
        ["arn", partition, "states", region, account, is, machine, ..]
            if *is == kind
                && parts.len() == count
                && partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && arn.chars().all(sound) =>
        {
            Ok(StatesArn {
                region: (*region).to_owned(),
                account: (*account).to_owned(),
                machine: (*machine).to_owned(),
            })
        }
        _ => Err(Error::usage(format!(
            "`{}` is no ARN of a standard {kind}",
            clean(arn, 300)
        ))
        .hint(format!(
            "it looks like arn:aws:states:REGION:ACCOUNT:{kind}:NAME…"
        ))),
    }
}

/// The state machine of the flags, else that of the platform's parameter.
///
/// # Errors
/// `Precondition` without such a parameter.
pub(super) async fn machine(
    arguments: &ProvisionMachineArgs,
    aws: &Aws,
    settings: &Settings,
    output: &Output,
) -> Result<String> {
    if let Some(arn) = &arguments.state_machine {
        return Ok(arn.clone());
    }
    let name = format!(
        "/{}/pipelineStateMachine/arn",
        arguments.prefix.trim_matches('/')
    );
    parameter(
        aws,
        &name,
        "which names the state machine",
        settings,
        output,
    )
    .await
}

/// A parameter that has to be there.
pub(super) async fn parameter(
    aws: &Aws,
    name: &str,
    which: &str,
    settings: &Settings,
    output: &Output,
) -> Result<String> {
    let tell = |text: String| output.status(text);
    let read = async || aws.parameter(name).await;
    let found = persistently(aws, super::pace(settings), &tell, read).await?;
    found.filter(|text| !text.is_empty()).ok_or_else(|| {
        Error::precondition(format!(
            "the parameter `{}`, {which}, is not there",
            clean(name, 300)
        ))
        .hint("check the region, the account and --prefix; the platform's installer makes it")
    })
}

/// `text`: an ARN, or a name alone.
pub(super) async fn execution(
    text: &str,
    arguments: &ProvisionMachineArgs,
    who: &ProvisionWhoArgs,
    settings: &Settings,
    output: &Output,
) -> Result<(Address, Who)> {
    if text.starts_with("arn:") {
        let parts = states_arn(text, "execution")?;
        let who = Who::of(
            who,
            &arguments.prefix,
            settings,
            &parts.account,
            &parts.region,
        )
        .await?;
        return Ok((
            Address {
                execution: text.to_owned(),
                machine: parts.machine,
                account: parts.account,
                region: parts.region,
            },
            who,
        ));
    }
    let given = arguments.state_machine.as_deref();
    let parts = given
        .map(|arn| states_arn(arn, "stateMachine"))
        .transpose()?;
    let (place, account) = match &parts {
        Some(parts) => (parts.region.clone(), parts.account.clone()),
        None => (
            region(arguments.region.as_deref())?,
            Var::AwsAccount.text().unwrap_or_default(),
        ),
    };
    let who = Who::of(who, &arguments.prefix, settings, &account, &place).await?;
    let machine = machine(arguments, &who.aws, settings, output).await?;
    let parts = states_arn(&machine, "stateMachine")?;
    let execution = format!(
        "{}:{text}",
        machine.replacen(":stateMachine:", ":execution:", 1)
    );
    states_arn(&execution, "execution")?;
    Ok((
        Address {
            execution,
            machine: parts.machine,
            account: parts.account,
            region: parts.region,
        },
        who,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_standard_machine_and_its_executions_have_such_arns() {
        let arn = "arn:aws:states:eu-west-1:123456789012:execution:baws:shop-1";
        let parts = states_arn(arn, "execution").unwrap();
        assert_eq!(
            (
                parts.region.as_str(),
                parts.account.as_str(),
                parts.machine.as_str()
            ),
            ("eu-west-1", "123456789012", "baws")
        );
        for wrong in [
            "arn:aws:states:eu-west-1:123456789012:stateMachine:baws",
            "arn:aws:states:eu-west-1:123456789012:express:baws:a:b",
            "arn:aws:states:eu-west-1:1:execution:baws:shop",
            "arn:aws:states:eu-west-1:123456789012:execution:baws:a b",
            "x",
        ] {
            assert!(states_arn(wrong, "execution").is_err(), "{wrong}");
        }
    }
}
