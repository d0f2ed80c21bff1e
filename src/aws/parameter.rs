//! A parameter of Systems Manager.

use serde_json::json;

use super::failure::if_any;
use super::json::SSM;
use super::{Aws, Failure};

impl Aws {
    /// Its value, decrypted where it is a secure one; `None` where there is no such parameter. Source: Systems Manager API
    /// reference, `GetParameter`.
    pub(crate) async fn parameter(&self, name: &str) -> Result<Option<String>, Failure> {
        let path = format!("parameter/{}", name.trim_start_matches('/'));
        let resource = self.arn_in_any_account("ssm", &path);
        let call = self.json_call(
            SSM,
            "GetParameter",
            resource,
            format!("read the parameter `{name}`"),
        );
        let body = json!({"Name": name, "WithDecryption": true});
        let answer = if_any(self.json(SSM, call, &body)).await?;
        Ok(answer.and_then(|answer| answer["Parameter"]["Value"].as_str().map(str::to_owned)))
    }
}
