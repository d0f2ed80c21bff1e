//! A task definition as ECS wrote it: JSON of which nothing is dropped, known field or not.
//!
//! Typed clients lose fields that are younger than they are; a copy made of them would lose them in production.

use serde_json::Value;

/// What `DescribeTaskDefinition` answers in `taskDefinition`, with `tags` beside its fields where they were asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Definition(Value);

/// Where a container writes its log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Logs {
    pub(crate) group: String,
    pub(crate) region: String,
    /// `None`: streams cannot be told from the task's id.
    pub(crate) stream_prefix: Option<String>,
}

/// Set by ECS, and refused by it in `RegisterTaskDefinition`. Source: ECS API reference, `TaskDefinition` against
/// `RegisterTaskDefinition`.
const SET_BY_ECS: [&str; 8] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
];

impl Definition {
    pub(crate) fn of(value: Value) -> Self {
        Definition(value)
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    /// With its revision.
    pub(crate) fn arn(&self) -> &str {
        self.text("taskDefinitionArn")
    }

    pub(crate) fn family(&self) -> &str {
        self.text("family")
    }

    pub(crate) fn is_active(&self) -> bool {
        self.text("status") != "INACTIVE"
    }

    /// Names and images of its containers, in their order.
    pub(crate) fn images(&self) -> impl Iterator<Item = (&str, &str)> {
        self.containers().filter_map(|one| {
            let name = one.get("name")?.as_str()?;
            Some((name, one.get("image")?.as_str()?))
        })
    }

    /// Whether the image of that container is written so.
    pub(crate) fn has(&self, container: &str, image: &str) -> bool {
        self.images().any(|one| one == (container, image))
    }

    /// The first container that the task does not outlive; a container is essential unless it is said not to be.
    pub(crate) fn first_essential(&self) -> Option<(&str, &str)> {
        let is_essential = |name: &str| {
            let own = self.container(name).and_then(|one| one.get("essential"));
            own.and_then(Value::as_bool) != Some(false)
        };
        self.images().find(|(name, _)| is_essential(name))
    }

    /// `X86_64` or `ARM64`; `None`: not said, which is X86_64 on Fargate and whatever the instance is elsewhere.
    pub(crate) fn cpu_architecture(&self) -> Option<&str> {
        self.0
            .get("runtimePlatform")?
            .get("cpuArchitecture")?
            .as_str()
    }

    /// `LINUX` or a Windows family; `None`: not said, which is Linux.
    pub(crate) fn operating_system(&self) -> Option<&str> {
        self.0
            .get("runtimePlatform")?
            .get("operatingSystemFamily")?
            .as_str()
    }

    /// Whether tasks may need Fargate.
    pub(crate) fn is_for_fargate(&self) -> bool {
        let list = |key: &str| {
            let values = self.0.get(key).and_then(Value::as_array);
            values.is_some_and(|all| all.iter().any(|one| one.as_str() == Some("FARGATE")))
        };
        list("requiresCompatibilities")
    }

    /// `None`: not to CloudWatch Logs.
    pub(crate) fn logs(&self, container: &str) -> Option<Logs> {
        let log = self.container(container)?.get("logConfiguration")?;
        if log.get("logDriver")?.as_str()? != "awslogs" {
            return None;
        }
        let option = |name: &str| {
            let value = log.get("options")?.get(name)?.as_str()?;
            Some(value.to_owned())
        };
        Some(Logs {
            group: option("awslogs-group")?,
            region: option("awslogs-region")?,
            stream_prefix: option("awslogs-stream-prefix"),
        })
    }

    /// What to register for a copy that differs in the images of these containers, `(name, image)`, and in nothing else.
    pub(crate) fn copy_with(&self, images: &[(String, String)]) -> Value {
        let mut copy = self.0.clone();
        let Some(fields) = copy.as_object_mut() else {
            return copy;
        };
        for field in SET_BY_ECS {
            fields.remove(field);
        }
        // Refused where empty.
        if fields
            .get("tags")
            .and_then(Value::as_array)
            .is_some_and(Vec::is_empty)
        {
            fields.remove("tags");
        }
        let containers = fields
            .get_mut("containerDefinitions")
            .and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let named = images
                .iter()
                .find(|(name, _)| container.get("name").and_then(Value::as_str) == Some(name));
            if let Some((_, image)) = named {
                container["image"] = Value::from(image.as_str());
            }
        }
        copy
    }

    fn containers(&self) -> impl Iterator<Item = &Value> {
        let all = self.0.get("containerDefinitions").and_then(Value::as_array);
        all.into_iter().flatten()
    }

    fn container(&self, name: &str) -> Option<&Value> {
        self.containers()
            .find(|one| one.get("name").and_then(Value::as_str) == Some(name))
    }

    fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_copy_keeps_what_it_does_not_know_and_drops_what_ecs_sets() {
        let definition = Definition::of(json!({
            "taskDefinitionArn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/app:3",
            "revision": 3, "status": "ACTIVE", "family": "app", "registeredAt": 1.5, "registeredBy": "x",
            "requiresAttributes": [{"name": "a"}], "compatibilities": ["EC2"], "tags": [],
            "containerDefinitions": [
                {"name": "app", "image": "r/app:latest", "futureOfContainers": {"a": [1]},
                 "logConfiguration": {"logDriver": "awslogs", "options": {
                    "awslogs-group": "/g", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "p"}}},
                {"name": "proxy", "image": "r/proxy:1"}
            ],
            "enableSomethingNew": true
        }));
        let copy = definition.copy_with(&[("app".to_owned(), "r/app@sha256:1".to_owned())]);
        assert_eq!(
            copy,
            json!({
                "family": "app",
                "containerDefinitions": [
                    {"name": "app", "image": "r/app@sha256:1", "futureOfContainers": {"a": [1]},
                     "logConfiguration": {"logDriver": "awslogs", "options": {
                        "awslogs-group": "/g", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "p"}}},
                    {"name": "proxy", "image": "r/proxy:1"}
                ],
                "enableSomethingNew": true
            })
        );
        assert_eq!(definition.logs("app").unwrap().group, "/g");
        assert_eq!(definition.logs("proxy"), None);
        let images: Vec<_> = definition.images().collect();
        assert_eq!(images, [("app", "r/app:latest"), ("proxy", "r/proxy:1")]);
    }
}
