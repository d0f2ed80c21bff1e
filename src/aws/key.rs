//! A key of KMS, as far as it is described. Source: KMS API reference, `DescribeKey`, `GetKeyRotationStatus`.

use serde_json::json;

use super::failure::if_any;
use super::json::KMS;
use super::{Aws, Failure};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// `Enabled`, `Disabled`, `PendingDeletion` and others.
    pub(crate) state: String,
    /// `None`: this caller may not ask, or a key of this kind has no rotation.
    pub(crate) rotates: Option<bool>,
}

impl Aws {
    /// `id`: an id, an ARN or an alias. `None`: there is no such key.
    pub(crate) async fn key(&self, id: &str) -> Result<Option<Key>, Failure> {
        let resource = match id.starts_with("arn:") {
            true => id.to_owned(),
            false => self.arn_in_any_account("kms", "key/*"),
        };
        let call = |action: &'static str| {
            self.json_call(
                KMS,
                action,
                resource.clone(),
                format!("look at the key `{id}`"),
            )
        };
        let body = json!({"KeyId": id});
        let described = self.json(KMS, call("DescribeKey"), &body);
        let Some(answer) = if_any(described).await? else {
            return Ok(None);
        };
        let metadata = &answer["KeyMetadata"];
        let text = |name: &str| metadata[name].as_str().unwrap_or_default().to_owned();
        // Rotation is asked by the key's own id: an alias is not taken there.
        let body = json!({"KeyId": text("KeyId")});
        let rotation = self.json(KMS, call("GetKeyRotationStatus"), &body).await;
        Ok(Some(Key {
            state: text("KeyState"),
            rotates: rotation
                .ok()
                .and_then(|answer| answer["KeyRotationEnabled"].as_bool()),
        }))
    }
}
