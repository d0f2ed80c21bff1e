//! One request's connection, as the desk sees it: what is told goes out, the context comes in, and a dead line is noticed.
//!
//! A thread reads for as long as the request lives: only so is a client that goes away noticed at once. What the engine
//! wants of the context is asked for in turn; the socket's own buffers and one bounded channel a file hold back a client
//! that is faster than the engine.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind, Result};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError, mpsc as std_mpsc};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::sync::{mpsc, watch};

use super::frame::{self, Kind};
use super::host::{Limits, hang_up};
use super::listing::Received;
use crate::docker::{Listed, ListedKind, Want};
use crate::error;

/// How long the list of a context's entries may take from its first to its last; the files come when they are wanted.
const LISTING: Duration = Duration::from_secs(300);

/// Bytes of a file are handed on in pieces of this size: the engine's end may hold several of many files at a time.
const PIECE: usize = 64 * 1024;

/// A connection with a request that is being worked on.
pub(crate) struct Line {
    stream: Arc<Mutex<UnixStream>>,
    dead: watch::Receiver<bool>,
    wanted: Arc<Mutex<VecDeque<Wanted>>>,
    entries: std_mpsc::Receiver<Result<Vec<Listed>>>,
}

/// A file that was asked for and has not come completely.
struct Wanted {
    into: mpsc::Sender<Result<Bytes>>,
    left: u64,
}

impl Line {
    pub(super) fn open(stream: &UnixStream, limits: Limits) -> Result<Self> {
        let (dying, dead) = watch::channel(false);
        let (listed, entries) = std_mpsc::channel();
        let wanted = Arc::new(Mutex::new(VecDeque::new()));
        let reader = Reader {
            stream: stream.try_clone()?,
            limits,
            wanted: Arc::clone(&wanted),
            listed,
        };
        std::thread::Builder::new()
            .name("request, reading".to_owned())
            .spawn(move || {
                let end = reader.read();
                reader.end(end);
                dying.send_replace(true);
            })?;
        Ok(Line {
            stream: Arc::new(Mutex::new(stream.try_clone()?)),
            dead,
            wanted,
            entries,
        })
    }

    /// Sends something to tell; a line on which that fails is dead.
    pub(crate) fn tell(&self, event: &[u8]) {
        put(&self.stream, Kind::Event, event);
    }

    /// Resolves when the client is gone, or the stage has ended.
    pub(crate) fn death(&self) -> impl Future<Output = ()> + use<> {
        let mut dead = self.dead.clone();
        async move {
            while !*dead.borrow_and_update() {
                if dead.changed().await.is_err() {
                    return;
                }
            }
        }
    }

    /// Admits the request: the entries of its context, and where to ask for the bytes of each.
    ///
    /// # Errors
    /// `Refused` where the context breaks a limit or a rule; `System` where the line is dead.
    pub(crate) fn context(&mut self) -> error::Result<(Vec<Listed>, mpsc::UnboundedSender<Want>)> {
        put(&self.stream, Kind::Proceed, &[]);
        let entries = match self.entries.recv_timeout(LISTING) {
            Ok(Ok(entries)) => entries,
            Ok(Err(error)) if error.kind() == ErrorKind::InvalidData => {
                return Err(error::Error::refused("the build context is not accepted")
                    .caused_by(error::Cause::line(error))
                    .hint("exclude what the build does not need in `.dockerignore`; the limits are the operator's `[executor.requests]`"));
            }
            Err(std_mpsc::RecvTimeoutError::Timeout) => {
                return Err(error::Error::system(
                    "the client did not send its build context in time",
                ));
            }
            Ok(Err(_)) | Err(std_mpsc::RecvTimeoutError::Disconnected) => {
                return Err(error::Error::system(
                    "the client went away before its build context came",
                ));
            }
        };
        let sizes: Vec<u64> = entries
            .iter()
            .map(|entry| match entry.kind {
                ListedKind::File { size } => size,
                ListedKind::Directory
                | ListedKind::Symlink { .. }
                | ListedKind::HardLink { .. } => 0,
            })
            .collect();
        let (asking, asked) = mpsc::unbounded_channel();
        let supply = Supply {
            stream: Arc::clone(&self.stream),
            wanted: Arc::clone(&self.wanted),
            sizes,
        };
        std::thread::Builder::new()
            .name("request, asking".to_owned())
            .spawn(move || supply.ask(asked))
            .map_err(|error| error::Error::system("cannot start a thread").caused_by(error))?;
        Ok((entries, asking))
    }
}

struct Supply {
    stream: Arc<Mutex<UnixStream>>,
    wanted: Arc<Mutex<VecDeque<Wanted>>>,
    sizes: Vec<u64>,
}

impl Supply {
    fn ask(self, mut asked: mpsc::UnboundedReceiver<Want>) {
        while let Some(want) = asked.blocking_recv() {
            let left = self.sizes.get(want.index).copied();
            let index = u32::try_from(want.index).ok();
            let (Some(left), Some(index)) = (left, index) else {
                continue;
            };
            lock(&self.wanted).push_back(Wanted {
                into: want.into,
                left,
            });
            put(&self.stream, Kind::Want, &index.to_le_bytes());
        }
    }
}

struct Reader {
    stream: UnixStream,
    limits: Limits,
    wanted: Arc<Mutex<VecDeque<Wanted>>>,
    listed: std_mpsc::Sender<Result<Vec<Listed>>>,
}

/// What may come next.
enum Phase {
    Entries(Received),
    /// The entries were not accepted; the reason is on its way.
    Rejected,
    Files,
}

impl Reader {
    fn read(&self) -> Result<()> {
        let mut payload = Vec::new();
        let mut phase = Phase::Entries(Received::within(
            self.limits.context_entries,
            self.limits.context_bytes,
        ));
        while let Some(kind) = frame::read(&self.stream, &mut payload)? {
            phase = match (kind, phase) {
                (Kind::Entries, Phase::Entries(received)) if payload.is_empty() => {
                    self.listed(Ok(received.entries()));
                    Phase::Files
                }
                (Kind::Entries, Phase::Entries(mut received)) => match received.take(&payload) {
                    Ok(()) => Phase::Entries(received),
                    Err(error) => {
                        self.listed(Err(error));
                        Phase::Rejected
                    }
                },
                (Kind::Data, Phase::Files) => self.data(&payload).map(|()| Phase::Files)?,
                (Kind::DataEnd, Phase::Files) => self.complete().map(|()| Phase::Files)?,
                (Kind::DataFailed, Phase::Files) => self.failed(&payload).map(|()| Phase::Files)?,
                // What is still under way when the client has not yet read why.
                (
                    Kind::Entries | Kind::Data | Kind::DataEnd | Kind::DataFailed,
                    Phase::Rejected,
                ) => Phase::Rejected,
                _ => return Err(Error::new(ErrorKind::InvalidData, "an unexpected frame")),
            };
        }
        Ok(())
    }

    fn listed(&self, entries: Result<Vec<Listed>>) {
        if self.listed.send(entries).is_err() {
            // The request has ended without asking for them.
        }
    }

    fn data(&self, payload: &[u8]) -> Result<()> {
        let into = {
            let mut wanted = lock(&self.wanted);
            let front = wanted.front_mut().ok_or_else(unwanted)?;
            front.left = front
                .left
                .checked_sub(payload.len() as u64)
                .ok_or_else(unwanted)?;
            front.into.clone()
        };
        for piece in payload.chunks(PIECE) {
            if into
                .blocking_send(Ok(Bytes::copy_from_slice(piece)))
                .is_err()
            {
                // The engine does not want it any more; the rest of the file is read and dropped.
                break;
            }
        }
        Ok(())
    }

    fn complete(&self) -> Result<()> {
        let done = lock(&self.wanted).pop_front().ok_or_else(unwanted)?;
        if done.left > 0 {
            send_error(
                &done.into,
                Error::new(
                    ErrorKind::InvalidData,
                    "a file of the context came incomplete",
                ),
            );
        }
        Ok(())
    }

    fn failed(&self, why: &[u8]) -> Result<()> {
        let failed = lock(&self.wanted).pop_front().ok_or_else(unwanted)?;
        let why: String = String::from_utf8_lossy(why).chars().take(2000).collect();
        send_error(&failed.into, Error::other(why));
        Ok(())
    }

    /// Whoever still waits for something hears that nothing will come.
    fn end(&self, end: Result<()>) {
        let gone = || Error::new(ErrorKind::BrokenPipe, "the client went away");
        let error = end.err().unwrap_or_else(gone);
        for one in lock(&self.wanted).drain(..) {
            send_error(&one.into, gone());
        }
        self.listed(Err(error));
        hang_up(&self.stream);
    }
}

fn unwanted() -> Error {
    Error::new(ErrorKind::InvalidData, "bytes that nobody asked for")
}

fn send_error(into: &mpsc::Sender<Result<Bytes>>, error: Error) {
    if into.blocking_send(Err(error)).is_err() {
        // The engine does not wait for it any more.
    }
}

/// A client that does not take it is not there any more: the reading thread then sees the end too.
fn put(stream: &Mutex<UnixStream>, kind: Kind, payload: &[u8]) {
    let stream = lock(stream);
    let sent = payload
        .chunks(frame::LONGEST)
        .try_for_each(|part| frame::write(&*stream, kind, part));
    let sent = match payload {
        [] => frame::write(&*stream, kind, &[]),
        _ => sent,
    };
    if sent.is_err() {
        hang_up(&stream);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
