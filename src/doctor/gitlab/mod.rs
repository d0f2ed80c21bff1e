//! The part of GitLab: that it answers, as whom, and that what the platform keeps there is there.

mod grants;
mod places;
mod runners;
mod server;

use super::UNTRUSTING;
use super::finding::{Finding, Turn};
use super::looked::Subject;
use super::names::Platform;
use crate::error::Error;
use crate::gitlab::Gitlab;
use crate::job::Secret;
use crate::settings::{GrantSettings, RoleSettings};

/// The way to GitLab, as far as there is one.
pub(crate) enum Way {
    Open(Gitlab),
    /// Nobody says which GitLab.
    Unnamed,
    /// Nobody gave a token for it.
    Tokenless,
    /// Nobody is trusted here.
    Untrusting,
    /// The address, or the token for it, cannot be used.
    Blocked(Error),
}

/// A runner of this host's file.
pub(crate) struct Registered {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) token: Secret,
}

pub(crate) struct Place<'a> {
    pub(crate) way: Way,
    pub(crate) platform: Option<&'a Platform>,
    pub(crate) grants: &'a [GrantSettings],
    pub(crate) roles: &'a [RoleSettings],
}

pub(super) async fn findings(place: &Place<'_>, runners: &[Registered]) -> Vec<Finding> {
    let gitlab = match &place.way {
        Way::Open(gitlab) => gitlab,
        Way::Unnamed => {
            let because =
                "which GitLab is not known: set `url` in `[gitlab]` of the settings, or --gitlab";
            return vec![Finding::not_looked_at("gitlab.reachable", because)];
        }
        Way::Tokenless => {
            let because = "there is no token for GitLab: set `token_file` or `token_secret` in `[gitlab]` of the settings, GITLAB_TOKEN, or --token-file";
            return vec![Finding::not_looked_at("gitlab.token", because)];
        }
        Way::Untrusting => return vec![Finding::not_looked_at("gitlab.reachable", UNTRUSTING)],
        Way::Blocked(error) => return vec![blocked(error)],
    };
    let ((mut findings, answers), (token, is_good)) =
        futures_util::join!(server::answers(gitlab), server::token(gitlab));
    if !answers {
        let because = "GitLab does not answer as one: see gitlab.reachable";
        findings.push(Finding::not_looked_at("gitlab.token", because));
        return findings;
    }
    findings.extend(token);
    if !is_good {
        findings.extend(runners::known(gitlab, runners).await);
        let because = "the token is not good: see gitlab.token";
        findings.push(Finding::not_looked_at("gitlab.group", because));
        return findings;
    }
    let (known, places, grants) = futures_util::join!(
        runners::known(gitlab, runners),
        async {
            match place.platform {
                Some(platform) => places::of(gitlab, platform).await,
                None => vec![Finding::not_looked_at(
                    "gitlab.group",
                    "the platform is not looked at: set `revision` in `[platform]` of the settings, or --revision",
                )],
            }
        },
        grants::that_match_nothing(gitlab, place.grants, place.roles)
    );
    findings.extend([known, places, grants].concat());
    findings
}

fn blocked(error: &Error) -> Finding {
    use crate::doctor::finding::Kind;
    use crate::error::Class;
    let kind = match error.class() {
        Class::Denied => Kind::Forbidden,
        Class::Precondition => Kind::Missing,
        Class::System => Kind::Unreachable,
        Class::Script(_)
        | Class::Refused
        | Class::Usage
        | Class::Drift
        | Class::Ended(_)
        | Class::Cancelled(_) => Kind::Wrong,
    };
    let finding = Finding::fault("gitlab.token", kind, error).turn(Turn::Host);
    error
        .hints()
        .iter()
        .fold(finding, |finding, hint| finding.remedy(hint))
}

/// Something in GitLab.
fn subject<'s>(code: &'static str, what: &'s str, about: &'s str, missing: &'s str) -> Subject<'s> {
    Subject {
        code,
        about,
        what,
        turn: Turn::Gitlab,
        missing,
        identity: "the token for GitLab",
    }
}
