//! The workshop for Backstage: which catalog files it knows, and one more.
//!
//! Source: Backstage, "Catalog API": `GET` and `POST /api/catalog/locations`.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::error::{Cause, Error, Result};
use crate::http::{innermost, keeps_secrets};
use crate::job::Secret;

const TIMEOUT: Duration = Duration::from_secs(30);
const MOST_BYTES: usize = 64 << 20;

pub(crate) struct Backstage {
    address: String,
    token: Secret,
    http: reqwest::Client,
}

impl Backstage {
    /// # Errors
    /// `Usage` for an address that is none.
    pub(crate) fn connect(address: &str, token: &Secret) -> Result<Self> {
        let sound = reqwest::Url::parse(address).is_ok_and(|url| keeps_secrets(&url));
        if !sound {
            return Err(Error::usage(format!(
                "`{}` is no address of Backstage",
                crate::rollout::clean(address, 100)
            ))
            .hint("write it as https://backstage.example.com"));
        }
        let http = crate::http::builder().timeout(TIMEOUT).build();
        Ok(Backstage {
            address: address.trim_end_matches('/').to_owned(),
            token: token.clone(),
            http: http
                .map_err(|error| Error::system("cannot make an HTTP client").caused_by(error))?,
        })
    }

    /// Addresses of the catalog files that it knows.
    pub(crate) async fn locations(&self) -> Result<Vec<String>> {
        let doing = "list the locations of Backstage's catalog";
        let (status, body) = self.ask(doing, reqwest::Method::GET, None).await?;
        let rows: Vec<Value> = match status {
            StatusCode::OK => {
                serde_json::from_slice(&body).map_err(|error| failed(doing).caused_by(error))?
            }
            other => return Err(answered(doing, other, &body)),
        };
        let target = |row: &Value| row["data"]["target"].as_str().map(str::to_owned);
        Ok(rows.iter().filter_map(target).collect())
    }

    /// Makes a catalog file known. One that is known already is as well.
    pub(crate) async fn register(&self, target: &str) -> Result<()> {
        let doing = "register the application in Backstage's catalog";
        let body = json!({"type": "url", "target": target});
        let (status, body) = self.ask(doing, reqwest::Method::POST, Some(body)).await?;
        match status {
            StatusCode::CREATED | StatusCode::OK | StatusCode::CONFLICT => Ok(()),
            other => Err(answered(doing, other, &body)),
        }
    }

    async fn ask(
        &self,
        doing: &str,
        method: reqwest::Method,
        body: Option<Value>,
    ) -> Result<(StatusCode, Vec<u8>)> {
        let url = format!("{}/api/catalog/locations", self.address);
        let mut request = self
            .http
            .request(method, url)
            .bearer_auth(self.token.reveal());
        if let Some(body) = body {
            request = request
                .header(reqwest::header::CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let unreached = |error: reqwest::Error| {
            failed(doing)
                .caused_by(Cause::line(format!(
                    "`{}`: {}",
                    self.address,
                    innermost(&error)
                )))
                .hint("run it again: everything else is done")
        };
        let mut response = request.send().await.map_err(unreached)?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(unreached)? {
            if bytes.len() + piece.len() > MOST_BYTES {
                return Err(failed(doing).caused_by(Cause::line("its answer is too large")));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok((status, bytes))
    }
}

fn failed(doing: &str) -> Error {
    Error::system(format!("cannot {doing}"))
}

fn answered(doing: &str, status: StatusCode, body: &[u8]) -> Error {
    let value: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let said = value["error"]["message"].as_str().unwrap_or_default();
    let cause = Cause::line(format!(
        "Backstage answered {}: {}",
        status.as_u16(),
        crate::rollout::clean(said, 300)
    ));
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Error::denied(format!("cannot {doing}"))
            .caused_by(cause)
            .hint("the operator gives a token of Backstage (`backend.auth.externalAccess`) that may write the catalog"),
        _ => failed(doing).caused_by(cause).hint("run it again: everything else is done"),
    }
}
