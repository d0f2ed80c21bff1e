//! Which engine this is, and which builder it prefers.

use hyper::{Method, Response};
use serde::Deserialize;

use super::build::request;
use super::wire::{self, Fault, FirstAnswer, Outgoing};
use super::{Engine, Failure, Reason};

/// The answer lists the engine's parts; it has some hundred bytes.
const MOST_BYTES: usize = 256 * 1024;

impl Engine {
    /// The builder the engine would have its clients use: `2` is BuildKit. Engines before 23 say nothing unless they are
    /// told to, though they have both. Source: Docker Engine API, `/_ping`, header `Builder-Version`.
    pub(crate) async fn builder_version(&self) -> Result<Option<String>, Failure> {
        let ping = async {
            let request = request(Method::GET, "/_ping", &[], Outgoing::Empty)?;
            self.exchange(request, FirstAnswer::SOON, async |answer: Response<_>| {
                let value = answer.headers().get("builder-version");
                let text =
                    value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
                Ok(text.filter(|text| !text.is_empty()))
            })
            .await
        };
        ping.await
            .map_err(|fault| self.fault("ask the engine for its builder", fault))
    }

    /// Such as `26.1.5+dfsg1`.
    pub(crate) async fn version_text(&self) -> Result<String, Failure> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Version {
            version: String,
        }
        let asking = async {
            let path = self.versioned("/version");
            let request = request(Method::GET, &path, &[], Outgoing::Empty)?;
            let text = self
                .exchange(request, FirstAnswer::SOON, async |answer: Response<_>| {
                    Ok(wire::text(answer.into_body(), MOST_BYTES).await)
                })
                .await?;
            serde_json::from_slice(&text)
                .map_err(|error| Fault::new(Reason::Other, error.to_string()))
        };
        asking
            .await
            .map(|version: Version| version.version)
            .map_err(|fault| self.fault("ask the engine for its version", fault))
    }
}
