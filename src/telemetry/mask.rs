//! What never leaves a job by way of its operator's tools: the values that GitLab masks in job logs, and tokens of its kind.

use serde_json::Value;

use crate::job::JobResponse;

const MASKED: &str = "[MASKED]";
/// Secret in every job, whatever is said of them. Source: GitLab CI/CD, predefined variables.
const ALWAYS: [&str; 6] = [
    "CI_JOB_TOKEN",
    "CI_BUILD_TOKEN",
    "CI_REGISTRY_PASSWORD",
    "CI_DEPENDENCY_PROXY_PASSWORD",
    "CI_REPOSITORY_URL",
    "DOCKER_AUTH_CONFIG",
];
/// Of tokens, beside those that GitLab names. Source: GitLab, "Token prefixes".
const PREFIXES: [&str; 6] = ["glpat-", "gldt-", "glcbt-", "glrt-", "glptt-", "gloas-"];
/// A line of a masked text that is shorter may be a word of ours.
const LEAST_LINE: usize = 8;

/// Takes secrets out of texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Masks {
    /// The longest first.
    values: Vec<String>,
    prefixes: Vec<String>,
}

impl Masks {
    /// `raw`: the job response with all its fields. `expanded`: the value of a variable as the runner expanded it.
    pub(super) fn of(
        job: &JobResponse,
        raw: &Value,
        expanded: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let mut values: Vec<String> = Vec::new();
        let secret = job
            .variables
            .iter()
            .filter(|one| one.masked || ALWAYS.contains(&one.key.as_str()));
        for variable in secret {
            values.extend(expanded(&variable.key));
            values.push(variable.value.clone());
        }
        values.extend(
            job.credentials
                .iter()
                .map(|one| one.password.reveal().to_owned()),
        );
        values.extend(raw["token"].as_str().map(str::to_owned));
        let lines: Vec<String> = values
            .iter()
            .flat_map(|value| value.lines())
            .map(|line| line.trim().to_owned())
            .filter(|line| line.len() >= LEAST_LINE)
            .collect();
        values.extend(lines);
        values.retain(|value| !value.is_empty());
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        let named = raw["features"]["token_mask_prefixes"].as_array();
        let named = named.into_iter().flatten().filter_map(Value::as_str);
        let prefixes = PREFIXES.into_iter().chain(named);
        Masks {
            values,
            prefixes: prefixes
                .filter(|prefix| !prefix.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    pub(super) fn mask(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in self.values.iter().filter(|value| !MASKED.contains(*value)) {
            if text.contains(value) {
                text = text.replace(value, MASKED);
            }
        }
        for prefix in &self.prefixes {
            text = without_tokens(&text, prefix);
        }
        text
    }
}

/// Source: gitlab-runner `common/buildlogger`, token sanitizer: what follows a prefix is letters, digits and `_-.=`.
fn without_tokens(text: &str, prefix: &str) -> String {
    let mut parts = text.split(prefix);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_of_token = |c: char| c.is_ascii_alphanumeric() || "_-.=".contains(c);
        out.push_str(prefix);
        out.push_str(MASKED);
        out.push_str(part.trim_start_matches(is_of_token));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn masked_values_passwords_and_tokens_do_not_pass() {
        let raw = json!({
            "id": 1, "token": "job-token-1", "features": {"token_mask_prefixes": ["corp-", ""]},
            "variables": [
                {"key": "A", "value": "s3cret-$B", "masked": true}, {"key": "B", "value": "plain"},
                {"key": "KEY", "value": "line-one-x\nline-two-y", "masked": true, "file": true},
                {"key": "SHORT", "value": "", "masked": true}],
            "credentials": [{"type": "registry", "url": "r", "username": "u", "password": "p4ssw0rd"}]});
        let job: JobResponse = serde_json::from_value(raw.clone()).unwrap();
        let expanded = |name: &str| (name == "A").then(|| "s3cret-plain".to_owned());
        let masks = Masks::of(&job, &raw, &expanded);
        for (text, told) in [
            ("an image `s3cret-plain:1`", "an image `[MASKED]:1`"),
            ("plain", "plain"),
            ("only line-two-y", "only [MASKED]"),
            ("p4ssw0rd job-token-1", "[MASKED] [MASKED]"),
            ("glpat-abc_1.x, corp-42", "glpat-[MASKED], corp-[MASKED]"),
        ] {
            assert_eq!(masks.mask(text), told);
        }
    }
}
