//! The samples that are a part of this program: what a new repository begins with, for each kind.
//!
//! A test of this file sees to it that none is forgotten.

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../pipeline-templates/", $path)))),*]
    };
}

/// Paths below `pipeline-templates/`.
pub(super) const FILES: &[(&str, &[u8])] = files![
    "samples/backstage/.dockerignore",
    "samples/backstage/.gitignore",
    "samples/backstage/.gitlab-ci.yml",
    "samples/backstage/README.md",
    "samples/backstage/app-config.production.yaml",
    "samples/backstage/app-config.yaml",
    "samples/backstage/packages/backend/Dockerfile",
    "samples/cdk/.gitignore",
    "samples/cdk/.gitlab-ci.yml",
    "samples/cdk/README.md",
    "samples/cdk/bin/app.js",
    "samples/cdk/cdk.json",
    "samples/cdk/lib/jobs-stack.js",
    "samples/cdk/package-lock.json",
    "samples/cdk/package.json",
    "samples/cdk/test/jobs-stack.test.js",
    "samples/cloudformation/.gitignore",
    "samples/cloudformation/.gitlab-ci.yml",
    "samples/cloudformation/README.md",
    "samples/cloudformation/parameters/lower.json",
    "samples/cloudformation/parameters/production.json",
    "samples/cloudformation/template.yaml",
    "samples/nodejs-efs/.dockerignore",
    "samples/nodejs-efs/.gitignore",
    "samples/nodejs-efs/.gitlab-ci.yml",
    "samples/nodejs-efs/Dockerfile",
    "samples/nodejs-efs/README.md",
    "samples/nodejs-efs/package-lock.json",
    "samples/nodejs-efs/package.json",
    "samples/nodejs-efs/src/app.js",
    "samples/nodejs-efs/src/main.js",
    "samples/nodejs-efs/test/app.test.js",
    "samples/nodejs-rds/.dockerignore",
    "samples/nodejs-rds/.gitignore",
    "samples/nodejs-rds/.gitlab-ci.yml",
    "samples/nodejs-rds/Dockerfile",
    "samples/nodejs-rds/README.md",
    "samples/nodejs-rds/migrate.js",
    "samples/nodejs-rds/package-lock.json",
    "samples/nodejs-rds/package.json",
    "samples/nodejs-rds/src/app.js",
    "samples/nodejs-rds/src/database.js",
    "samples/nodejs-rds/src/main.js",
    "samples/nodejs-rds/src/notes.js",
    "samples/nodejs-rds/test/app.test.js",
    "samples/nodejs-rds/test/database.test.js",
    "samples/nodejs/.dockerignore",
    "samples/nodejs/.gitignore",
    "samples/nodejs/.gitlab-ci.yml",
    "samples/nodejs/Dockerfile",
    "samples/nodejs/README.md",
    "samples/nodejs/package-lock.json",
    "samples/nodejs/package.json",
    "samples/nodejs/src/app.js",
    "samples/nodejs/src/main.js",
    "samples/nodejs/test/app.test.js",
    "samples/python-flask/.dockerignore",
    "samples/python-flask/.gitignore",
    "samples/python-flask/.gitlab-ci.yml",
    "samples/python-flask/Dockerfile",
    "samples/python-flask/README.md",
    "samples/python-flask/app/__init__.py",
    "samples/python-flask/app/greeting.py",
    "samples/python-flask/app/web.py",
    "samples/python-flask/pyproject.toml",
    "samples/python-flask/requirements-dev.in",
    "samples/python-flask/requirements-dev.txt",
    "samples/python-flask/requirements.in",
    "samples/python-flask/requirements.txt",
    "samples/python-flask/tests/__init__.py",
    "samples/python-flask/tests/test_greeting.py",
    "samples/python-flask/tests/test_web.py",
    "samples/serverless-rest-api/.awsdeployment/stackparams/lower.json",
    "samples/serverless-rest-api/.awsdeployment/stackparams/production.json",
    "samples/serverless-rest-api/.gitignore",
    "samples/serverless-rest-api/.gitlab-ci.yml",
    "samples/serverless-rest-api/README.md",
    "samples/serverless-rest-api/package-lock.json",
    "samples/serverless-rest-api/package.json",
    "samples/serverless-rest-api/src/orders.js",
    "samples/serverless-rest-api/template.yaml",
    "samples/serverless-rest-api/test/orders.test.js",
    "samples/springboot/.dockerignore",
    "samples/springboot/.gitignore",
    "samples/springboot/.gitlab-ci.yml",
    "samples/springboot/Dockerfile",
    "samples/springboot/README.md",
    "samples/springboot/pom.xml",
    "samples/springboot/src/main/java/sample/Application.java",
    "samples/springboot/src/main/resources/application.properties",
    "samples/springboot/src/test/java/sample/ApplicationTests.java",
    "samples/terraform/.gitignore",
    "samples/terraform/.gitlab-ci.yml",
    "samples/terraform/README.md",
    "samples/terraform/lower.tfvars",
    "samples/terraform/main.tf",
    "samples/terraform/outputs.tf",
    "samples/terraform/production.tfvars",
    "samples/terraform/tests/queue.tftest.hcl",
    "samples/terraform/variables.tf",
    "samples/terraform/versions.tf",
];

/// What stands beside the templates in their project.
pub(super) const PAPERS: &[(&str, &[u8])] = files!["CHANGELOG.md", "README.md", "VERSION"];

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    fn beneath(root: &Path, inner: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(root.join(inner)).unwrap().flatten() {
            let path: PathBuf = inner.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true => beneath(root, &path, found),
                false => found.push(path.to_string_lossy().into_owned()),
            }
        }
    }

    #[test]
    fn every_file_of_the_samples_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipeline-templates");
        let mut there = Vec::new();
        beneath(&root, Path::new("samples"), &mut there);
        there.sort();
        let carried: Vec<&str> = super::FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(carried, there);
    }
}
