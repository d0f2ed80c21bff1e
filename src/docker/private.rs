//! Names that this program gave to images of jobs, and when.

use bollard::query_parameters::ListImagesOptionsBuilder;

use super::{Engine, Failure, moment};

impl Engine {
    /// Names that begin with `prefix`, each with the time in unix seconds at which the image was named last.
    pub(crate) async fn names_under(&self, prefix: &str) -> Result<Vec<(String, u64)>, Failure> {
        let options = ListImagesOptionsBuilder::default().build();
        let images = self
            .docker
            .list_images(Some(options))
            .await
            .map_err(|error| self.failure("list the images", error))?;
        let mut named = Vec::new();
        for name in images.into_iter().flat_map(|image| image.repo_tags) {
            if !name.starts_with(prefix) {
                continue;
            }
            // Gone in the meantime, or an engine that does not tell: then it was just now.
            let Ok(image) = self.docker.inspect_image(&name).await else {
                continue;
            };
            let time = image.metadata.and_then(|metadata| metadata.last_tag_time);
            let time = time.and_then(|time| moment(&time));
            let seconds = time.and_then(|time| u64::try_from(time.unix_timestamp()).ok());
            named.push((name, seconds.unwrap_or(u64::MAX)));
        }
        Ok(named)
    }
}
