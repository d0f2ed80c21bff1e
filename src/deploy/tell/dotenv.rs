//! What the next jobs of a pipeline get to know of a deployment, as a dotenv report.
//!
//! GitLab takes values as written: one line each, no quotes, no expansion. People source such files in a shell too, so a
//! value that could mean anything there is left out rather than changed. Source: GitLab, `Ci::ParseDotenvArtifactService`.

use super::{several, words};
use crate::deploy::result::Deployed;

/// Far below what GitLab takes of a whole report: 5 KiB by default.
const MOST_BYTES: usize = 500;

/// One service: all that is known. Several: the end of the worst, by which a later job may decide.
pub(crate) fn dotenv(all: &[Deployed]) -> String {
    let mut text = String::new();
    let mut put = |name: &str, value: &str| {
        if is_plain(value) {
            text.push_str(&format!("{name}={value}\n"));
        }
    };
    let Some(worst) = several::worst(all) else {
        return text;
    };
    put("DEPLOY_STATUS", words::outcome(worst.outcome));
    put("DEPLOY_EXIT_CODE", &several::exit_code(all).to_string());
    let [one] = all else {
        return text;
    };
    let known = |value: &Option<String>| value.clone().unwrap_or_default();
    // What runs, so of several digests none, and of an image that never ran neither.
    let digest = match one.digests_observed.as_slice() {
        [digest] => digest.as_str(),
        _ => "",
    };
    put("DEPLOY_SERVICE", &one.target);
    put("DEPLOY_DIGEST", digest);
    put("DEPLOY_IMAGE", &known(&one.image));
    put("DEPLOYMENT_ID", &known(&one.deployment_id));
    let definition = one.task_definition_after.as_ref();
    put("TASK_DEFINITION", definition.map_or("", String::as_str));
    let url = known(&one.url);
    if url.starts_with("https://") || url.starts_with("http://") {
        put("ENVIRONMENT_URL", &url);
        put("DEPLOY_URL", &url);
    }
    text
}

/// Not empty, one line, and nothing that a shell would take for more than letters.
fn is_plain(value: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/@%+=,?#[]".contains(c);
    !value.is_empty()
        && value.len() <= MOST_BYTES
        && !value.starts_with('~')
        && value.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::end::Outcome;
    use crate::deploy::tell::samples::{done, ended};

    #[test]
    fn one_service_tells_all_that_is_known() {
        insta::assert_snapshot!(dotenv(&[done("deploy")]), @r"
        DEPLOY_STATUS=ok
        DEPLOY_EXIT_CODE=0
        DEPLOY_SERVICE=prod/app
        DEPLOY_DIGEST=sha256:ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12
        DEPLOY_IMAGE=r.example/app:1@sha256:ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12
        DEPLOYMENT_ID=ecs-svc/7
        TASK_DEFINITION=arn:aws:ecs:eu-west-1:123456789012:task-definition/app:42
        ENVIRONMENT_URL=https://app.example
        DEPLOY_URL=https://app.example
        ");
    }

    #[test]
    fn several_services_tell_the_worst_end_and_nothing_that_is_of_one_alone() {
        let text = dotenv(&[done("deploy"), ended(Outcome::RolledBack)]);
        insta::assert_snapshot!(text, @r"
        DEPLOY_STATUS=rolled_back
        DEPLOY_EXIT_CODE=6
        ");
        assert_eq!(dotenv(&[]), "");
    }

    #[test]
    fn a_digest_that_does_not_run_is_not_told() {
        let mut failed = ended(Outcome::Failed);
        failed.digests_observed.clear();
        assert!(!dotenv(&[failed]).contains("DEPLOY_DIGEST"));
    }

    #[test]
    fn a_value_that_a_shell_or_a_second_line_could_make_use_of_is_left_out() {
        for evil in [
            "https://x/\nDEPLOY_STATUS=ok",
            "https://x/$(id)",
            "https://x/`id`",
            "https://x/;id",
            "https://x/'",
            "https://x/\"",
            "https://x/ y",
            "javascript:alert(1)",
            "",
        ] {
            let mut one = done("deploy");
            one.url = Some(evil.to_owned());
            let text = dotenv(&[one]);
            assert!(!text.contains("URL"), "{text}");
            assert_eq!(text.lines().count(), 7, "{text}");
        }
    }
}
