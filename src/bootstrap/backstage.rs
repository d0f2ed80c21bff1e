//! Backstage's own values, as its scaffolder hands them to a template of the platform, as an order.
//!
//! Source of the names: the platform's templates, `fetch:template` step, both revisions. What is not known here is passed over:
//! templates pass on whatever their forms ask for.

use serde_json::{Map, Value, json};

use super::catalog::Revision;
use super::shapes::{
    CatalogOrder, EnvironmentOrder, Order, OutputsOrder, ResourceOrder, TokenOrder, VariableOrder,
};
use crate::job::Secret;

/// Where stack outputs stand among the values.
const OUTPUTS: [&str; 2] = ["aws_bp_outputs", "aws_ecs_bp_outputs"];
/// Those of a database or a file system, with the names of its id and its description.
const RESOURCES: [[&str; 3]; 2] = [
    ["aws_rds_bp_outputs", "rds_resource_id", "rds_description"],
    ["aws_efs_bp_outputs", "efs_resource_id", "efs_description"],
];

pub(super) fn order(value: serde_yaml::Value) -> Result<Order, String> {
    let value = serde_json::to_value(value).map_err(|error| error.to_string())?;
    let inner = value.get("values").cloned().unwrap_or(value);
    let Value::Object(values) = inner else {
        return Err("Backstage's values are no object".to_owned());
    };
    let text = |name: &str| {
        values
            .get(name)
            .and_then(plain)
            .filter(|text| !text.is_empty())
    };
    let name = text("component_id").ok_or("`component_id` is missing")?;
    let environment = text("aws_environment");
    let provider = text("aws_environment_provider").or_else(|| text("aws_environment_short_name"));
    let account = text("aws_account");
    let region = text("aws_region");
    let map = |key: &str| match values.get(key) {
        Some(Value::Object(found)) => found.clone(),
        Some(_) | None => Map::new(),
    };
    let outputs: Map<String, Value> = OUTPUTS.into_iter().flat_map(map).collect();
    let resource = RESOURCES
        .into_iter()
        .find_map(|[outputs, id, description]| {
            Some(ResourceOrder {
                name: text(id)?,
                description: text(description).unwrap_or_default(),
                values: map(outputs),
            })
        });
    let second =
        text("revision").as_deref() == Some("second") || values.contains_key("platform_region");
    let mut order = Order {
        project: Some(format!("{}/{name}", owner_group(&values))),
        kind: text("kind").or_else(|| text("template")),
        title: text("title"),
        description: text("description"),
        owner: text("owner"),
        ..Order::default()
    };
    if let Some(Value::Object(inputs)) = values.get("inputs") {
        order.inputs = inputs.clone();
    }
    if let Some(port) = text("app_port") {
        order.variables.push(variable("PORT", port));
    }
    if let (Some(account), Some(region)) = (&account, &region) {
        let suffix = match region.starts_with("cn-") {
            true => "amazonaws.com.cn",
            false => "amazonaws.com",
        };
        order.variables.extend([
            variable("AWS_ACCOUNT", account.clone()),
            variable("AWS_DEFAULT_REGION", region.clone()),
            variable(
                "ECR_REGISTRY",
                format!("{account}.dkr.ecr.{region}.{suffix}"),
            ),
            variable(
                "ECR_REPO",
                repository(&outputs).unwrap_or_else(|| name.clone()),
            ),
        ]);
    }
    if let Some(bucket) = text("aws_bucket_name") {
        order.variables.push(variable("AWS_BUCKET_NAME", bucket));
    }
    if let Some(environment) = &environment {
        order.environments.push(EnvironmentOrder {
            name: environment.clone(),
            ..EnvironmentOrder::default()
        });
        order
            .inputs
            .entry("lower_environment")
            .or_insert_with(|| json!(environment));
    }
    if let Some(region) = region {
        order.access_token = Some(TokenOrder {
            region: Some(region),
            ..TokenOrder::default()
        });
    }
    order.catalog = CatalogOrder {
        revision: Some(match second {
            true => Revision::Second,
            false => Revision::First,
        }),
        execution_arn: text("aws_pipeline_arn"),
        secret_arn: text("aws_secret_repo_arn"),
        depends_on: environment
            .iter()
            .map(|name| format!("awsenvironment:default/{name}"))
            .collect(),
        outputs: match outputs.is_empty() {
            true => Vec::new(),
            false => vec![OutputsOrder {
                environment: environment.unwrap_or_default(),
                provider: provider.unwrap_or_default(),
                values: outputs,
            }],
        },
        resource,
        ..CatalogOrder::default()
    };
    Ok(order)
}

/// The group of `destination`, which is an object, or a text such as `git.example?owner=aws-app&repo=shop`.
fn owner_group(values: &Map<String, Value>) -> String {
    let named = |text: &str| {
        let query = text.split_once('?').map_or(text, |(_, query)| query);
        let owner = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("owner="));
        owner.map(|owner| owner.replace("%2F", "/"))
    };
    let destination = values.get("destination").or_else(|| values.get("repoUrl"));
    let found = match destination {
        Some(Value::Object(parts)) => parts.get("owner").and_then(plain),
        Some(Value::String(text)) => named(text),
        _ => None,
    };
    // The platform allows its own group alone.
    found.unwrap_or_else(|| "aws-app".to_owned())
}

/// The name behind the registry of `bawsEcrRepositoryUri`.
fn repository(outputs: &Map<String, Value>) -> Option<String> {
    let uri = outputs.iter().find(|(name, _)| {
        name.to_ascii_lowercase()
            .replace('-', "")
            .ends_with("ecrrepositoryuri")
    });
    uri.and_then(|(_, uri)| Some(plain(uri)?.split_once('/')?.1.to_owned()))
}

fn variable(key: &str, value: String) -> VariableOrder {
    VariableOrder {
        key: key.to_owned(),
        value: Some(Secret::new(value)),
        ..VariableOrder::default()
    }
}

/// Texts and numbers; account ids come as both.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
