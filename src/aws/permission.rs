//! What to write into a policy so that a refused call is allowed.

/// The statement that allows `action` on `resource`, ready to paste.
pub(super) fn statement(action: &str, resource: &str) -> String {
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    format!(
        r#"{{"Effect":"Allow","Action":{},"Resource":{}}}"#,
        quote(action),
        quote(resource)
    )
}

/// The partition of a region. Source: `partitions.json` of the SDK's endpoint rules.
pub(super) fn partition(region: &str) -> &'static str {
    const BY_BEGINNING: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    BY_BEGINNING
        .iter()
        .find(|(beginning, _)| region.starts_with(beginning))
        .map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_json_whatever_the_resource_is_called() {
        let text = statement("ecr:PutImage", "arn:aws:ecr:eu-west-1:1:repository/a\"b");
        let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            parsed["Resource"],
            "arn:aws:ecr:eu-west-1:1:repository/a\"b"
        );
        assert!(statement("ecr:X", "*").starts_with(r#"{"Effect":"Allow","Action":"ecr:X","#));
    }

    #[test]
    fn every_region_has_its_partition() {
        for (region, partition_) in [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition(region), partition_);
        }
    }
}
