//! The job's end of the job socket: sends a request, tells what happens, and sends what is wanted of the context.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc;

use super::fault::Reply;
use super::frame::{self, Kind};
use super::host::NAME;
use super::listing;
use crate::docker::{Listed, Supply};
use crate::error::{Error, Result};

/// How much of an entry list goes into one frame, about.
const PIECE: usize = 256 * 1024;

/// Where this process runs.
pub(crate) enum Reached {
    /// In a job's build container, with the host on the other end.
    Host(Call),
    /// In no job: what is to be done is done here.
    NoJob,
}

/// A connection to the host.
pub(crate) struct Call {
    stream: UnixStream,
}

/// Connects to the host, where this is a job. `directory`: where a container of ours sees its own directory.
///
/// # Errors
/// This is a job's container, and nobody answers.
pub(crate) fn reach(directory: &Path) -> Result<Reached> {
    if !directory.join("agent").exists() {
        return Ok(Reached::NoJob);
    }
    match UnixStream::connect(directory.join(NAME)) {
        Ok(stream) => Ok(Reached::Host(Call { stream })),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::system("this container has no job socket")
            .hint("the host listens only while `before_script`, `script` or `after_script` of the job runs, in its build container")),
        Err(error) => Err(Error::system("the job's host does not answer on the job socket").caused_by(error)),
    }
}

impl Call {
    /// Sends `request` (an object of JSON) and follows it to its end. `supply`: the build context, where there is one.
    ///
    /// # Errors
    /// What the host says; `System` where it went away.
    pub(crate) fn make(
        self,
        request: serde_json::Value,
        supply: Option<&dyn Supply>,
        tell: &mut dyn FnMut(&[u8]),
    ) -> Result<serde_json::Value> {
        let mut request = request;
        request["version"] = frame::VERSION.into();
        frame::write_whole(&self.stream, Kind::Request, request.to_string().as_bytes())
            .map_err(lost)?;
        let (wants, wanted) = mpsc::channel();
        std::thread::scope(|scope| {
            let mut wanted = Some(wanted);
            let mut answer = Vec::new();
            let mut payload = Vec::new();
            let reply = loop {
                let Some(kind) = frame::read(&self.stream, &mut payload).map_err(lost)? else {
                    return Err(Error::system("the job's host went away in the middle of the work")
                        .hint("the job was cancelled, or the runner's host has a fault; see the end of the job's log"));
                };
                match kind {
                    Kind::Event => tell(&payload),
                    Kind::Proceed => {
                        if let (Some(wanted), Some(supply)) = (wanted.take(), supply) {
                            scope.spawn(|| send(&self.stream, supply, wanted));
                        }
                    }
                    Kind::Want => {
                        let index = payload.as_slice().try_into().map(u32::from_le_bytes);
                        if index.is_ok_and(|index| wants.send(index).is_err()) {
                            // The sender has failed and hung up; the next read says so.
                        }
                    }
                    Kind::Answer if payload.is_empty() => break answer,
                    Kind::Answer => answer.extend_from_slice(&payload),
                    Kind::Request
                    | Kind::Entries
                    | Kind::Data
                    | Kind::DataEnd
                    | Kind::DataFailed => {
                        return Err(Error::system("the job's host said what no host says"));
                    }
                }
            };
            drop(wants);
            super::host::hang_up(&self.stream);
            let reply: Reply = serde_json::from_slice(&reply).map_err(|error| {
                Error::system("the host's answer cannot be read").caused_by(error)
            })?;
            reply.into_result()
        })
    }
}

fn lost(error: std::io::Error) -> Error {
    Error::system("the connection to the job's host broke").caused_by(error)
}

/// Sends the entries, and then each file that is wanted.
fn send(stream: &UnixStream, supply: &dyn Supply, wanted: mpsc::Receiver<u32>) {
    let sent = entries(stream, supply.listed()).and_then(|()| {
        for index in wanted {
            file(stream, supply, index as usize)?;
        }
        Ok(())
    });
    if sent.is_err() {
        super::host::hang_up(stream);
    }
}

fn entries(stream: &UnixStream, entries: &[Listed]) -> std::io::Result<()> {
    let mut piece = Vec::with_capacity(PIECE + 16 * 1024);
    for entry in entries {
        listing::encode(entry, &mut piece)?;
        if piece.len() >= PIECE {
            frame::write(stream, Kind::Entries, &piece)?;
            piece.clear();
        }
    }
    if !piece.is_empty() {
        frame::write(stream, Kind::Entries, &piece)?;
    }
    frame::write(stream, Kind::Entries, &[])
}

fn file(stream: &UnixStream, supply: &dyn Supply, index: usize) -> std::io::Result<()> {
    let mut broken = None;
    let read = supply.read(index, &mut |bytes| {
        for part in bytes.chunks(frame::LONGEST) {
            if let Err(error) = frame::write(stream, Kind::Data, part) {
                broken = Some(std::io::Error::from(error.kind()));
                return Err(error);
            }
        }
        Ok(())
    });
    match (read, broken) {
        (_, Some(error)) => Err(error),
        (Ok(()), None) => frame::write(stream, Kind::DataEnd, &[]),
        (Err(error), None) => {
            let text = error.to_string();
            frame::write(stream, Kind::DataFailed, text.as_bytes())
        }
    }
}
