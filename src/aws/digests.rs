//! What an image's name means in ECR now: its digest, and those of its platforms.

use serde_json::Value;

use super::{Aws, Failure, ImageId, Reason, Resource};
use crate::rollout::Digests;

/// Source: OCI image specification, `image-index.md`; Docker's manifest list is the same under another name.
const ACCEPTED: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

impl Aws {
    /// `None`: there is no such image, or no such repository.
    pub(crate) async fn meaning(
        &self,
        account: &str,
        name: &str,
        image: ImageId<'_>,
    ) -> Result<Option<Digests>, Failure> {
        let mut request = self
            .ecr
            .batch_get_image()
            .registry_id(account)
            .repository_name(name)
            .image_ids(image.asked());
        for kind in ACCEPTED {
            request = request.accepted_media_types(kind);
        }
        match request.send().await {
            Ok(answer) => Ok(answer.images().first().and_then(|found| {
                let digest = found.image_id()?.image_digest()?.to_owned();
                let platforms = platforms(found.image_manifest().unwrap_or_default());
                Some(Digests { digest, platforms })
            })),
            Err(error) => {
                let about = Resource::Repository { account, name };
                let doing = format!(
                    "look at the image `{}` of account `{account}`",
                    image.of(name)
                );
                match self.ecr_call("BatchGetImage", about, doing).failed(error) {
                    failure if failure.reason == Reason::NotFound => Ok(None),
                    failure => Err(failure),
                }
            }
        }
    }
}

/// Of an index, without the attestations that stand beside its images.
fn platforms(manifest: &str) -> Vec<(String, String)> {
    let index: Value = serde_json::from_str(manifest).unwrap_or(Value::Null);
    let entries = index["manifests"].as_array();
    let entry = |entry: &Value| {
        let digest = entry["digest"].as_str()?.to_owned();
        let platform = &entry["platform"];
        let os = platform["os"].as_str()?;
        let architecture = platform["architecture"].as_str()?;
        (os != "unknown").then(|| (digest, format!("{os}/{architecture}")))
    };
    entries.into_iter().flatten().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_tells_its_platforms_and_a_manifest_none() {
        let index = r#"{"manifests": [
            {"digest": "sha256:1", "platform": {"os": "linux", "architecture": "amd64"}},
            {"digest": "sha256:2", "platform": {"os": "unknown", "architecture": "unknown"}}]}"#;
        assert_eq!(
            platforms(index),
            [("sha256:1".to_owned(), "linux/amd64".to_owned())]
        );
        assert_eq!(platforms(r#"{"layers": []}"#), []);
    }
}
