//! Finds the files of pipelines: in a project's own directory, and in directories that stand for other projects.
//!
//! Refuses to leave the directory of the project that a file belongs to, by `..` or by a link, and to read what is no plain
//! file of reasonable size.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::shipped;
use crate::error::{Error, Result};
use crate::pipeline::{Found, Glob, Location, Missing, Origin};
use crate::yaml::LARGEST_FILE;

/// Where projects are on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    /// The project of the pipeline.
    root: PathBuf,
    /// From `--map`: a project's path, a URL, or `template`, and what stands for it here.
    maps: Vec<(String, PathBuf)>,
}

/// Why a file that should be here is not.
#[derive(Debug)]
pub(super) struct Missed {
    pub(super) why: String,
    hint: String,
}

impl Missed {
    pub(super) fn new(why: String, hint: &str) -> Self {
        Missed {
            why,
            hint: hint.to_owned(),
        }
    }
}

impl From<Missed> for Missing {
    fn from(missed: Missed) -> Self {
        Missing::Wrong {
            why: missed.why,
            hint: Some(missed.hint),
        }
    }
}

impl Shelf {
    /// `maps`: `NAME=PATH` each.
    pub(crate) fn new(root: &Path, maps: &[String]) -> Result<Self> {
        let maps = maps.iter().map(|text| match text.split_once('=') {
            // A URL may hold an equals sign of its own: the path is behind the last one.
            Some(_) => {
                let (name, path) = text.rsplit_once('=').unwrap_or((text, ""));
                Ok((name.trim_matches('/').to_owned(), PathBuf::from(path)))
            }
            None => Err(Error::usage(format!("`--map {text}` names no directory"))
                .hint("write `--map GROUP/PROJECT=DIRECTORY`")),
        });
        Ok(Shelf {
            root: root.to_owned(),
            maps: maps.collect::<Result<_>>()?,
        })
    }

    /// For the templates that this program carries, which include nothing else.
    pub(super) fn of_shipped() -> Self {
        Shelf {
            root: PathBuf::new(),
            maps: Vec::new(),
        }
    }

    /// The file a person named, and where it is: it may be anywhere.
    pub(crate) fn first(named: &Path, path: &Path) -> Result<Found> {
        let name = named.display().to_string();
        let text = contents(path).map_err(|why| {
            Error::usage(format!("cannot read the pipeline `{name}`"))
                .caused_by(crate::error::Cause::line(why))
        })?;
        let identity = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Ok(Found {
            name,
            identity: identity.display().to_string(),
            text,
            origin: Origin::Own,
        })
    }

    pub(crate) fn find(&self, location: &Location, origin: &Origin) -> Result<Vec<Found>, Missing> {
        match location {
            Location::Local(path) => match origin {
                Origin::Own => below(&self.root, path, origin, ""),
                Origin::Other(root) if root == shipped::NAME => Ok(vec![shipped::find(path)?]),
                Origin::Other(root) => below(Path::new(root), path, origin, &format!("{root}/")),
            },
            Location::Project { project, path, .. } => {
                let root = self.mapped(project, "GROUP/PROJECT=DIRECTORY", location)?;
                if root == Path::new(shipped::NAME) {
                    return Ok(vec![shipped::find(path)?]);
                }
                let origin = Origin::Other(root.display().to_string());
                below(root, path, &origin, &format!("{}/", root.display()))
            }
            Location::Component { address, .. } => {
                // host/group/project/name
                let project = address
                    .split_once('/')
                    .map_or(address.as_str(), |(_, rest)| rest);
                let (project, name) = project.rsplit_once('/').unwrap_or((project, ""));
                let root = self.mapped(project, "GROUP/PROJECT=DIRECTORY", location)?;
                if root == Path::new(shipped::NAME) {
                    return Ok(vec![shipped::find(&format!("templates/{name}.yml"))?]);
                }
                let origin = Origin::Other(root.display().to_string());
                let shown = format!("{}/", root.display());
                below(root, &format!("templates/{name}.yml"), &origin, &shown).or_else(|_| {
                    below(
                        root,
                        &format!("templates/{name}/template.yml"),
                        &origin,
                        &shown,
                    )
                })
            }
            Location::Template(name) => {
                let root = self.mapped("template", "template=DIRECTORY", location)?;
                below(
                    root,
                    name,
                    &Origin::Other(root.display().to_string()),
                    &format!("{}/", root.display()),
                )
            }
            Location::Remote(url) => {
                let path = self.mapped(url, "URL=FILE", location)?;
                let text = contents(path).map_err(|why| Missing::Wrong {
                    why: format!("`{url}`: {why}"),
                    hint: None,
                })?;
                let found = Found {
                    name: path.display().to_string(),
                    identity: url.clone(),
                    text,
                    origin: Origin::Own,
                };
                Ok(vec![found])
            }
        }
    }

    fn mapped(&self, name: &str, form: &str, location: &Location) -> Result<&Path, Missing> {
        let name = name.trim_matches('/');
        let found = self
            .maps
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found
            .map(|(_, path)| path.as_path())
            .ok_or_else(|| Missing::Away {
                hint: match location {
                    Location::Remote(_) | Location::Template(_) => {
                        format!("show it with `--map {form}`")
                    }
                    Location::Local(_) | Location::Project { .. } | Location::Component { .. } => {
                        match name.rsplit('/').next() == Some("pipeline-templates") {
                        true => format!("show it with `--map {name}=DIRECTORY`; `--map {name}=shipped` takes the templates of this program"),
                        false => format!("show it with `--map {name}=DIRECTORY`"),
                    }
                    }
                },
            })
    }
}

/// The files below `root` that `path` names; it may be a pattern.
fn below(root: &Path, path: &str, origin: &Origin, shown: &str) -> Result<Vec<Found>, Missing> {
    let wrong = |why: String| Missing::Wrong { why, hint: None };
    let inner = path.trim_start_matches('/').trim_start_matches("./");
    if !inner.ends_with(".yml") && !inner.ends_with(".yaml") {
        return Err(wrong(format!(
            "`{path}` does not end with .yml or .yaml: GitLab includes no other"
        )));
    }
    let root = std::fs::canonicalize(root)
        .map_err(|error| wrong(format!("cannot find `{}`: {error}", root.display())))?;
    if inner.contains('*') {
        let mut names = Vec::new();
        listed(&root, Path::new(""), 0, &mut names);
        names.sort();
        let glob = Glob::new(inner);
        let fitting: Vec<&String> = names.iter().filter(|name| glob.fits(name)).collect();
        if fitting.is_empty() {
            return Err(wrong(format!("no file of the project fits `{path}`")));
        }
        return fitting
            .into_iter()
            .map(|name| one(&root, name, origin, shown))
            .collect();
    }
    one(&root, inner, origin, shown).map(|found| vec![found])
}

fn one(root: &Path, inner: &str, origin: &Origin, shown: &str) -> Result<Found, Missing> {
    let wrong = |why: String| Missing::Wrong { why, hint: None };
    let full = root.join(inner);
    let Ok(real) = std::fs::canonicalize(&full) else {
        return Err(Missing::Wrong {
            why: format!("`{inner}` is not there"),
            hint: Some(format!("it is looked for in `{}`", root.display())),
        });
    };
    if !real.starts_with(root) {
        return Err(wrong(format!("`{inner}` leads out of the project")));
    }
    let text = contents(&real).map_err(|why| wrong(format!("`{inner}`: {why}")))?;
    Ok(Found {
        name: format!("{shown}{inner}"),
        identity: real.display().to_string(),
        text,
        origin: origin.clone(),
    })
}

/// A plain file's text, if GitLab would read as much.
fn contents(path: &Path) -> Result<String, String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is no plain file".to_owned());
    }
    let file = File::open(path).map_err(|error| error.to_string())?;
    let most = LARGEST_FILE as u64 + 1;
    let mut bytes = Vec::new();
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 == most {
        return Err(format!(
            "it has {} bytes; GitLab reads at most {LARGEST_FILE}",
            metadata.len().max(most)
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        format!(
            "it is not UTF-8 from byte {} on",
            error.utf8_error().valid_up_to()
        )
    })
}

/// How deep a pattern looks.
const DEEPEST: usize = 20;

fn listed(root: &Path, inner: &Path, depth: usize, names: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(root.join(inner)) else {
        return;
    };
    for entry in entries.flatten() {
        let path = inner.join(entry.file_name());
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() && entry.file_name() != ".git" && depth < DEEPEST {
            listed(root, &path, depth + 1, names);
        } else if kind.is_file() || kind.is_symlink() {
            names.push(path.to_string_lossy().into_owned());
        }
    }
}
