//! Services: waiting until they answer, and saying so when they do not.
//!
//! A service's own HEALTHCHECK decides; else the first of its ports that accepts a connection, dialled from this host.
//! An unhealthy service never fails the job: its script may know better. Source of the rule for ports: gitlab-runner
//! `executors/docker/services.go` (HEALTHCHECK_TCP_PORT, else the exposed ports in order, at most 20).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::images::pause;
use crate::docker::{Engine, Found, Health, ImageFacts};
use crate::error::Result;
use crate::output::{self, Output};
use crate::policy::AdmittedService;

const MOST_PORTS: usize = 20;
const LOOK_EVERY: Duration = Duration::from_millis(50);
const DIAL: Duration = Duration::from_millis(500);
/// Bytes of a service's own words in a warning.
const MOST_LOG: usize = 64 * 1024;

pub(super) struct Service<'a> {
    pub(super) admitted: &'a AdmittedService,
    pub(super) facts: ImageFacts,
    pub(super) container: String,
}

/// How long to wait, and what came of it.
enum Verdict {
    Healthy,
    /// There is nothing to ask.
    Unasked,
    Ended(i64),
    TimedOut,
}

/// Waits for all services at once; each gets a line, an unhealthy one a warning with its last words.
pub(super) async fn wait_for_all(
    engine: &Engine,
    services: &[Service<'_>],
    timeout: Option<Duration>,
    output: &Output,
) -> Result<()> {
    let Some(timeout) = timeout else {
        return Ok(());
    };
    let waits = services
        .iter()
        .map(|service| wait_for(engine, service, timeout, output));
    futures_util::future::join_all(waits)
        .await
        .into_iter()
        .collect()
}

async fn wait_for(
    engine: &Engine,
    service: &Service<'_>,
    timeout: Duration,
    output: &Output,
) -> Result<()> {
    let begun = Instant::now();
    let reached = service.admitted.aliases.join(", ");
    let name = format!("`{}` (as {reached})", service.admitted.image.reference);
    let why = match verdict(engine, service, begun + timeout).await? {
        Verdict::Healthy => {
            output.status(format!(
                "Service {name} answers after {}",
                output::duration(begun.elapsed())
            ));
            return Ok(());
        }
        Verdict::Unasked => {
            output.status(format!(
                "Service {name} runs; its image exposes no port and has no health check to ask"
            ));
            return Ok(());
        }
        Verdict::Ended(code) => format!("ended with exit status {code}"),
        Verdict::TimedOut => format!(
            "did not become healthy within {}",
            output::duration(timeout)
        ),
    };
    output.warning(format!(
        "the service {name} {why}; the job goes on without waiting for it"
    ));
    let printed = engine
        .printed(&service.container, MOST_LOG)
        .await
        .unwrap_or_default();
    let section = output.section(
        &format!("service_{}", service.container),
        format!("What the service {name} printed"),
    );
    output.status(String::from_utf8_lossy(&printed).trim_end());
    drop(section);
    Ok(())
}

async fn verdict(engine: &Engine, service: &Service<'_>, deadline: Instant) -> Result<Verdict> {
    let ports = ports(service);
    loop {
        let Some(found) = engine.find(&service.container).await? else {
            return Ok(Verdict::Ended(0));
        };
        if !found.running {
            return Ok(Verdict::Ended(found.exit_code));
        }
        match found.health {
            Health::Healthy => return Ok(Verdict::Healthy),
            Health::Starting | Health::Unhealthy => {}
            Health::Unknown if ports.is_empty() => return Ok(Verdict::Unasked),
            Health::Unknown if accepts(&found, &ports).await => return Ok(Verdict::Healthy),
            Health::Unknown => {}
        }
        if Instant::now() >= deadline {
            return Ok(Verdict::TimedOut);
        }
        pause(LOOK_EVERY).await;
    }
}

fn ports(service: &Service<'_>) -> Vec<u16> {
    let named = service
        .admitted
        .variables
        .get("HEALTHCHECK_TCP_PORT")
        .and_then(|port| port.trim().parse().ok());
    named.map_or_else(
        || {
            service
                .facts
                .tcp_ports
                .iter()
                .copied()
                .take(MOST_PORTS)
                .collect()
        },
        |port| vec![port],
    )
}

/// Whether any of the ports accepts a connection.
async fn accepts(found: &Found, ports: &[u16]) -> bool {
    let addresses = found
        .addresses
        .iter()
        .filter_map(|address| address.parse().ok());
    let dials = addresses
        .flat_map(|address| {
            ports
                .iter()
                .map(move |port| SocketAddr::new(address, *port))
        })
        .map(|address| async move {
            matches!(
                tokio::time::timeout(DIAL, tokio::net::TcpStream::connect(address)).await,
                Ok(Ok(_))
            )
        });
    futures_util::future::join_all(dials)
        .await
        .into_iter()
        .any(|accepted| accepted)
}
