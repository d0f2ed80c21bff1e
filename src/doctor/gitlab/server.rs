//! Whether GitLab answers, which it is, and what the token for it may.

use std::time::{SystemTime, UNIX_EPOCH};

use super::subject;
use crate::doctor::finding::{Finding, Kind, Turn};
use crate::doctor::looked::{Looked, Subject, look};
use crate::gitlab::{Gitlab, OwnToken};

/// Runners are made by `POST /user/runners` since then. Source: GitLab REST API, "Users".
const OLDEST: (u64, u64) = (15, 10);
const WARN_DAYS: i64 = 30;
const MAKE_ONE: &str = "make a new one, of a service account that is Maintainer of the groups, with the scope `api`, and put it where the old one is";

/// And whether there is any use in asking on.
pub(super) async fn answers(gitlab: &Gitlab) -> (Vec<Finding>, bool) {
    let looked = look(async { gitlab.version().await.map(Some) }).await;
    version(gitlab.address(), looked)
}

fn version(address: &str, looked: Looked<String>) -> (Vec<Finding>, bool) {
    let reachable = subject("gitlab.reachable", "GitLab", address, "");
    let text = match looked {
        Looked::Found(text) => text,
        // It answers; what is wrong is the token's finding.
        Looked::Forbidden { .. } => {
            let told = format!("GitLab at `{address}` answers");
            return (vec![reachable.ok(told)], true);
        }
        Looked::Missing => {
            let why = "it has no API of GitLab's";
            return (vec![no_gitlab(&reachable, why)], false);
        }
        Looked::Strange(why) => return (vec![no_gitlab(&reachable, &why)], false),
        Looked::Unreachable(_) => {
            let hindered = reachable.found(looked);
            return (hindered.err().into_iter().collect(), false);
        }
    };
    let told = format!("GitLab at `{address}` answers");
    let version = subject("gitlab.version", "GitLab's version", "", "");
    let version = match numbers(&text) {
        Some(numbers) if numbers < OLDEST => version
            .wrong(format!(
                "GitLab is version {text}: runners are made since {}.{}",
                OLDEST.0, OLDEST.1
            ))
            .remedy("upgrade GitLab"),
        Some(_) => version.ok(format!("GitLab is version {text}")),
        None => Finding::unknown("gitlab.version", format!("`{text}` is no version")),
    };
    (vec![reachable.ok(told), version], true)
}

fn no_gitlab(subject: &Subject<'_>, why: &str) -> Finding {
    let address = subject.about;
    let finding = subject.wrong(format!("what answers at `{address}` is no GitLab: {why}"));
    finding.turn(Turn::Host).remedy("correct `url` in `[gitlab]` of the settings; or a proxy or a load balancer on the way answers in GitLab's place")
}

fn numbers(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// And whether it is good.
pub(super) async fn token(gitlab: &Gitlab) -> (Vec<Finding>, bool) {
    let looked = look(gitlab.own_token()).await;
    let secs = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    judged(looked, (secs / 86_400) as i64)
}

/// `today`: in days since 1970.
fn judged(looked: Looked<OwnToken>, today: i64) -> (Vec<Finding>, bool) {
    let subject = subject("gitlab.token", "the token for GitLab", "", "");
    let token = match looked {
        Looked::Found(token) => token,
        Looked::Missing => {
            let because = "it cannot tell of itself, as those of OAuth and of jobs cannot";
            return (vec![Finding::unknown("gitlab.token", because)], true);
        }
        Looked::Forbidden { words, .. } => {
            let told = format!("GitLab does not take the token: {words}");
            let fault = Finding::fault("gitlab.token", Kind::Forbidden, told).turn(Turn::Gitlab);
            return (
                vec![fault.remedy(format!("it is wrong, expired or revoked: {MAKE_ONE}"))],
                false,
            );
        }
        Looked::Unreachable(_) | Looked::Strange(_) => {
            return (subject.found(looked).err().into_iter().collect(), false);
        }
    };
    let name = &token.name;
    let good = subject.ok(format!("the token `{name}` is good"));
    let scopes = match token.scopes.iter().any(|scope| scope == "api") {
        true => Finding::ok("gitlab.token.scopes", "it has the scope `api`"),
        false => {
            let told = format!(
                "the token `{name}` has the scopes {}, and not `api`",
                quoted(&token.scopes)
            );
            let fault = Finding::fault("gitlab.token.scopes", Kind::Wrong, told).turn(Turn::Gitlab);
            fault.remedy(format!(
                "bootstrap-repo, template and runner register write by it: {MAKE_ONE}"
            ))
        }
    };
    (vec![good, scopes, expiry(&token, today)], true)
}

fn expiry(token: &OwnToken, today: i64) -> Finding {
    let code = "gitlab.token.expiry";
    let name = &token.name;
    let Some(text) = &token.expires_at else {
        return Finding::ok(code, format!("the token `{name}` does not end"));
    };
    let Some(end) = day(text) else {
        return Finding::unknown(code, format!("`{text}` is no day"));
    };
    match end - today {
        left if left > WARN_DAYS => {
            Finding::ok(code, format!("the token `{name}` is good until {text}"))
        }
        left => Finding::warning(
            code,
            format!("the token `{name}` ends on {text}, in {left} days"),
        )
        .turn(Turn::Gitlab)
        .remedy(MAKE_ONE),
    }
}

/// `2026-11-29` in days since 1970.
fn day(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<u16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let month = time::Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = time::Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?);
    let epoch = time::OffsetDateTime::UNIX_EPOCH.date();
    Some((date.ok()? - epoch).whole_days())
}

fn quoted(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.is_empty() {
        true => "none".to_owned(),
        false => quoted.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(scopes: &[&str], expires_at: Option<&str>) -> Vec<&'static str> {
        let token = OwnToken {
            name: "t".to_owned(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            expires_at: expires_at.map(str::to_owned),
        };
        let today = day("2026-11-29").unwrap();
        let (findings, _) = judged(Looked::Found(token), today);
        findings.iter().map(|one| one.state.name()).collect()
    }

    #[test]
    fn a_token_has_the_scope_and_a_month_left() {
        assert_eq!(token(&["api"], None), ["ok", "ok", "ok"]);
        assert_eq!(
            token(&["read_api"], Some("2027-06-01")),
            ["ok", "fault", "ok"]
        );
        assert_eq!(token(&["api"], Some("2026-12-10")), ["ok", "ok", "warning"]);
        assert_eq!(token(&["api"], Some("soon")), ["ok", "ok", "unknown"]);
    }

    #[test]
    fn an_old_gitlab_is_wrong_and_a_page_is_none() {
        let states = |looked| {
            let (findings, on) = version("https://g", looked);
            (
                findings
                    .iter()
                    .map(|one| one.state.name())
                    .collect::<Vec<_>>(),
                on,
            )
        };
        let found = |text: &str| Looked::Found(text.to_owned());
        assert_eq!(states(found("17.5.0-ee")), (vec!["ok", "ok"], true));
        assert_eq!(states(found("15.9.3")), (vec!["ok", "fault"], true));
        assert_eq!(states(found("?")), (vec!["ok", "unknown"], true));
        assert_eq!(
            states(Looked::Strange("<html>".to_owned())),
            (vec!["fault"], false)
        );
        assert_eq!(day("2026-02-30"), None);
    }
}
