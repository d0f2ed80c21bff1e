//! The operator's settings, as far as making a host ready writes them: where there are none, and the helper image, by what nothing
//! else moves: its digest, or a name of its own.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Table};

use super::{Change, Did, Mode, replace};
use crate::error::{Error, Result};

/// Settings hold no secrets.
const FOR_ALL: u32 = 0o644;

/// Writes settings where there are none; those that are there are left alone.
///
/// # Errors
/// `System` where they cannot be written.
pub(crate) fn first_settings(file: &Path, text: &str, mode: Mode) -> Result<Change> {
    let did = match file.exists() {
        true => Did::Leave,
        false => Did::Write,
    };
    if (did, mode) == (Did::Write, Mode::Apply) {
        replace(file, text, FOR_ALL).map_err(|error| unwritten(file, error))?;
    }
    Ok(Change {
        path: file.to_owned(),
        did,
    })
}

fn unwritten(file: &Path, error: std::io::Error) -> Error {
    Error::system(format!("cannot write `{}`", file.display()))
        .caused_by(error)
        .hint("it takes root")
}

/// Writes `[executor.docker] helper_image`; all else of the file stays, comments included.
///
/// # Errors
/// `Precondition` for a file that is no TOML; `System` where it cannot be written.
pub(crate) fn pin(file: &Path, image: &str, mode: Mode) -> Result<Change> {
    let broken = || {
        Error::precondition(format!("`{}` holds no settings", file.display()))
            .hint("mend it (baws-ci settings show); nothing was changed")
    };
    let before = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(broken().caused_by(error)),
    };
    let document = before.parse::<DocumentMut>();
    let mut document = document.map_err(|error| broken().caused_by(error))?;
    named(&mut document, image).ok_or_else(broken)?;
    let after = document.to_string();
    let did = match after == before {
        true => Did::Keep,
        false => Did::Write,
    };
    if (did, mode) == (Did::Write, Mode::Apply) {
        replace(file, &after, FOR_ALL).map_err(|error| unwritten(file, error))?;
    }
    Ok(Change {
        path: file.to_owned(),
        did,
    })
}

/// `None`: a part of it is no table.
fn named(document: &mut DocumentMut, image: &str) -> Option<()> {
    let implicit = || {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    };
    let executor = document.entry("executor").or_insert_with(implicit);
    let docker = executor
        .as_table_like_mut()?
        .entry("docker")
        .or_insert(Item::Table(Table::new()));
    let docker = docker.as_table_like_mut()?;
    match docker.get_mut("helper_image").and_then(Item::as_value_mut) {
        Some(old) if old.as_str() == Some(image) => {}
        Some(old) => {
            let decor = old.decor().clone();
            *old = image.into();
            *old.decor_mut() = decor;
        }
        None => {
            docker.insert("helper_image", toml_edit::value(image));
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_helper_image_is_written() {
        for (before, after) in [
            ("", "[executor.docker]\nhelper_image = \"i@sha256:1\"\n"),
            (
                "# ours\n[executor.docker]\nimage = \"a\" # b\nhelper_image = \"old\" # pinned\n",
                "# ours\n[executor.docker]\nimage = \"a\" # b\nhelper_image = \"i@sha256:1\" # pinned\n",
            ),
            (
                "[executor]\ndocker = { image = \"a\" }\n",
                "[executor]\ndocker = { image = \"a\" , helper_image = \"i@sha256:1\" }\n",
            ),
        ] {
            let mut document = before.parse::<DocumentMut>().unwrap();
            named(&mut document, "i@sha256:1").unwrap();
            assert_eq!(document.to_string(), after);
        }
        let mut document = "executor = 1\n".parse::<DocumentMut>().unwrap();
        assert!(named(&mut document, "i").is_none());
    }
}
