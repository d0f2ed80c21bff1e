//! What came of an order, for programs: as JSON, and as a file that `bootstrap-repo` takes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::catalog::Chosen;
use super::outputs::{Outputs, kebab};
use super::tell::{Outcome, Report};
use crate::aws::Stack;
use crate::output::utc;
use crate::rollout::clean;

const SCHEMA: &str = "baws-ci/provision/1";
const LONGEST: usize = 1000;

impl Report {
    /// Schema `baws-ci/provision/1`.
    pub(crate) fn as_json(&self) -> Value {
        let execution = &self.execution;
        let arn: Vec<&str> = execution.arn.split(':').collect();
        let part = |at: usize| arn.get(at).copied().unwrap_or_default();
        let date = |ms: i64| format!("{}.{:03}Z", utc(ms.div_euclid(1000)), ms.rem_euclid(1000));
        let verdict = self.verdict();
        let (values, unread) = match &self.outputs {
            Some(Ok(outputs)) => (outputs.values.clone(), None),
            Some(Err(error)) => (BTreeMap::new(), Some(error.to_string())),
            None => (BTreeMap::new(), None),
        };
        let outputs: Map<String, Value> = values
            .iter()
            .map(|(name, value)| (kebab(name), json!(value)))
            .collect();
        json!({
            "schema": SCHEMA,
            "outcome": self.outcome.word(),
            "exit_code": verdict.as_ref().err().map_or(0, |error| error.class().code()),
            "started": self.started,
            "executionArn": execution.arn,
            "name": execution.name,
            "account": self.value("TARGET_ACCOUNT").unwrap_or_else(|| part(4).to_owned()),
            "region": self.value("TARGET_REGION").unwrap_or_else(|| part(3).to_owned()),
            "ecsClusterArn": self.value("TARGET_ECS_CLUSTER_ARN"),
            "environment": self.value("TARGET_ENV_NAME"),
            "provider": self.value("TARGET_ENV_PROVIDER_NAME"),
            "startDate": date(execution.started_ms),
            "stopDate": execution.stopped_ms.map(date),
            "cfnOutputs": outputs,
            "outputs_unreadable": unread,
            "failure": self.failure(),
            "notes": self.notes(),
        })
    }

    fn failure(&self) -> Value {
        let diagnosis = match (self.outcome, &self.diagnosis) {
            (Outcome::Failed | Outcome::TimedOut | Outcome::Aborted, found) => {
                found.clone().unwrap_or_default()
            }
            (Outcome::Succeeded | Outcome::Running | Outcome::Waited, _) => return Value::Null,
        };
        let trouble = diagnosis.trouble.as_ref();
        let own = |text: &Option<String>| text.as_deref().map(|text| clean(text, LONGEST));
        let stacks = diagnosis.stacks.iter().map(|one| {
            json!({"stack": one.stack, "resource": one.resource, "type": one.kind, "status": one.status, "reason": one.reason})
        });
        json!({
            "state": trouble.map(|one| &one.state),
            "boilerplate": trouble.and_then(|one| one.item.as_ref()),
            "error": trouble.map(|one| one.error.clone()).or_else(|| own(&self.execution.error)),
            "cause": trouble.map(|one| one.cause.clone()).or_else(|| own(&self.execution.cause)),
            "build": trouble.and_then(|one| one.build.as_ref()),
            "phase": diagnosis.phase.as_ref().map(|(phase, said)| json!({"name": phase, "said": said})),
            "log": diagnosis.log,
            "stacks": stacks.collect::<Vec<_>>(),
        })
    }
}

/// An order for `bootstrap-repo --from`: of the catalog only, the rest is said by its flags.
pub(crate) fn application(report: &Report) -> Value {
    let values = match &report.outputs {
        Some(Ok(outputs)) => outputs.values.clone(),
        Some(Err(_)) | None => BTreeMap::new(),
    };
    let environment = report.value("TARGET_ENV_NAME").unwrap_or_default();
    let mut catalog = order(
        "first",
        &environment,
        &report.value("TARGET_ENV_PROVIDER_NAME").unwrap_or_default(),
        &values,
    );
    catalog["catalog"]["execution_arn"] = json!(report.execution.arn);
    catalog
}

/// The same of a stack's own outputs, in the newer revision's shape.
pub(crate) fn of_stack(stack: &Stack, to: &Chosen) -> (Value, Vec<String>) {
    let outputs = Outputs::of(stack.outputs.iter().cloned());
    let mut values = outputs.values;
    values
        .entry("StackName".to_owned())
        .or_insert_with(|| stack.name.clone());
    (
        order("second", &to.environment, &to.provider.name, &values),
        outputs.notes,
    )
}

fn order(
    revision: &str,
    environment: &str,
    provider: &str,
    values: &BTreeMap<String, String>,
) -> Value {
    json!({
        "schema": "baws-ci/application/1",
        "catalog": {
            "revision": revision,
            "depends_on": [format!("awsenvironment:default/{environment}")],
            "outputs": [{"environment": environment, "provider": provider, "values": values}],
        },
    })
}
