//! One version of the templates, whole: parts, templates, samples. From this program, from a directory, or from the archive of
//! the reference repository's tag.
//!
//! Refuses what would fill the machine, and files outside the directories that templates are made of.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use super::version::Version;
use super::{samples, shipped};
use crate::error::{Cause, Error, Result};
use crate::pipeline::{self, Found, Given, Location, Missing, Origin, Read as PipelineRead};

/// What belongs to the templates in their project; everything else there is somebody else's.
pub(super) const PLACES: [&str; 3] = ["parts/", "templates/", "samples/"];
/// At the top.
const PAPERS: [&str; 3] = ["CHANGELOG.md", "README.md", "VERSION"];
const MOST_FILES: usize = 2000;
const MOST_BYTES: u64 = 16 << 20;

/// All files of one version.
#[derive(Clone, Debug)]
pub(crate) struct Edition {
    pub(crate) version: Version,
    /// By path in the templates' project.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

impl Edition {
    /// What this program carries.
    pub(crate) fn shipped() -> Result<Self> {
        let texts = shipped::files().map(|(path, text)| (path, text.as_bytes()));
        let rest = samples::FILES.iter().chain(samples::PAPERS);
        let all = texts.chain(rest.map(|(path, bytes)| (*path, *bytes)));
        Edition::of(
            all.map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
                .collect(),
        )
    }

    /// What lies in a directory that looks like `pipeline-templates`.
    pub(crate) fn of_directory(directory: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        let unread = |error: std::io::Error| {
            Error::usage(format!(
                "cannot read the templates in `{}`",
                directory.display()
            ))
            .caused_by(error)
        };
        for place in PLACES {
            let path = directory.join(place);
            if path.is_dir() {
                gather(&path, place, &mut files).map_err(unread)?;
            }
        }
        for name in PAPERS {
            match std::fs::read(directory.join(name)) {
                Ok(bytes) => {
                    files.insert(name.to_owned(), bytes);
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(unread(error)),
            }
        }
        Edition::of(files).map_err(|error| {
            error.hint(format!(
                "`{}` has to look like `pipeline-templates` of baws-ci's own source: VERSION, parts/, templates/, samples/",
                directory.display()
            ))
        })
    }

    /// From a tar that is compressed by gzip, as GitLab makes it of a tag: all in one directory.
    pub(crate) fn of_archive(bytes: &[u8]) -> Result<Self> {
        let wrong = |error: std::io::Error| {
            Error::system("cannot read the archive of the templates").caused_by(error)
        };
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(bytes).take(MOST_BYTES));
        let mut files = BTreeMap::new();
        for entry in tar.entries().map_err(wrong)? {
            let mut entry = entry.map_err(wrong)?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let path = entry.path().map_err(wrong)?.to_string_lossy().into_owned();
            let Some((_, inner)) = path.split_once('/') else {
                continue;
            };
            let inner = inner.to_owned();
            if belongs(&inner) && files.len() < MOST_FILES {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).map_err(wrong)?;
                files.insert(inner, content);
            }
        }
        Edition::of(files)
    }

    fn of(files: BTreeMap<String, Vec<u8>>) -> Result<Self> {
        let version = files
            .get("VERSION")
            .map(|bytes| String::from_utf8_lossy(bytes));
        let version =
            version.ok_or_else(|| Error::usage("there is no file VERSION among the templates"))?;
        let version = version.parse().map_err(|why| {
            Error::usage("the file VERSION of the templates says none").caused_by(Cause::line(why))
        })?;
        Ok(Edition { version, files })
    }

    /// In order.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &str> {
        self.files.keys().filter_map(|path| kind_of(path))
    }

    pub(crate) fn has_kind(&self, kind: &str) -> bool {
        self.kinds().any(|known| known == kind)
    }

    /// The files of a kind's sample, by path in the new repository.
    pub(crate) fn sample(&self, kind: &str) -> impl Iterator<Item = (&str, &[u8])> {
        let place = format!("samples/{kind}/");
        self.files
            .iter()
            .filter_map(move |(path, bytes)| Some((path.strip_prefix(&place)?, bytes.as_slice())))
    }

    /// A template, read with these inputs.
    ///
    /// # Errors
    /// `Usage`: there is none of this kind.
    pub(crate) fn read(&self, kind: &str, given: &Given) -> Result<PipelineRead> {
        let path = format!("templates/{kind}.yml");
        let first = self.find(&path).ok_or_else(|| {
            let kinds: Vec<&str> = self.kinds().collect();
            let error = Error::usage(format!(
                "version {} of the templates has no kind `{kind}`",
                self.version
            ));
            match crate::nearest::nearest(kind, kinds.iter().copied()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("its kinds are {}", kinds.join(", "))),
            }
        })?;
        let library = |location: &Location, _: &Origin| {
            let path = match location {
                Location::Local(path) => path,
                Location::Project { path, .. } => path,
                Location::Remote(_) | Location::Template(_) | Location::Component { .. } => {
                    return Err(Missing::Away {
                        hint: "templates include nothing of elsewhere".to_owned(),
                    });
                }
            };
            let found = self.find(path.trim_start_matches('/'));
            found
                .map(|found| vec![found])
                .ok_or_else(|| Missing::Wrong {
                    why: format!("`{path}` is no file of the templates"),
                    hint: None,
                })
        };
        Ok(pipeline::read(pipeline::Request {
            first,
            inputs: given.clone(),
            library: &library,
            conditions: None,
        }))
    }

    fn find(&self, path: &str) -> Option<Found> {
        let bytes = self.files.get(path)?;
        let name = format!("templates {}:{path}", self.version);
        Some(Found {
            identity: name.clone(),
            name,
            text: String::from_utf8_lossy(bytes).into_owned(),
            origin: Origin::Other("templates".to_owned()),
        })
    }
}

/// `nodejs`, of `templates/nodejs.yml`.
fn kind_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix("templates/")?.strip_suffix(".yml")?;
    (!name.contains('/')).then_some(name)
}

/// Whether a path of the reference repository is the templates' own. Backstage's templates lie below `templates/` as well,
/// in directories of their own.
pub(super) fn belongs(path: &str) -> bool {
    let inner = PLACES.iter().any(|place| path.starts_with(place));
    let foreign = path.starts_with("templates/") && kind_of(path).is_none();
    PAPERS.contains(&path) || (inner && !foreign)
}

fn gather(
    directory: &Path,
    inner: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> std::io::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(directory)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{inner}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            gather(&entry.path(), &format!("{name}/"), files)?;
        } else if kind.is_file() && belongs(&name) {
            if files.len() >= MOST_FILES || entry.metadata()?.len() > MOST_BYTES {
                return Err(std::io::Error::other(format!(
                    "`{name}` is too much: at most {MOST_FILES} files"
                )));
            }
            files.insert(name, std::fs::read(entry.path())?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_is_whole() {
        let edition = Edition::shipped().unwrap();
        assert_eq!(edition.kinds().count(), 10);
        for kind in edition.kinds() {
            assert!(
                edition
                    .sample(kind)
                    .any(|(path, _)| path == ".gitlab-ci.yml"),
                "{kind}"
            );
            let read = edition.read(kind, &Given::new()).unwrap();
            assert!(!read.faults.has_errors(), "{kind}");
        }
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipeline-templates");
        let read = Edition::of_directory(&directory).unwrap();
        assert_eq!((read.version, read.files), (edition.version, edition.files));
    }

    #[test]
    fn files_of_the_portal_are_not_the_templates() {
        for own in [
            "VERSION",
            "templates/nodejs.yml",
            "parts/a.yml",
            "samples/x/y/z",
        ] {
            assert!(belongs(own), "{own}");
        }
        for other in [
            "templates/all-templates.yaml",
            "templates/example/template.yaml",
            "templates/a/b.yml",
            "catalog/x.yaml",
            "common/aws_ecs/buildspec.yml",
        ] {
            assert!(!belongs(other), "{other}");
        }
    }
}
