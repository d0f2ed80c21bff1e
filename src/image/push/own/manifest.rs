//! The manifest of an image that is pushed by our own hand: byte for byte as the engine writes it.

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::registry::{Descriptor, Manifest};

/// Source: "Image Manifest Version 2, Schema 2" of the distribution project, as the engine pushes it.
const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(super) const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
pub(super) const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Schema2<'a> {
    schema_version: u32,
    media_type: &'a str,
    config: Part<'a>,
    layers: Vec<Part<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    media_type: &'a str,
    size: u64,
    digest: &'a str,
}

/// `config` and `layers` with their media types, the lowest layer first.
pub(super) fn manifest(config: &Descriptor, layers: &[Descriptor]) -> Manifest {
    let schema = Schema2 {
        schema_version: 2,
        media_type: MANIFEST,
        config: Part::of(config),
        layers: layers.iter().map(Part::of).collect(),
    };
    // Whoever pushes the same layers by the engine finds the same digest.
    let mut bytes = Vec::new();
    let as_docker = PrettyFormatter::with_indent(b"   ");
    schema
        .serialize(&mut Serializer::with_formatter(&mut bytes, as_docker))
        .expect("plain values become JSON");
    Manifest::of(bytes, MANIFEST)
}

impl<'a> Part<'a> {
    fn of(blob: &'a Descriptor) -> Self {
        Part {
            media_type: &blob.media_type,
            size: blob.size,
            digest: &blob.digest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_the_engine_writes_it() {
        let part = |media_type: &str, digest: &str, size: u64| Descriptor {
            media_type: media_type.to_owned(),
            digest: digest.to_owned(),
            size,
        };
        let written = manifest(&part(CONFIG, "sha256:c", 7), &[part(LAYER, "sha256:l", 9)]);
        assert_eq!(written.media_type, MANIFEST);
        insta::assert_snapshot!(String::from_utf8_lossy(&written.bytes), @r#"
        {
           "schemaVersion": 2,
           "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
           "config": {
              "mediaType": "application/vnd.docker.container.image.v1+json",
              "size": 7,
              "digest": "sha256:c"
           },
           "layers": [
              {
                 "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
                 "size": 9,
                 "digest": "sha256:l"
              }
           ]
        }
        "#);
    }
}
