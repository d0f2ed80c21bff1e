//! The caches of a pipeline as the runner gets them: with a key that is a text.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::job::CacheSpec;
use crate::pipeline::{Cache, CacheKey};

/// Keys of files are made from what is in them; GitLab takes the commits that last changed them.
pub(super) fn specs(caches: &[Cache], root: &Path) -> Vec<CacheSpec> {
    caches
        .iter()
        .map(|cache| CacheSpec {
            key: match &cache.key {
                CacheKey::Text(text) => text.clone(),
                CacheKey::Files { files, prefix } => of_files(files, prefix, root),
            },
            untracked: cache.untracked,
            policy: cache.policy.clone(),
            paths: cache.paths.clone(),
            when: cache.when.clone(),
            fallback_keys: cache.fallback_keys.clone(),
        })
        .collect()
}

fn of_files(files: &[String], prefix: &str, root: &Path) -> String {
    let mut hash = Sha256::new();
    let mut found = false;
    for file in files {
        if let Ok(content) = std::fs::read(root.join(file)) {
            hash.update(&content);
            found = true;
        }
    }
    let key = match found {
        true => crate::digest::hexadecimal(&hash.finalize()[..20]),
        // Source: GitLab's reference, `cache:key:files`.
        false => "default".to_owned(),
    };
    match prefix.is_empty() {
        true => key,
        false => format!("{prefix}-{key}"),
    }
}
