//! What runs inside the container of a check: it tries the addresses from which an instance hands out its credentials.
//!
//! Knows nothing of its host, reads nothing, and prints one line an address. Source of the addresses: EC2 user guide, "Access instance
//! metadata"; ECS developer guide, "Task IAM role"; EKS user guide, "Pod Identity".

use std::io::{ErrorKind, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

/// As whom this program is called then.
pub(crate) const NAME: &str = "metadata-probe";

pub(super) const ADDRESSES: [&str; 5] = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "fd00:ec2::254",
    "fd00:ec2::23",
];
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Reached,
    /// Turned away at once.
    Refused,
    Silent,
}

const WORDS: [(Answer, &str); 3] = [
    (Answer::Reached, "reached"),
    (Answer::Refused, "refused"),
    (Answer::Silent, "silent"),
];

/// Tries all at a time, and prints what came of it.
///
/// # Errors
/// Nobody reads what is printed.
pub(crate) fn live() -> std::io::Result<()> {
    let tries = ADDRESSES.map(|address| std::thread::spawn(move || tried(address)));
    let mut out = std::io::stdout().lock();
    for (address, one) in ADDRESSES.iter().zip(tries) {
        let answer = one.join().unwrap_or(Answer::Silent);
        let word = WORDS.iter().find(|(known, _)| *known == answer);
        writeln!(out, "{address} {}", word.map_or("silent", |(_, word)| word))?;
    }
    Ok(())
}

fn tried(address: &str) -> Answer {
    let Ok(address) = address.parse::<IpAddr>() else {
        return Answer::Silent;
    };
    match TcpStream::connect_timeout(&SocketAddr::new(address, 80), PATIENCE) {
        Ok(_) => Answer::Reached,
        Err(error) if error.kind() == ErrorKind::TimedOut => Answer::Silent,
        Err(_) => Answer::Refused,
    }
}

/// What was printed; lines that are none of ours are left out.
pub(super) fn read(text: &str) -> Vec<(&'static str, Answer)> {
    let line = |line: &str| {
        let (address, word) = line.trim().split_once(' ')?;
        let address = ADDRESSES.iter().find(|known| **known == address)?;
        let (answer, _) = WORDS.iter().find(|(_, known)| *known == word)?;
        Some((*address, *answer))
    };
    text.lines().filter_map(line).collect()
}
