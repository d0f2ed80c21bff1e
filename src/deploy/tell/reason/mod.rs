//! Why a task stopped, in plain words: whose turn it is, what to do, and whether the same again could go better.
//!
//! ECS has codes for who stopped a task, and none for why it could not start: that stands only in free text of ECS, its
//! agent and the container runtime. So here, and nowhere else, texts are matched; what they decide is the wording, and
//! how soon a hopeless deployment is given up, never whether one succeeded. Refuses to show those texts: callers do.
//! Source: ECS API reference, `Task$stopCode`; ECS developer guide, "Stopped tasks error messages". Read next: `table`.

mod images;
mod table;

#[cfg(test)]
mod tests;

use crate::rollout::{StopCode, Task};

/// What is to be said about one way to stop.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Reason {
    pub(crate) kind: Kind,
    /// A clause that follows the name of a task: `stopped: …`.
    pub(crate) plain: String,
    pub(crate) turn: Turn,
    /// An act; empty where there is nothing to be done.
    pub(crate) act: &'static str,
    /// The next task of the same deployment will end the same way.
    pub(crate) useless_to_retry: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    ImageNotFound,
    ImageDenied,
    ImagePlatform,
    ImageUnreachable,
    ImageLimit,
    ImageDigest,
    DiskFull,
    Secrets,
    LogGroup,
    FileSystem,
    NetworkInterface,
    Role,
    Resources,
    OutOfMemory,
    /// Exit status 137 without a word about memory.
    Killed,
    CannotExecute,
    StartTimeout,
    LoadBalancerHealth,
    ContainerHealth,
    Exited,
    Capacity,
    Placement,
    Spot,
    Host,
    Scaling,
    SomebodyStopped,
    Unknown,
}

/// Who can do something about it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Turn {
    /// Of the application and its job.
    Author,
    /// Of the cluster, its network and the service's settings.
    Operator,
    /// Who grants in IAM.
    Granter,
    Nobody,
}

impl Turn {
    /// As the subject of a hint.
    pub(crate) fn person(self) -> &'static str {
        match self {
            Turn::Author => "the application's developer",
            Turn::Operator => "who runs the cluster",
            Turn::Granter => "who grants in IAM",
            Turn::Nobody => "nobody",
        }
    }
}

impl Reason {
    /// Whose turn it is and what to do, in one line; `None`: nobody's.
    pub(crate) fn hint(&self) -> Option<String> {
        match self.turn {
            Turn::Nobody => None,
            Turn::Author | Turn::Operator | Turn::Granter => {
                Some(format!("{}: {}", self.turn.person(), self.act))
            }
        }
    }
}

/// What the code, the texts and the exit status of one stopped container or task mean together.
pub(crate) fn classify(
    stop_code: Option<&StopCode>,
    texts: &[&str],
    exit_code: Option<i32>,
) -> Reason {
    by_code(stop_code)
        .or_else(|| texts.iter().find_map(|text| table::look_up(text)))
        .or_else(|| exit_code.map(by_exit_code))
        .unwrap_or_else(|| last_resort(stop_code))
}

/// What an event of the service says about why no task starts; `None`: it says nothing of that.
pub(crate) fn of_event(message: &str) -> Option<Reason> {
    table::look_up(message)
}

/// Whether the next task of the same deployment would stop the same way, so that few of them prove enough.
pub(crate) fn is_useless_to_retry(task: &Task) -> bool {
    let mut texts = vec![task.stopped_reason.as_str()];
    texts.extend(task.containers.iter().map(|one| one.reason.as_str()));
    let exit_code = task
        .containers
        .iter()
        .filter_map(|one| one.exit_code)
        .find(|status| *status != 0);
    classify(task.stop_code.as_ref(), &texts, exit_code).useless_to_retry
}

/// Codes that say it all: the texts beside them are about the same thing in other words.
fn by_code(stop_code: Option<&StopCode>) -> Option<Reason> {
    let (kind, plain) = match stop_code? {
        StopCode::SpotInterruption => (Kind::Spot, "its Spot capacity was taken back by AWS"),
        StopCode::TerminationNotice => (Kind::Host, "the instance it ran on is going away"),
        StopCode::InfrastructureHealth => (
            Kind::Host,
            "the machine it ran on was found unhealthy by AWS",
        ),
        StopCode::UserInitiated => (Kind::SomebodyStopped, "somebody stopped it"),
        StopCode::TaskFailedToStart
        | StopCode::EssentialContainerExited
        | StopCode::ServiceSchedulerInitiated
        | StopCode::Other(_) => return None,
    };
    Some(Reason {
        kind,
        plain: plain.to_owned(),
        turn: Turn::Nobody,
        act: "",
        useless_to_retry: false,
    })
}

/// Source of 125 to 127: Docker reference, `docker run` exit status; of 128 + n: POSIX shells, signal n.
fn by_exit_code(status: i32) -> Reason {
    let (kind, plain, act) = match status {
        0 => (
            Kind::Exited,
            "its main process ended by itself, with exit code 0".to_owned(),
            "a service has to keep running: let the image's command stay in the foreground",
        ),
        137 => (
            Kind::Killed,
            "its main process was killed (exit code 137), most often for want of memory".to_owned(),
            "look at the memory the task uses; raise `memory` in the task definition, or use less",
        ),
        126 | 127 => (
            Kind::CannotExecute,
            format!("its command could not be run (exit code {status})"),
            "check `command` and `entryPoint` against what is in the image",
        ),
        139 => (
            Kind::Exited,
            "its main process crashed (exit code 139, segmentation fault)".to_owned(),
            READ_THE_LOG,
        ),
        143 => (
            Kind::Exited,
            "its main process ended on SIGTERM (exit code 143)".to_owned(),
            READ_THE_LOG,
        ),
        _ => (
            Kind::Exited,
            format!("its main process ended with exit code {status}"),
            READ_THE_LOG,
        ),
    };
    Reason {
        kind,
        plain,
        turn: Turn::Author,
        act,
        useless_to_retry: false,
    }
}

const READ_THE_LOG: &str = "read the last log lines: the application ended by itself";

fn last_resort(stop_code: Option<&StopCode>) -> Reason {
    let (plain, turn, act) = match stop_code {
        Some(StopCode::TaskFailedToStart) => (
            "it could not be started",
            Turn::Operator,
            "look at the task in the ECS console: the reason is none that this program knows",
        ),
        Some(StopCode::EssentialContainerExited) => (
            "a container that it cannot do without ended",
            Turn::Author,
            READ_THE_LOG,
        ),
        Some(StopCode::ServiceSchedulerInitiated) => ("the service stopped it", Turn::Nobody, ""),
        // The first four are spoken for by their codes.
        Some(
            StopCode::SpotInterruption
            | StopCode::TerminationNotice
            | StopCode::InfrastructureHealth
            | StopCode::UserInitiated
            | StopCode::Other(_),
        )
        | None => ("no reason was told", Turn::Nobody, ""),
    };
    Reason {
        kind: Kind::Unknown,
        plain: plain.to_owned(),
        turn,
        act,
        useless_to_retry: false,
    }
}
