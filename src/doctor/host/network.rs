//! The host's clock against those of others, and the names it has to know.

use futures_util::future::join_all;

use crate::doctor::finding::{Finding, Kind, Turn};
use crate::doctor::looked::LIMIT;
use crate::http;

/// Seconds. Source: Signature Version 4: AWS takes no request that is five minutes off.
const FAULT: i64 = 300;
const WARNING: i64 = 60;

/// By the first that tells the time.
pub(super) async fn clock(urls: &[String]) -> Finding {
    let mut why = "there is nobody to ask: neither GitLab nor a region of AWS is known".to_owned();
    for url in urls {
        match http::clock(url, LIMIT).await {
            Ok((theirs, ours)) => return skew(url, theirs - ours),
            Err(error) => why = format!("`{url}`: {error}"),
        }
    }
    Finding::unknown("host.clock", why)
}

fn skew(url: &str, seconds: i64) -> Finding {
    let code = "host.clock";
    let told = format!(
        "this host's clock is {} s off that of `{url}`",
        seconds.abs()
    );
    let remedy = "`timedatectl set-ntp true`, or chrony; on EC2 by 169.254.169.123";
    match seconds.abs() {
        off if off > FAULT => Finding::fault(
            code,
            Kind::Wrong,
            format!("{told}: AWS takes no request of it"),
        )
        .turn(Turn::Host)
        .remedy(remedy),
        off if off > WARNING => Finding::warning(code, told).turn(Turn::Host).remedy(remedy),
        _ => Finding::ok(code, told),
    }
}

pub(super) async fn names(names: &[String]) -> Vec<Finding> {
    join_all(names.iter().map(|name| name_of(name))).await
}

async fn name_of(name: &str) -> Finding {
    let looked = tokio::time::timeout(LIMIT, tokio::net::lookup_host((name, 443))).await;
    let found = match looked {
        Ok(Ok(addresses)) => Ok(addresses.count()),
        Ok(Err(error)) => Err((Kind::Missing, error.to_string())),
        Err(_) => Err((
            Kind::Unreachable,
            format!("no answer within {} s", LIMIT.as_secs()),
        )),
    };
    resolved(name, found)
}

fn resolved(name: &str, found: Result<usize, (Kind, String)>) -> Finding {
    let code = "host.dns";
    let finding = match found {
        Ok(count) => Finding::ok(code, format!("`{name}` has {count} addresses")),
        Err((kind, why)) => Finding::fault(code, kind, format!("the name `{name}` has no address here: {why}"))
            .turn(Turn::Host)
            .remedy("check /etc/resolv.conf, and the VPC's resolver and endpoints; a name that only a proxy knows needs none here"),
    };
    finding.about(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_told_and_five_are_wrong() {
        let states = [0, -60, 61, -300, 301].map(|secs| skew("u", secs).state.name());
        assert_eq!(states, ["ok", "ok", "warning", "warning", "fault"]);
    }

    #[test]
    fn a_name_that_is_not_there_is_not_one_that_nobody_answers_for() {
        let kind = |kind| resolved("x", Err((kind, String::new()))).kind();
        assert_eq!(kind(Kind::Missing), Some(Kind::Missing));
        assert_eq!(kind(Kind::Unreachable), Some(Kind::Unreachable));
        assert_eq!(resolved("x", Ok(2)).kind(), None);
    }
}
