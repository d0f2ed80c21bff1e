//! One call of the executor, watched to its end: output, signals, deadlines, TERM and KILL to its process group.
//!
//! Ends when the process has ended *and* nobody holds its pipes any more, as the runner does. After KILL it is given a few
//! seconds and then left behind. Source: gitlab-runner `helpers/process`, `executors/custom/command`.

use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process_group};

use super::super::signals::{Signals, Urgency, timespec};

/// How long a killed process may hold its pipes before it is left behind. Source: gitlab-runner `process.KillTimeout`.
const AFTER_KILL: Duration = Duration::from_secs(10);

/// What may end a call before it ends by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The end of the job's time.
    pub(super) job: Option<Instant>,
    /// The end of the stage's own time.
    pub(super) own: Option<Instant>,
    /// The first urgency that ends it; `None`: no signal does.
    pub(super) urgency: Option<Urgency>,
    /// Between TERM and KILL.
    pub(super) grace: Duration,
}

/// Why a call was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    JobTimeout,
    OwnTimeout,
    Signal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Err,
}

pub(super) struct Ended {
    /// `None`: it did not even end after KILL.
    pub(super) status: Option<ExitStatus>,
    pub(super) stop: Option<Stop>,
}

/// Runs `command` in a process group of its own, without input.
pub(super) fn run(
    command: &mut Command,
    signals: &Signals,
    limits: Limits,
    mut take: impl FnMut(Stream, &[u8]),
) -> std::io::Result<Ended> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn()?;
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let mut watch = Watch {
        limits,
        phase: Phase::Running,
        stop: None,
    };
    let mut status = None;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let wake = match watch.next(&child, signals) {
            Next::GiveUp => break,
            Next::Wait(wake) => wake,
        };
        let mut descriptors = signals.descriptors().to_vec();
        descriptors.extend(
            out.as_ref()
                .map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)),
        );
        descriptors.extend(
            err.as_ref()
                .map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)),
        );
        let timeout = wake.map(|at| timespec(at.saturating_duration_since(Instant::now())));
        match poll(&mut descriptors, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready: Vec<bool> = descriptors[3..]
            .iter()
            .map(|one| !one.revents().is_empty())
            .collect();
        drop(descriptors);
        let mut ready = ready.into_iter();
        if out.is_some()
            && ready.next() == Some(true)
            && !pass(&mut out, &mut buffer, |part| take(Stream::Out, part))
        {
            out = None;
        }
        if err.is_some()
            && ready.next() == Some(true)
            && !pass(&mut err, &mut buffer, |part| take(Stream::Err, part))
        {
            err = None;
        }
        signals.forget_children();
        if status.is_none() {
            status = child.try_wait()?;
        }
        if status.is_some() && out.is_none() && err.is_none() {
            break;
        }
    }
    Ok(Ended {
        status,
        stop: watch.stop,
    })
}

/// Reads once. `false`: there will be no more.
fn pass<P: Read>(pipe: &mut Option<P>, buffer: &mut [u8], mut take: impl FnMut(&[u8])) -> bool {
    let Some(pipe) = pipe else { return false };
    match pipe.read(buffer) {
        Ok(0) => false,
        Ok(n) => {
            take(&buffer[..n]);
            true
        }
        Err(error) => error.kind() == ErrorKind::Interrupted,
    }
}

/// Where the end of the process stands.
#[derive(Clone, Copy)]
enum Phase {
    Running,
    /// Until when it may end by itself.
    Terminated(Instant),
    /// Until when it is waited for.
    Killed(Instant),
}

enum Next {
    Wait(Option<Instant>),
    GiveUp,
}

struct Watch {
    limits: Limits,
    phase: Phase,
    stop: Option<Stop>,
}

impl Watch {
    /// Sends what is due, and tells until when to wait.
    fn next(&mut self, child: &Child, signals: &Signals) -> Next {
        let (now, urgency) = (Instant::now(), signals.urgency());
        let past = |at: Option<Instant>| at.is_some_and(|at| now >= at);
        match self.phase {
            Phase::Running => {
                self.stop = if past(self.limits.job) {
                    Some(Stop::JobTimeout)
                } else if self.limits.urgency.is_some_and(|least| urgency >= least) {
                    Some(Stop::Signal)
                } else if past(self.limits.own) {
                    Some(Stop::OwnTimeout)
                } else {
                    return Next::Wait(
                        [self.limits.job, self.limits.own]
                            .into_iter()
                            .flatten()
                            .min(),
                    );
                };
                kill(child, Signal::TERM);
                self.phase = Phase::Terminated(now + self.limits.grace);
                Next::Wait(Some(now + self.limits.grace))
            }
            Phase::Terminated(until) => {
                let insisted =
                    self.limits.urgency == Some(Urgency::Soft) && urgency == Urgency::Hard;
                if now < until && !insisted {
                    return Next::Wait(Some(until));
                }
                kill(child, Signal::KILL);
                self.phase = Phase::Killed(now + AFTER_KILL);
                Next::Wait(Some(now + AFTER_KILL))
            }
            Phase::Killed(until) if now < until => Next::Wait(Some(until)),
            Phase::Killed(_) => Next::GiveUp,
        }
    }
}

fn kill(child: &Child, signal: Signal) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if group.is_some_and(|group| kill_process_group(group, signal).is_err()) {
        // It has just ended.
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::signals::Interrupt;

    fn shell(script: &str, own: Option<Duration>) -> (Ended, String) {
        let signals = Signals::listen(Interrupt::Soft).unwrap();
        let own = own.map(|time| Instant::now() + time);
        let limits = Limits {
            job: None,
            own,
            urgency: None,
            grace: Duration::from_millis(200),
        };
        let mut text = Vec::new();
        let ended = run(
            Command::new("sh").args(["-c", script]),
            &signals,
            limits,
            |_, part| text.extend_from_slice(part),
        )
        .unwrap();
        (ended, String::from_utf8(text).unwrap())
    }

    #[test]
    fn output_of_both_streams_and_the_status_come_back() {
        let (ended, text) = shell("echo out; sleep 0.01; echo err >&2; exit 7", None);
        assert_eq!(
            (ended.status.unwrap().code(), ended.stop, text.as_str()),
            (Some(7), None, "out\nerr\n")
        );
    }

    #[test]
    fn a_call_that_outstays_its_time_is_terminated_and_then_killed_with_its_children() {
        let (ended, text) = shell(
            "trap 'echo bye; exit 3' TERM; sleep 60 & wait",
            Some(Duration::from_millis(50)),
        );
        assert_eq!(
            (ended.status.unwrap().code(), ended.stop, text.as_str()),
            (Some(3), Some(Stop::OwnTimeout), "bye\n")
        );
        let (ended, _) = shell(
            "trap '' TERM; sleep 60; sleep 60",
            Some(Duration::from_millis(50)),
        );
        assert_eq!(
            (ended.status.unwrap().code(), ended.stop),
            (None, Some(Stop::OwnTimeout))
        );
    }
}
