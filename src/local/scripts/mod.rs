//! The stage scripts, in the runner's manner: what gitlab-runner would have written for the executor to run.
//!
//! Each is one shell program: a trap for TERM, errexit and pipefail, the job's variables, then the work of the stage, all in
//! one `eval` behind `</dev/null`, so that the shell has read everything before the first command runs. User stages work
//! in any POSIX shell that knows `$'…'`; the helper's own stages may use bash. Refuses to put the job token anywhere but
//! into the environment. Read next: `quote`, `user`, `sources`, `artifacts`, `cache`. Source of the manner: gitlab-runner
//! `shells/bash.go`, `shells/abstract.go`, by what their scripts do.

mod artifacts;
mod cache;
mod glob;
mod quote;
mod sources;
mod user;

use std::fmt::Write;

use super::variables::{Export, Variables};
use crate::job::JobResponse;
use crate::output::Colour;

pub(super) use artifacts::{download, incoming, outgoing, upload};
pub(super) use cache::{archive, restore};
pub(super) use quote::quoted;
pub(super) use sources::{Sources, clear_worktree, get_sources, wants_work_tree};
pub(super) use user::step;

/// Which way the job went so far: decides what is uploaded and cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    Success,
    Failure,
}

impl Course {
    /// Whether an artifact or cache with this `when` belongs to this course.
    pub(super) fn keeps(self, when: &str) -> bool {
        match when {
            "always" => true,
            "on_failure" => self == Course::Failure,
            _ => self == Course::Success,
        }
    }
}

/// What every script is made from.
pub(super) struct Context<'a> {
    pub(super) job: &'a JobResponse,
    pub(super) variables: &'a Variables,
    pub(super) project_dir: &'a str,
    pub(super) cache_dir: &'a str,
    /// Of what the scripts print in our name.
    pub(super) colour: Colour,
}

impl Context<'_> {
    /// Beside the project: file variables, `$GITLAB_ENV`, archives on their way.
    pub(super) fn temporary_dir(&self) -> String {
        format!("{}.tmp", self.project_dir)
    }

    fn environment_file(&self) -> String {
        format!("{}/gitlab_runner_env", self.temporary_dir())
    }
}

/// The lines of one script, before they are wrapped.
struct Body {
    text: String,
    colour: Colour,
}

impl Body {
    /// For the runner's own work: whatever it writes, any user of a job's image may change.
    fn helper(context: &Context<'_>) -> Self {
        let mut body = Body::open_to_all(context);
        body.variables(context);
        body
    }

    /// Like [`Body::helper`], without the job's variables.
    fn open_to_all(context: &Context<'_>) -> Self {
        let mut body = Body::empty(context);
        body.line("umask 0000");
        body
    }

    fn user(context: &Context<'_>) -> Self {
        let mut body = Body::empty(context);
        body.variables(context);
        body.trust_sources();
        body
    }

    fn empty(context: &Context<'_>) -> Self {
        Body {
            text: String::new(),
            colour: context.colour,
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Prints a line of the job log.
    fn say(&mut self, text: &str) {
        self.line(&format!("printf '%s\\n' {}", quoted(text)));
    }

    /// Prints a line in green, as GitLab shows the runner's own words.
    fn announce(&mut self, text: &str) {
        self.say(&self.colour.paint("32;1", text));
    }

    fn warn(&mut self, text: &str) {
        self.say(&self.colour.paint("0;33", &format!("WARNING: {text}")));
    }

    /// The sources belong to root; git of another user would refuse them as of dubious ownership. Whoever configures git
    /// by these variables, in the job or in its image, does it alone.
    fn trust_sources(&mut self) {
        self.line("if [ -z \"${GIT_CONFIG_COUNT:-}\" ]; then");
        self.line(
            "export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'",
        );
        self.line("fi");
    }

    /// Exports the job's variables, lays down its file variables and takes up what earlier stages left in `$GITLAB_ENV`.
    fn variables(&mut self, context: &Context<'_>) {
        let directory = context.temporary_dir();
        if context
            .variables
            .exports()
            .any(|(_, export)| matches!(export, Export::File { .. }))
        {
            self.line(&format!("mkdir -p {}", quoted(&directory)));
        }
        for (name, export) in context.variables.exports() {
            match export {
                Export::Text(value) => self.line(&format!("export {name}={}", quoted(value))),
                Export::File { path, content } => {
                    self.line(&format!(
                        "printf '%s' {} >{}",
                        quoted(content),
                        quoted(path)
                    ));
                    self.line(&format!("export {name}={}", quoted(path)));
                }
            }
        }
        let file = quoted(&context.environment_file());
        self.line(&format!("export GITLAB_ENV={file}"));
        // Blanks and quotes stay as they were written, and nothing is run.
        self.line(&format!("if [ -f {file} ]; then"));
        self.line("while IFS= read -r baws_line || [ -n \"$baws_line\" ]; do");
        self.line("case $baws_line in [A-Za-z_]*=*) export \"$baws_line\" ;; esac");
        self.line(&format!("done <{file}"));
        self.line("unset baws_line");
        self.line("fi");
        if context.variables.is_true("CI_DEBUG_TRACE") {
            self.line("set -o xtrace");
        }
    }

    /// The whole program.
    fn wrapped(&self) -> String {
        let mut script = String::with_capacity(self.text.len() + self.text.len() / 8 + 300);
        script.push_str("#!/usr/bin/env bash\n\ntrap 'exit 1' TERM\nset -o errexit +o noclobber\n");
        script.push_str(
            "case \"$(set -o)\" in\n*pipefail*) set -o pipefail ;;\nesac\n(\ntrap 'exit 1' TERM\n",
        );
        if writeln!(script, "eval {}", quote::ansi_c(&self.text)).is_err() {
            // Writing to a string does not fail.
        }
        script.push_str(") </dev/null\n");
        script
    }
}

/// Says where the job runs, forgets what an earlier attempt left, and makes room for the copy of a work tree.
pub(super) fn prepare(context: &Context<'_>, sources: &Sources) -> String {
    let mut body = Body::open_to_all(context);
    body.line("printf 'Running on %s\\n' \"$(hostname)\"");
    match sources {
        Sources::Repository => {}
        Sources::WorkTree { .. } => {
            let project = quoted(context.project_dir);
            body.line(&format!("rm -rf {project}"));
            body.line(&format!("mkdir -p {project}"));
        }
    }
    body.line(&format!("rm -f {}", quoted(&context.environment_file())));
    body.wrapped()
}

/// Removes what must not stay in a volume that outlives the job.
pub(super) fn cleanup(context: &Context<'_>) -> String {
    let mut body = Body::empty(context);
    for (_, export) in context.variables.exports() {
        match export {
            Export::File { path, .. } => body.line(&format!("rm -f {}", quoted(path))),
            Export::Text(_) => {}
        }
    }
    body.line(&format!("rm -f {}", quoted(&context.environment_file())));
    // What a job wrote there would be run by git in the next job's helper.
    let git = format!("{}/.git", context.project_dir);
    body.line(&format!(
        "rm -rf {} {}",
        quoted(&format!("{git}/config")),
        quoted(&format!("{git}/hooks"))
    ));
    body.wrapped()
}

#[cfg(test)]
mod tests;
