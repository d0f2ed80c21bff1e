//! Rules of the settings that are for no project.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;

use crate::doctor::finding::{Finding, Turn};
use crate::doctor::looked::{Looked, look};
use crate::gitlab::{Gitlab, Of};
use crate::policy::named;
use crate::settings::{GrantSettings, RoleSettings};

const AT_A_TIME: usize = 4;

/// What a pattern may be measured against.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Among {
    /// It names one project in full.
    Itself(String),
    /// It begins with a group in full.
    Group(String),
    All,
}

pub(super) async fn that_match_nothing(
    gitlab: &Gitlab,
    grants: &[GrantSettings],
    roles: &[RoleSettings],
) -> Vec<Finding> {
    let rules = grants.iter().map(|rule| ("[[grants]]", &rule.projects));
    let rules = rules.chain(roles.iter().map(|rule| ("[[roles]]", &rule.projects)));
    let mut patterns: Vec<(&str, &String)> = Vec::new();
    for (table, all) in rules {
        for pattern in all.iter().filter(|pattern| *pattern != "**") {
            if !patterns.contains(&(table, pattern)) {
                patterns.push((table, pattern));
            }
        }
    }
    let places: BTreeSet<Among> = patterns.iter().map(|(_, pattern)| among(pattern)).collect();
    let asked = places.into_iter().map(async |among| {
        let paths = paths(gitlab, &among).await;
        (among, paths)
    });
    let asked = futures_util::stream::iter(asked).buffered(AT_A_TIME);
    let known: BTreeMap<Among, Looked<Vec<String>>> = asked.collect().await;
    let mut findings: Vec<Finding> = patterns
        .iter()
        .map(|(table, pattern)| decide(table, pattern, &known[&among(pattern)]))
        .collect();
    if findings.is_empty() {
        let because = "no rule of the settings is for some projects only";
        findings.push(Finding::not_looked_at("gitlab.grants", because));
    }
    findings
}

fn among(pattern: &str) -> Among {
    let is_wild = |text: &str| text.contains(['*', '?']);
    if !is_wild(pattern) {
        return Among::Itself(pattern.to_owned());
    }
    let literal: Vec<&str> = pattern
        .split('/')
        .take_while(|part| !is_wild(part))
        .collect();
    match literal.is_empty() {
        true => Among::All,
        false => Among::Group(literal.join("/")),
    }
}

async fn paths(gitlab: &Gitlab, among: &Among) -> Looked<Vec<String>> {
    match among {
        Among::Itself(path) => {
            let of = Of::Path(path);
            let project = async { Ok(gitlab.project(&of).await?.map(|one| vec![one.path])) };
            look::<_, crate::gitlab::Failure>(project).await
        }
        Among::Group(path) => {
            let projects = async {
                let found = gitlab.projects(path).await?;
                Ok(Some(found.into_iter().map(|one| one.path).collect()))
            };
            match look::<_, crate::gitlab::Failure>(projects).await {
                // A user's own place is no group.
                Looked::Missing => look(async { gitlab.project_paths().await.map(Some) }).await,
                looked => looked,
            }
        }
        Among::All => look(async { gitlab.project_paths().await.map(Some) }).await,
    }
}

fn decide(table: &str, pattern: &str, looked: &Looked<Vec<String>>) -> Finding {
    let none = || {
        Finding::warning(
            "gitlab.grants",
            format!("the pattern `{pattern}` of {table} fits no project"),
        )
        .turn(Turn::Host)
        .remedy("correct it, or remove it: whoever makes a project of that path has the right")
    };
    let finding = match looked {
        Looked::Found(paths) => {
            let pattern = [pattern.to_owned()];
            match paths.iter().filter(|path| named(&pattern, path)).count() {
                0 => none(),
                count => {
                    let told = format!(
                        "the pattern `{}` of {table} fits {count} projects",
                        pattern[0]
                    );
                    Finding::ok("gitlab.grants", told)
                }
            }
        }
        Looked::Missing => none(),
        Looked::Forbidden { words, .. } | Looked::Unreachable(words) | Looked::Strange(words) => {
            Finding::unknown("gitlab.grants", words)
        }
    };
    finding.about(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_measured_against_as_little_as_will_do() {
        assert_eq!(among("team/app"), Among::Itself("team/app".to_owned()));
        assert_eq!(among("team/sub/*-x"), Among::Group("team/sub".to_owned()));
        assert_eq!(among("team-*/**"), Among::All);
    }

    #[test]
    fn a_rule_for_nobody_is_told() {
        let found = Looked::Found(vec!["team/app".to_owned()]);
        let state =
            |pattern, looked: &Looked<_>| decide("[[grants]]", pattern, looked).state.name();
        assert_eq!(state("team/*", &found), "ok");
        assert_eq!(state("team/b*", &found), "warning");
        assert_eq!(state("team/app", &Looked::Missing), "warning");
        assert_eq!(state("x", &Looked::Unreachable(String::new())), "unknown");
    }
}
