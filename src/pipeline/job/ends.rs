//! How a job may begin and end: `when`, `allow_failure`, `retry`.

use crate::yaml::{Kind, Map, Node};

use super::super::fault::{Fault, Faults, Rule};
use super::super::value::{flat_strings, given, must, one_of};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AllowFailure {
    No,
    Yes,
    ExitCodes(Vec<i64>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    OnSuccess,
    OnFailure,
    Always,
    Manual,
    Delayed,
    /// Only before rules are asked.
    Never,
}

impl When {
    pub(crate) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "on_success" => When::OnSuccess,
            "on_failure" => When::OnFailure,
            "always" => When::Always,
            "manual" => When::Manual,
            "delayed" => When::Delayed,
            "never" => When::Never,
            _ => return None,
        })
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            When::OnSuccess => "on_success",
            When::OnFailure => "on_failure",
            When::Always => "always",
            When::Manual => "manual",
            When::Delayed => "delayed",
            When::Never => "never",
        }
    }
}

/// `retry`: how often, and after what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Retry {
    pub(crate) most: u32,
    /// Empty: after any failure.
    pub(crate) when: Vec<String>,
    pub(crate) exit_codes: Vec<i64>,
}

pub(super) fn when(body: &Map, of: &str, faults: &mut Faults) -> When {
    const WORDS: [&str; 5] = ["on_success", "on_failure", "always", "manual", "delayed"];
    one_of(body, "when", &WORDS, of, faults)
        .and_then(When::of)
        .unwrap_or(When::OnSuccess)
}

pub(super) fn allow_failure(body: &Map, when: When, of: &str, faults: &mut Faults) -> AllowFailure {
    let Some(node) = given(body, "allow_failure") else {
        // A manual job does not hold up the pipeline unless it says so, or rules do.
        return match when {
            When::Manual if !body.contains("rules") => AllowFailure::Yes,
            When::Manual
            | When::OnSuccess
            | When::OnFailure
            | When::Always
            | When::Delayed
            | When::Never => AllowFailure::No,
        };
    };
    let read = match &node.kind {
        Kind::Bool(flag) if flag.is => Some(AllowFailure::Yes),
        Kind::Bool(_) => Some(AllowFailure::No),
        Kind::Map(map) => map
            .get("exit_codes")
            .and_then(codes)
            .map(AllowFailure::ExitCodes),
        Kind::Null | Kind::Number(_) | Kind::Text(_) | Kind::List(_) | Kind::Reference(_) => None,
    };
    read.unwrap_or_else(|| {
        faults.add(must(
            node,
            "allow_failure",
            of,
            "true, false or hold `exit_codes`",
        ));
        AllowFailure::No
    })
}

fn codes(node: &Node) -> Option<Vec<i64>> {
    match node.as_list() {
        Some(items) => items.iter().map(Node::as_int).collect(),
        None => node.as_int().map(|code| vec![code]),
    }
}

/// Source: GitLab, `lib/gitlab/ci/build/status/reason.rb` and `entry/retry.rb`.
const REASONS: [&str; 21] = [
    "always",
    "unknown_failure",
    "script_failure",
    "api_failure",
    "stuck_or_timeout_failure",
    "stuck_pending_no_runner",
    "runner_system_failure",
    "runner_configuration_error",
    "runner_external_dependency_failure",
    "runner_interrupted",
    "runner_unsupported",
    "stale_schedule",
    "job_execution_timeout",
    "archived_failure",
    "unmet_prerequisites",
    "scheduler_failure",
    "data_integrity_failure",
    "forward_deployment_failure",
    "job_router_failure",
    "missing_dependency_failure",
    "environment_creation_failure",
];

pub(super) fn retry(body: &Map, of: &str, faults: &mut Faults) -> Retry {
    let Some(node) = given(body, "retry") else {
        return Retry::default();
    };
    let nothing = Map::default();
    let map = node.as_map().unwrap_or(&nothing);
    let most = match node.as_map() {
        Some(_) => given(map, "max"),
        None => Some(node),
    };
    let most = match most.map(|node| (node, node.as_int())) {
        // `retry: {when: …}` alone.
        None => 2,
        Some((_, Some(n @ 0..=2))) => u32::try_from(n).unwrap_or(0),
        Some((node, _)) => {
            faults.add(Fault::new(
                Rule::Value,
                node.at,
                format!("`retry` of {of} must be 0, 1 or 2"),
            ));
            0
        }
    };
    let when = given(map, "when")
        .and_then(flat_strings)
        .unwrap_or_default();
    for reason in when.iter().filter(|one| !REASONS.contains(&one.as_str())) {
        let at = map.get("when").map_or(node.at, |node| node.at);
        faults.add(
            Fault::new(
                Rule::Value,
                at,
                format!("`retry:when` of {of} cannot be `{reason}`"),
            )
            .near(reason, REASONS),
        );
    }
    Retry {
        most,
        when,
        exit_codes: given(map, "exit_codes").and_then(codes).unwrap_or_default(),
    }
}
