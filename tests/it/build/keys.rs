//! Whose key it is: no project, no side of protection and no job decides what another build takes.

use serde_json::{Value, json};

use super::skip::{build, is_skipped, of_files, same};
use crate::support::Site;

/// Each side of protection may push to a place of its own.
pub(super) fn rules(site: Site, refs: &[&str]) -> Site {
    let all = format!("{}/{}/**", site.host(), site.name);
    let rules = refs.iter().map(|refs| {
        let place = all.replace("**", &format!("{refs}/**"));
        format!("{{ projects = [\"it/*\"], refs = \"{refs}\", push = [\"{place}\"], create = [\"{place}\"] }}")
    });
    let rules: Vec<String> = rules.collect();
    site.set("grants", &format!("[{}]", rules.join(", ")))
}

#[test]
fn a_protected_ref_takes_nothing_of_an_unprotected_one() {
    let site = rules(Site::new(), &["unprotected", "protected"]);
    let of = |protected: bool| {
        let slot = if protected { "1" } else { "2" };
        of_files(
            site.job()
                .with("/git_info/protected", json!(protected))
                .variable(
                    "REPO",
                    &site.repository(if protected {
                        "protected/app"
                    } else {
                        "unprotected/app"
                    }),
                )
                .runner("CI_CONCURRENT_PROJECT_ID", slot),
        )
    };
    let job = of(false);
    build(&job, "");
    assert!(is_skipped(&build(&job, "")));
    job.cleaned_up();
    let job = of(true);
    let first = build(&job, "");
    assert!(!is_skipped(&first), "{first}");
    assert!(is_skipped(&build(&job, "")));
    job.cleaned_up();
}

#[test]
fn where_unprotected_refs_may_push_a_protected_one_builds() {
    let site = Site::new();
    let job = of_files(site.job().with("/git_info/protected", json!(true)));
    for _ in 0..2 {
        build(&job, "")
            .printed("Built even if nothing changed: jobs of unprotected refs may push to ");
    }
    job.cleaned_up();
}

#[test]
fn another_project_takes_nothing_though_it_pushes_to_the_same_repository() {
    let site = Site::new();
    let job = same(&site);
    build(&job, "");
    job.cleaned_up();
    let job = of_files(
        site.job()
            .with("/job_info/project_id", json!(8))
            .with("/job_info/project_full_path", json!("it/other"))
            .runner("CI_CONCURRENT_PROJECT_ID", "3"),
    );
    let ended = build(&job, "");
    assert!(!is_skipped(&ended), "{ended}");
    job.cleaned_up();
}

/// A merge request that plants an image under the key of what will be merged.
#[test]
fn no_job_sets_such_a_tag_itself() {
    let site = Site::new();
    let job = same(&site);
    let out = build(&job, "--json");
    let told: Value = serde_json::from_str(out.out().lines().last().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{error}: {out}"));
    let digest = told["digest"].as_str().expect("it was pushed").to_owned();
    for prefix in ["ctx-", "ctxu-"] {
        let tag = format!("{prefix}{}", "a".repeat(40));
        for words in [
            format!("build --push -t $REPO:{tag} ."),
            format!("promote $REPO@{digest} $REPO:{tag}"),
            format!("build -t $REPO:{tag} . && baws-ci push $REPO:{tag}"),
        ] {
            job.baws(&format!("{words} 2>&1"))
                .failed_with(15)
                .printed(&format!("error: a job may not set the tag `{tag}`"));
        }
        assert_eq!(site.digest(&site.repository("app"), &tag), None);
    }
    job.cleaned_up();
}
