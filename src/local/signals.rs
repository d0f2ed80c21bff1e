//! SIGINT and SIGTERM to us, and the end of a child: as descriptors to poll, so that nothing has to look every so often.
//!
//! A first signal asks for a soft cancel: the script ends, `after_script` and uploads still run. A second one goes straight
//! to cleanup. For a payload SIGINT is the second at once, so that a coordinator can ask for either.

use std::cell::Cell;
use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::SigId;
use signal_hook::consts::{SIGCHLD, SIGINT, SIGTERM};

use crate::error::{Error, Result, Signal};

/// What SIGINT means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// The same as SIGTERM: Ctrl-C, and again to insist.
    Soft,
    /// No stage but cleanup shall follow.
    Hard,
}

/// How urgent it is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    None,
    Soft,
    Hard,
}

pub(super) struct Signals {
    interrupts: UnixStream,
    terminations: UnixStream,
    children: UnixStream,
    registered: Vec<SigId>,
    interrupt: Interrupt,
    urgency: Cell<Urgency>,
    first: Cell<Option<Signal>>,
}

impl Signals {
    pub(super) fn listen(interrupt: Interrupt) -> Result<Self> {
        let mut registered = Vec::new();
        let mut listen = |signal| -> std::io::Result<UnixStream> {
            let (ours, theirs) = UnixStream::pair()?;
            ours.set_nonblocking(true)?;
            registered.push(signal_hook::low_level::pipe::register(signal, theirs)?);
            Ok(ours)
        };
        let streams = listen(SIGINT).and_then(|i| Ok((i, listen(SIGTERM)?, listen(SIGCHLD)?)));
        let (interrupts, terminations, children) =
            streams.map_err(|error| Error::system("cannot listen for signals").caused_by(error))?;
        let (urgency, first) = (Cell::new(Urgency::None), Cell::new(None));
        Ok(Signals {
            interrupts,
            terminations,
            children,
            registered,
            interrupt,
            urgency,
            first,
        })
    }

    /// How urgent it is by now.
    pub(super) fn urgency(&self) -> Urgency {
        for _ in 0..drain(&self.terminations) {
            self.raise(Signal::Terminate);
        }
        for _ in 0..drain(&self.interrupts) {
            self.raise(Signal::Interrupt);
        }
        self.urgency.get()
    }

    fn raise(&self, signal: Signal) {
        if self.first.get().is_none() {
            self.first.set(Some(signal));
        }
        let hard = self.urgency.get() != Urgency::None
            || (signal == Signal::Interrupt && self.interrupt == Interrupt::Hard);
        self.urgency
            .set(if hard { Urgency::Hard } else { Urgency::Soft });
    }

    /// The signal that came first.
    pub(super) fn first(&self) -> Option<Signal> {
        self.urgency();
        self.first.get()
    }

    /// Takes note of children that ended.
    pub(super) fn forget_children(&self) {
        drain(&self.children);
    }

    /// Readable when there may be news.
    pub(super) fn descriptors(&self) -> [PollFd<'_>; 3] {
        [&self.interrupts, &self.terminations, &self.children]
            .map(|stream| PollFd::new(stream, PollFlags::IN))
    }

    /// Waits, but not once it is urgent.
    pub(super) fn wait(&self, time: Duration) {
        let end = Instant::now() + time;
        while self.urgency() == Urgency::None {
            self.forget_children();
            let left = end.saturating_duration_since(Instant::now());
            let mut descriptors = self.descriptors();
            if left.is_zero()
                || poll(&mut descriptors, Some(&timespec(left)))
                    .is_err_and(|error| error != rustix::io::Errno::INTR)
            {
                return;
            }
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}

pub(super) fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(time.subsec_nanos()),
    }
}

/// How many bytes, one a signal, there were.
fn drain(mut stream: &UnixStream) -> usize {
    let (mut count, mut buffer) = (0, [0; 64]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return count,
            Ok(n) => count += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return count,
        }
    }
}
