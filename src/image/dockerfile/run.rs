//! What a `RUN` may ask for besides its command.

use crate::error::Result;

use super::fault::refused;
use super::instruction::Instruction;
use super::mount::Mount;
use super::rules::Trust;

/// # Errors
/// A job may not have it.
pub(super) fn check(line: usize, run: &Instruction, trust: Trust) -> Result<()> {
    for text in run.values("mount") {
        mount(line, &Mount::parse(line, text)?, trust)?;
    }
    match trust {
        Trust::Caller => Ok(()),
        Trust::Job => flags(line, run),
    }
}

fn mount(line: usize, mount: &Mount, trust: Trust) -> Result<()> {
    match (mount.kind(), trust) {
        (Some("ssh"), Trust::Job) => Err(refused(line, "`RUN --mount=type=ssh`: a job's build has no ssh agent")
            .hint("clone the repository in a step of the job before the build, and COPY it")),
        (None, Trust::Job) => Err(refused(line, "the type of `RUN --mount` is not written out")
            .hint("write one of `bind`, `cache`, `secret` and `tmpfs`; variables may stand in the other fields")),
        (Some(_) | None, Trust::Job | Trust::Caller) => Ok(()),
    }
}

fn flags(line: usize, run: &Instruction) -> Result<()> {
    match run.flag("network") {
        None | Some("default" | "none") => (),
        Some(other) => {
            return Err(refused(
                line,
                format!("`RUN --network={other}`: a job's steps run in the network of the build"),
            )
            .hint("leave the flag out, or write `--network=none`"));
        }
    }
    match run.flag("security") {
        None | Some("sandbox") => (),
        Some(other) => {
            return Err(refused(
                line,
                format!("`RUN --security={other}`: a job's steps run without privilege"),
            )
            .hint("leave the flag out"));
        }
    }
    match run.flag("device") {
        None => Ok(()),
        Some(_) => Err(
            refused(line, "`RUN --device`: a job's steps are given no devices")
                .hint("leave the flag out"),
        ),
    }
}
