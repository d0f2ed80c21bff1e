//! `docker-credential-baws-ci`: this program under another name, as a credential helper of Docker's for ECR.
//!
//! Source of the protocol: docker-credential-helpers, `credentials/credentials.go`: one verb as argument, a server or JSON
//! on stdin, the answer on stdout. "Not found" is a text on stdout and exit code 1; the true cause goes to stderr, which
//! Docker shows. Nothing is stored: a login for ECR is made when it is asked for, and kept for half of its life.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::image::callers_state;
use crate::agent::DIRECTORY;
use crate::ecr_host::EcrHost;
use crate::error::{Cause, Error, Result};
use crate::image::Access;
use crate::output::Output;
use crate::settings::Settings;

/// The name under which Docker finds it: `"credHelpers": {"<registry>": "baws-ci"}`.
pub(super) const NAME: &str = "docker-credential-baws-ci";
/// Source: docker-credential-helpers, `credentials/error.go`.
const NOT_FOUND: &str = "credentials not found in native keychain";
const LONGEST_REQUEST: u64 = 64 * 1024;

pub(super) fn serve(output: &Output) -> ExitCode {
    let verb = std::env::args().nth(1).unwrap_or_default();
    match answer(&verb) {
        Ok(text) => {
            output.data(text);
            ExitCode::SUCCESS
        }
        Err(error) => {
            output.error(&error);
            if verb == "get" {
                output.data(NOT_FOUND);
            }
            ExitCode::FAILURE
        }
    }
}

fn answer(verb: &str) -> Result<String> {
    match verb {
        "get" => get(&stdin()?),
        "store" => store(&stdin()?),
        // There is nothing to forget.
        "erase" => stdin().map(|_| String::new()),
        "list" => Ok("{}\n".to_owned()),
        "version" => Ok(concat!("docker-credential-baws-ci ", env!("CARGO_PKG_VERSION"), "\n").to_owned()),
        other => Err(Error::usage(format!("`{other}` is nothing that a credential helper does"))
            .hint("Docker calls it with `get`, `store`, `erase`, `list` or `version`")
            .hint("to use it: \"credHelpers\": {\"<account>.dkr.ecr.<region>.amazonaws.com\": \"baws-ci\"} in Docker's config.json")),
    }
}

fn get(server: &str) -> Result<String> {
    let server = server.trim();
    let host = ecr(server)?;
    if Path::new(DIRECTORY).join("agent").exists() {
        return Err(
            Error::refused(format!("a job is given no login for `{host}`")).hint(
                "use `baws-ci build --push`, `baws-ci push` or `baws-ci promote`: the host does it",
            ),
        );
    }
    let settings = Settings::load(None)?;
    let access = Access::of_caller(&settings.aws, callers_state()?.join("tokens"))?;
    let (user, secret) = super::runtime()?.block_on(access.ecr_login(&host))?;
    Ok(format!(
        "{}\n",
        json!({"ServerURL": server, "Username": user, "Secret": secret.reveal()})
    ))
}

fn store(request: &str) -> Result<String> {
    let request: serde_json::Value = serde_json::from_str(request)
        .map_err(|error| Error::usage("what is to be stored is no JSON").caused_by(error))?;
    let server = request["ServerURL"].as_str().unwrap_or_default();
    // `docker login` fails when its helper does; a login for ECR is made anew anyway.
    ecr(server).map(|_| String::new())
}

fn ecr(server: &str) -> Result<EcrHost> {
    let host = server
        .trim()
        .trim_start_matches("https://")
        .split('/')
        .next()
        .unwrap_or_default();
    host.parse().map_err(|()| {
        Error::usage(format!("there is no login for `{}`", host.escape_debug()))
            .caused_by(Cause::line("it is no registry of ECR"))
            .hint(
                "name this helper in `credHelpers` for ECR's registries only, not in `credsStore`",
            )
    })
}

fn stdin() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(LONGEST_REQUEST)
        .read_to_string(&mut text)
        .map_err(|error| Error::usage("cannot read the request on stdin").caused_by(error))?;
    Ok(text)
}
