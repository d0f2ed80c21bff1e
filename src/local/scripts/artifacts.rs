//! Artifacts in and out: tar files in the directory beside the project, which the driver carries.
//!
//! Made with the helper's own programs, which may be busybox's, whose tar takes no list of files: what is kept is first linked
//! into a directory, and that is packed.

use super::glob::{alternatives, expression};
use super::{Body, Context, Course, quoted};
use crate::job::ArtifactSpec;

/// Where the archive of artifact `index` stands in the helper.
pub(in crate::local) fn outgoing(temporary_dir: &str, index: usize) -> String {
    format!("{temporary_dir}/artifacts-{index}.tar")
}

/// The name, in the same place, of the archive that job `id` left.
pub(in crate::local) fn incoming(id: u64) -> String {
    format!("artifacts-of-{id}.tar")
}

/// Packs what belongs to this course of the job. `None`: nothing does, and the stage is not run.
pub(in crate::local) fn upload(context: &Context<'_>, course: Course) -> Option<String> {
    let artifacts: Vec<(usize, &ArtifactSpec)> = context
        .job
        .artifacts
        .iter()
        .enumerate()
        .filter(|(_, spec)| course.keeps(&spec.when))
        .collect();
    if artifacts.is_empty() {
        return None;
    }
    let mut body = Body::helper(context);
    body.line(&format!("cd {}", quoted(context.project_dir)));
    packing(&mut body);
    let expand = |paths: &[String]| {
        paths
            .iter()
            .map(|path| context.variables.expand(path))
            .collect::<Vec<_>>()
    };
    for (index, spec) in artifacts {
        let kind = if spec.artifact_type.is_empty() {
            "archive"
        } else {
            &spec.artifact_type
        };
        body.announce(&format!("Packing artifacts ({kind})..."));
        let archive = outgoing(&context.temporary_dir(), index);
        let (paths, exclude) = (expand(&spec.paths), expand(&spec.exclude));
        pack(
            &mut body,
            context,
            &Wanted {
                paths: &paths,
                exclude: &exclude,
                untracked: spec.untracked,
            },
            &archive,
        );
    }
    Some(body.wrapped())
}

/// Unpacks what earlier jobs left, in the order given.
pub(in crate::local) fn download(context: &Context<'_>, jobs: &[(u64, &str)]) -> String {
    let mut body = Body::helper(context);
    body.line(&format!("cd {}", quoted(context.project_dir)));
    for (id, name) in jobs {
        let archive = quoted(&format!("{}/{}", context.temporary_dir(), incoming(*id)));
        body.announce(&format!("Unpacking artifacts of {name} ({id})..."));
        body.line(&format!("if [ ! -f {archive} ]; then"));
        body.say(&format!(
            "ERROR: the artifacts of {name} ({id}) are not there"
        ));
        body.line("exit 1\nfi");
        body.line(&format!("tar -xf {archive}"));
        body.line(&format!("rm -f {archive}"));
    }
    body.wrapped()
}

/// The functions that [`pack`] calls.
pub(super) fn packing(body: &mut Body) {
    body.line("shopt -s globstar dotglob nullglob");
    // baws_add PATTERN: the files that match, and those below directories that match, a line each.
    body.line("baws_add() {");
    body.line("local IFS= path found=");
    body.line("for path in $1; do");
    body.line("path=${path%/}");
    body.line("if [ -d \"$path\" ] && [ ! -L \"$path\" ]; then");
    body.line("find \"./$path\" ! -type d ! -path '*/.git/*'; found=1");
    body.line("elif [ -e \"$path\" ] || [ -L \"$path\" ]; then");
    body.line("printf './%s\\n' \"$path\"; found=1");
    body.line("fi");
    body.line("done");
    let warning = body.colour.paint("0;33", "WARNING: %s: no matching files");
    body.line(&format!(
        "[ -n \"$found\" ] || printf '{warning}\\n' \"$1\" >&2"
    ));
    body.line("}");
    // baws_without EXPRESSION…: copies the lines that match none of them.
    body.line("baws_without() {");
    body.line("local line one");
    body.line("while IFS= read -r line; do");
    body.line("for one; do if [[ ${line#./} =~ $one ]]; then continue 2; fi; done");
    body.line("printf '%s\\n' \"$line\"");
    body.line("done");
    body.line("}");
}

/// What is to be packed: patterns with their variables written out.
pub(super) struct Wanted<'a> {
    pub(super) paths: &'a [String],
    pub(super) exclude: &'a [String],
    pub(super) untracked: bool,
}

/// Packs the matching files into `archive`; with none there is no archive, and a warning.
pub(super) fn pack(body: &mut Body, context: &Context<'_>, wanted: &Wanted<'_>, archive: &str) {
    let archive = quoted(archive);
    // On the project's own file system, as links cannot leave it.
    let [list, staging] = ["packing.files", "packing"]
        .map(|name| quoted(&format!("{}/{name}", context.temporary_dir())));
    body.line(&format!("rm -rf {archive} {staging}"));
    body.line("{");
    for path in wanted.paths {
        let inside = path
            .strip_prefix(context.project_dir)
            .map_or(path.as_str(), |rest| rest.trim_start_matches('/'));
        let inside = inside.strip_prefix("./").unwrap_or(inside);
        if inside.starts_with('/') || inside.split('/').any(|part| part == "..") {
            body.line("{");
            body.warn(&format!("{path} is outside the project and is not kept"));
            body.line("} >&2");
            continue;
        }
        for pattern in alternatives(if inside.is_empty() { "*" } else { inside }) {
            body.line(&format!("baws_add {}", quoted(&pattern)));
        }
    }
    if wanted.untracked {
        body.line("git -c core.quotePath=false ls-files --others | sed 's,^,./,'");
    }
    let words: Vec<String> = wanted
        .exclude
        .iter()
        .map(|pattern| quoted(&expression(pattern)))
        .collect();
    body.line(&format!(
        "}} | sort -u | baws_without {} >{list}",
        words.join(" ")
    ));
    body.line(&format!("if [ -s {list} ]; then"));
    body.line(&format!("mkdir {staging}"));
    body.line(&format!(
        "tr '\\n' '\\0' <{list} | xargs -0 cp -P -l --parents -t {staging}"
    ));
    body.line(&format!("tar -cf {archive}.part -C {staging} ."));
    body.line(&format!("mv {archive}.part {archive}"));
    body.line(&format!(
        "printf 'Files packed: %s\\n' \"$(wc -l <{list} | tr -d ' ')\""
    ));
    body.line("else");
    body.warn("there is nothing to keep");
    body.line("fi");
    body.line(&format!("rm -rf {list} {staging}"));
}
