//! The audit trail: a row before, a row after, on every way out, in the shapes that the portal reads.

mod ends;
mod list;
mod rows;

use serde_json::json;

use crate::support::Site;
use crate::support::audit::Row;
use crate::support::cluster::Service;

/// What tells one row from another.
fn told(rows: &[Row]) -> Vec<(&str, &str)> {
    rows.iter()
        .map(|row| (row["actionType"].as_str(), row["status"].as_str()))
        .collect()
}

/// A service whose image is there; what its push wrote into the trail is gone.
fn audited_service(site: &Site) -> Service<'_> {
    site.pushed("latest", "before");
    site.boto(
        "for row in db.scan(TableName=name)['Items']:\n    db.delete_item(TableName=name, Key={n: row[n] for n in ('id', 'createdAt')})",
    );
    site.service(json!({}))
}

const DONE: [(&str, &str); 2] = [
    ("Update ECS Service", "IN PROGRESS"),
    ("Update ECS Service", "SUCCESS"),
];
const FAILED: [(&str, &str); 2] = [
    ("Update ECS Service", "IN PROGRESS"),
    ("Update ECS Service", "FAILED"),
];
