//! What fills the engine's disk, and making the build cache smaller.
//!
//! `GET /system/df` is read by our own hand: bollard 0.21 knows only the answer of API 1.52, which older engines do not give,
//! and the versions we speak all give the older one. Source: Docker Engine API 1.41 to 1.51, `SystemDataUsage`, `BuildPrune`.

use std::collections::HashMap;
use std::time::Duration;

use bollard::query_parameters::ListImagesOptionsBuilder;
use http_body_util::BodyExt;
use hyper::Method;
use serde::Deserialize;

use super::build::request;
use super::query::Query;
use super::wire::{Fault, FirstAnswer, Outgoing};
use super::{Engine, Failure, Reason, moment};

/// It walks through every volume.
const PATIENCE: FirstAnswer = FirstAnswer::Within(Duration::from_secs(600));

const TRIES: u32 = 4;
const BETWEEN: Duration = Duration::from_millis(500);

/// All sizes are bytes, all times unix seconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usage {
    /// Of all images together, each layer once.
    pub(crate) layers: u64,
    pub(crate) images: Vec<ImageUsage>,
    pub(crate) volumes: Vec<VolumeUsage>,
    pub(crate) records: Vec<CacheRecord>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ImageUsage {
    pub(crate) id: String,
    pub(crate) tags: Vec<String>,
    /// `repository@sha256:…`
    pub(crate) digests: Vec<String>,
    pub(crate) labels: HashMap<String, String>,
    pub(crate) created: u64,
    pub(crate) size: u64,
    /// Of it, in layers that other images have too.
    pub(crate) shared: u64,
    pub(crate) containers: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct VolumeUsage {
    pub(crate) name: String,
    pub(crate) labels: HashMap<String, String>,
    pub(crate) created: u64,
    /// 0 where its driver does not say.
    pub(crate) size: u64,
    pub(crate) containers: u64,
}

/// One record of BuildKit's cache.
#[derive(Clone, Debug, Default)]
pub(crate) struct CacheRecord {
    pub(crate) size: u64,
    pub(crate) used: u64,
    pub(crate) in_use: bool,
    /// It is a layer of an image, and counted there.
    pub(crate) shared: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    layers_size: Option<i64>,
    images: Option<Vec<Image>>,
    volumes: Option<Vec<Volume>>,
    build_cache: Option<Vec<Record>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    id: String,
    repo_tags: Option<Vec<String>>,
    repo_digests: Option<Vec<String>>,
    labels: Option<HashMap<String, String>>,
    created: Option<i64>,
    size: Option<i64>,
    shared_size: Option<i64>,
    containers: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Volume {
    name: String,
    labels: Option<HashMap<String, String>>,
    created_at: Option<String>,
    usage_data: Option<VolumeData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VolumeData {
    size: Option<i64>,
    ref_count: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    size: Option<i64>,
    last_used_at: Option<String>,
    created_at: Option<String>,
    in_use: Option<bool>,
    shared: Option<bool>,
}

/// −1 stands for what the engine did not count.
fn count(number: Option<i64>) -> u64 {
    number
        .and_then(|number| number.try_into().ok())
        .unwrap_or(0)
}

fn seconds(text: Option<String>) -> u64 {
    let moment = text.as_deref().and_then(moment);
    count(moment.map(time::OffsetDateTime::unix_timestamp))
}

/// `<none>:<none>` stands for no name.
fn names(names: Option<Vec<String>>) -> Vec<String> {
    let names = names.unwrap_or_default().into_iter();
    names.filter(|name| !name.starts_with("<none>")).collect()
}

impl From<Answer> for Usage {
    fn from(answer: Answer) -> Self {
        let images = answer.images.unwrap_or_default().into_iter();
        let volumes = answer.volumes.unwrap_or_default().into_iter();
        let records = answer.build_cache.unwrap_or_default().into_iter();
        Usage {
            layers: count(answer.layers_size),
            images: images
                .map(|image| ImageUsage {
                    id: image.id,
                    tags: names(image.repo_tags),
                    digests: names(image.repo_digests),
                    labels: image.labels.unwrap_or_default(),
                    created: count(image.created),
                    size: count(image.size),
                    shared: count(image.shared_size),
                    containers: count(image.containers),
                })
                .collect(),
            volumes: volumes
                .map(|volume| {
                    let data = volume.usage_data;
                    VolumeUsage {
                        name: volume.name,
                        labels: volume.labels.unwrap_or_default(),
                        created: seconds(volume.created_at),
                        size: count(data.as_ref().and_then(|data| data.size)),
                        containers: count(data.and_then(|data| data.ref_count)),
                    }
                })
                .collect(),
            records: records
                .map(|record| CacheRecord {
                    size: count(record.size),
                    used: seconds(record.last_used_at.or(record.created_at)),
                    in_use: record.in_use.unwrap_or(false),
                    shared: record.shared.unwrap_or(false),
                })
                .collect(),
        }
    }
}

impl Engine {
    /// What fills the engine's disk. On hosts with large volumes this takes minutes.
    pub(crate) async fn usage(&self) -> Result<Usage, Failure> {
        let (all, mut tries) = (Query::default(), 1);
        loop {
            let answered = self.ask(Method::GET, "/system/df", &all);
            match answered.await {
                Ok::<Answer, _>(answer) => return Ok(answer.into()),
                // An engine that meets a container on its way out gives up its whole account (seen with 26.1).
                Err(failure) if failure.reason == Reason::Other && tries < TRIES => tries += 1,
                Err(failure) => return Err(failure),
            }
            tokio::time::sleep(BETWEEN).await;
        }
    }

    /// Lets the engine drop what of the build cache was used longest ago, until about `keep` bytes are left; nothing that a
    /// build uses. The bytes that went.
    pub(crate) async fn prune_build_cache(&self, keep: u64) -> Result<u64, Failure> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Pruned {
            space_reclaimed: Option<i64>,
        }
        let mut query = Query::default();
        query.add("keep-storage", &keep.to_string());
        let pruned: Pruned = self.ask(Method::POST, "/build/prune", &query).await?;
        Ok(count(pruned.space_reclaimed))
    }

    /// Every name of every image, by tag and by digest.
    pub(crate) async fn image_names(&self) -> Result<Vec<String>, Failure> {
        let options = ListImagesOptionsBuilder::default().build();
        let listed = self.docker.list_images(Some(options)).await;
        let images = listed.map_err(|error| self.failure("list the images", error))?;
        let names = images
            .into_iter()
            .map(|image| (image.repo_tags, image.repo_digests));
        Ok(names
            .flat_map(|(tags, digests)| [tags, digests].concat())
            .collect())
    }

    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &Query,
    ) -> Result<T, Failure> {
        let doing = format!("ask for `{path}`");
        let path = format!("{}{}", self.versioned(path), query.as_str());
        let request = request(method, &path, &[], Outgoing::Empty);
        let read = async |answer: hyper::Response<hyper::body::Incoming>| {
            let body = answer.into_body().collect().await;
            let bytes = body.map_err(|error| Fault::lost(&error))?.to_bytes();
            serde_json::from_slice(&bytes)
                .map_err(|error| Fault::new(Reason::Other, error.to_string()))
        };
        let answered = match request {
            Ok(request) => self.exchange(request, PATIENCE, read).await,
            Err(fault) => Err(fault),
        };
        answered.map_err(|fault| self.fault(&doing, fault))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_engine_leaves_out_or_does_not_know_is_nothing() {
        let text = r#"{"LayersSize":70,"Images":[{"Id":"sha256:1","RepoTags":["<none>:<none>"],"RepoDigests":null,"Size":7,
            "SharedSize":-1,"Containers":-1,"Created":5}],"Volumes":[{"Name":"v","CreatedAt":"2026-11-29T10:00:00Z",
            "UsageData":{"Size":-1,"RefCount":1}},{"Name":"w"}],"BuildCache":null}"#;
        let usage: Usage = serde_json::from_str::<Answer>(text).unwrap().into();
        let image = &usage.images[0];
        assert_eq!(
            (image.tags.len(), image.shared, image.containers, image.size),
            (0, 0, 0, 7)
        );
        let volume = &usage.volumes[0];
        assert_eq!((volume.size, volume.containers), (0, 1));
        assert_eq!(volume.created, 1_795_946_400);
        assert!(usage.records.is_empty());
    }
}
