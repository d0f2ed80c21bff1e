//! Which role the host takes for a job: by the operator's rules, by the platform's table, by the job's own ID token.

mod keys;
mod methods;
mod sessions;
mod tokens;

use serde_json::{Value, json};

use crate::support::{Ended, Job, Site};

const ACCOUNT: &str = "123456789012";
const GITLAB: &str = "https://gitlab.bench.test";
const TOKEN: &str = "BAWS_CI_ID_TOKEN";

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

impl Site {
    /// With one rule for this test's project; `rest` in TOML, inline.
    fn ruled(self, rest: &str) -> Self {
        let rule = format!("[{{ projects = [\"it/*\"], refs = \"any\", {rest} }}]");
        self.set("roles", &rule)
    }

    /// With the bench's GitLab as the one whose tokens count.
    fn with_gitlab(self) -> Self {
        self.set("gitlab.url", &format!("\"{GITLAB}\"")).set(
            "gitlab.keys_url",
            "\"http://203.0.113.10/oauth/discovery/keys\"",
        )
    }

    /// A token as GitLab would make it, or as `forge` says.
    #[track_caller]
    fn id_token(&self, request: &Value) -> String {
        let text = request.to_string();
        let out = self.boto(&format!(
            "import urllib.request\n\
             asked = urllib.request.Request('http://203.0.113.10/_bench/id_token', data=json.dumps(json.loads(r'''{text}''')).encode(), method='POST')\n\
             print(json.load(urllib.request.urlopen(asked))['token'])"
        ));
        out.trim().to_owned()
    }

    /// What a token of this job says, and `more`.
    #[track_caller]
    fn token_of(&self, job: &Job<'_>, more: Value) -> String {
        let mut claims =
            json!({"job_id": job.id.to_string(), "project_id": "7", "project_path": "it/project"});
        for (name, value) in more.as_object().expect("claims are an object") {
            claims[name] = value.clone();
        }
        self.id_token(&json!({"claims": claims}))
    }
}

/// The one JSON object that was printed.
#[track_caller]
fn object(ended: &Ended) -> Value {
    let out = ended.out();
    let line = out.lines().find(|line| line.starts_with('{'));
    line.and_then(|line| serde_json::from_str(line).ok())
        .unwrap_or_else(|| panic!("no JSON object: {ended}"))
}
