//! A host, a GitLab and a platform as they have to be, all of a test's own: what is planted is the only fault.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::wall::{Then, Wall};
use crate::support::bench::{REGION, bench};
use crate::support::hub::{TOKEN, Told};
use crate::support::job::PROGRAM;
use crate::support::wait::unique;
use crate::support::{Hub, Stand};

pub(super) const REFERENCE: &str = "baws-admin/backstage-reference";

pub(super) struct World {
    pub(super) stand: Stand,
    pub(super) hub: Hub,
    pub(super) wall: Wall,
    environment: Vec<(String, String)>,
}

/// What one run of `doctor` said.
pub(super) struct Said {
    pub(super) told: Told,
    pub(super) json: Value,
}

impl World {
    /// Of the first revision, all good.
    #[track_caller]
    pub(super) fn first() -> Self {
        let world = World::on(Stand::new()).set("platform.revision", "\"first\"");
        world.reference(
            REFERENCE,
            &[
                "catalog/all-environments.yaml",
                "catalog/all-environment-providers.yaml",
                "templates/all-templates.yaml",
            ],
        );
        world
    }

    /// On a stand that has nothing but a host and a GitLab yet.
    #[track_caller]
    pub(super) fn on(stand: Stand) -> Self {
        // Twelve digits, other than those of all others.
        let digits = u64::from_str_radix(
            &unique()[..9]
                .bytes()
                .map(|byte| format!("{:x}", byte % 16))
                .collect::<String>(),
            16,
        );
        let account = format!(
            "{:012}",
            300_000_000_000 + digits.expect("they are hexadecimal") % 600_000_000_000
        );
        let (hub, wall) = (Hub::start(), Wall::around(&account));
        wall.on(
            &["GET /latest/meta-data/ ", "\ntoken:\n"],
            Then::Answer(401, String::new()),
        );
        wall.on(
            &["PUT /latest/api/token "],
            Then::Answer(200, "imds-token".to_owned()),
        );
        wall.on(
            &["GET /latest/dynamic/instance-identity/document"],
            Then::Answer(200, r#"{"instanceId":"i-0bench"}"#.to_owned()),
        );
        wall.on(
            &["Action=DescribeInstances"],
            Then::Answer(
                200,
                "<r><httpPutResponseHopLimit>1</httpPutResponseHopLimit></r>".to_owned(),
            ),
        );
        let world = World {
            environment: vec![("CI_SERVER_URL".to_owned(), hub.url.clone())],
            stand,
            hub,
            wall,
        };
        world.registered();
        std::fs::create_dir_all(world.stand.state_dir()).expect("it is ours");
        world.mode(&world.stand.state_dir(), 0o755);
        world.run(&["executor", "guard"]).is(0);
        world
    }

    pub(super) fn set(self, key: &str, value: &str) -> Self {
        World {
            stand: self.stand.set(key, value),
            ..self
        }
    }

    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where the host's own files are.
    pub(super) fn root(&self) -> PathBuf {
        self.stand.dir().join("root")
    }

    pub(super) fn config(&self) -> PathBuf {
        self.root().join("etc/gitlab-runner/config.toml")
    }

    pub(super) fn write(&self, path: &Path, text: &str, mode: u32) {
        let dir = path.parent().expect("a file has a directory");
        std::fs::create_dir_all(dir).expect("it is ours");
        std::fs::write(path, text).expect("it is ours");
        self.mode(path, mode);
    }

    pub(super) fn mode(&self, path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("it is ours");
    }

    /// gitlab-runner's file with a runner of this GitLab, and the units.
    fn registered(&self) {
        let made = self.hub.api(
            "POST",
            "user/runners",
            &json!({"runner_type": "instance_type"}),
        );
        let stages: String = ["config", "prepare", "run", "cleanup"]
            .iter()
            .map(|one| format!("    {one}_exec = \"/usr/local/bin/baws-ci\"\n    {one}_args = [\"executor\", \"{one}\"]\n"))
            .collect();
        let text = format!(
            "concurrent = 4\n[[runners]]\n  name = \"baws\"\n  url = \"{}\"\n  token = {}\n  executor = \"custom\"\n  [runners.custom]\n{stages}    graceful_kill_timeout = 45\n",
            self.hub.url, made["token"]
        );
        self.write(&self.config(), &text, 0o600);
        self.write(&self.root().join("usr/local/bin/baws-ci"), "", 0o755);
        let root = self.root().display().to_string();
        self.run(&["runner", "install", "--root", &root]).is(0);
    }

    /// The reference repository with these files.
    pub(super) fn reference(&self, path: &str, files: &[&str]) {
        let files: serde_json::Map<String, Value> = files
            .iter()
            .map(|file| ((*file).to_owned(), json!("kind: Location\n")))
            .collect();
        self.hub
            .control("POST", "projects", &json!({"path": path, "files": files}));
        self.hub.control(
            "POST",
            "project",
            &json!({"path": path, "visibility": "internal", "protected_branches": ["main"]}),
        );
    }

    /// Python with boto3's clients of this world: `c('ssm')` and the like, and the account as `A`.
    #[track_caller]
    pub(super) fn aws(&self, code: &str) {
        let text = format!(
            "import boto3,json\nA='{}'\ndef c(name): return boto3.client(name,region_name='{REGION}',endpoint_url='{}')\n{code}",
            self.wall.account, self.wall.url
        );
        let done = Command::new(bench().python)
            .args(["-c", &text])
            .envs(bench().aws)
            .output()
            .expect("the bench has an interpreter");
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .arg("--config")
            .arg(self.stand.config())
            .args(words)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/bin")
            .env("HOME", self.stand.dir())
            .env("NO_COLOR", "1")
            .env("DOCKER_HOST", &self.stand.bench.docker_host)
            .env("GITLAB_TOKEN", TOKEN)
            .env("AWS_ACCESS_KEY_ID", "bench")
            .env("AWS_SECRET_ACCESS_KEY", "bench")
            .env("AWS_REGION", REGION)
            .env("AWS_ENDPOINT_URL", &self.wall.url)
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &self.wall.url)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(super) fn run(&self, words: &[&str]) -> Told {
        Told::of(self.command(words), &self.hub.url)
    }

    /// `doctor` with `--root` and `--json`.
    #[track_caller]
    pub(super) fn doctor(&self, words: &[&str]) -> Said {
        let root = self.root().display().to_string();
        let all = [&["doctor", "--json", "--root", &root], words].concat();
        let told = self.run(&all);
        Said {
            json: told.json(),
            told,
        }
    }
}

impl Said {
    /// State, or kind of a fault, of the check; of several the worst.
    #[track_caller]
    pub(super) fn state(&self, code: &str, about: &str) -> String {
        let findings = self.json["findings"].as_array().expect("it is a list");
        let mut words: Vec<&str> = findings
            .iter()
            .filter(|one| one["code"] == code && (about.is_empty() || one["about"] == about))
            .map(|one| {
                one["kind"]
                    .as_str()
                    .or(one["state"].as_str())
                    .expect("it has one")
            })
            .collect();
        words.sort_by_key(|word| *word == "ok");
        match words.first() {
            Some(word) => (*word).to_owned(),
            None => panic!("nothing is said of {code} {about}: {:#}", self.json),
        }
    }

    /// Each code, what it is about and the state or kind that it has to have.
    #[track_caller]
    pub(super) fn has(&self, expected: &[(&str, &str, &str)]) -> &Self {
        let wrong: Vec<String> = expected
            .iter()
            .filter_map(|(code, about, state)| {
                let found = self.state(code, about);
                (found != *state).then(|| format!("{code} {about}: {found}, not {state}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{}\n{:#}", wrong.join("\n"), self.json);
        self
    }

    /// Codes of all that is not good, but for what was not looked at.
    pub(super) fn not_good(&self) -> Vec<String> {
        let findings = self.json["findings"]
            .as_array()
            .expect("it is a list")
            .iter();
        let bad = findings.filter(|one| one["state"] != "ok" && one["state"] != "not_looked_at");
        bad.map(|one| one["code"].as_str().expect("it has one").to_owned())
            .collect()
    }
}
