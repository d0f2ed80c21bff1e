//! What a DynamoDB table is keyed by. Source: DynamoDB API reference, `DescribeTable`.

use serde_json::{Value, json};

use super::failure::if_any;
use super::json::DYNAMODB;
use super::{Aws, Failure};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schema {
    /// `ACTIVE` and others.
    pub(crate) status: String,
    /// Partition key first; each with its type (`S`, `N`, `B`).
    pub(crate) keys: Vec<(String, String)>,
}

impl Aws {
    /// `None`: there is no such table.
    pub(crate) async fn schema(&self, table: &str) -> Result<Option<Schema>, Failure> {
        let doing = format!("look at the table `{table}`");
        let call = self.of_table("DescribeTable", table, doing);
        let body = json!({"TableName": table});
        let answer = if_any(self.json(DYNAMODB, call, &body)).await?;
        Ok(answer.map(|answer| schema(&answer["Table"])))
    }
}

fn schema(table: &Value) -> Schema {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |name: &str| table[name].as_array().cloned().unwrap_or_default();
    let kinds = list("AttributeDefinitions");
    let kind = |name: &Value| {
        let found = kinds.iter().find(|kind| kind["AttributeName"] == *name);
        found
            .map(|kind| text(&kind["AttributeType"]))
            .unwrap_or_default()
    };
    let mut keys = list("KeySchema");
    keys.sort_by_key(|key| key["KeyType"] != "HASH");
    Schema {
        status: text(&table["TableStatus"]),
        keys: keys
            .iter()
            .map(|key| (text(&key["AttributeName"]), kind(&key["AttributeName"])))
            .collect(),
    }
}
