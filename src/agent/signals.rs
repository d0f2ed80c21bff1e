//! Signals as bytes in a pipe, so that one `poll` waits for everything.

use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/// Becomes readable whenever one of its signals arrives.
pub(super) struct Signals {
    pipe: UnixStream,
}

impl Signals {
    fn of(signals: &[i32]) -> std::io::Result<Self> {
        let (pipe, writer) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        for signal in signals {
            signal_hook::low_level::pipe::register(*signal, writer.try_clone()?)?;
        }
        Ok(Signals { pipe })
    }

    pub(super) fn children() -> std::io::Result<Self> {
        Signals::of(&[SIGCHLD])
    }

    /// Takes what has arrived; whether anything had.
    pub(super) fn drain(&self) -> bool {
        let mut bytes = [0; 64];
        let mut any = false;
        while matches!((&self.pipe).read(&mut bytes), Ok(count) if count > 0) {
            any = true;
        }
        any
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

/// Makes signals do nothing in this process; programs it starts get the defaults back.
fn disregard(signals: &[i32]) -> std::io::Result<()> {
    for signal in signals {
        signal_hook::flag::register(*signal, Arc::new(AtomicBool::new(false)))?;
    }
    Ok(())
}

/// The agent ends with its container, and with nothing else.
pub(super) fn outlive() -> std::io::Result<()> {
    disregard(&[SIGTERM, SIGINT, SIGHUP, SIGQUIT])
}

/// The signals that are not the runner's: SIGQUIT, SIGHUP and SIGINT reach a stage when a service manager or a terminal
/// signals the whole group, and must not end a job that is being drained.
///
/// Source: gitlab-runner `helpers/process/killer_unix.go`: its cancel signal is SIGTERM.
pub(crate) fn disregard_bystanders() -> std::io::Result<()> {
    disregard(&[SIGINT, SIGHUP, SIGQUIT])
}

/// Until it is dropped SIGTERM ends this process at once, with a code that the runner knows.
pub(crate) struct Early(Arc<AtomicBool>);

impl Early {
    pub(crate) fn exits_with(code: u8) -> std::io::Result<Self> {
        let in_force = Arc::new(AtomicBool::new(true));
        let condition = Arc::clone(&in_force);
        signal_hook::flag::register_conditional_shutdown(SIGTERM, code.into(), condition)?;
        Ok(Early(in_force))
    }
}

impl Drop for Early {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// The runner's wish that the stage ends: SIGTERM.
pub(crate) struct Cancel {
    signals: Signals,
    seen: std::cell::Cell<bool>,
    /// The runner, which has started this process.
    parent: Option<rustix::process::Pid>,
}

impl Cancel {
    /// To be called early: only from here on a runner that dies is noticed.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Cancel {
            parent: rustix::process::getppid(),
            signals: Signals::of(&[SIGTERM])?,
            seen: std::cell::Cell::new(false),
        })
    }

    /// Whether the signal has come, now or earlier.
    pub(crate) fn requested(&self) -> bool {
        if self.signals.drain() {
            self.seen.set(true);
        }
        self.seen.get()
    }

    /// Whether the runner has died since.
    pub(super) fn is_orphaned(&self) -> bool {
        rustix::process::getppid() != self.parent
    }
}

impl AsFd for Cancel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.signals.as_fd()
    }
}
