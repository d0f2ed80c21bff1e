//! What a build is asked for, and how the engine's API words it.
//!
//! Source: Docker Engine API, `POST /build`; moby `api/server/router/build/build_routes.go`, `newImageBuildOptions`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::json;

use super::query::Query;
use crate::job::Credential;

/// Which of the engine's two builders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Builder {
    #[default]
    Classic,
    BuildKit,
}

/// Whether steps whose result is known are run again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LayerCache {
    #[default]
    Use,
    Ignore,
}

/// When base images are fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PullBase {
    #[default]
    Missing,
    Always,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ulimit {
    pub(crate) name: String,
    pub(crate) soft: i64,
    pub(crate) hard: i64,
}

/// One build, without its files. An empty list, map or `None` leaves the engine its default.
#[derive(Clone, Debug, Default)]
pub(crate) struct BuildOrder {
    pub(crate) builder: Builder,
    /// Ours, and unique: it names the build for `cancel_build`, and with BuildKit the session too.
    pub(crate) build_id: String,
    pub(crate) tags: Vec<String>,
    pub(crate) build_args: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) target: Option<String>,
    pub(crate) platform: Option<String>,
    pub(crate) layer_cache: LayerCache,
    pub(crate) pull: PullBase,
    pub(crate) cache_from: Vec<String>,
    /// `name:address`.
    pub(crate) extra_hosts: Vec<String>,
    pub(crate) shm_bytes: Option<u64>,
    pub(crate) ulimits: Vec<Ulimit>,
    pub(crate) network_mode: Option<String>,
    /// Of memory and swap together. BuildKit ignores it, and `nano_cpus`.
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) nano_cpus: Option<u64>,
    /// BuildKit of engine 20 ignores it.
    pub(crate) cgroup_parent: Option<String>,
    /// The path in the context's tar. BuildKit is given the bytes themselves; there this is only the name in messages.
    pub(crate) dockerfile: String,
}

impl BuildOrder {
    /// The name under which the session offers the Dockerfile.
    pub(super) fn dockerfile_name(&self) -> &str {
        match self.dockerfile.rsplit('/').next() {
            None | Some("" | "." | "..") => "Dockerfile",
            Some(name) => name,
        }
    }

    pub(super) fn query(&self) -> Query {
        let mut query = Query::default();
        match self.builder {
            Builder::Classic => {
                query.add("version", "1");
                query.add("dockerfile", &self.dockerfile);
                // Containers of steps are of no use to anyone, least of all those of failed ones.
                query.add("rm", "1");
                query.add("forcerm", "1");
            }
            Builder::BuildKit => {
                query.add("version", "2");
                query.add("remote", "client-session");
                query.add("session", &self.build_id);
                query.add("buildid", &self.build_id);
                query.add("dockerfile", self.dockerfile_name());
            }
        }
        for tag in &self.tags {
            query.add("t", tag);
        }
        if !self.build_args.is_empty() {
            query.add("buildargs", &json!(self.build_args).to_string());
        }
        if !self.labels.is_empty() {
            query.add("labels", &json!(self.labels).to_string());
        }
        query.add_if("target", self.target.as_deref());
        query.add_if("platform", self.platform.as_deref());
        match self.layer_cache {
            LayerCache::Use => {}
            LayerCache::Ignore => query.add("nocache", "1"),
        }
        match self.pull {
            PullBase::Missing => {}
            PullBase::Always => query.add("pull", "1"),
        }
        if !self.cache_from.is_empty() {
            query.add("cachefrom", &json!(self.cache_from).to_string());
        }
        for host in &self.extra_hosts {
            query.add("extrahosts", host);
        }
        self.limits(&mut query);
        query
    }

    fn limits(&self, query: &mut Query) {
        let number = |value: Option<u64>| value.map(|value| value.to_string());
        query.add_if("shmsize", number(self.shm_bytes).as_deref());
        if !self.ulimits.is_empty() {
            let all = self
                .ulimits
                .iter()
                .map(|one| json!({"Name": one.name, "Soft": one.soft, "Hard": one.hard}));
            query.add("ulimits", &serde_json::Value::from_iter(all).to_string());
        }
        query.add_if("networkmode", self.network_mode.as_deref());
        query.add_if("memory", number(self.memory_bytes).as_deref());
        query.add_if("memswap", number(self.memory_bytes).as_deref());
        if let Some(nano) = self.nano_cpus {
            // The API of builds has no `NanoCpus`; this is what the engine makes of it for containers.
            query.add("cpuperiod", "100000");
            query.add("cpuquota", &(nano / 10_000).to_string());
        }
        query.add_if("cgroupparent", self.cgroup_parent.as_deref());
    }
}

/// `X-Registry-Auth`. Source: Docker Engine API, section "Authentication"; `e30=` is `{}`.
pub(super) fn auth_header(login: Option<&Credential>) -> String {
    let value = login.map_or(json!({}), |login| {
        json!({"username": login.username, "password": login.password.reveal(), "serveraddress": login.url})
    });
    URL_SAFE.encode(value.to_string())
}

/// `X-Registry-Config`: all logins, by host.
pub(super) fn config_header(logins: &[Credential]) -> String {
    let all: serde_json::Map<_, _> = logins
        .iter()
        .map(|login| {
            let value = json!({"username": login.username, "password": login.password.reveal()});
            (login.url.clone(), value)
        })
        .collect();
    URL_SAFE.encode(serde_json::Value::Object(all).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(order: &BuildOrder) -> String {
        order.query().as_str().replace('&', "\n&")
    }

    #[test]
    fn an_order_asks_for_nothing_it_does_not_name() {
        let classic = BuildOrder {
            dockerfile: "docker/app.Dockerfile".to_owned(),
            ..BuildOrder::default()
        };
        assert_eq!(
            classic.query().as_str(),
            "?version=1&dockerfile=docker%2Fapp.Dockerfile&rm=1&forcerm=1"
        );
        let kit = BuildOrder {
            builder: Builder::BuildKit,
            build_id: "id".to_owned(),
            ..classic
        };
        assert_eq!(
            kit.query().as_str(),
            "?version=2&remote=client-session&session=id&buildid=id&dockerfile=app.Dockerfile"
        );
    }

    #[test]
    fn everything_of_an_order_reaches_the_engine() {
        let pair = |a: &str, b: &str| BTreeMap::from([(a.to_owned(), b.to_owned())]);
        let list = |a: &str| vec![a.to_owned()];
        let order = BuildOrder {
            builder: Builder::Classic,
            build_id: "id".to_owned(),
            tags: vec!["a:1".to_owned(), "b:2".to_owned()],
            build_args: pair("K", "v \"1\""),
            labels: pair("l", "m"),
            target: Some("stage".to_owned()),
            platform: Some("linux/arm64".to_owned()),
            layer_cache: LayerCache::Ignore,
            pull: PullBase::Always,
            cache_from: list("c:1"),
            extra_hosts: list("h:1.2.3.4"),
            shm_bytes: Some(1 << 26),
            ulimits: vec![Ulimit {
                name: "nofile".to_owned(),
                soft: 1,
                hard: 2,
            }],
            network_mode: Some("none".to_owned()),
            memory_bytes: Some(1 << 30),
            nano_cpus: Some(1_500_000_000),
            cgroup_parent: Some("/job".to_owned()),
            dockerfile: "Dockerfile".to_owned(),
        };
        assert_eq!(
            text(&order),
            "?version=1\n&dockerfile=Dockerfile\n&rm=1\n&forcerm=1\n&t=a%3A1\n&t=b%3A2\n\
             &buildargs=%7B%22K%22%3A%22v%20%5C%221%5C%22%22%7D\n&labels=%7B%22l%22%3A%22m%22%7D\n\
             &target=stage\n&platform=linux%2Farm64\n&nocache=1\n&pull=1\n&cachefrom=%5B%22c%3A1%22%5D\n\
             &extrahosts=h%3A1.2.3.4\n&shmsize=67108864\n\
             &ulimits=%5B%7B%22Hard%22%3A2%2C%22Name%22%3A%22nofile%22%2C%22Soft%22%3A1%7D%5D\n\
             &networkmode=none\n&memory=1073741824\n&memswap=1073741824\n&cpuperiod=100000\n&cpuquota=150000\n\
             &cgroupparent=%2Fjob"
        );
    }
}
