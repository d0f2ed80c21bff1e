//! `audit list`.

use std::path::Path;

use super::audited_service;
use crate::support::{Ended, Site};

fn listed(site: &Site, words: &[&str]) -> Ended {
    let all: Vec<&str> = ["audit", "list"].iter().chain(words).copied().collect();
    site.here(Path::new("/"), &all)
}

#[test]
fn the_rows_of_an_application_are_listed_newest_first_from_all_pages() {
    let site = Site::deploying().audited();
    let service = audited_service(&site);
    service.baws(&["restart"]).succeeded();
    // DynamoDB answers with at most 1 MB, and the rows of others come first or last.
    site.boto(
        "for number in range(6):\n    db.put_item(TableName=name, Item={'id': {'S': f'others-{number}'}, 'createdAt': {'S': '2023-05-03'}, 'name': {'S': 'others'}, 'request': {'S': 'x' * 390_000}})",
    );
    let ended = listed(&site, &["app", "--json", "--region", "eu-west-1"]).succeeded();
    let told: serde_json::Value = serde_json::from_slice(&ended.stdout).expect("it is JSON");
    assert_eq!(told["schema"], "baws-ci/audit/1");
    let statuses: Vec<_> = told["rows"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| &row["status"])
        .collect();
    assert_eq!(statuses, ["SUCCESS", "IN PROGRESS"]);
    assert_eq!(told["rows_read"], 8, "{told:#}");
    let id = told["rows"][0]["id"].as_str().expect("every row has one");
    let one = listed(&site, &["--id", id, "--json", "--region", "eu-west-1"]).succeeded();
    let one: serde_json::Value = serde_json::from_slice(&one.stdout).expect("it is JSON");
    assert_eq!(
        (one["rows"][0]["id"].as_str(), one["rows_read"].as_u64()),
        (Some(id), Some(1))
    );
    let table = listed(&site, &["app", "--limit", "1", "--region", "eu-west-1"]).succeeded();
    let text = table.out();
    assert!(
        text.starts_with("TIME") && text.contains("SUCCESS") && !text.contains("IN PROGRESS"),
        "{text}"
    );
    table.says("1 of 2 rows");
    let wrong = listed(&site, &["app", "--since", "yesterday"]);
    assert_eq!(wrong.code, 2, "{wrong}");
    listed(&site, &["nobody", "--region", "eu-west-1"])
        .succeeded()
        .says("no row");
}
