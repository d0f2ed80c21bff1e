//! `only` and `except`, the older form of `rules`.
//!
//! Source: GitLab, `lib/gitlab/ci/build/policy`: a job without either, and without `rules`, is one of branches and tags.

use crate::yaml::{Kind, Map, Node};

use super::event::EventKind;
use super::expression::Expression;
use super::fault::Faults;
use super::glob::Glob;
use super::value::{flat_strings, given, must, refuse_unknown};
use super::{Conditions, rules};

#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    refs: Option<Vec<String>>,
    variables: Option<Vec<(String, Option<Expression>)>>,
    changes: Option<Vec<String>>,
    kubernetes: bool,
}

const KEYWORDS: [&str; 4] = ["refs", "variables", "changes", "kubernetes"];

pub(super) fn read(node: &Node, keyword: &str, of: &str, faults: &mut Faults) -> Option<Policy> {
    match &node.kind {
        Kind::Text(_) | Kind::List(_) => {
            let refs = flat_strings(node);
            if refs.is_none() {
                faults.add(must(node, keyword, of, "a list of refs"));
            }
            Some(Policy {
                refs,
                ..Policy::default()
            })
        }
        Kind::Map(map) => Some(detail(map, keyword, of, faults)),
        Kind::Null => None,
        Kind::Bool(_) | Kind::Number(_) | Kind::Reference(_) => {
            faults.add(must(node, keyword, of, "a list of refs, or a mapping"));
            None
        }
    }
}

fn detail(map: &Map, keyword: &str, of: &str, faults: &mut Faults) -> Policy {
    refuse_unknown(map, &KEYWORDS, &format!("{keyword}:"), of, faults);
    let mut list = |key: &str| {
        let node = given(map, key)?;
        let found = flat_strings(node.get("paths").unwrap_or(node));
        if found.is_none() {
            faults.add(must(
                node,
                &format!("{keyword}:{key}"),
                of,
                "a list of strings",
            ));
        }
        found.map(|list| (list, node.clone()))
    };
    let (refs, changes, texts) = (list("refs"), list("changes"), list("variables"));
    let variables = texts.map(|(texts, node)| {
        texts
            .into_iter()
            .map(|text| {
                let read = rules::condition(&text, &node, of);
                let read = faults.take(read);
                (text, read)
            })
            .collect()
    });
    Policy {
        refs: refs.map(|(list, _)| list),
        variables,
        changes: changes.map(|(list, _)| list),
        kubernetes: map.contains("kubernetes"),
    }
}

/// Whether the job exists, or why not.
pub(crate) fn admits(
    only: Option<&Policy>,
    except: Option<&Policy>,
    known: &Conditions<'_>,
) -> Result<String, String> {
    let branches_and_tags = Policy {
        refs: Some(vec!["branches".to_owned(), "tags".to_owned()]),
        ..Policy::default()
    };
    let refs_of_only = only.and_then(|only| only.refs.as_ref());
    if refs_of_only.is_none() && !branches_and_tags.refs_fit(known) {
        return Err(match only.or(except) {
            Some(_) => "`only` without `refs` means branches and tags".to_owned(),
            None => "it has no `rules`, and is for branches and tags only".to_owned(),
        });
    }
    if let Some(only) = only {
        only.all_hold(known)
            .map_err(|what| format!("`only:{what}` does not hold"))?;
    }
    match except.and_then(|except| except.some_hold(known)) {
        Some(what) => Err(format!("`except:{what}` holds")),
        None => Ok("`only` and `except` let it".to_owned()),
    }
}

impl Policy {
    /// Whether nothing but the event and its branch or tag decides.
    pub(super) fn asks_for_refs_only(&self) -> bool {
        self.variables.is_none() && self.changes.is_none() && !self.kubernetes
    }

    fn all_hold(&self, known: &Conditions<'_>) -> Result<(), &'static str> {
        if self.refs.is_some() && !self.refs_fit(known) {
            return Err("refs");
        }
        if self.variables.is_some() && !self.variables_hold(known) {
            return Err("variables");
        }
        if self.changes.is_some() && !self.changes_fit(known) {
            return Err("changes");
        }
        match self.kubernetes {
            true => Err("kubernetes"),
            false => Ok(()),
        }
    }

    fn some_hold(&self, known: &Conditions<'_>) -> Option<&'static str> {
        if self.refs.is_some() && self.refs_fit(known) {
            return Some("refs");
        }
        if self.variables.is_some() && self.variables_hold(known) {
            return Some("variables");
        }
        (self.changes.is_some() && self.changes_fit(known)).then_some("changes")
    }

    fn variables_hold(&self, known: &Conditions<'_>) -> bool {
        let holds = |(_, one): &(String, Option<Expression>)| {
            one.as_ref().is_some_and(|one| one.is_true(known.variables))
        };
        self.variables.iter().flatten().any(holds)
    }

    fn changes_fit(&self, known: &Conditions<'_>) -> bool {
        let Some(files) = known.changed else {
            return true;
        };
        let globs: Vec<Glob> = self
            .changes
            .iter()
            .flatten()
            .map(|one| Glob::new(one))
            .collect();
        files
            .iter()
            .any(|file| globs.iter().any(|glob| glob.fits(file)))
    }

    fn refs_fit(&self, known: &Conditions<'_>) -> bool {
        self.refs
            .iter()
            .flatten()
            .any(|pattern| ref_fits(pattern, known))
    }
}

/// A keyword, a name, `/pattern/`; behind an `@` a project.
fn ref_fits(pattern: &str, known: &Conditions<'_>) -> bool {
    let (pattern, project) = match pattern.rsplit_once('@') {
        Some((pattern, project))
            if !pattern.is_empty() && !project.contains('/')
                || project.matches('/').count() > 0 && !pattern.starts_with('/') =>
        {
            (pattern, Some(project))
        }
        Some(_) | None => (pattern, None),
    };
    if project
        .is_some_and(|project| (known.variables)("CI_PROJECT_PATH").as_deref() != Some(project))
    {
        return false;
    }
    let event = known.event;
    match pattern {
        "branches" => event.is_branch(),
        "tags" => event == EventKind::Tag,
        "merge_requests" => event == EventKind::MergeRequest,
        "schedules" => event == EventKind::Schedule,
        "pushes" => matches!(event, EventKind::Push | EventKind::Tag),
        "web" => event == EventKind::Web,
        "api" => event == EventKind::Api,
        "triggers" => event == EventKind::Trigger,
        "pipelines" | "external" | "external_pull_requests" | "chat" => false,
        // The ref of a merge request's pipeline is no branch.
        _ if event == EventKind::MergeRequest => false,
        name => match name.starts_with('/') {
            true => Expression::parse(&format!("$CI_COMMIT_REF_NAME =~ {name}"))
                .is_ok_and(|fits| fits.is_true(&|_| Some(known.ref_name.to_owned()))),
            false => name == known.ref_name,
        },
    }
}
