//! The local cache: one tar file for each project and key, below the cache directory of the helper.

use super::artifacts::{Wanted, pack, packing};
use super::{Body, Context, Course, quoted};
use crate::job::CacheSpec;

/// Unpacks each cache that may be pulled. `None`: the job has none.
pub(in crate::local) fn restore(context: &Context<'_>) -> Option<String> {
    let caches: Vec<&CacheSpec> = caches(context)
        .filter(|cache| cache.policy != "push")
        .collect();
    if caches.is_empty() {
        return None;
    }
    let mut body = Body::helper(context);
    body.line(&format!("cd {}", quoted(context.project_dir)));
    for cache in caches {
        let key = key(context, &cache.key);
        body.announce(&format!("Checking cache for {key}..."));
        for (n, one) in std::iter::once(&cache.key)
            .chain(&cache.fallback_keys)
            .enumerate()
        {
            let file = quoted(&file(context, one));
            body.line(&format!(
                "{} [ -f {file} ]; then",
                if n == 0 { "if" } else { "elif" }
            ));
            body.line(&format!("tar -xf {file}"));
            body.say("Successfully extracted cache");
        }
        body.line("else");
        body.warn("there is no cache for this key yet");
        body.line("fi");
    }
    Some(body.wrapped())
}

/// Packs each cache that may be pushed after this course. `None`: there is none.
pub(in crate::local) fn archive(context: &Context<'_>, course: Course) -> Option<String> {
    let caches: Vec<&CacheSpec> = caches(context)
        .filter(|cache| cache.policy != "pull" && course.keeps(&cache.when))
        .collect();
    if caches.is_empty() {
        return None;
    }
    let mut body = Body::helper(context);
    body.line(&format!("cd {}", quoted(context.project_dir)));
    packing(&mut body);
    for cache in caches {
        body.announce(&format!("Creating cache {}...", key(context, &cache.key)));
        let file = file(context, &cache.key);
        let directory = file
            .rsplit_once('/')
            .map_or("/", |(directory, _)| directory);
        body.line(&format!("mkdir -p {}", quoted(directory)));
        let paths: Vec<String> = cache
            .paths
            .iter()
            .map(|path| context.variables.expand(path))
            .collect();
        pack(
            &mut body,
            context,
            &Wanted {
                paths: &paths,
                exclude: &[],
                untracked: cache.untracked,
            },
            &file,
        );
    }
    Some(body.wrapped())
}

fn caches<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a CacheSpec> {
    context
        .job
        .cache
        .iter()
        .filter(|cache| cache.untracked || !cache.paths.is_empty())
}

/// The key with its variables, without anything that leads elsewhere in the file system.
fn key(context: &Context<'_>, key: &str) -> String {
    let key = context.variables.expand(key).replace('/', "_");
    if key.is_empty() || key.bytes().all(|byte| byte == b'.') {
        "default".to_owned()
    } else {
        key
    }
}

fn file(context: &Context<'_>, wanted: &str) -> String {
    format!(
        "{}/{}/{}/cache.tar",
        context.cache_dir,
        context.job.job_info.project_id,
        key(context, wanted)
    )
}
