//! The output's way from the shell's pipe to the job log, byte for byte.
//!
//! A pipe of our own, and not the runner's, is handed to the job: what it leaves behind may keep that pipe open, but never
//! the runner's, which would hang the stage. Between two pipes the kernel moves the pages (splice), so bulk output costs
//! this process no copying and no memory.

use std::io::{ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::thread::JoinHandle;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags};
use rustix::fs::Mode;
use rustix::pipe::{SpliceFlags, fcntl_setpipe_size, splice};

/// Bytes in flight; the kernel's default is 64 KiB.
const PIPE_BYTES: usize = 1 << 20;

/// Copies until the last holder of the pipe's other end is gone.
pub(crate) struct Relay {
    /// Closed by the copying thread when it ends.
    done: PipeReader,
    thread: JoinHandle<()>,
}

impl Relay {
    /// Starts copying to our stdout; gives the end that the job writes to.
    pub(crate) fn start() -> std::io::Result<(Self, PipeWriter)> {
        let (from, to) = std::io::pipe()?;
        // Any user of the container may reopen it by way of /dev/stderr or /proc/self/fd/1.
        rustix::fs::fchmod(&to, Mode::from_raw_mode(0o622))?;
        if fcntl_setpipe_size(&to, PIPE_BYTES).is_err() {
            // Above the user's limit; the default size works too.
        }
        let (done, ending) = std::io::pipe()?;
        let thread = std::thread::Builder::new()
            .name("relay".to_owned())
            .stack_size(128 * 1024)
            .spawn(move || {
                copy(from);
                drop(ending);
            })?;
        Ok((Relay { done, thread }, to))
    }

    /// Waits until everything is copied, or until `deadline`; whether it is.
    pub(crate) fn finished_by(&self, deadline: Instant) -> bool {
        let mut ready = [PollFd::new(&self.done, PollFlags::IN)];
        super::inside::poll_until(&mut ready, Some(deadline)).is_ok()
            && !ready[0].revents().is_empty()
    }

    /// Ends the thread of a finished relay; an unfinished one is left to end with the process.
    pub(crate) fn close(self) {
        if self.thread.is_finished() && self.thread.join().is_err() {
            // The thread does nothing that can panic; a copy that broke has been noticed as missing output.
        }
    }
}

fn copy(from: PipeReader) {
    let stdout = std::io::stdout();
    loop {
        match splice(
            &from,
            None,
            stdout.as_fd(),
            None,
            PIPE_BYTES,
            SpliceFlags::MOVE,
        ) {
            Ok(0) => return,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            // Neither end of splice is a pipe that it can use: a terminal, a file opened for appending.
            Err(rustix::io::Errno::INVAL) => return copy_bytes(from),
            Err(rustix::io::Errno::AGAIN) => {
                if super::inside::poll_until(&mut [PollFd::new(&stdout, PollFlags::OUT)], None)
                    .is_err()
                {
                    return discard(from);
                }
            }
            Err(_) => return discard(from),
        }
    }
}

fn copy_bytes(mut from: PipeReader) {
    let mut buffer = vec![0; 64 * 1024];
    let mut stdout = std::io::stdout().lock();
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                if stdout
                    .write_all(&buffer[..count])
                    .and_then(|()| stdout.flush())
                    .is_err()
                {
                    return discard(from);
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
}

/// The reader of the log is gone; the job must still be able to write, and its exit status still counts.
fn discard(mut from: PipeReader) {
    let mut buffer = vec![0; 64 * 1024];
    while matches!(from.read(&mut buffer), Ok(count) if count > 0) {}
}
