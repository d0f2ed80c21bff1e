//! An image made of a tar of files, with nothing else to it.

use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt;
use futures_util::stream::unfold;
use hyper::body::Bytes;
use tokio::sync::mpsc;

use super::{Engine, Failure};

impl Engine {
    /// Makes the image `name` (with its tag) of a tar. Source: Docker Engine API, `POST /images/create?fromSrc=-`.
    pub(crate) async fn import(
        &self,
        name: &str,
        tar: mpsc::Receiver<std::io::Result<Bytes>>,
    ) -> Result<(), Failure> {
        let (repository, tag) = name.rsplit_once(':').unwrap_or((name, "latest"));
        let options = CreateImageOptionsBuilder::default()
            .from_src("-")
            .repo(repository)
            .tag(tag)
            .build();
        let pieces = unfold(tar, |mut tar| async move {
            let piece = tar.recv().await?;
            Some((piece, tar))
        });
        let body = bollard::body_try_stream(pieces);
        let mut progress = self.docker.create_image(Some(options), Some(body), None);
        while let Some(step) = progress.next().await {
            step.map_err(|error| self.failure(format!("make the image `{name}`"), error))?;
        }
        Ok(())
    }
}
