//! Where the catalog's entities come from: a file or directory here, or the platform's reference repository.

use std::path::{Path, PathBuf};

use crate::cli::ProvisionCatalogArgs;
use crate::dispatch::gitlab::gitlab;
use crate::error::{Error, Result};
use crate::gitlab::{Of, Tree};
use crate::output::Output;
use crate::provision::Catalog;
use crate::settings::Settings;

/// More files than a catalog of environments has.
const MOST_FILES: usize = 500;
const DEEPEST: usize = 4;

pub(super) async fn catalog(
    arguments: &ProvisionCatalogArgs,
    settings: &Settings,
    output: &Output,
) -> Result<Catalog> {
    let mut catalog = Catalog::default();
    match &arguments.catalog {
        Some(path) => {
            let mut files = Vec::new();
            files_in(path, 0, &mut files)?;
            files.sort();
            for file in files {
                let text = std::fs::read_to_string(&file).map_err(|error| unread(&file, error))?;
                catalog.read(&file.display().to_string(), &text)?;
            }
        }
        None => {
            let gitlab = gitlab(&arguments.gitlab, settings, output).await?;
            let own = &settings.provision.reference;
            let path = arguments.reference.as_ref().unwrap_or(own);
            let of = Of::Path(path);
            let missing = || {
                Error::precondition(format!("there is no project `{path}` with the platform's catalog, or the token may not read it"))
                    .hint("name it by --reference, or read entities from a file by --catalog; the operator may set `reference` in `[provision]` of the settings")
            };
            let project = gitlab.project(&of).await?.ok_or_else(missing)?;
            let branch = project.default_branch.as_deref().unwrap_or("main");
            let tree = gitlab.tree(&of, branch, Tree::Whole).await?;
            let wanted = arguments.catalog_path.trim_matches('/');
            let inner = format!("{wanted}/");
            let all = tree.unwrap_or_default();
            let mut files: Vec<&str> = all
                .iter()
                .filter(|blob| blob.mode.starts_with("100"))
                .map(|blob| blob.path.as_str())
                .filter(|path| {
                    *path == wanted || (path.starts_with(&inner) && is_yaml(Path::new(path)))
                })
                .collect();
            if files.is_empty() {
                return Err(Error::precondition(format!(
                    "the project `{path}` has nothing at `{wanted}`"
                ))
                .hint("name the file or directory with the environments by --catalog-path"));
            }
            files.truncate(MOST_FILES);
            for file in files {
                if let Some(bytes) = gitlab.file(&of, branch, file).await? {
                    let name = format!("{path}/{file}");
                    catalog.read(&name, &String::from_utf8_lossy(&bytes))?;
                }
            }
        }
    }
    Ok(catalog)
}

fn files_in(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = std::fs::read_dir(path).map_err(|error| unread(path, error))?;
    for entry in entries {
        let inner = entry.map_err(|error| unread(path, error))?.path();
        let is_wanted = is_yaml(&inner) || (inner.is_dir() && depth < DEEPEST);
        if is_wanted && files.len() < MOST_FILES {
            files_in(&inner, depth + 1, files)?;
        }
    }
    Ok(())
}

fn is_yaml(path: &Path) -> bool {
    let extension = path.extension();
    extension.is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn unread(path: &Path, error: std::io::Error) -> Error {
    Error::usage(format!("cannot read the catalog `{}`", path.display())).caused_by(error)
}
