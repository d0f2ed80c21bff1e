//! Task definitions, as JSON of which nothing is lost.

use serde_json::{Value, json};

use crate::aws::json::ECS;
use crate::aws::{Aws, Failure};
use crate::rollout::Definition;

impl Aws {
    /// By ARN, `family:revision`, or `family` for its newest.
    pub(crate) async fn definition(&self, name: &str) -> Result<Definition, Failure> {
        // IAM knows this action on every resource or none. Source: service authorization reference, Amazon ECS.
        let doing = format!("look at the task definition `{name}`");
        let call = || self.json_call(ECS, "DescribeTaskDefinition", "*".to_owned(), &doing);
        let body = json!({"taskDefinition": name, "include": ["TAGS"]});
        let mut answer = self.json(ECS, call(), &body).await?;
        let mut definition = answer["taskDefinition"].take();
        if !definition.is_object() {
            return Err(call().malformed("the answer holds no task definition"));
        }
        let tags = answer["tags"].take();
        if tags.is_array() {
            definition["tags"] = tags;
        }
        Ok(Definition::of(definition))
    }

    /// Makes a revision and tells its ARN. A second call makes another one.
    pub(crate) async fn register_definition(&self, definition: &Value) -> Result<String, Failure> {
        let family = definition["family"].as_str().unwrap_or_default();
        let doing = format!("register a revision of the task definition `{family}`");
        let call = || self.json_call(ECS, "RegisterTaskDefinition", "*".to_owned(), &doing);
        let answer = self.json(ECS, call(), definition).await?;
        match answer["taskDefinition"]["taskDefinitionArn"].as_str() {
            Some(arn) => Ok(arn.to_owned()),
            None => Err(call().malformed("the answer holds no ARN")),
        }
    }
}
