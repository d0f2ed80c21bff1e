//! What operators look at: records, metrics, traces, the journal, the page about the last day.

mod broken;
mod collector;
mod journal;
mod metrics;
mod page;
mod records;
mod secrets;
mod traces;

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Job, Stand};

/// A stand whose jobs are told of in its own directory.
struct Watched {
    stand: Stand,
}

impl Watched {
    #[track_caller]
    fn new() -> Self {
        let stand = Stand::new();
        let records = format!("{:?}", stand.dir().join("jobs.jsonl"));
        let metrics = format!("{:?}", stand.dir().join("baws.prom"));
        Watched {
            stand: stand
                .set("executor.job_records", &records)
                .set("telemetry.metrics_file", &metrics),
        }
    }

    fn set(self, key: &str, value: &str) -> Self {
        Watched {
            stand: self.stand.set(key, value),
        }
    }

    fn metrics_file(&self) -> PathBuf {
        self.stand.dir().join("baws.prom")
    }

    /// All records so far.
    #[track_caller]
    fn records(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.stand.dir().join("jobs.jsonl")).unwrap_or_default();
        let lines = text.lines();
        lines
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .collect()
    }

    /// The one record.
    #[track_caller]
    fn record(&self) -> Value {
        let records = self.records();
        assert_eq!(records.len(), 1, "{records:?}");
        records[0].clone()
    }
}

/// A job from its preparation to its end, with this script.
#[track_caller]
fn whole(job: Job<'_>, script: &str) -> u64 {
    let job = job.prepared();
    job.run("get_sources", "true").succeeded();
    let _ended = job.run("build_script", script);
    job.run("cleanup_file_variables", "true").succeeded();
    job.cleaned_up();
    job.id
}

/// The journal of a test.
struct Journal {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Journal {
    #[track_caller]
    fn in_dir(dir: &std::path::Path) -> Self {
        let path = dir.join("journal");
        let socket = UnixDatagram::bind(&path).expect("the stand's directory can be written");
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("it is a socket");
        Journal { socket, path }
    }

    /// The next entry's fields, read as journald reads them.
    #[track_caller]
    fn next(&self) -> Vec<(String, String)> {
        let mut bytes = vec![0; 1 << 18];
        let count = self.socket.recv(&mut bytes).expect("an entry comes");
        fields(&bytes[..count])
    }

    fn is_empty(&self) -> bool {
        self.socket.set_nonblocking(true).expect("it is a socket");
        let found = self.socket.recv(&mut [0; 16]);
        self.socket.set_nonblocking(false).expect("it is a socket");
        found.is_err()
    }
}

/// Source: systemd, "Native Journal Protocol".
#[track_caller]
fn fields(mut bytes: &[u8]) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it is UTF-8");
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let end = bytes
            .iter()
            .position(|byte| matches!(byte, b'=' | b'\n'))
            .expect("a field has a name");
        let name = text(&bytes[..end]);
        let sound = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        assert!(
            name.chars().all(sound) && name.starts_with(|c: char| c.is_ascii_uppercase()),
            "{name}"
        );
        let rest = &bytes[end + 1..];
        let (value, rest) = match bytes[end] {
            b'=' => {
                let end = rest.iter().position(|byte| *byte == b'\n');
                rest.split_at(end.expect("a value ends"))
            }
            _ => {
                let (length, rest) = rest.split_at(8);
                let length = u64::from_le_bytes(length.try_into().expect("they are eight"));
                rest.split_at(usize::try_from(length).expect("it is small"))
            }
        };
        found.push((name, text(value)));
        bytes = rest.strip_prefix(b"\n").expect("a field ends");
    }
    found
}

#[track_caller]
fn field<'a>(entry: &'a [(String, String)], name: &str) -> &'a str {
    let found = entry.iter().find(|(known, _)| known == name);
    found
        .map(|(_, value)| value.as_str())
        .unwrap_or_else(|| panic!("there is no {name}: {entry:?}"))
}
