//! Agents that lie: what the host makes of a peer that does not keep to the words.

use std::os::fd::OwnedFd;
use std::thread;
use std::time::Instant;

use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, socketpair};

use super::*;

const LIMIT: Duration = Duration::from_secs(1);

/// A peer that behaves as `behave` does; gives how the stage ended.
fn followed(behave: impl FnOnce(OwnedFd) + Send + 'static) -> (Ending, u32) {
    let (ours, theirs) = socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )
    .unwrap();
    let peer = Peer {
        socket: ours,
        pid: std::process::id(),
        spared: Vec::new(),
        user: (0, 0),
    };
    let begun = Instant::now();
    let agent = thread::spawn(move || behave(theirs));
    let handover = Handover {
        script: b"",
        order: Order {
            grace_ms: 50,
            ..Order::default()
        },
        until: Some(begun + LIMIT),
    };
    let ending = follow(&peer, &handover, &Cancel::listen().unwrap()).unwrap();
    drop(peer);
    agent.join().unwrap();
    ending
}

fn say(socket: &OwnedFd, bytes: &[u8]) -> bool {
    rustix::net::send(socket, bytes, SendFlags::NOSIGNAL).is_ok()
}

#[test]
fn an_exit_status_is_believed_as_it_is_said() {
    let ended = |socket: OwnedFd| {
        let end = FromAgent::Ended {
            status: 42,
            stubborn: 3,
        };
        send(&socket, &end, &[]).unwrap();
    };
    assert_eq!(followed(ended), (Ending::Status(42), 3));
}

#[test]
fn words_that_are_none_end_the_stage() {
    for nonsense in [
        &b"hello"[..],
        b"{\"Ended\":{\"status\":70000,\"stubborn\":0}}",
        b"{\"Ended\":{}}",
        b"\xff\xfe\x00",
        b"[[[[[[[[[[[[[[[[[[[[",
    ] {
        let (ending, _) = followed(move |socket| assert!(say(&socket, nonsense)));
        assert_eq!(ending, Ending::Nonsense, "{nonsense:?}");
    }
}

#[test]
fn a_packet_above_the_limit_ends_the_stage() {
    let (ending, _) = followed(|socket| assert!(say(&socket, &[b' '; 64 * 1024])));
    assert_eq!(ending, Ending::Nonsense);
}

#[test]
fn a_flood_of_well_formed_words_ends_the_stage() {
    let (ending, _) = followed(|socket| {
        let word = serde_json::to_vec(&FromAgent::Running).unwrap();
        while say(&socket, &word) {}
    });
    assert_eq!(ending, Ending::Nonsense);
}

#[test]
fn descriptors_that_nobody_asked_for_are_closed() {
    let (ending, _) = followed(|socket| {
        let file = std::fs::File::open("/dev/null").unwrap();
        let running = FromAgent::Running;
        send(&socket, &running, &[file.as_fd(), file.as_fd()]).unwrap();
        let end = FromAgent::Ended {
            status: 0,
            stubborn: 0,
        };
        send(&socket, &end, &[]).unwrap();
    });
    assert_eq!(ending, Ending::Status(0));
}

#[test]
fn an_agent_that_goes_away_is_lost() {
    let begun = Instant::now();
    assert_eq!(followed(drop), (Ending::Lost, 0));
    assert!(begun.elapsed() < LOOK_AFTER);
}

#[test]
fn an_agent_that_never_answers_is_given_up() {
    let silent = |socket: OwnedFd| {
        let mut word = [0; 64];
        // Until the host hangs up.
        while rustix::net::recv(&socket, &mut word, rustix::net::RecvFlags::empty())
            .is_ok_and(|(count, _)| count > 0)
        {}
    };
    assert_eq!(followed(silent), (Ending::Unresponsive, 0));
}
