//! `build --features`: what the builder can that a build here, or in this job, would use.

use std::path::Path;

use serde_json::Value;

use super::build_request::builder;
use super::image::unwritable;
use crate::agent::DIRECTORY;
use crate::broker::{self, Reached};
use crate::cli::BuildArgs;
use crate::docker::Engine;
use crate::error::Result;
use crate::image::{self, Request};
use crate::output::Output;
use crate::settings::Settings;

pub(super) fn features(
    arguments: &BuildArgs,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    let builder = builder(&arguments.builder)?;
    let told = match broker::reach(Path::new(DIRECTORY))? {
        Reached::Host(call) => {
            let request = serde_json::to_value(Request::Features { builder });
            call.make(request.map_err(unwritable)?, None, &mut |_| {})?
        }
        Reached::NoJob => {
            let settings = Settings::load(config)?;
            let engine = Engine::connect(&settings.docker, None)?;
            engine.block_on(image::features(&engine, builder))?
        }
    };
    match arguments.output.json {
        true => output.data(format!("{told}\n")),
        false => output.data(in_words(&told)),
    }
    Ok(())
}

fn in_words(told: &Value) -> String {
    let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
    let mut lines = format!(
        "engine {}, API {}: builder {}; {}\n",
        text("engine"),
        text("api"),
        text("builder"),
        text("limits")
    );
    for row in told["features"].as_array().into_iter().flatten() {
        let known = match row["known"].as_bool() {
            Some(true) => "yes",
            Some(false) | None => "no ",
        };
        lines.push_str(&format!(
            "  {known}  {}{}\n",
            row["feature"].as_str().unwrap_or_default(),
            match row["since"].as_str() {
                Some(since) if since.starts_with("none") => format!(" (in {since})"),
                Some(since) => format!(" (since {since})"),
                None => String::new(),
            }
        ));
    }
    lines
}
