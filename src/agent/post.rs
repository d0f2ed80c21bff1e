//! The place where host and agent meet: one directory a container, and the host's waiting for the agent there.
//!
//! The host always listens and the agent always connects: the directory is read-only inside the container, so the job
//! cannot put anything in the socket's place. The host speaks only to a peer whose control group is that container's and
//! whose program is the very file that was mounted.

use std::fs::{File, OpenOptions, Permissions};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::inside::poll_until;
use super::protocol::{FromAgent, Packet, receive};
use super::signals::Cancel;

/// Where the directory stands inside every container.
pub(crate) const DIRECTORY: &str = "/.baws";
/// The one word that containers run. A single word, because an entrypoint may keep no more of its command.
pub(crate) const PROGRAM: &str = "/.baws/agent";

/// A peer has this long to say that it is ready before the next is heard.
const INTRODUCTION: Duration = Duration::from_secs(2);
const RING_AGAIN: Duration = Duration::from_millis(250);

#[derive(Clone, Debug)]
pub(crate) struct Post {
    dir: PathBuf,
}

/// An agent that is ready for one stage.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) socket: OwnedFd,
    pub(super) pid: u32,
    /// Processes of the entrypoint, by their numbers in the container.
    pub(super) spared: Vec<u32>,
    pub(super) user: (u32, u32),
}

/// What came of waiting for an agent.
#[derive(Debug)]
pub(crate) enum Answer {
    Ready(Ready),
    Silent,
    Cancelled,
}

/// Ready for one stage.
#[derive(Debug)]
pub(crate) struct Ready(pub(super) Peer);

impl Ready {
    /// User and group of the agent, as its container knows them; its own word.
    pub(crate) fn user(&self) -> (u32, u32) {
        self.0.user
    }
}

impl Post {
    pub(crate) fn at(dir: PathBuf) -> Self {
        Post { dir }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes the directory, with `program` in it under its two names and the doorbell. Anew, if it is there already.
    pub(crate) fn establish(&self, program: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.dir)?;
        std::fs::set_permissions(&self.dir, Permissions::from_mode(0o755))?;
        for name in ["agent", "baws-ci"] {
            let to = self.dir.join(name);
            absent(std::fs::remove_file(&to))?;
            std::fs::hard_link(program, &to).or_else(|_| std::fs::copy(program, &to).map(drop))?;
        }
        let bell = self.dir.join("bell");
        absent(std::fs::remove_file(&bell))?;
        rustix::fs::mknodat(CWD, &bell, FileType::Fifo, Mode::from_raw_mode(0o666), 0)?;
        std::fs::set_permissions(&bell, Permissions::from_mode(0o666))
    }

    /// Listens, rings, and waits for the agent until `deadline`. `container`: the id its control group must carry.
    pub(crate) fn call(
        &self,
        container: Option<&str>,
        cancel: &Cancel,
        deadline: Instant,
    ) -> std::io::Result<Answer> {
        let listener = self.listen()?;
        // Opened for reading too, so that a ring before the agent is there waits for it; kept open until it came.
        let bell = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlags::NONBLOCK.bits() as i32)
            .open(self.dir.join("bell"))?;
        ring(&bell);
        let answer = loop {
            if cancel.requested() {
                break Answer::Cancelled;
            }
            let mut ready = [
                PollFd::new(&listener, PollFlags::IN),
                PollFd::new(cancel, PollFlags::IN),
            ];
            poll_until(&mut ready, Some(deadline.min(Instant::now() + RING_AGAIN)))?;
            if ready[0].revents().contains(PollFlags::IN)
                && let Some(peer) = self.welcome(&listener, container)?
            {
                break Answer::Ready(Ready(peer));
            }
            // The job can swallow a ring; it cannot swallow all of them.
            ring(&bell);
            if Instant::now() >= deadline {
                break Answer::Silent;
            }
        };
        absent(std::fs::remove_file(self.dir.join("stage")))?;
        Ok(answer)
    }

    fn listen(&self) -> std::io::Result<OwnedFd> {
        absent(std::fs::remove_file(self.dir.join("stage")))?;
        let socket = rustix::net::socket_with(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?;
        // By way of a descriptor the path stays below the 107 bytes that a socket's address may have.
        let dir = File::open(&self.dir)?;
        let path = format!(
            "/proc/self/fd/{}/stage",
            std::os::fd::AsRawFd::as_raw_fd(&dir)
        );
        rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
        std::fs::set_permissions(self.dir.join("stage"), Permissions::from_mode(0o666))?;
        rustix::net::listen(&socket, 16)?;
        Ok(socket)
    }

    /// Accepts one connection; `None` when it is not the agent's.
    fn welcome(
        &self,
        listener: &OwnedFd,
        container: Option<&str>,
    ) -> std::io::Result<Option<Peer>> {
        let Ok(socket) = rustix::net::accept_with(listener, SocketFlags::CLOEXEC) else {
            return Ok(None);
        };
        let credentials = rustix::net::sockopt::socket_peercred(&socket).map_err(unseen)?;
        let Ok(pid) = u32::try_from(credentials.pid.as_raw_nonzero().get()) else {
            return Ok(None);
        };
        if !self.is_agent(pid, container) {
            return Ok(None);
        }
        poll_until(
            &mut [PollFd::new(&socket, PollFlags::IN)],
            Some(Instant::now() + INTRODUCTION),
        )?;
        Ok(match receive::<FromAgent>(&socket) {
            Ok(Packet::Message(FromAgent::Ready { spared, user }, _)) => Some(Peer {
                socket,
                pid,
                spared,
                user,
            }),
            Ok(Packet::Message(_, _) | Packet::Nonsense | Packet::Closed) | Err(_) => None,
        })
    }

    fn is_agent(&self, pid: u32, container: Option<&str>) -> bool {
        let group = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        let inside = container.is_none_or(|id| group.contains(id));
        let same_program = match (
            std::fs::metadata(format!("/proc/{pid}/exe")),
            std::fs::metadata(self.dir.join("agent")),
        ) {
            (Ok(theirs), Ok(ours)) => (theirs.dev(), theirs.ino()) == (ours.dev(), ours.ino()),
            // Without root we may not look at another user's program; the control group has to do.
            (Err(error), _) => error.kind() == std::io::ErrorKind::PermissionDenied,
            (Ok(_), Err(_)) => false,
        };
        inside && same_program
    }
}

/// A process that has no number here has none at all. Source: unix(7), pid_namespaces(7).
fn unseen(error: rustix::io::Errno) -> std::io::Error {
    match error.raw_os_error() {
        0 => std::io::Error::other(
            "its processes have no numbers here: this program runs in a PID namespace of its own (a container?), and has to run beside the engine",
        ),
        _ => error.into(),
    }
}

fn ring(mut bell: &File) {
    if bell.write_all(b"!").is_err() {
        // Full: then it rings already.
    }
}

pub(super) fn absent(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// A post whose program is a file of no use, and whatever connects to it.
    fn post() -> (tempfile::TempDir, Post) {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("program");
        std::fs::write(&program, "").unwrap();
        let post = Post::at(dir.path().join("post"));
        post.establish(&program).unwrap();
        (dir, post)
    }

    #[test]
    fn a_peer_that_is_not_the_mounted_program_is_never_spoken_to() {
        let (_dir, post) = post();
        let address = SocketAddrUnix::new(post.dir().join("stage")).unwrap();
        let impostor = thread::spawn(move || {
            let socket =
                || rustix::net::socket(AddressFamily::UNIX, SocketType::SEQPACKET, None).unwrap();
            let give_up = Instant::now() + Duration::from_millis(250);
            let connected = loop {
                let socket = socket();
                match rustix::net::connect(&socket, &address) {
                    Ok(()) => break socket,
                    Err(_) if Instant::now() < give_up => thread::yield_now(),
                    Err(error) => panic!("the post never listened: {error}"),
                }
            };
            let ready = FromAgent::Ready {
                spared: Vec::new(),
                user: (0, 0),
            };
            if super::super::protocol::send(&connected, &ready, &[]).is_err() {
                // Shown the door before it could speak.
                return 0;
            }
            let mut word = [0; 64];
            let heard = rustix::net::recv(&connected, &mut word, rustix::net::RecvFlags::empty());
            heard.map_or(0, |(count, _)| count)
        });
        let deadline = Instant::now() + Duration::from_millis(300);
        let answer = post
            .call(None, &Cancel::listen().unwrap(), deadline)
            .unwrap();
        assert!(matches!(answer, Answer::Silent));
        assert_eq!(impostor.join().unwrap(), 0);
        assert!(!post.dir().join("stage").exists());
    }

    #[test]
    fn a_post_can_be_established_again_over_what_an_earlier_attempt_left() {
        let (dir, post) = post();
        std::fs::write(post.dir().join("stage"), "").unwrap();
        post.establish(&dir.path().join("program")).unwrap();
        let deadline = Instant::now();
        assert!(matches!(
            post.call(None, &Cancel::listen().unwrap(), deadline)
                .unwrap(),
            Answer::Silent
        ));
    }
}
