//! Rows of a DynamoDB table whose attributes are all texts.
//!
//! Source of every call and field: DynamoDB API reference, model 2012-08-10.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::json::DYNAMODB;
use super::{Aws, Call, Failure, Reason};

/// One row: attribute to text. What is no text is left out.
pub(crate) type Texts = BTreeMap<String, String>;

/// What a new row met.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Put {
    Written,
    /// A row of that key is there; it is left as it is.
    Taken,
}

/// Where the next page begins; its content is DynamoDB's business.
pub(crate) struct Next(Value);

/// Which rows of a table are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rows<'a> {
    /// Of one partition: read by key.
    Of {
        key: &'a str,
        value: &'a str,
    },
    /// Those in which one of `attributes` is `value`: every row is read, and the others are left out by DynamoDB.
    With {
        attributes: &'a [&'a str],
        value: &'a str,
    },
    All,
}

/// One page of rows. It may be empty, and others follow all the same.
pub(crate) struct Page {
    pub(crate) rows: Vec<Texts>,
    /// Rows that DynamoDB read for it, and bills.
    pub(crate) read: u64,
    pub(crate) next: Option<Next>,
}

impl Aws {
    /// Writes a row, unless one of the same partition key `key` and sort key is there.
    pub(crate) async fn put_new(
        &self,
        table: &str,
        key: &str,
        row: &Texts,
    ) -> Result<Put, Failure> {
        let call = self.of_table(
            "PutItem",
            table,
            format!("write a row to the table `{table}`"),
        );
        let item: Value = row
            .iter()
            .map(|(name, text)| (name.clone(), json!({"S": text})))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let body = json!({"TableName": table, "Item": item,
            "ConditionExpression": "attribute_not_exists(#key)", "ExpressionAttributeNames": {"#key": key}});
        match self.json(DYNAMODB, call, &body).await {
            Ok(_) => Ok(Put::Written),
            Err(failure) if failure.reason == Reason::AlreadyExists => Ok(Put::Taken),
            Err(failure) => Err(failure),
        }
    }

    /// The rows that are wanted, from `next` on; newest first where DynamoDB can.
    pub(crate) async fn rows(
        &self,
        table: &str,
        wanted: Rows<'_>,
        next: Option<Next>,
    ) -> Result<Page, Failure> {
        let (action, mut body) = match wanted {
            Rows::Of { key, value } => (
                "Query",
                json!({"TableName": table, "ScanIndexForward": false, "ConsistentRead": true,
                    "KeyConditionExpression": "#key = :value", "ExpressionAttributeNames": {"#key": key},
                    "ExpressionAttributeValues": {":value": {"S": value}}}),
            ),
            Rows::With { attributes, value } => {
                let each = attributes.iter().enumerate();
                let names: serde_json::Map<String, Value> = each
                    .clone()
                    .map(|(number, name)| (format!("#a{number}"), json!(name)))
                    .collect();
                let filter: Vec<String> = each
                    .map(|(number, _)| format!("#a{number} = :value"))
                    .collect();
                (
                    "Scan",
                    json!({"TableName": table, "FilterExpression": filter.join(" OR "),
                        "ExpressionAttributeNames": names, "ExpressionAttributeValues": {":value": {"S": value}}}),
                )
            }
            Rows::All => ("Scan", json!({"TableName": table})),
        };
        if let Some(Next(key)) = next {
            body["ExclusiveStartKey"] = key;
        }
        let call = self.of_table(action, table, format!("read the table `{table}`"));
        let answer = self.json(DYNAMODB, call, &body).await?;
        let items = answer["Items"].as_array().cloned().unwrap_or_default();
        let next = answer.get("LastEvaluatedKey").filter(|key| key.is_object());
        Ok(Page {
            rows: items.iter().map(texts).collect(),
            read: answer["ScannedCount"].as_u64().unwrap_or(0),
            next: next.cloned().map(Next),
        })
    }

    pub(super) fn of_table(&self, action: &'static str, table: &str, doing: String) -> Call {
        let resource = self.arn_in_any_account("dynamodb", &format!("table/{table}"));
        self.json_call(DYNAMODB, action, resource, doing)
    }
}

fn texts(item: &Value) -> Texts {
    let attributes = item.as_object().into_iter().flatten();
    attributes
        .filter_map(|(name, value)| Some((name.clone(), value.get("S")?.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_left_out() {
        let item = json!({"id": {"S": "a"}, "count": {"N": "1"}, "gone": {"NULL": true}});
        assert_eq!(
            texts(&item),
            Texts::from([("id".to_owned(), "a".to_owned())])
        );
    }
}
