//! The HTTP client below the SDK: one TLS stack, and the operator's proxy.
//!
//! The SDK's own client asks no proxy unless it is given one (aws-smithy-http-client 1.5). It gets the one for `https` only:
//! credentials of the instance or the task are asked for in plain HTTP, of addresses that no proxy reaches.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::env::Var;

pub(super) fn http_client() -> SharedHttpClient {
    let proxy = proxy();
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|known| known.sleep_impl()));
        connector.set_proxy_config(proxy.clone());
        connector.build()
    })
}

/// What is no URL counts as no proxy, as with the other clients of this program.
fn proxy() -> Option<ProxyConfig> {
    let either = |one: Var, other: Var| one.text().or_else(|| other.text());
    let url = either(Var::HttpsProxy, Var::HttpsProxyUpper)?;
    let proxy = ProxyConfig::https(url.as_str()).ok()?;
    Some(match either(Var::NoProxy, Var::NoProxyUpper) {
        Some(rules) => proxy.no_proxy(rules),
        None => proxy,
    })
}
