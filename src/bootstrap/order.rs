//! What is asked for, as people say it: a file of ours, Backstage's values, and flags over both. From it, what is wanted.

use std::path::PathBuf;

use serde_json::json;

use super::access::{secret_of, settings, variables, wanted_token};
use super::backstage;
use super::catalog::{Component, Iac, Resource, ResourceKind, Revision, Subtype};
use super::parts::{address, entity, environment, outputs, project_path, provider, texts};
use super::shapes::{BadgeOrder, Order, ProviderOrder};
use super::stopped::Stopped;
use super::wanted::{Register, Templates, Wanted, WantedHook};
use crate::error::Error;
use crate::gitlab::{Badge, Level};

/// What the command line says; it goes before the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `GROUP/NAME`
    pub(crate) project: Option<String>,
    pub(crate) kind: Option<String>,
    /// A file, or `-`.
    pub(crate) from: Option<PathBuf>,
    pub(crate) owner: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) visibility: Option<String>,
    pub(crate) templates: Option<String>,
    /// Where nobody says otherwise.
    pub(crate) usual_templates: String,
    pub(crate) component: bool,
    pub(crate) revision: Option<Revision>,
    /// `NAME=VALUE` each.
    pub(crate) inputs: Vec<(String, String)>,
    /// `NAME` or `NAME=TIER` each.
    pub(crate) environments: Vec<String>,
    pub(crate) region: Option<String>,
}

const SCHEMA: &str = "baws-ci/application/1";
/// Beyond this it is no order.
const MOST_BYTES: u64 = 1 << 20;

/// From flags and, where one is named, the file. `templates` and `backstage_token` come from settings.
///
/// # Errors
/// What is missing or cannot be, all before anything is asked of anybody.
pub(crate) fn order(flags: &Flags) -> Result<Wanted, Stopped> {
    let order = match &flags.from {
        Some(path) => read(path)?,
        None => Order::default(),
    };
    decide(order, flags)
}

fn read(path: &std::path::Path) -> Result<Order, Stopped> {
    let shown = path.display();
    let unread = |error: std::io::Error| {
        Stopped::new(
            "wrong_input",
            Error::usage(format!("cannot read `{shown}`")).caused_by(error),
        )
    };
    let mut text = Vec::new();
    match path.to_str() == Some("-") {
        true => std::io::Read::read_to_end(
            &mut std::io::Read::take(std::io::stdin(), MOST_BYTES + 1),
            &mut text,
        )
        .map_err(unread)?,
        false => {
            let file = std::fs::File::open(path).map_err(unread)?;
            std::io::Read::read_to_end(&mut std::io::Read::take(file, MOST_BYTES + 1), &mut text)
                .map_err(unread)?
        }
    };
    if text.len() as u64 > MOST_BYTES {
        return Err(Stopped::usage(format!("`{shown}` is larger than 1 MiB")));
    }
    parse(&text).map_err(|why| {
        Stopped::usage(format!("`{shown}` does not say what is wanted"))
            .because(crate::rollout::clean(&why, 400))
            .hint("docs/bootstrap.md shows both forms of the file: ours, and Backstage's values")
    })
}

fn parse(text: &[u8]) -> Result<Order, String> {
    // Duplicate keys, anchors that multiply and the like are errors here.
    let value: serde_yaml::Value =
        serde_yaml::from_slice(text).map_err(|error| error.to_string())?;
    let is_backstage = value.get("component_id").is_some() || value.get("values").is_some();
    match is_backstage {
        true => backstage::order(value),
        false => serde_yaml::from_value(value).map_err(|error| error.to_string()),
    }
}

fn decide(order: Order, flags: &Flags) -> Result<Wanted, Stopped> {
    if let Some(other) = order.schema.as_deref().filter(|schema| *schema != SCHEMA) {
        return Err(Stopped::usage(format!(
            "the file's schema is `{}`; this program reads {SCHEMA}",
            crate::rollout::clean(other, 60)
        )));
    }
    let project = flags.project.clone().or(order.project).ok_or_else(|| {
        Stopped::usage("which project is to be made is not said").hint("name it as GROUP/NAME")
    })?;
    let (group, name) = project_path(&project)?;
    let kind = flags.kind.clone().or(order.kind).ok_or_else(|| {
        Stopped::usage("the kind of the application is not said")
            .hint("name it by --kind; `baws-ci template list` lists them")
    })?;
    let description = flags.description.clone().or(order.description);
    let visibility = flags.visibility.clone().or(order.visibility);
    let unsaid = [
        ("description", description.is_none()),
        ("visibility", visibility.is_none()),
    ];
    let unsaid = unsaid
        .into_iter()
        .filter(|(_, is)| *is)
        .map(|(key, _)| key)
        .collect();
    let description = description.unwrap_or_default();
    let visibility = visibility.unwrap_or_else(|| "internal".to_owned());
    if !["private", "internal", "public"].contains(&visibility.as_str()) {
        return Err(Stopped::usage(format!("`{visibility}` is no visibility"))
            .hint("it is private, internal or public"));
    }
    let owner = flags.owner.clone().or(order.owner).ok_or_else(|| {
        Stopped::usage("who owns the application is not said")
            .hint("name the group or user of Backstage by --owner, such as group:default/shop")
    })?;
    let owner = entity(&owner)?;
    let mut inputs = order.inputs;
    for (key, value) in &flags.inputs {
        inputs.insert(key.clone(), json!(value));
    }
    let revision = flags
        .revision
        .or(order.catalog.revision)
        .unwrap_or(Revision::First);
    let mut environments = Vec::new();
    for one in order.environments {
        environments.push(environment(
            &one.name,
            one.tier.as_deref(),
            one.url,
            one.protected,
        )?);
    }
    for text in &flags.environments {
        let (name, tier) = text
            .split_once('=')
            .map_or((text.as_str(), None), |(name, tier)| (name, Some(tier)));
        environments.push(environment(name, tier, None, false)?);
    }
    let variables = variables(order.variables)?;
    let access_token = match order.access_token {
        Some(token) => Some(wanted_token(token, &name, flags.region.as_deref())?),
        None => None,
    };
    let catalog = order.catalog;
    let is_serverless = kind.starts_with("serverless");
    let mut component = Component {
        name: name.clone(),
        title: order.title,
        description: description.clone(),
        owner,
        tags: match catalog.tags.is_empty() {
            true => vec![kind.clone()],
            false => catalog.tags,
        },
        iac: match is_serverless {
            true => Iac::Sam,
            false => Iac::Cdk,
        },
        subtype: match is_serverless {
            true => Subtype::Serverless,
            false => Subtype::Ecs,
        },
        lifecycle: catalog.lifecycle,
        environments: Vec::new(),
        depends_on: catalog.depends_on,
        secret_arn: catalog.secret_arn,
        execution_arn: catalog.execution_arn.clone(),
        outputs: catalog.outputs.into_iter().map(outputs).collect(),
    };
    let resource = catalog.resource.map(|one| Resource {
        name: one.name,
        description: one.description,
        owner: component.owner.clone(),
        kind: match kind.ends_with("-efs") {
            true => ResourceKind::Efs,
            false => ResourceKind::Rds,
        },
        component: name.clone(),
        execution_arn: catalog.execution_arn,
        outputs: texts(one.values),
    });
    if let Some(resource) = &resource {
        component
            .depends_on
            .push(format!("resource:{}", resource.name));
    }
    let register = match order.backstage {
        Some(backstage) => Some(Register {
            token: secret_of(&backstage.token_file)?,
            url: backstage.url,
        }),
        None => None,
    };
    let mut hooks = Vec::new();
    for hook in order.webhooks {
        address(&hook.url, "webhook")?;
        let token = hook.token_file.as_deref().map(secret_of).transpose()?;
        hooks.push(WantedHook {
            url: hook.url,
            token,
        });
    }
    let provider = |one: ProviderOrder| provider(one, &name, &kind);
    let providers = order.providers.into_iter().map(provider).collect();
    let badge = |one: BadgeOrder| Badge {
        name: Some(one.name),
        link_url: one.link,
        image_url: one.image,
        kind: None,
    };
    Ok(Wanted {
        settings: settings(&description, &visibility, order.topics, order.settings)?,
        unsaid,
        group,
        name,
        kind,
        default_branch: order.default_branch.unwrap_or_else(|| "main".to_owned()),
        templates: Templates {
            project: flags
                .templates
                .clone()
                .or(order.templates.project)
                .unwrap_or_else(|| flags.usual_templates.clone()),
            component: flags.component || order.templates.component,
        },
        inputs,
        variables,
        environments,
        branch_levels: (Level::Maintainer, Level::Developer),
        protected_tags: order
            .protected_tags
            .unwrap_or_else(|| vec!["*.*.*".to_owned()]),
        allowed_projects: order.allow_job_tokens_of,
        access_token,
        runners: order.runners,
        hooks,
        badges: order.badges.into_iter().map(badge).collect(),
        component,
        resource,
        revision,
        providers,
        register,
    })
}
