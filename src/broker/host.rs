//! The host's end of the job socket: listens, checks who speaks, and gives every request a thread of its own.
//!
//! The socket belongs to one job, and the peer has to be a process of that job's build container: its control group says
//! so, and the container's directory is mounted nowhere else. Ends with the stage: what is under way is given up then.

use std::collections::BTreeMap;
use std::fs::{File, Permissions};
use std::io::{Error, ErrorKind, Result};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::fault::Reply;
use super::frame::{self, Kind};
use super::line::Line;
use crate::error::Error as Refusal;

/// The socket's name in the container's directory.
pub(super) const NAME: &str = "socket";
/// Beyond those that are worked on: connections that have not said yet what they want.
const NEWCOMERS: usize = 8;
/// How long a connection may take to say what it wants.
const INTRODUCTION: Duration = Duration::from_secs(10);
/// How long a client may leave what it is told unread.
const UNREAD: Duration = Duration::from_secs(120);
/// How long work that was given up may take to clean up behind itself.
const GIVING_UP: Duration = Duration::from_secs(8);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Requests that are worked on at a time.
    pub(crate) parallel: usize,
    pub(crate) context_entries: u64,
    pub(crate) context_bytes: u64,
}

/// Where requests are worked on.
pub(crate) trait Desk: Send + Sync {
    /// Works on one request, given as JSON, to its end; ends early when the line goes dead.
    fn serve(&self, request: &[u8], line: &mut Line) -> Reply;
}

/// A socket that is being listened on; call [`Served::close`] when the stage has ended.
pub(crate) struct Served {
    path: PathBuf,
    office: Arc<Office>,
    /// Closing it wakes the thread that accepts.
    wake: UnixStream,
    thread: std::thread::JoinHandle<()>,
}

struct Office {
    desk: Box<dyn Desk>,
    /// The id that the control group of every peer must carry.
    container: String,
    limits: Limits,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    closing: bool,
    next: u64,
    streams: BTreeMap<u64, UnixStream>,
    working: usize,
}

/// Listens in `dir`, which that container sees as its own directory.
pub(crate) fn serve(
    dir: &Path,
    container: &str,
    limits: Limits,
    desk: Box<dyn Desk>,
) -> Result<Served> {
    let listener = listen(dir)?;
    let (wake, woken) = UnixStream::pair()?;
    let office = Arc::new(Office {
        desk,
        container: container.to_owned(),
        limits,
        state: Mutex::default(),
        changed: Condvar::new(),
    });
    let inside = Arc::clone(&office);
    let thread = std::thread::Builder::new()
        .name("job socket".to_owned())
        .spawn(move || accept(&inside, &listener, &woken))?;
    Ok(Served {
        path: dir.join(NAME),
        office,
        wake,
        thread,
    })
}

impl Served {
    /// Ends the service: nothing is accepted any more, what is under way is given up.
    pub(crate) fn close(self) {
        let Served {
            path,
            office,
            wake,
            thread,
        } = self;
        {
            let mut state = office.state();
            state.closing = true;
            for stream in state.streams.values() {
                hang_up(stream);
            }
        }
        drop(wake);
        let until = Instant::now() + GIVING_UP;
        let mut state = office.state();
        while state.working > 0 {
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                break;
            };
            state = office
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        drop(state);
        if thread.join().is_err() || std::fs::remove_file(path).is_err() {
            // The directory goes with the job; the next stage puts a socket of its own in the same place.
        }
    }
}

impl Office {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn listen(dir: &Path) -> Result<OwnedFd> {
    match std::fs::remove_file(dir.join(NAME)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let socket = rustix::net::socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        None,
    )?;
    // By way of a descriptor the path stays below the 107 bytes that a socket's address may have.
    let opened = File::open(dir)?;
    let path = format!("/proc/self/fd/{}/{NAME}", opened.as_raw_fd());
    rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
    // The job's user may be any.
    std::fs::set_permissions(dir.join(NAME), Permissions::from_mode(0o666))?;
    rustix::net::listen(&socket, 16)?;
    Ok(socket)
}

fn accept(office: &Arc<Office>, listener: &OwnedFd, woken: &UnixStream) {
    loop {
        let mut ready = [
            PollFd::new(listener, PollFlags::IN),
            PollFd::new(woken, PollFlags::IN),
        ];
        match poll(&mut ready, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
        if !ready[1].revents().is_empty() {
            return;
        }
        let Ok(socket) = rustix::net::accept_with(listener, SocketFlags::CLOEXEC) else {
            continue;
        };
        let stream = UnixStream::from(socket);
        if !is_inside(&stream, &office.container) {
            continue;
        }
        let Some(number) = enter(office, &stream) else {
            continue;
        };
        let inside = Arc::clone(office);
        let visitor = std::thread::Builder::new().name("request".to_owned());
        let spawned = visitor.spawn(move || {
            if converse(&inside, &stream).is_err() {
                // The client is gone, or talked nonsense: there is nobody to tell.
            }
            hang_up(&stream);
            leave(&inside, number);
        });
        if spawned.is_err() {
            leave(office, number);
        }
    }
}

/// Whether the peer is a process of the container. Source: unix(7), SO_PEERCRED; its numbers are in our namespace.
fn is_inside(stream: &UnixStream, container: &str) -> bool {
    let Ok(credentials) = rustix::net::sockopt::socket_peercred(stream.as_fd()) else {
        return false;
    };
    let group = format!("/proc/{}/cgroup", credentials.pid.as_raw_nonzero());
    let group = std::fs::read_to_string(group).unwrap_or_default();
    !container.is_empty() && group.contains(container)
}

fn enter(office: &Office, stream: &UnixStream) -> Option<u64> {
    let mut state = office.state();
    if state.closing || state.streams.len() >= office.limits.parallel + NEWCOMERS {
        return None;
    }
    let number = state.next;
    state.next += 1;
    state.streams.insert(number, stream.try_clone().ok()?);
    Some(number)
}

fn leave(office: &Office, number: u64) {
    office.state().streams.remove(&number);
}

/// A place among the requests that are worked on, for as long as the value lives.
struct Working<'a>(&'a Office);

impl<'a> Working<'a> {
    fn begin(office: &'a Office) -> Option<Self> {
        let mut state = office.state();
        if state.closing || state.working >= office.limits.parallel {
            return None;
        }
        state.working += 1;
        Some(Working(office))
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.state().working -= 1;
        self.0.changed.notify_all();
    }
}

fn converse(office: &Office, stream: &UnixStream) -> Result<()> {
    stream.set_write_timeout(Some(UNREAD))?;
    stream.set_read_timeout(Some(INTRODUCTION))?;
    let request = frame::read_whole(stream, Kind::Request, frame::LONGEST_REQUEST)?;
    stream.set_read_timeout(None)?;
    let reply = match versioned(&request) {
        Err(reply) => reply,
        Ok(()) => match Working::begin(office) {
            None => Reply::of(Err(Refusal::refused(format!(
                "this job already has {} requests under way, the most that this runner allows",
                office.limits.parallel
            ))
            .hint("let one end before the next begins")
            .hint(
                "or the operator of the runner raises `parallel` in `[executor.requests]`",
            ))),
            Some(_working) => {
                let mut line = Line::open(stream, office.limits)?;
                office.desk.serve(&request, &mut line)
            }
        },
    };
    let answer = serde_json::to_vec(&reply).map_err(Error::other)?;
    frame::write_whole(stream, Kind::Answer, &answer)
}

fn versioned(request: &[u8]) -> std::result::Result<(), Reply> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        version: u32,
    }
    match serde_json::from_slice::<Versioned>(request) {
        Ok(Versioned {
            version: frame::VERSION,
        }) => Ok(()),
        Ok(Versioned { version }) => Err(Reply::of(Err(Refusal::usage(format!(
            "the client speaks version {version} of the job socket, and this runner version {}",
            frame::VERSION
        ))
        .hint("use the `baws-ci` that is on the job's PATH, not one from the image")))),
        Err(_) => Err(Reply::of(Err(Refusal::usage(
            "what came over the job socket is no request",
        )))),
    }
}

pub(super) fn hang_up(stream: &UnixStream) {
    if stream.shutdown(std::net::Shutdown::Both).is_err() {
        // It is closed already.
    }
}
