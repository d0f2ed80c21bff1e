//! `include`: which files a pipeline is made of, one below the other.
//!
//! Refuses to read any file itself: a [`Library`] does, and says what is not on this machine. Source: GitLab,
//! `lib/gitlab/ci/config/external`.

mod assemble;
mod conditions;

use crate::yaml::{Kind, Map, Node, Place};

use super::fault::{Fault, Faults, Rule};
use super::inputs::Given;
use super::value::given;

pub(super) use assemble::assemble;

/// Most files of a pipeline. Source: GitLab's application setting `ci_max_includes`.
const MOST_FILES: usize = 150;

/// Where an included file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// A path of the project that the including file belongs to; `*` and `**` are patterns.
    Local(String),
    /// A path of another project at a branch, tag or commit; `None`: its default branch.
    Project {
        project: String,
        reference: Option<String>,
        path: String,
    },
    Remote(String),
    /// One of GitLab's own.
    Template(String),
    /// `host/project/name@version`.
    Component {
        address: String,
        version: String,
    },
}

impl Location {
    /// In the words of the pipeline.
    pub(crate) fn shown(&self) -> String {
        match self {
            Location::Local(path) => format!("local: {path}"),
            Location::Project {
                project,
                reference: Some(reference),
                path,
            } => format!("project: {project}, ref: {reference}, file: {path}"),
            Location::Project {
                project,
                reference: None,
                path,
            } => format!("project: {project}, file: {path}"),
            Location::Remote(url) => format!("remote: {url}"),
            Location::Template(name) => format!("template: {name}"),
            Location::Component { address, version } => format!("component: {address}@{version}"),
        }
    }
}

/// Whose files a file's `local` includes are: an index into what the library knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// The project of the pipeline.
    #[default]
    Own,
    /// Another one: whatever the library needs to find its files again.
    Other(String),
}

/// A file that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// For people.
    pub(crate) name: String,
    /// Which file it is: the same for the same file.
    pub(crate) identity: String,
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// Why a file was not found.
#[derive(Clone, Debug)]
pub(crate) enum Missing {
    /// It belongs to a project that is not on this machine; the hint says how to show it.
    Away { hint: String },
    /// It is not where it is said to be, or cannot be read.
    Wrong { why: String, hint: Option<String> },
}

/// Finds files: by where they are, as seen from the file that includes them.
pub(crate) type Library<'a> = &'a dyn Fn(&Location, &Origin) -> Result<Vec<Found>, Missing>;

/// One entry of `include`.
pub(super) struct Entry<'a> {
    pub(super) locations: Vec<Location>,
    pub(super) inputs: Given,
    pub(super) rules: Option<&'a Node>,
    pub(super) at: Place,
}

const KEYWORDS: [&str; 12] = [
    "local",
    "project",
    "file",
    "ref",
    "remote",
    "template",
    "component",
    "artifact",
    "inputs",
    "rules",
    "integrity",
    "cache",
];

/// The entries of an `include`.
pub(super) fn entries<'a>(node: &'a Node, faults: &mut Faults) -> Vec<Entry<'a>> {
    match &node.kind {
        Kind::List(items) => items
            .iter()
            .filter_map(|item| {
                let read = entry(item);
                faults.take(read)
            })
            .collect(),
        Kind::Null => Vec::new(),
        Kind::Text(_) | Kind::Map(_) | Kind::Bool(_) | Kind::Number(_) | Kind::Reference(_) => {
            let read = entry(node);
            faults.take(read).into_iter().collect()
        }
    }
}

fn entry(node: &Node) -> Result<Entry<'_>, Fault> {
    let wrong = |node: &Node, text: String| Fault::new(Rule::Include, node.at, text);
    let bare = |locations| Entry {
        locations,
        inputs: Given::new(),
        rules: None,
        at: node.at,
    };
    let map = match &node.kind {
        Kind::Text(text) => return Ok(bare(vec![plain(text)])),
        Kind::Map(map) => map,
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::List(_) | Kind::Reference(_) => {
            return Err(wrong(
                node,
                format!(
                    "an `include` must be a path or a mapping, and is {}",
                    node.sort()
                ),
            ));
        }
    };
    if let Some((key, _)) = map.iter().find(|(key, _)| !KEYWORDS.contains(&&*key.text)) {
        return Err(Fault::new(
            Rule::Include,
            key.at,
            format!("unknown keyword `include:{}`", key.text),
        )
        .near(&key.text, KEYWORDS));
    }
    let locations = locations(map, node)?;
    let inputs = match given(map, "inputs") {
        None => Given::new(),
        Some(node) => node
            .as_map()
            .ok_or_else(|| {
                wrong(
                    node,
                    "`include:inputs` must be names with values".to_owned(),
                )
            })?
            .iter()
            .map(|(key, value)| (key.text.to_string(), value.clone()))
            .collect(),
    };
    Ok(Entry {
        locations,
        inputs,
        rules: given(map, "rules"),
        at: node.at,
    })
}

fn locations(map: &Map, node: &Node) -> Result<Vec<Location>, Fault> {
    let wrong = |node: &Node, text: &str| Fault::new(Rule::Include, node.at, text);
    let words = |key: &str| -> Result<Option<String>, Fault> {
        match given(map, key) {
            None => Ok(None),
            Some(node) => node
                .scalar()
                .map(Some)
                .ok_or_else(|| wrong(node, &format!("`include:{key}` must be a string"))),
        }
    };
    if let Some(path) = words("local")? {
        return Ok(vec![Location::Local(path)]);
    }
    if let Some(project) = words("project")? {
        let reference = words("ref")?;
        let files =
            given(map, "file").ok_or_else(|| wrong(node, "`include:project` needs a `file`"))?;
        let files = super::value::strings(files)
            .ok_or_else(|| wrong(files, "`include:file` must be a path or a list of paths"))?;
        return Ok(files
            .into_iter()
            .map(|path| Location::Project {
                project: project.clone(),
                reference: reference.clone(),
                path,
            })
            .collect());
    }
    if let Some(url) = words("remote")? {
        return Ok(vec![Location::Remote(url)]);
    }
    if let Some(name) = words("template")? {
        return Ok(vec![Location::Template(name)]);
    }
    if let Some(address) = words("component")? {
        let Some((address, version)) = address.rsplit_once('@') else {
            return Err(
                wrong(node, "`include:component` needs a version").hint("write `…/name@1.0.0`")
            );
        };
        return Ok(vec![Location::Component {
            address: address.to_owned(),
            version: version.to_owned(),
        }]);
    }
    if map.contains("artifact") {
        return Err(wrong(node, "`include:artifact` works in `trigger` only"));
    }
    Err(wrong(
        node,
        "an `include` needs `local`, `project`, `component`, `remote` or `template`",
    ))
}

fn plain(text: &str) -> Location {
    match text.starts_with("http://") || text.starts_with("https://") {
        true => Location::Remote(text.to_owned()),
        false => Location::Local(text.to_owned()),
    }
}
