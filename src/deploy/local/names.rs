//! What a container of a local service says of itself, in its labels; and the definition it was made of.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::log_configuration;

/// Not those of jobs: neither cleanup nor sweep takes a service for what a job left.
pub(super) const SERVICE: &str = "baws-ci.service";
const NUMBER: &str = "baws-ci.service.deployment";
const DEFINITION: &str = "baws-ci.service.definition";
/// On a container that never runs: the service is off.
pub(super) const OFF: &str = "baws-ci.service.off";

/// Of a deployed container.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Labels {
    /// Milliseconds since 1970 at which the deployment began.
    pub(super) number: u64,
    pub(super) definition: Value,
}

impl Labels {
    /// `None` for what is none of ours.
    pub(super) fn read(labels: &HashMap<String, String>) -> Option<Self> {
        Some(Labels {
            number: labels.get(NUMBER)?.parse().ok()?,
            definition: serde_json::from_str(labels.get(DEFINITION)?).ok()?,
        })
    }

    pub(super) fn id(&self) -> String {
        id(self.number)
    }

    pub(super) fn revision(&self) -> u32 {
        let number = self.definition["revision"].as_u64();
        number.and_then(|one| u32::try_from(one).ok()).unwrap_or(0)
    }

    pub(super) fn definition_arn(&self) -> String {
        self.definition["taskDefinitionArn"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Of the container, where one is to be reached.
    pub(super) fn port(&self) -> Option<u16> {
        let port = &self.definition["containerDefinitions"][0]["portMappings"][0]["containerPort"];
        port.as_u64().and_then(|port| u16::try_from(port).ok())
    }

    pub(super) fn image(&self) -> String {
        self.definition["containerDefinitions"][0]["image"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

pub(super) fn id(number: u64) -> String {
    format!("ecs-svc/{number}")
}

pub(super) fn labels(service: &str, number: u64, definition: &Value) -> Vec<(String, String)> {
    vec![
        (SERVICE.to_owned(), service.to_owned()),
        (NUMBER.to_owned(), number.to_string()),
        (DEFINITION.to_owned(), definition.to_string()),
    ]
}

/// A first definition, as ECS would have it.
pub(super) fn definition(service: &str, revision: u32, image: &str, port: Option<u16>) -> Value {
    let mut container = json!({
        "name": service, "image": image, "essential": true, "logConfiguration": log_configuration(),
    });
    if let Some(port) = port {
        container["portMappings"] = json!([{"containerPort": port}]);
    }
    let mut definition = json!({"family": service, "containerDefinitions": [container]});
    renumber(&mut definition, service, revision);
    definition
}

/// What ECS sets when a definition is registered.
pub(super) fn renumber(definition: &mut Value, service: &str, revision: u32) {
    definition["taskDefinitionArn"] = json!(arn(service, revision));
    definition["revision"] = json!(revision);
    definition["status"] = json!("ACTIVE");
}

pub(super) fn arn(service: &str, revision: u32) -> String {
    format!("local/{service}:{revision}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_container_says_is_read_back() {
        let definition = definition("app", 3, "hello@sha256:1", Some(8080));
        let written: HashMap<String, String> = labels("app", 17, &definition).into_iter().collect();
        let read = Labels::read(&written).unwrap();
        assert_eq!(
            (
                read.number,
                read.revision(),
                read.image(),
                read.definition_arn()
            ),
            (17, 3, "hello@sha256:1".to_owned(), "local/app:3".to_owned())
        );
        assert_eq!(read.id(), "ecs-svc/17");
        let foreign = HashMap::from([(SERVICE.to_owned(), "app".to_owned())]);
        assert_eq!(Labels::read(&foreign), None);
    }
}
