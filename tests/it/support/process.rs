//! A stage as a process: its own group, nothing on stdin, two pipes, and waiting as Go waits: for the end of both.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustix::process::{Pid, Signal};

use super::Ended;
use super::wait::LONG;

/// A stage that runs.
pub(crate) struct Started {
    child: Child,
    name: String,
    stdout: Gathered,
    stderr: Gathered,
    begun: Instant,
    /// Of a stage that runs a script.
    status_file: Option<PathBuf>,
}

impl Started {
    pub(crate) fn begin(mut command: Command, name: &str, status_file: Option<PathBuf>) -> Self {
        use std::os::unix::process::CommandExt;
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let begun = Instant::now();
        let mut child = command
            .spawn()
            .expect("the program under test was built with the tests");
        let stdout = Gathered::from(child.stdout.take().expect("asked for above"));
        let stderr = Gathered::from(child.stderr.take().expect("asked for above"));
        Started {
            child,
            name: name.to_owned(),
            stdout,
            stderr,
            begun,
            status_file,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the stage has printed `text`.
    #[track_caller]
    pub(crate) fn until_printed(&self, text: &str) -> &Self {
        let found = self.stdout.wait(|held| contains(&held.bytes, text));
        assert!(
            found,
            "the stage `{}` did not print `{text}`; it printed: {}{}",
            self.name,
            self.stdout.text(),
            self.stderr.text()
        );
        self
    }

    /// The same of stderr.
    #[track_caller]
    pub(crate) fn until_said(&self, text: &str) -> &Self {
        let found = self.stderr.wait(|held| contains(&held.bytes, text));
        assert!(
            found,
            "the stage `{}` did not say `{text}`; it printed: {}{}",
            self.name,
            self.stdout.text(),
            self.stderr.text()
        );
        self
    }

    /// To the whole group, as gitlab-runner does.
    pub(crate) fn signal(&self, signal: Signal) -> &Self {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a child has a number");
        if rustix::process::kill_process_group(pid, signal).is_err() {
            // It has ended.
        }
        self
    }

    /// Waits for the end of both pipes and of the process.
    #[track_caller]
    pub(crate) fn end(self) -> Ended {
        self.end_of_long(1)
    }

    /// The same for what takes minutes: it has `times` the time.
    pub(crate) fn end_of_long(mut self, times: usize) -> Ended {
        let complete = (0..times).any(|_| self.stdout.wait(|held| held.ended))
            && self.stderr.wait(|held| held.ended);
        assert!(
            complete,
            "the stage `{}` did not end, or something holds its output: {}{}",
            self.name,
            self.stdout.text(),
            self.stderr.text()
        );
        let end = self.child.wait().expect("a child can be waited for");
        let took = self.begun.elapsed();
        let status = self
            .status_file
            .as_ref()
            .and_then(|path| std::fs::read_to_string(path).ok());
        Ended::new(
            self.name.clone(),
            end,
            self.stdout.take(),
            self.stderr.take(),
            status,
            took,
        )
    }
}

/// A test that has failed leaves no stage running.
impl Drop for Started {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

/// What comes out of a pipe.
struct Gathered {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    held: Mutex<Held>,
    changed: Condvar,
}

#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    ended: bool,
}

impl Gathered {
    fn from(mut pipe: impl Read + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let gathered = Gathered {
            shared: Arc::clone(&shared),
        };
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 18];
            loop {
                let count = pipe.read(&mut buffer).unwrap_or(0);
                let mut held = shared.held.lock().unwrap_or_else(PoisonError::into_inner);
                held.bytes.extend_from_slice(&buffer[..count]);
                held.ended = count == 0;
                shared.changed.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        gathered
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.shared
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it comes true before the pipe has ended and before it takes too long.
    fn wait(&self, mut holds: impl FnMut(&Held) -> bool) -> bool {
        let give_up = Instant::now() + LONG;
        let mut held = self.lock();
        loop {
            if holds(&held) {
                return true;
            }
            let left = give_up.saturating_duration_since(Instant::now());
            if held.ended || left.is_zero() {
                return false;
            }
            let waited = self.shared.changed.wait_timeout(held, left);
            held = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock().bytes)
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}
