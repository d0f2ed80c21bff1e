//! The proxy of this process: that it is one, and that nothing near goes through it.

use crate::doctor::finding::{Finding, Kind, Turn};
use crate::env::Var;

/// Never by a proxy: the instance's metadata and a task's credentials.
const NEAR: [&str; 2] = ["169.254.169.254", "169.254.170.2"];

pub(super) fn findings() -> Vec<Finding> {
    let either = |one: Var, other: Var| one.text().or_else(|| other.text());
    let proxy = either(Var::HttpsProxy, Var::HttpsProxyUpper);
    decide(
        proxy.as_deref(),
        either(Var::NoProxy, Var::NoProxyUpper).as_deref(),
    )
}

fn decide(proxy: Option<&str>, without: Option<&str>) -> Vec<Finding> {
    let code = "host.proxy";
    let Some(proxy) = proxy else {
        return vec![Finding::ok(code, "there is no proxy (HTTPS_PROXY)")];
    };
    // It may hold a password.
    let address = reqwest::Url::parse(proxy).ok();
    let address = address.filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    let Some(url) = address else {
        return vec![
            Finding::fault(
                code,
                Kind::Wrong,
                "HTTPS_PROXY is no address of a proxy: nothing is asked by it",
            )
            .turn(Turn::Host)
            .remedy("write it as http://proxy.example:3128"),
        ];
    };
    let shown = format!(
        "{}:{}",
        url.host_str().unwrap_or_default(),
        url.port_or_known_default().unwrap_or_default()
    );
    let rules: Vec<&str> = without
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .collect();
    let covers = |near: &str| {
        rules
            .iter()
            .any(|rule| *rule == "*" || *rule == near || *rule == "169.254.0.0/16")
    };
    let open: Vec<&str> = NEAR.into_iter().filter(|near| !covers(near)).collect();
    match open.is_empty() {
        true => vec![Finding::ok(
            code,
            format!("by the proxy `{shown}`, and nothing near by it"),
        )],
        false => vec![
            Finding::warning(
                code,
                format!(
                    "the proxy `{shown}` is asked for {} too, by programs that keep to NO_PROXY",
                    open.join(" and ")
                ),
            )
            .turn(Turn::Host)
            .remedy(format!(
                "add `{}` to NO_PROXY of gitlab-runner's unit",
                open.join(",")
            )),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_asked_without_the_proxy() {
        let state = |proxy, without| decide(proxy, without)[0].state.name();
        assert_eq!(state(None, None), "ok");
        assert_eq!(state(Some("http://p:3128"), None), "warning");
        assert_eq!(
            state(Some("http://p:3128"), Some("a, 169.254.0.0/16")),
            "ok"
        );
        assert_eq!(state(Some("http://p:3128"), Some("*")), "ok");
        assert_eq!(state(Some("p:3128"), None), "fault");
    }

    #[test]
    fn a_password_is_not_told() {
        let told = &decide(Some("http://me:hidden@p:3128"), None)[0].told;
        assert!(
            told.contains("p:3128") && !told.contains("hidden"),
            "{told}"
        );
    }
}
