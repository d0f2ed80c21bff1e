//! What a finished build, push or promotion leaves for the next: digest, dotenv, metadata.

use std::path::Path;

use serde_json::{Value, json};

use super::request::Image;
use crate::error::{Error, Result};

/// Where it is to be written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files<'a> {
    pub(crate) dotenv: Option<&'a Path>,
    pub(crate) iidfile: Option<&'a Path>,
    pub(crate) metadata: Option<&'a Path>,
}

impl Image {
    /// `baws-ci/image/1`
    pub(crate) fn json(&self) -> Value {
        let pushed = self.pushed.iter().map(|one| {
            json!({
                "repository": one.repository, "tags": one.tags, "digest": one.digest, "reference": one.reference(),
            })
        });
        json!({
            "schema": "baws-ci/image/1",
            "image_id": self.image_id,
            "digest": self.pushed.first().map(|one| one.digest.clone()),
            "reference": self.pushed.first().map(super::request::Pushed::reference),
            "pushed": pushed.collect::<Vec<_>>(),
            "size_bytes": self.size_bytes,
            "steps": self.steps,
            "cached_steps": self.cached_steps,
            "took_ms": self.took_ms,
            "scan": self.scan,
            "reused": self.reused,
        })
    }

    /// What stands on stdout: one reference a line, or the id of an image that was not pushed.
    pub(crate) fn lines(&self) -> String {
        let mut lines: Vec<String> = self
            .pushed
            .iter()
            .map(super::request::Pushed::reference)
            .collect();
        if lines.is_empty() {
            lines.extend(self.image_id.clone());
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// # Errors
    /// `Usage` where a file cannot be written, or has nothing to hold.
    pub(crate) fn write(&self, files: &Files<'_>) -> Result<()> {
        if let Some(path) = files.iidfile {
            let digest = self.pushed.first().map(|one| one.digest.clone());
            put(path, &digest.or(self.image_id.clone()).unwrap_or_default())?;
        }
        if let Some(path) = files.metadata {
            put(path, &format!("{:#}\n", self.metadata()))?;
        }
        if let Some(path) = files.dotenv {
            let Some(first) = self.pushed.first() else {
                return Err(Error::usage(
                    "there is nothing to write to the dotenv file: the image was not pushed",
                )
                .hint("add `--push`, or leave out `--dotenv`"));
            };
            let name = match first.tags.first() {
                Some(tag) => format!("{}:{tag}", first.repository),
                None => first.reference(),
            };
            put(
                path,
                &format!(
                    "IMAGE={name}\nIMAGE_DIGEST={}\nIMAGE_REF={}\n",
                    first.digest,
                    first.reference()
                ),
            )?;
        }
        Ok(())
    }

    /// The keys of buildx. Source: docker buildx reference, `--metadata-file`.
    fn metadata(&self) -> Value {
        let names: Vec<String> = self
            .pushed
            .iter()
            .flat_map(|one| {
                one.tags
                    .iter()
                    .map(|tag| format!("{}:{tag}", one.repository))
            })
            .collect();
        let pushed = self.pushed.first().map(|one| one.digest.clone());
        // An engine with the containerd image store names an image by its manifest, not by its configuration.
        let config = self
            .image_id
            .clone()
            .filter(|id| Some(id) != pushed.as_ref());
        json!({
            "containerimage.config.digest": config,
            "containerimage.digest": pushed.or(self.image_id.clone()),
            "image.name": names.join(","),
        })
    }
}

fn put(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| {
        Error::usage(format!("cannot write `{}`", path.display())).caused_by(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::request::Pushed;

    #[test]
    fn the_digest_stands_in_every_output() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let image = Image {
            image_id: Some("sha256:b".to_owned()),
            pushed: vec![Pushed {
                repository: "r.example/app".to_owned(),
                tags: vec!["1".to_owned(), "latest".to_owned()],
                digest: digest.clone(),
            }],
            ..Image::default()
        };
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let (dotenv, iid, metadata) = (path("env"), path("iid"), path("meta"));
        let files = Files {
            dotenv: Some(&dotenv),
            iidfile: Some(&iid),
            metadata: Some(&metadata),
        };
        image.write(&files).unwrap();
        assert_eq!(image.lines(), format!("r.example/app@{digest}\n"));
        assert_eq!(std::fs::read_to_string(&iid).unwrap(), digest);
        assert_eq!(
            std::fs::read_to_string(&dotenv).unwrap(),
            format!(
                "IMAGE=r.example/app:1\nIMAGE_DIGEST={digest}\nIMAGE_REF=r.example/app@{digest}\n"
            )
        );
        let written: Value = serde_json::from_slice(&std::fs::read(&metadata).unwrap()).unwrap();
        assert_eq!(written["containerimage.digest"], digest);
        assert_eq!(
            written["image.name"],
            "r.example/app:1,r.example/app:latest"
        );
        let unpushed = Image {
            image_id: Some("sha256:b".to_owned()),
            ..Image::default()
        };
        assert_eq!(unpushed.lines(), "sha256:b\n");
        assert!(unpushed.write(&files).is_err());
    }
}
