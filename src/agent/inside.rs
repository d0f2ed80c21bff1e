//! The agent's life in a container: wait for a stage, run its shell, end everything it started, report.
//!
//! Blocking, without an async runtime, in a few megabytes. Runs as the image's user, behind the image's entrypoint; as
//! process 1 or, behind an init, as a child subreaper, so that orphans of the script come to it.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};

use super::processes::{self, Process};
use super::protocol::{FromAgent, Order, Packet, ToAgent, receive, send};
use super::signals::{Signals, outlive};
use super::{DIRECTORY, ground, ownership, shell};

/// How long the host may take for its next word before the agent turns back to waiting.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long leftovers may take to die of KILL.
const KILL_PATIENCE: Duration = Duration::from_secs(2);

/// Written to both streams of the container when the agent begins to live: all before it are the entrypoint's words.
pub(crate) const LIVES_MARK: &str = "\0baws-ci agent\0\n";

/// Runs until the container ends.
///
/// # Errors
/// The directory with the doorbell is not there, or the kernel refuses what every kernel gives.
pub(crate) fn live() -> std::io::Result<()> {
    outlive()?;
    for stream in [
        &mut std::io::stdout() as &mut dyn Write,
        &mut std::io::stderr(),
    ] {
        if stream
            .write_all(LIVES_MARK.as_bytes())
            .and_then(|()| stream.flush())
            .is_err()
        {
            // The entrypoint has closed it; the host waits a little, in vain.
        }
    }
    let own = std::process::id();
    if own != 1 {
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    }
    let spared = processes::all()
        .into_iter()
        .map(|stat| stat.process)
        .filter(|process| process.pid != own)
        .collect();
    let bell = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
        .open(format!("{DIRECTORY}/bell"))?;
    Agent {
        own,
        spared,
        bell,
        children: Signals::children()?,
    }
    .wait()
}

struct Agent {
    own: u32,
    spared: HashSet<Process>,
    bell: File,
    children: Signals,
}

/// A stage's shell, until it is collected.
struct Running {
    shell: u32,
    status: Option<u8>,
}

impl Agent {
    fn wait(&self) -> std::io::Result<()> {
        loop {
            let mut ready = [
                PollFd::new(&self.bell, PollFlags::IN),
                PollFd::new(&self.children, PollFlags::IN),
            ];
            poll_until(&mut ready, None)?;
            let rung = ready[0].revents().contains(PollFlags::IN);
            self.collect(None);
            if rung {
                let mut bytes = [0; 64];
                while matches!((&self.bell).read(&mut bytes), Ok(count) if count > 0) {}
                self.answer();
            }
        }
    }

    /// One connection to the host; whatever goes wrong with it, the agent waits for the next.
    fn answer(&self) {
        let Ok(socket) = connect() else { return };
        let spared = self.spared.iter().map(|process| process.pid).collect();
        let user = (
            rustix::process::geteuid().as_raw(),
            rustix::process::getegid().as_raw(),
        );
        if send(&socket, &FromAgent::Ready { spared, user }, &[]).is_err() {
            return;
        }
        let Some((order, script, output)) = next_order(&socket) else {
            return;
        };
        let end = self.stage(&socket, &order, script, output);
        if send(&socket, &end, &[]).is_err() {
            // The host is gone; there is nobody to report to.
        }
    }

    fn stage(
        &self,
        socket: &OwnedFd,
        order: &Order,
        script: OwnedFd,
        output: OwnedFd,
    ) -> FromAgent {
        if let Err(why) = ground::prepare(order) {
            return FromAgent::Failed { why };
        }
        let Some(path) = shell::find() else {
            return FromAgent::NoShell;
        };
        let shell = match shell::start(path, script, output, order.umask) {
            Ok(shell) => shell,
            Err(error) => {
                return FromAgent::Failed {
                    why: format!("cannot start the shell `{path}`: {error}"),
                };
            }
        };
        if send(socket, &FromAgent::Running, &[]).is_err() {
            // Noticed again, as a closed socket, below.
        }
        let mut running = Running {
            shell,
            status: None,
        };
        self.follow(socket, order, &mut running);
        let stubborn = self.end_leftovers(&mut running);
        let gift = order.gift.as_ref().filter(|_| running.status == Some(0));
        if let Some(Err(why)) = gift.map(ownership::give) {
            return FromAgent::Failed { why };
        }
        FromAgent::Ended {
            status: running.status.unwrap_or(255),
            stubborn,
        }
    }

    /// Until the shell has ended; a `Stop`, or the host's death, sends TERM to everything and, after the grace, KILL.
    fn follow(&self, socket: &OwnedFd, order: &Order, running: &mut Running) {
        let mut kill_at: Option<Instant> = None;
        let mut host_there = true;
        loop {
            self.collect(Some(running));
            if running.status.is_some() {
                return;
            }
            if kill_at.is_some_and(|at| Instant::now() >= at) {
                self.signal_stage(Signal::KILL);
                kill_at = Some(Instant::now() + Duration::from_millis(200));
            }
            let mut ready = vec![PollFd::new(&self.children, PollFlags::IN)];
            if host_there {
                ready.push(PollFd::new(socket, PollFlags::IN));
            }
            if poll_until(&mut ready, kill_at).is_err() {
                return;
            }
            if !host_there || ready[1].revents().is_empty() {
                continue;
            }
            match receive::<ToAgent>(socket) {
                Ok(Packet::Message(ToAgent::Stop, _)) if kill_at.is_none() => {}
                Ok(Packet::Message(ToAgent::Stop | ToAgent::Stage(_), _) | Packet::Nonsense) => {
                    continue;
                }
                Ok(Packet::Closed) | Err(_) => host_there = false,
            }
            if kill_at.is_none() {
                self.signal_stage(Signal::TERM);
                kill_at = Some(Instant::now() + Duration::from_millis(order.grace_ms));
            }
        }
    }

    /// Sends a signal to everything the stage started; the number of processes that may not be signalled.
    fn signal_stage(&self, signal: Signal) -> u32 {
        let stage = processes::descendants(&processes::all(), self.own, &self.spared);
        let mut refused = 0;
        for stat in stage.iter().filter(|stat| stat.state != 'Z') {
            let pid = i32::try_from(stat.process.pid).ok().and_then(Pid::from_raw);
            if pid.is_some_and(|pid| {
                rustix::process::kill_process(pid, signal) == Err(rustix::io::Errno::PERM)
            }) {
                refused += 1;
            }
        }
        refused
    }

    /// Ends what the stage left behind; the number of processes that are still there.
    fn end_leftovers(&self, running: &mut Running) -> u32 {
        let give_up = Instant::now() + KILL_PATIENCE;
        loop {
            self.collect(Some(running));
            let stage = processes::descendants(&processes::all(), self.own, &self.spared);
            let alive = stage.iter().filter(|stat| stat.state != 'Z').count();
            if alive == 0 {
                return 0;
            }
            let refused = self.signal_stage(Signal::KILL);
            if refused as usize >= alive || Instant::now() >= give_up {
                return alive.try_into().unwrap_or(u32::MAX);
            }
            // The death of a child wakes us; one of a grandchild that nobody collects does not.
            let soon = Some(Instant::now() + Duration::from_millis(2));
            if poll_until(&mut [PollFd::new(&self.children, PollFlags::IN)], soon).is_err() {
                return alive.try_into().unwrap_or(u32::MAX);
            }
        }
    }

    /// Collects every child that has ended, the running stage's shell among them.
    fn collect(&self, mut running: Option<&mut Running>) {
        self.children.drain();
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            if let Some(running) = running.as_deref_mut()
                && u32::try_from(pid.as_raw_nonzero().get()) == Ok(running.shell)
            {
                running.status = Some(code(status));
            }
        }
    }
}

/// As a shell would say it: the exit status, or 128 and the signal's number.
fn code(status: WaitStatus) -> u8 {
    let code = status
        .exit_status()
        .or_else(|| status.terminating_signal().map(|signal| 128 + signal))
        .unwrap_or(255);
    u8::try_from(code & 0xff).unwrap_or(255)
}

fn connect() -> std::io::Result<OwnedFd> {
    let socket = rustix::net::socket_with(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?;
    rustix::net::connect(&socket, &SocketAddrUnix::new(format!("{DIRECTORY}/stage"))?)?;
    Ok(socket)
}

fn next_order(socket: &OwnedFd) -> Option<(Order, OwnedFd, OwnedFd)> {
    poll_until(
        &mut [PollFd::new(socket, PollFlags::IN)],
        Some(Instant::now() + PATIENCE),
    )
    .ok()?;
    match receive::<ToAgent>(socket).ok()? {
        Packet::Message(ToAgent::Stage(order), descriptors) => {
            let mut descriptors = descriptors.into_iter();
            Some((order, descriptors.next()?, descriptors.next()?))
        }
        Packet::Message(ToAgent::Stop, _) | Packet::Nonsense | Packet::Closed => None,
    }
}

/// Polls until something is ready or the time has come; interruptions are not errors.
pub(super) fn poll_until(ready: &mut [PollFd<'_>], at: Option<Instant>) -> std::io::Result<()> {
    loop {
        let left = at.map(|at| at.saturating_duration_since(Instant::now()));
        let timeout = left.map(|left| Timespec {
            tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        match poll(ready, timeout.as_ref()) {
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
