//! This host as an EC2 instance, as its metadata tell. Source: EC2 User Guide, "Instance metadata categories", "Instance identity
//! documents", "Spot Instance interruption notices"; EC2 Auto Scaling User Guide, "Retrieve the target lifecycle state".

use aws_config::imds::Client;
use aws_config::imds::client::error::ImdsError;
use aws_config::provider_config::ProviderConfig;
use serde_json::Value;

use super::connect::metadata_client;
use super::transport::http_client;

pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) region: String,
    metadata: Client,
}

/// Why an instance is taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// Its Auto Scaling group ends it.
    Group,
    /// AWS wants it back at this time (ISO 8601), two minutes after it says so.
    Spot(String),
}

impl Instance {
    /// `None`: this host is no instance, or may not ask.
    pub(crate) async fn of_this_host() -> Option<Self> {
        let provider = ProviderConfig::without_region().with_http_client(http_client());
        let metadata = metadata_client(&provider);
        let path = "/latest/dynamic/instance-identity/document";
        let document = metadata.get(path).await.ok()?;
        let document: Value = serde_json::from_str(document.as_ref()).ok()?;
        Some(Instance {
            id: document["instanceId"].as_str()?.to_owned(),
            region: document["region"].as_str()?.to_owned(),
            metadata,
        })
    }

    /// `None`: it stays, as far as is known now.
    pub(crate) async fn leaving(&self) -> Option<Leaving> {
        let target = self.told("autoscaling/target-lifecycle-state").await;
        if target.as_deref() == Some("Terminated") {
            return Some(Leaving::Group);
        }
        let notice = self.told("spot/instance-action").await?;
        let notice: Value = serde_json::from_str(&notice).ok()?;
        notice["action"].as_str()?;
        Some(Leaving::Spot(notice["time"].as_str()?.to_owned()))
    }

    /// `None`: there is nothing there, which is how the metadata say that nothing is to be.
    async fn told(&self, what: &str) -> Option<String> {
        let path = format!("/latest/meta-data/{what}");
        let told: Result<_, ImdsError> = self.metadata.get(path).await;
        told.ok().map(|text| text.as_ref().trim().to_owned())
    }
}
