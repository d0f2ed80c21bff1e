//! The manifest of an image that is pushed by our own hand: with gzip byte for byte as the engine writes it.

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::image::Compression;
use crate::registry::{Descriptor, Manifest};

/// The media types of an image's parts.
pub(super) struct Kinds {
    manifest: &'static str,
    pub(super) config: &'static str,
    pub(super) layer: &'static str,
}

impl Kinds {
    /// Source: "Image Manifest Version 2, Schema 2" of the distribution project, as the engine pushes it; it knows no zstd,
    /// for which there is the OCI image specification, `media-types.md`. Configurations of both are read alike.
    pub(super) const fn of(format: Compression) -> Self {
        match format {
            Compression::Gzip => Kinds {
                manifest: "application/vnd.docker.distribution.manifest.v2+json",
                config: "application/vnd.docker.container.image.v1+json",
                layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
            },
            Compression::Zstd => Kinds {
                manifest: "application/vnd.oci.image.manifest.v1+json",
                config: "application/vnd.oci.image.config.v1+json",
                layer: "application/vnd.oci.image.layer.v1.tar+zstd",
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Image<'a> {
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
pub(super) fn manifest(kinds: &Kinds, config: &Descriptor, layers: &[Descriptor]) -> Manifest {
    let image = Image {
        schema_version: 2,
        media_type: kinds.manifest,
        config: Part::of(config),
        layers: layers.iter().map(Part::of).collect(),
    };
    // Whoever pushes the same layers by the engine finds the same digest.
    let mut bytes = Vec::new();
    let as_docker = PrettyFormatter::with_indent(b"   ");
    image
        .serialize(&mut Serializer::with_formatter(&mut bytes, as_docker))
        .expect("plain values become JSON");
    Manifest::of(bytes, kinds.manifest)
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
        let kinds = Kinds::of(Compression::Gzip);
        let config = part(kinds.config, "sha256:c", 7);
        let written = manifest(&kinds, &config, &[part(kinds.layer, "sha256:l", 9)]);
        assert_eq!(written.media_type, kinds.manifest);
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
