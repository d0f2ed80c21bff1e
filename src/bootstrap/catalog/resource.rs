//! The entity of a database or a file system, `.backstage/aws-catalog-info.yaml`; only the older revision has this file.

use super::{EXECUTION, annotate, entity, put, put_map, tags};
use crate::yaml::edit::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResourceKind {
    Rds,
    Efs,
}

#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) owner: String,
    pub(crate) kind: ResourceKind,
    /// Name of the application that uses it.
    pub(crate) component: String,
    pub(crate) execution_arn: Option<String>,
    /// What its stack put out, in its order.
    pub(crate) outputs: Vec<(String, String)>,
}

/// The whole file.
pub(crate) fn render_resource(resource: &Resource) -> String {
    let kind = match resource.kind {
        ResourceKind::Rds => "rds",
        ResourceKind::Efs => "efs",
    };
    let mut metadata = vec![("name".to_owned(), Value::text(resource.name.as_str()))];
    let description = Value::text(resource.description.as_str());
    put(&mut metadata, "description", description);
    put(&mut metadata, "tags", tags(&[kind.to_owned()]));
    let mut annotations = Vec::new();
    if let Some(arn) = &resource.execution_arn {
        put(&mut annotations, EXECUTION, Value::text(arn.as_str()));
    }
    annotate(&mut annotations, &resource.outputs);
    put_map(&mut metadata, "annotations", annotations);
    let component = format!("component:{}", resource.component);
    let spec = vec![
        ("type".to_owned(), Value::text("aws-resource")),
        ("owner".to_owned(), Value::text(resource.owner.as_str())),
        (
            "dependencyOf".to_owned(),
            Value::texts([component.as_str()]),
        ),
    ];
    entity("Resource", metadata, spec)
}
