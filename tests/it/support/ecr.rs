//! The bench's ECR from behind: what a repository holds, and what was asked of the registry and of AWS.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::Site;

/// docker-registry behind the ECR face. Source: `tests/bench/registry.py`.
const BEHIND: &str = "127.0.0.1:5001";

/// A repository, as the registry behind ECR knows it.
pub(crate) struct Held {
    path: String,
}

/// Of an image's name without tag.
///
/// # Panics
/// It is not one of ECR.
#[track_caller]
pub(crate) fn repository_of(name: &str) -> Held {
    let (host, path) = name.split_once('/').expect("it names a registry");
    let parts: Vec<&str> = host.split('.').collect();
    let [account, "dkr", "ecr", region, ..] = parts[..] else {
        panic!("`{host}` is no host of ECR")
    };
    Held {
        path: format!("{account}/{region}/{path}"),
    }
}

const ACCEPT: &str = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json";

impl Held {
    /// The digest of what a tag or digest names.
    #[track_caller]
    pub(crate) fn digest(&self, reference: &str) -> Option<String> {
        let (head, _) = self.ask(&format!("manifests/{reference}"))?;
        let line = head.lines().find_map(|line| {
            line.to_lowercase()
                .strip_prefix("docker-content-digest: ")
                .map(str::to_owned)
        });
        Some(line.expect("every manifest has a digest"))
    }

    #[track_caller]
    pub(crate) fn manifest(&self, reference: &str) -> Value {
        let (_, body) = self
            .ask(&format!("manifests/{reference}"))
            .expect("it is there");
        serde_json::from_slice(&body).expect("a manifest is JSON")
    }

    /// The image's configuration.
    #[track_caller]
    pub(crate) fn config(&self, reference: &str) -> Value {
        let manifest = self.manifest(reference);
        let digest = manifest["config"]["digest"]
            .as_str()
            .expect("every image has one");
        serde_json::from_slice(&self.blob(digest)).expect("a configuration is JSON")
    }

    #[track_caller]
    pub(crate) fn blob(&self, digest: &str) -> Vec<u8> {
        self.ask(&format!("blobs/{digest}")).expect("it is there").1
    }

    fn ask(&self, what: &str) -> Option<(String, Vec<u8>)> {
        let mut stream = TcpStream::connect(BEHIND).expect("the bench's registry runs");
        let request = format!(
            "GET /v2/{}/{what} HTTP/1.0\r\nHost: {BEHIND}\r\nAccept: {ACCEPT}\r\n\r\n",
            self.path
        );
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let at = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&answer[..at]).into_owned();
        head.split(' ').nth(1).filter(|status| *status == "200")?;
        Some((head, answer[at + 4..].to_vec()))
    }
}

/// One of the bench's stand-ins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Face {
    Ecr,
    Aws,
}

impl Face {
    fn name(self) -> &'static str {
        match self {
            Face::Ecr => "ecr",
            Face::Aws => "aws",
        }
    }
}

/// The rules in force of all tests at once, by the number of their set.
static RULES: Mutex<BTreeMap<u64, (Face, Vec<Value>)>> = Mutex::new(BTreeMap::new());

/// Faults that hold for as long as the value lives.
pub(crate) struct Faults<'a> {
    site: &'a Site,
    set: u64,
}

impl Site {
    /// Lets the registry fail: `(pattern of METHOD path, the rest of the rule)`; `{}` in a pattern is this test's name, and
    /// keeps the rule from the requests of other tests.
    #[track_caller]
    pub(crate) fn faults(&self, rules: &[(&str, Value)]) -> Faults<'_> {
        assert!(
            rules.iter().all(|(pattern, _)| pattern.contains("{}")),
            "a rule for all tests: {rules:?}"
        );
        self.put_rules(Face::Ecr, rules)
    }

    /// The same for AWS's APIs, which cannot tell tests apart: only for a site that is alone.
    #[track_caller]
    pub(crate) fn aws_faults(&self, rules: &[(&str, Value)]) -> Faults<'_> {
        self.put_rules(Face::Aws, rules)
    }

    #[track_caller]
    fn put_rules(&self, face: Face, rules: &[(&str, Value)]) -> Faults<'_> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let set = COUNT.fetch_add(1, Ordering::Relaxed);
        let list = rules.iter().map(|(pattern, rest)| {
            let mut rule = rest.clone();
            rule["match"] = pattern.replace("{}", &self.name).into();
            rule["set"] = set.into();
            rule
        });
        let list = list.collect();
        let mut all = RULES.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(set, (face, list));
        self.write_rules(face, &all)
            .expect("the bench's state can be written");
        Faults { site: self, set }
    }

    fn write_rules(
        &self,
        face: Face,
        all: &BTreeMap<u64, (Face, Vec<Value>)>,
    ) -> std::io::Result<()> {
        let own = all.values().filter(|(one, _)| *one == face);
        let list: Vec<Value> = own.flat_map(|(_, rules)| rules.clone()).collect();
        let path = self
            .stand
            .bench
            .state
            .join(format!("faults/{}.json", face.name()));
        if list.is_empty() {
            return std::fs::remove_file(&path);
        }
        // Renamed into place: the stand-in never reads half a file.
        let new = path.with_extension("new");
        std::fs::write(&new, Value::from(list).to_string())?;
        std::fs::rename(&new, &path)
    }

    /// What was asked of the registry about this test's repositories: `PUT manifests x 201`.
    pub(crate) fn asked_of_ecr(&self) -> Vec<Value> {
        let of_test = |line: &Value| {
            line["repository"]
                .as_str()
                .is_some_and(|name| name.starts_with(&self.name))
        };
        self.journal(Face::Ecr)
            .into_iter()
            .filter(of_test)
            .collect()
    }

    /// Everything that a stand-in was asked, by everybody.
    pub(crate) fn journal(&self, face: Face) -> Vec<Value> {
        let path = self
            .stand
            .bench
            .state
            .join(format!("journal/{}.jsonl", face.name()));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }
}

impl Drop for Faults<'_> {
    fn drop(&mut self) {
        let mut all = RULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((face, _)) = all.remove(&self.set)
            && self.site.write_rules(face, &all).is_err()
        {
            // The bench is gone; the test says so.
        }
    }
}

impl Site {
    /// The name of an image that was pushed for jobs to run in: it says `from ecr` in `/origin`, and the engine has forgotten it.
    #[track_caller]
    pub(crate) fn image_of_ecr(&self) -> String {
        let job = self.job().prepared().file_in(
            "Dockerfile",
            "FROM bench/bash:1\nRUN echo from ecr > /origin\n",
        );
        job.baws("build --push -q -t $REPO:image").succeeded();
        job.cleaned_up();
        format!("{}:image", self.repository("app"))
    }

    /// Takes an image off the engine, so that the next job has to pull it.
    #[track_caller]
    pub(crate) fn forget(&self, image: &str) {
        let words = ["rmi", "-f", image];
        self.stand.bench.engine.try_docker(&words, "");
    }

    /// Another client of the registry, with the bench's login.
    #[track_caller]
    pub(crate) fn skopeo(&self, words: &[&str]) -> String {
        let token = "import base64, boto3; print(base64.b64decode(boto3.client('ecr').get_authorization_token()['authorizationData'][0]['authorizationToken']).decode())";
        let run = |program: &str, words: &[&str]| {
            let done = std::process::Command::new(program)
                .args(words)
                .output()
                .unwrap_or_else(|error| {
                    panic!("cannot start {program} ({error}): tests/bench/bench install")
                });
            let err = String::from_utf8_lossy(&done.stderr).into_owned();
            assert!(done.status.success(), "{program}: {err}");
            String::from_utf8_lossy(&done.stdout).trim().to_owned()
        };
        let login = run(&self.stand.bench.python, &["-c", token]);
        let mut all = vec![words[0], "--creds", &login];
        all.extend(&words[1..]);
        run("skopeo", &all)
    }
}

/// The bench's AWS policy, for as long as the value lives; only for a site that is alone.
pub(crate) struct Policy<'a>(&'a Site);

impl Site {
    #[track_caller]
    pub(crate) fn policy(&self, policy: &Value) -> Policy<'_> {
        let path = self.stand.dir().join("policy.json");
        std::fs::write(&path, policy.to_string()).expect("the stand's directory can be written");
        self.stand
            .bench
            .command(&["aws-policy", &path.to_string_lossy()]);
        Policy(self)
    }
}

impl Drop for Policy<'_> {
    fn drop(&mut self) {
        self.0.stand.bench.command(&["aws-policy", "clear"]);
    }
}
