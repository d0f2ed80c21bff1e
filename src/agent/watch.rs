//! The host's side of one stage: hand over, follow, pass the cancel on, and make sure that nothing lives on.
//!
//! Refuses to wait for an agent's word where it can look for itself: a stopped agent is woken, one that does not end a
//! cancelled stage is given up, and leftovers it may not signal are killed from here.

use std::collections::HashSet;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, Signal};

use super::inside::poll_until;
use super::memory::MemoryGroup;
use super::post::{Peer, Ready};
use super::processes::{self, Process, Stat};
use super::protocol::{FromAgent, Order, Packet, ToAgent, receive, send};
use super::relay::Relay;
use super::signals::Cancel;

/// More words than a stage has need of.
const MOST_MESSAGES: u32 = 16;
/// How often the host looks after an agent it has not heard of.
const LOOK_AFTER: Duration = Duration::from_secs(2);
/// Beyond the grace: the time the agent has to kill, collect and report.
const REPORT: Duration = Duration::from_secs(5);
/// How long the output may take to end after the last process should have.
const OUTPUT: Duration = Duration::from_secs(2);

/// What is handed to the agent.
pub(crate) struct Handover<'a> {
    pub(crate) script: &'a [u8],
    pub(crate) order: Order,
    /// When the stage is ended as if it had been cancelled; `None`: the runner keeps the time.
    pub(crate) until: Option<Instant>,
}

/// How a stage ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The script ended by itself.
    Status(u8),
    /// The script ended because the runner cancelled the stage.
    Cancelled,
    /// Cancelled, but the agent did not report the end in time.
    Unresponsive,
    /// The agent is gone before it reported.
    Lost,
    /// The agent said what no agent says.
    Nonsense,
    NoShell,
    Failed(String),
}

/// A finished stage.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) ending: Ending,
    /// Processes killed for want of memory while the stage ran, and the limit in bytes.
    pub(crate) out_of_memory: Option<(u64, Option<u64>)>,
    /// Whether the output came to its end; otherwise something still holds it open.
    pub(crate) output_complete: bool,
}

impl Watch {
    /// Runs one stage from hand-over to end.
    pub(crate) fn stage(
        ready: Ready,
        handover: &Handover<'_>,
        cancel: &Cancel,
    ) -> std::io::Result<Self> {
        let peer = ready.0;
        let memory = MemoryGroup::of(peer.pid);
        let kills_before = memory.as_ref().map_or(0, MemoryGroup::kills);
        let relay = hand_over(&peer, handover)?;
        let (ending, stubborn) = follow(&peer, handover, cancel)?;
        if stubborn > 0 {
            kill_stage(&peer);
        }
        let mut output_complete = match ending {
            // The container will be killed, and the pipe with it.
            Ending::Lost | Ending::Nonsense | Ending::Unresponsive => {
                relay.finished_by(Instant::now())
            }
            Ending::Status(_) | Ending::Cancelled | Ending::NoShell | Ending::Failed(_) => {
                relay.finished_by(Instant::now() + OUTPUT)
            }
        };
        if !output_complete {
            kill_stage(&peer);
            output_complete = relay.finished_by(Instant::now() + OUTPUT);
        }
        relay.close();
        let kills = memory
            .as_ref()
            .map_or(0, MemoryGroup::kills)
            .saturating_sub(kills_before);
        let out_of_memory =
            (kills > 0).then(|| (kills, memory.as_ref().and_then(MemoryGroup::limit)));
        Ok(Watch {
            ending,
            out_of_memory,
            output_complete,
        })
    }
}

fn hand_over(peer: &Peer, handover: &Handover<'_>) -> std::io::Result<Relay> {
    let script = rustix::fs::memfd_create("script", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut file = std::fs::File::from(script);
    std::io::Write::write_all(&mut file, handover.script)?;
    std::io::Seek::rewind(&mut file)?;
    let (relay, output) = Relay::start()?;
    send(
        &peer.socket,
        &ToAgent::Stage(handover.order.clone()),
        &[file.as_fd(), output.as_fd()],
    )?;
    Ok(relay)
}

/// Until the agent reports the end; gives how many processes it could not end.
fn follow(peer: &Peer, handover: &Handover<'_>, cancel: &Cancel) -> std::io::Result<(Ending, u32)> {
    let grace = Duration::from_millis(handover.order.grace_ms);
    let mut messages = 0;
    let mut give_up: Option<Instant> = None;
    loop {
        // Nobody hears this stage any more where the runner has died; its next job may be given the same volumes.
        let orphaned = cancel.is_orphaned();
        let late = handover.until.is_some_and(|at| Instant::now() >= at);
        if give_up.is_none() && (orphaned || late || cancel.requested()) {
            if send(&peer.socket, &ToAgent::Stop, &[]).is_err() {
                return Ok((Ending::Lost, 0));
            }
            give_up = Some(Instant::now() + grace + REPORT);
        }
        if give_up.is_some_and(|at| Instant::now() >= at) {
            return Ok((Ending::Unresponsive, 0));
        }
        let look = Instant::now() + LOOK_AFTER;
        let look = handover
            .until
            .filter(|_| !late)
            .map_or(look, |at| at.min(look));
        let mut ready = vec![PollFd::new(&peer.socket, PollFlags::IN)];
        if give_up.is_none() {
            ready.push(PollFd::new(cancel, PollFlags::IN));
        }
        poll_until(&mut ready, Some(give_up.map_or(look, |at| at.min(look))))?;
        if ready[0].revents().is_empty() {
            wake_if_stopped(peer.pid);
            continue;
        }
        messages += 1;
        match receive::<FromAgent>(&peer.socket)? {
            Packet::Message(_, _) if messages > MOST_MESSAGES => return Ok((Ending::Nonsense, 0)),
            Packet::Message(FromAgent::Running | FromAgent::Ready { .. }, _) => {}
            Packet::Message(FromAgent::NoShell, _) => return Ok((Ending::NoShell, 0)),
            Packet::Message(FromAgent::Failed { why }, _) => return Ok((Ending::Failed(why), 0)),
            Packet::Message(FromAgent::Ended { stubborn, .. }, _) if give_up.is_some() => {
                return Ok((Ending::Cancelled, stubborn));
            }
            Packet::Message(FromAgent::Ended { status, stubborn }, _) => {
                return Ok((Ending::Status(status), stubborn));
            }
            Packet::Nonsense => return Ok((Ending::Nonsense, 0)),
            Packet::Closed => return Ok((Ending::Lost, 0)),
        }
    }
}

/// A job may stop the agent that watches it, where it is not process 1.
fn wake_if_stopped(pid: u32) {
    if Stat::of(pid).is_some_and(|stat| stat.state == 'T') {
        signal(pid, Signal::CONT);
    }
}

/// Kills what the stage started, seen from the host: the agent's descendants in its own control group, without those
/// that the entrypoint started.
fn kill_stage(peer: &Peer) {
    let Some(group) = control_group(peer.pid) else {
        return;
    };
    let all: Vec<Stat> = processes::all();
    let spared: HashSet<Process> = all
        .iter()
        .filter(|stat| control_group(stat.process.pid).as_ref() == Some(&group))
        .filter(|stat| {
            number_inside(stat.process.pid).is_some_and(|pid| peer.spared.contains(&pid))
        })
        .map(|stat| stat.process)
        .collect();
    for stat in processes::descendants(&all, peer.pid, &spared) {
        if control_group(stat.process.pid).as_ref() == Some(&group) {
            signal(stat.process.pid, Signal::KILL);
        }
    }
}

fn control_group(pid: u32) -> Option<String> {
    std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()
}

/// The number of a process in its own namespace. Source: proc(5), `NSpid`.
fn number_inside(pid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("NSpid:"))?
        .split_whitespace()
        .next_back()?
        .parse()
        .ok()
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    if pid.is_some_and(|pid| rustix::process::kill_process(pid, signal).is_err()) {
        // It has ended in the meantime, or belongs to root where we do not.
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
