//! The pipeline templates that are a part of this program: the files of `pipeline-templates/`.
//!
//! A test of this file sees to it that none is forgotten.

use super::shelf::Missed;
use crate::pipeline::{Found, Origin};

/// What `--map PROJECT=shipped` stands for.
pub(super) const NAME: &str = "shipped";
/// Of all templates together.
pub(crate) const VERSION: &str = include_str!("../../pipeline-templates/VERSION");

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../pipeline-templates/", $path)))),*]
    };
}

const FILES: &[(&str, &str)] = files![
    "parts/build-image.yml",
    "parts/change-set.yml",
    "parts/credentials.yml",
    "parts/deploy.yml",
    "parts/infrastructure.yml",
    "parts/repository.yml",
    "parts/scan-image.yml",
    "parts/scan.yml",
    "parts/test.yml",
    "parts/workflow.yml",
    "templates/backstage.yml",
    "templates/cdk.yml",
    "templates/cloudformation.yml",
    "templates/nodejs-efs.yml",
    "templates/nodejs-rds.yml",
    "templates/nodejs.yml",
    "templates/python-flask.yml",
    "templates/serverless-rest-api.yml",
    "templates/springboot.yml",
    "templates/terraform.yml",
];

/// All of them.
pub(super) fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().copied()
}

/// Kinds of applications, in order.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    let names = FILES.iter().map(|(path, _)| *path);
    names.filter_map(|path| path.strip_prefix("templates/")?.strip_suffix(".yml"))
}

/// The file at this path of the templates' project.
pub(super) fn find(path: &str) -> Result<Found, Missed> {
    let inner = path.trim_start_matches('/').trim_start_matches("./");
    let found = FILES.iter().find(|(known, _)| *known == inner);
    let Some((known, text)) = found else {
        return Err(Missed::new(
            format!("`{inner}` is no file of the templates that this program carries"),
            "`baws-ci template list` names the templates",
        ));
    };
    Ok(Found {
        name: format!("{NAME}:{known}"),
        identity: format!("{NAME}:{known}"),
        text: (*text).to_owned(),
        origin: Origin::Other(NAME.to_owned()),
    })
}

/// The first words of a template: what it is for.
pub(super) fn summary(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    first
        .trim_start_matches(['#', ' '])
        .trim_end_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_file_of_the_templates_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipeline-templates");
        let mut there = Vec::new();
        for directory in ["parts", "templates"] {
            for entry in std::fs::read_dir(root.join(directory)).unwrap().flatten() {
                there.push(format!(
                    "{directory}/{}",
                    entry.file_name().to_string_lossy()
                ));
            }
        }
        there.sort();
        let carried: Vec<&str> = super::FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(carried, there);
    }
}
