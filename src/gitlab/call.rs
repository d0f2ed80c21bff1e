//! An endpoint that the crate `gitlab` does not have, or does not have whole: method, path, JSON.

use gitlab::api::endpoint_prelude::{BodyError, Cow, Endpoint, Method};
use serde_json::Value;

/// Source of each: GitLab, REST API resources, where it is used.
pub(super) struct Call {
    method: Method,
    /// Behind `/api/v4/`, encoded.
    path: String,
    body: Option<Value>,
}

impl Call {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Call::new(Method::GET, path, None)
    }

    pub(super) fn post(path: impl Into<String>, body: Value) -> Self {
        Call::new(Method::POST, path, Some(body))
    }

    pub(super) fn put(path: impl Into<String>, body: Value) -> Self {
        Call::new(Method::PUT, path, Some(body))
    }

    pub(super) fn patch(path: impl Into<String>, body: Value) -> Self {
        Call::new(Method::PATCH, path, Some(body))
    }

    pub(super) fn delete(path: impl Into<String>) -> Self {
        Call::new(Method::DELETE, path, None)
    }

    fn new(method: Method, path: impl Into<String>, body: Option<Value>) -> Self {
        Call {
            method,
            path: path.into(),
            body,
        }
    }
}

impl Endpoint for Call {
    fn method(&self) -> Method {
        self.method.clone()
    }

    fn endpoint(&self) -> Cow<'static, str> {
        self.path.clone().into()
    }

    fn body(&self) -> Result<Option<(&'static str, Vec<u8>)>, BodyError> {
        Ok(self
            .body
            .as_ref()
            .map(|body| ("application/json", body.to_string().into_bytes())))
    }
}
