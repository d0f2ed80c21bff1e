//! A cluster of ECS. Source: ECS API reference, `DescribeClusters`: one that is not there is told among the failures.

use serde_json::json;

use super::json::ECS;
use super::{Aws, Failure};

impl Aws {
    /// `ACTIVE`, `INACTIVE` and others; `None`: there is no such cluster.
    pub(crate) async fn cluster_status(&self, arn: &str) -> Result<Option<String>, Failure> {
        let call = self.json_call(
            ECS,
            "DescribeClusters",
            arn.to_owned(),
            format!("look at the cluster `{arn}`"),
        );
        let answer = self.json(ECS, call, &json!({"clusters": [arn]})).await?;
        let status = answer["clusters"][0]["status"].as_str();
        Ok(status.map(str::to_owned))
    }
}
