//! What is wrong with a host and its platform, and how it is mended: looks at everything, changes nothing by itself.
//!
//! Facts come through the workshops, each within a time of its own; what they mean is decided by pure functions. Missing is not
//! forbidden is not unreachable. Refuses to tell a secret's value. Read next: `finding`, `looked`, then `host`, `gitlab`, `aws`.

mod aws;
mod finding;
mod gitlab;
mod host;
mod looked;
mod mend;
mod names;
mod policies;
mod probe;
mod report;

use std::time::Duration;

use tokio::runtime::Runtime;

pub(crate) use aws::{Account, needs};
pub(crate) use finding::{Area, Finding, Mend};
pub(crate) use gitlab::{Place, Way};
pub(crate) use host::{Host, Outside, trusts};
pub(crate) use mend::{make_state_dir, wanted};
pub(crate) use names::Platform;
pub(crate) use probe::{NAME as PROBE, live as probe};
pub(crate) use report::{Report, Show};

/// All of it: whoever waits for more than a minute looks himself.
const ALL: Duration = Duration::from_secs(50);

/// Why nothing outside is looked at then.
pub(crate) const UNTRUSTING: &str =
    "no certificate is trusted here: see host.certificates of `doctor host`";
/// Where AWS is not looked at.
pub(crate) const NO_REGION: &str = "in which region is not known: set `region` in `[platform]` of the settings, AWS_REGION, or --region";

/// What is looked at.
pub(crate) struct Examination<'a> {
    pub(crate) host: Host<'a>,
    pub(crate) outside: Outside<'a>,
    pub(crate) gitlab: Place<'a>,
    /// Else why it is not looked at.
    pub(crate) aws: Result<Account<'a>, &'static str>,
}

/// Looks at `areas` all at a time; findings come in the order of the documentation.
pub(crate) fn examine(all: &Examination<'_>, areas: &[Area], runtime: &Runtime) -> Vec<Finding> {
    looked::end_within(ALL);
    let wants = |area| areas.contains(&area);
    let (told, registered) = host::runners(&all.host);
    let (at_hand, (outside, gitlab, aws)) = std::thread::scope(|scope| {
        let host = &all.host;
        let at_hand = wants(Area::Host).then(|| scope.spawn(|| host::at_hand(host)));
        let rest = runtime.block_on(async {
            futures_util::join!(
                maybe(wants(Area::Host), host::outside(&all.outside)),
                maybe(
                    wants(Area::Gitlab),
                    gitlab::findings(&all.gitlab, &registered)
                ),
                maybe(wants(Area::Aws), of_aws(all.aws.as_ref()))
            )
        });
        let broken = |_| {
            vec![Finding::unknown(
                "host.engine",
                "the checks of this host broke down: a bug of baws-ci",
            )]
        };
        let at_hand = at_hand.map(|thread| thread.join().unwrap_or_else(broken));
        (at_hand, rest)
    });
    let told = match at_hand {
        Some(_) => told,
        None => Vec::new(),
    };
    [at_hand.unwrap_or_default(), told, outside, gitlab, aws].concat()
}

async fn maybe(wanted: bool, findings: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
    match wanted {
        true => findings.await,
        false => Vec::new(),
    }
}

async fn of_aws(account: Result<&Account<'_>, &&'static str>) -> Vec<Finding> {
    match account {
        Ok(account) => aws::findings(account).await,
        Err(why) => vec![Finding::not_looked_at("aws.identity", why)],
    }
}
