//! Entries of systemd's journal: one datagram each, its fields as journald takes them.
//!
//! Where there is no journal nothing happens, and one that takes nothing is not waited for.
//! Source: systemd, "Native Journal Protocol"; systemd.journal-fields(7); sd_journal_print(3) for priorities.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use super::about::About;
use super::diary::{Trouble, Work};
use super::story::{Outcome, Story};
use crate::error::{Error, Result};
use crate::output;

/// By these the kinds of entries are found: `journalctl MESSAGE_ID=…`.
const BEGAN: &str = "2721d884d72044229416a25b34f0d468";
const ENDED: &str = "daaa989a32ff43879520e05bdbb41e68";
const FAILED: &str = "dbdadc15ef294d02b4c3c24e556cca82";

const NOTICE: &str = "5";
const INFORMATION: &str = "6";
const WARNING: &str = "4";
const ERROR: &str = "3";

type Fields = Vec<(&'static str, String)>;

pub(super) fn began(socket: &Path, about: &About) -> Result<()> {
    let message = format!("{} begins", named(about));
    let mut fields = common(about, message, BEGAN, INFORMATION);
    fields.push(("BAWS_CI_IMAGE", about.image.clone()));
    send(socket, &fields)
}

pub(super) fn ended(socket: &Path, story: &Story) -> Result<()> {
    let about = &story.about;
    let took = output::duration(std::time::Duration::from_millis(story.took_ms()));
    let (how, priority) = match story.outcome {
        Outcome::Success => ("succeeded", INFORMATION),
        Outcome::Failed => ("failed by its script", NOTICE),
        Outcome::Refused => ("was refused", NOTICE),
        Outcome::SystemFailure => ("failed by no fault of its own", ERROR),
        Outcome::Cancelled => ("was cancelled", NOTICE),
        Outcome::TimedOut => ("ran out of time", NOTICE),
        Outcome::Unknown => ("ended, nobody saw how", WARNING),
    };
    let message = format!("{} {how} after {took}", named(about));
    let mut fields = common(about, message, ENDED, priority);
    fields.push(("BAWS_CI_OUTCOME", story.outcome.name().to_owned()));
    fields.push(("BAWS_CI_DURATION_MS", story.took_ms().to_string()));
    if let Some(failure) = &story.failure {
        fields.push(("BAWS_CI_STAGE", failure.stage.clone()));
        fields.push(("BAWS_CI_CLASS", failure.class.clone()));
        let status = failure.exit_status.map(|status| status.to_string());
        fields.extend(status.map(|status| ("BAWS_CI_EXIT_STATUS", status)));
    }
    send(socket, &fields)
}

/// A failure that is not the job's, with its chain.
pub(super) fn failed(socket: &Path, about: &About, work: &Work, trouble: &Trouble) -> Result<()> {
    let stage = match work {
        Work::Stage(name) => name,
        Work::Prepare | Work::Images | Work::Pull(_) | Work::Containers | Work::Request(_) => {
            "prepare"
        }
    };
    let mut message = format!("{}: {}", named(about), trouble.sentence);
    for cause in &trouble.causes {
        message.push_str(&format!("\ncaused by: {cause}"));
    }
    let mut fields = common(about, message, FAILED, ERROR);
    fields.push(("BAWS_CI_STAGE", stage.to_owned()));
    fields.push(("BAWS_CI_CLASS", trouble.class.clone()));
    fields.push(("BAWS_CI_OUTCOME", Outcome::SystemFailure.name().to_owned()));
    send(socket, &fields)
}

fn named(about: &About) -> String {
    match &about.project {
        Some(project) => format!("job {} (`{}` of {project})", about.job_id, about.job),
        None => format!(
            "job {} (`{}` of project {})",
            about.job_id, about.job, about.project_id
        ),
    }
}

fn common(about: &About, message: String, id: &str, priority: &str) -> Fields {
    let project = about.project.clone();
    vec![
        ("MESSAGE", message),
        ("MESSAGE_ID", id.to_owned()),
        ("PRIORITY", priority.to_owned()),
        ("SYSLOG_IDENTIFIER", "baws-ci".to_owned()),
        ("BAWS_CI_JOB", about.job_id.to_string()),
        ("BAWS_CI_JOB_NAME", about.job.clone()),
        (
            "BAWS_CI_PROJECT",
            project.unwrap_or_else(|| about.project_id.to_string()),
        ),
    ]
}

fn datagram(fields: &[(&str, String)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in fields {
        bytes.extend_from_slice(name.as_bytes());
        match value.contains('\n') {
            false => bytes.push(b'='),
            true => {
                bytes.push(b'\n');
                bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
            }
        }
        bytes.extend_from_slice(value.as_bytes());
        bytes.push(b'\n');
    }
    bytes
}

fn send(socket: &Path, fields: &[(&str, String)]) -> Result<()> {
    let sent = UnixDatagram::unbound().and_then(|own| {
        own.set_nonblocking(true)?;
        own.send_to(&datagram(fields), socket)
    });
    match sent {
        Ok(_) => Ok(()),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused
            ) =>
        {
            Ok(())
        }
        Err(error) => Err(Error::system(format!(
            "the journal at `{}` took no entry",
            socket.display()
        ))
        .caused_by(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_several_lines_is_counted_and_not_split() {
        let fields = [
            ("A", "b=c".to_owned()),
            ("MESSAGE", "x\nPRIORITY=0".to_owned()),
        ];
        assert_eq!(
            datagram(&fields),
            b"A=b=c\nMESSAGE\n\x0c\0\0\0\0\0\0\0x\nPRIORITY=0\n"
        );
    }
}
