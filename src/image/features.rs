//! What the builder of this engine can, as a table: asked of the engine, never guessed.

use serde_json::{Value, json};

use super::build::{builder, dialect};
use super::dockerfile::Support;
use super::request::BuilderChoice;
use crate::docker::{Builder, Engine};
use crate::error::Result;

/// `baws-ci/build-features/1`
pub(crate) async fn features(engine: &Engine, choice: BuilderChoice) -> Result<Value> {
    let api = engine.api();
    let builder = builder(engine, choice).await?;
    let version = engine.version_text().await?;
    let rows = dialect(api.minor(), builder).features();
    let rows = rows.iter().map(|row| {
        json!({
            "feature": row.name,
            "known": row.support == Support::Known,
            "since": row.since,
        })
    });
    let (name, of_steps) = match builder {
        // Measured: engine 20 runs BuildKit's steps below a control group of its own.
        Builder::BuildKit => (
            "BuildKit",
            "the job's memory and processor limits do not bind build steps",
        ),
        Builder::Classic => (
            "classic",
            "the job's memory and processor limits bind build steps",
        ),
    };
    Ok(json!({
        "schema": "baws-ci/build-features/1",
        "engine": version,
        "api": api.to_string(),
        "builder": name,
        "limits": of_steps,
        "features": rows.collect::<Vec<_>>(),
    }))
}
