//! The program's own words: help, settings, and what is told to a person whose arguments, settings or pipeline are wrong.

mod container_keys;
mod help;
mod help_doctor;
mod help_provision;
mod help_repositories;
mod keys;
mod pipeline;
mod rule_keys;
mod service_keys;
mod settings;
mod telemetry_keys;
mod words;

use std::path::Path;
use std::process::Command;

use crate::support::job::PROGRAM;

/// The program in a directory of its own, with nothing in its environment but the search path.
pub(super) fn call(directory: &Path, words: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(PROGRAM);
    command.args(words).current_dir(directory).env_clear();
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let done = command
        .output()
        .expect("the program was built with the tests");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (
        done.status.code().unwrap_or(-1),
        text(done.stdout),
        text(done.stderr),
    )
}

pub(super) fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is a directory for temporary files")
}

/// What stdout shows of a call that succeeds.
#[track_caller]
pub(super) fn shown(words: &[&str]) -> String {
    let (code, out, err) = call(directory().path(), words);
    assert_eq!((code, err.as_str()), (0, ""));
    out
}

/// What stderr says of a call whose caller is wrong.
#[track_caller]
pub(super) fn refused(words: &[&str]) -> String {
    refused_in(directory().path(), words)
}

#[track_caller]
pub(super) fn refused_in(directory: &Path, words: &[&str]) -> String {
    let (code, out, err) = call(directory, words);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    err
}
