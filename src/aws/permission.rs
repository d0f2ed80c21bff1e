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
}
