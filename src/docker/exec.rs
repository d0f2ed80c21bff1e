//! An interactive shell in a running container, joined to this terminal.
//!
//! The terminal is raw for as long as the session lasts, and itself again afterwards, whatever ends the session.

use std::future::poll_fn;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::pin::{Pin, pin};
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, ResizeExecOptions, StartExecOptions, StartExecResults};
use futures_util::future::{Either, select};
use futures_util::{Stream, StreamExt};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::io::AsyncWrite;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Engine;
use crate::error::{Error, Result};

/// bash where there is one, else sh.
const SHELL: [&str; 3] = [
    "sh",
    "-c",
    "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi",
];
/// A session may last; other calls are short.
const LONGEST_SESSION: Duration = Duration::from_secs(24 * 3600);

impl Engine {
    /// Opens a shell in `directory` of the container and comes back when it ends. Needs a terminal on stdin and stdout.
    pub(crate) fn shell(&self, container: &str, directory: &str) -> Result<()> {
        let raw = Raw::enter().map_err(|error| {
            Error::system("cannot set the terminal to raw mode").caused_by(error)
        })?;
        let ended = self.block_on(self.session(container, directory));
        drop(raw);
        ended
    }

    async fn session(&self, container: &str, directory: &str) -> Result<()> {
        let doing = || format!("open a shell in the container `{container}`");
        let failed = |error| Error::from(self.failure(doing(), error));
        let local =
            |error: std::io::Error| Error::system(format!("cannot {}", doing())).caused_by(error);
        let docker = self.docker.clone().with_timeout(LONGEST_SESSION);
        let options = CreateExecOptions {
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            tty: Some(true),
            cmd: Some(SHELL.to_vec()),
            working_dir: Some(directory),
            ..CreateExecOptions::default()
        };
        let id = docker
            .create_exec(container, options)
            .await
            .map_err(failed)?
            .id;
        let start = StartExecOptions {
            tty: true,
            ..StartExecOptions::default()
        };
        let StartExecResults::Attached {
            mut output,
            mut input,
        } = docker.start_exec(&id, Some(start)).await.map_err(failed)?
        else {
            return Err(Error::system(format!(
                "cannot {}: the engine did not attach it",
                doing()
            )));
        };
        let keys = Keys::watch().map_err(local)?;
        let mut resized = signal(SignalKind::window_change()).map_err(local)?;
        let mut event = Event::Resized;
        loop {
            match event {
                Event::Shown(Some(Ok(part))) => {
                    let mut stdout = std::io::stdout().lock();
                    stdout
                        .write_all(&part.into_bytes())
                        .and_then(|()| stdout.flush())
                        .map_err(local)?;
                }
                Event::Shown(Some(Err(error))) => return Err(failed(error)),
                Event::Shown(None) => return Ok(()),
                Event::Typed(typed) => send(&mut input, &typed).await.map_err(local)?,
                Event::Resized => {
                    if let Ok(size) = tcgetwinsize(std::io::stdout()) {
                        let size = ResizeExecOptions {
                            height: size.ws_row,
                            width: size.ws_col,
                        };
                        if docker.resize_exec(&id, size).await.is_err() {
                            // It has just ended, or keeps its old size.
                        }
                    }
                }
            }
            event = next(&mut output, &keys, &mut resized).await;
        }
    }
}

enum Event {
    Shown(Option<Result<LogOutput, bollard::errors::Error>>),
    Typed(Vec<u8>),
    Resized,
}

async fn next(
    output: &mut (impl Stream<Item = Result<LogOutput, bollard::errors::Error>> + Unpin),
    keys: &Keys,
    resized: &mut Signal,
) -> Event {
    let others = pin!(async {
        match select(pin!(keys.next()), pin!(resized.recv())).await {
            Either::Left((typed, _)) => Event::Typed(typed),
            Either::Right(_) => Event::Resized,
        }
    });
    match select(output.next(), others).await {
        Either::Left((part, _)) => Event::Shown(part),
        Either::Right((event, _)) => event,
    }
}

async fn send(input: &mut Pin<Box<dyn AsyncWrite + Send>>, mut data: &[u8]) -> std::io::Result<()> {
    while !data.is_empty() {
        let sent = poll_fn(|context| input.as_mut().poll_write(context, data)).await?;
        data = &data[sent..];
    }
    poll_fn(|context| input.as_mut().poll_flush(context)).await
}

/// What is typed, read by a thread of its own: stdin is shared with the shell we were started from, and must not be made
/// non-blocking.
struct Keys {
    typed: tokio::net::UnixStream,
    thread: Option<std::thread::JoinHandle<()>>,
    stop: Option<UnixStream>,
}

impl Keys {
    fn watch() -> std::io::Result<Self> {
        let (ours, mut theirs) = UnixStream::pair()?;
        let (stop, stopped) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let thread = std::thread::Builder::new().spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let stdin = std::io::stdin();
                let mut ready = [
                    PollFd::new(&stdin, PollFlags::IN),
                    PollFd::new(&stopped, PollFlags::IN),
                ];
                if poll(&mut ready, None).is_err_and(|error| error != rustix::io::Errno::INTR)
                    || !ready[1].revents().is_empty()
                {
                    return;
                }
                if ready[0].revents().is_empty() {
                    continue;
                }
                match stdin.lock().read(&mut buffer) {
                    Ok(0) => return,
                    Ok(n) if theirs.write_all(&buffer[..n]).is_err() => return,
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(_) => return,
                }
            }
        })?;
        Ok(Keys {
            typed: tokio::net::UnixStream::from_std(ours)?,
            thread: Some(thread),
            stop: Some(stop),
        })
    }

    /// The next keys; never, once there will be none.
    async fn next(&self) -> Vec<u8> {
        let mut buffer = vec![0; 4096];
        loop {
            if self.typed.readable().await.is_err() {
                return std::future::pending().await;
            }
            match self.typed.try_read(&mut buffer) {
                Ok(0) => return std::future::pending().await,
                Ok(n) => {
                    buffer.truncate(n);
                    return buffer;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return std::future::pending().await,
            }
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            // It holds nothing that is missed.
        }
    }
}

/// The terminal in raw mode, for as long as the value lives.
struct Raw(Termios);

impl Raw {
    fn enter() -> std::io::Result<Self> {
        let before = tcgetattr(std::io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &raw)?;
        Ok(Raw(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0).is_err() {
            // The terminal is gone.
        }
    }
}
