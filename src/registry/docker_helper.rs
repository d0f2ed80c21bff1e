//! Docker's credential helpers: programs that are asked for one login on their standard input.
//!
//! Source: docker/docker-credential-helpers, README "Development" and `client/client.go`.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::Login;
use crate::error::{Cause, Error, Result};
use crate::job::Secret;

/// A helper may ask a person, or a cloud; no longer than this.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);
const ANSWER_LIMIT: u64 = 1024 * 1024;

/// The helper's answer on its standard output, not its standard error, where it knows no login.
/// Source: docker-credential-helpers `credentials/error.go`.
const NOT_FOUND: &str = "credentials not found in native keychain";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: Secret,
}

/// What `docker-credential-<name>` has for a server; `None` where it has nothing.
///
/// # Errors
/// The helper cannot be started, fails, or takes too long.
pub(super) async fn get(name: &str, server: &str) -> Result<Option<Login>> {
    let (program, server) = (program(name)?, server.to_owned());
    let asked = program.clone();
    let answer = tokio::task::spawn_blocking(move || ask(&asked, &server, PATIENCE)).await;
    let failed = |cause: Cause| {
        Error::precondition(format!("the credential helper `{program}` gives no login"))
            .caused_by(cause)
            .hint(format!("the caller tries `{program} get` by hand, or takes the helper out of Docker's config.json"))
    };
    let (success, output) = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Err(failed(Cause::from(error))),
        Err(error) => return Err(failed(Cause::from(error))),
    };
    let text = String::from_utf8_lossy(&output);
    if !success {
        if text.contains(NOT_FOUND) {
            return Ok(None);
        }
        let line: String = text
            .trim()
            .chars()
            .filter(|c| !c.is_control())
            .take(300)
            .collect();
        return Err(failed(Cause::line(if line.is_empty() {
            "it failed without a word"
        } else {
            &line
        })));
    }
    let answer: Answer = serde_json::from_slice(&output)
        .map_err(|_| failed(Cause::line("its answer is no JSON with a login")))?;
    Ok(Some(match answer.username.as_str() {
        "" if answer.secret.reveal().is_empty() => Login::Anonymous,
        "<token>" => Login::IdentityToken(answer.secret),
        _ => Login::Basic {
            username: answer.username,
            password: answer.secret,
        },
    }))
}

/// The name is the end of a program's name, nothing more.
fn program(name: &str) -> Result<String> {
    let sound = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if sound {
        return Ok(format!("docker-credential-{name}"));
    }
    Err(Error::usage(format!(
        "Docker's config.json names a credential helper that cannot be one: `{}`",
        name.escape_debug()
    ))
    .hint("the caller corrects `credsStore` or `credHelpers` there"))
}

/// Whether it succeeded, and its standard output.
fn ask(program: &str, server: &str, patience: Duration) -> std::io::Result<(bool, Vec<u8>)> {
    let end = Instant::now() + patience;
    let mut command = Command::new(program);
    command
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // One that does not want it has ended, or will say so by its status.
        let _ = input.write_all(server.as_bytes());
    }
    let output = child.stdout.take();
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.map(|output| output.take(ANSWER_LIMIT).read_to_end(&mut bytes));
        let _ = sender.send(read.transpose().map(|_| bytes));
    });
    let left = || end.saturating_duration_since(Instant::now());
    let Ok(bytes) = receiver.recv_timeout(left()) else {
        return Err(too_long(&mut child));
    };
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status.success(), bytes?));
        }
        if left().is_zero() {
            return Err(too_long(&mut child));
        }
        thread::sleep(POLL);
    }
}

fn too_long(child: &mut Child) -> std::io::Error {
    let _ = child.kill();
    let _ = child.wait();
    std::io::Error::new(std::io::ErrorKind::TimedOut, "it gave no answer in time")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn helper(script: &str) -> (tempfile::TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("helper");
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        let name = file.to_str().unwrap().to_owned();
        (dir, name)
    }

    #[test]
    fn a_helper_is_asked_and_its_status_counts() {
        let (_dir, name) = helper(r#"[ "$1" = get ] && read server; echo "$server"; exit 0"#);
        let (success, output) = ask(&name, "r.example", PATIENCE).unwrap();
        assert_eq!(
            (success, output.as_slice()),
            (true, b"r.example\n".as_slice())
        );
        let (_dir, name) = helper(&format!("echo '{NOT_FOUND}'; exit 1"));
        let (success, output) = ask(&name, "r.example", PATIENCE).unwrap();
        assert!(!success && String::from_utf8_lossy(&output).contains(NOT_FOUND));
    }

    #[test]
    fn a_helper_that_hangs_is_ended() {
        let (_dir, name) = helper("exec sleep 60");
        let begun = Instant::now();
        let error = ask(&name, "x", Duration::from_millis(200)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_helpers_name_is_no_path() {
        assert_eq!(program("ecr-login").unwrap(), "docker-credential-ecr-login");
        for name in ["", "../x", "a b", "a/b", "$(x)"] {
            assert!(program(name).is_err(), "{name}");
        }
    }
}
