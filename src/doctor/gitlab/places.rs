//! Groups, the reference repository, and the files of it that Backstage reads.

use futures_util::future::{join, join_all};

use super::subject;
use crate::doctor::finding::{Finding, Kind, Turn};
use crate::doctor::looked::{Looked, look};
use crate::doctor::names::Platform;
use crate::gitlab::{Gitlab, Group, Of, Project, ProtectedBranch};

pub(super) async fn of(gitlab: &Gitlab, platform: &Platform) -> Vec<Finding> {
    let groups = platform.groups().iter();
    let groups = join_all(groups.map(async |path| group(path, look(gitlab.group(path)).await)));
    let (mut findings, of_reference) = join(groups, whole_reference(gitlab, platform)).await;
    findings.extend(of_reference);
    findings
}

async fn whole_reference(gitlab: &Gitlab, platform: &Platform) -> Vec<Finding> {
    let path = platform.reference();
    let of = Of::Path(&path);
    let (mut findings, project) = reference(&path, look(gitlab.project(&of)).await);
    let Some(project) = project else {
        return findings;
    };
    let Some(branch) = &project.default_branch else {
        let fault = Finding::fault(
            "gitlab.reference",
            Kind::Wrong,
            format!("nothing was committed to `{path}` yet"),
        );
        findings.push(
            fault
                .about(&path)
                .turn(Turn::Platform)
                .remedy("publish the reference repository"),
        );
        return findings;
    };
    let files = platform.locations().iter();
    let files = join_all(files.map(async |file| {
        let looked = look(gitlab.file(&of, branch, file)).await;
        location(gitlab.address(), &path, branch, file, looked)
    }));
    let branches = look(async { gitlab.protected_branches(&of).await.map(Some) });
    let (branches, files) = join(branches, files).await;
    findings.push(protection(&path, branch, branches));
    findings.extend(files);
    findings
}

fn group(path: &str, looked: Looked<Group>) -> Finding {
    let missing =
        "make the group, visible to all who are signed in (internal); or the token may not see it";
    let subject = subject("gitlab.group", "the group", path, missing);
    match subject.found(looked) {
        Ok(group) if group.visibility == "public" => subject
            .warning(format!(
                "the group `{path}` is public: everybody sees what is in it"
            ))
            .remedy("make it internal"),
        Ok(_) => subject.ok(format!("the group `{path}` is there")),
        Err(finding) => finding,
    }
}

fn reference(path: &str, looked: Looked<Project>) -> (Vec<Finding>, Option<Project>) {
    let missing = "publish the reference repository; or its path is another one (`reference` in `[platform]`), or the token may not see it";
    let subject = subject(
        "gitlab.reference",
        "the reference repository",
        path,
        missing,
    );
    let project = match subject.found(looked) {
        Ok(project) => project,
        Err(finding) => return (vec![finding], None),
    };
    let there = match project.is_archived {
        true => subject
            .wrong(format!("the reference repository `{path}` is archived"))
            .remedy("unarchive it"),
        false => subject.ok(format!("the reference repository `{path}` is there")),
    };
    let visibility = project
        .settings
        .get("visibility")
        .and_then(|text| text.as_str());
    let visibility = match visibility.unwrap_or_default() {
        "internal" => Finding::ok("gitlab.reference.visibility", format!("`{path}` is internal")),
        other => Finding::fault("gitlab.reference.visibility", Kind::Wrong, format!("the reference repository `{path}` is {other}, and not internal"))
            .turn(Turn::Gitlab)
            .remedy("set its visibility to internal: Backstage and the provisioning pipeline read it, strangers do not"),
    };
    (vec![there, visibility], Some(project))
}

fn protection(path: &str, branch: &str, looked: Looked<Vec<ProtectedBranch>>) -> Finding {
    let subject = subject("gitlab.reference.protected", "the protection of", path, "");
    let branches = match subject.found(looked) {
        Ok(branches) => branches,
        Err(finding) => return finding,
    };
    match branches.iter().find(|one| one.name == branch) {
        None => subject
            .wrong(format!("the branch `{branch}` of `{path}` is not protected: whoever may push decides what all applications are made of"))
            .remedy("protect it"),
        Some(one) if one.allow_force_push => subject
            .warning(format!("the branch `{branch}` of `{path}` takes force pushes"))
            .remedy("switch that off"),
        Some(_) => subject.ok(format!("the branch `{branch}` of `{path}` is protected")),
    }
}

fn location(
    address: &str,
    path: &str,
    branch: &str,
    file: &str,
    looked: Looked<Vec<u8>>,
) -> Finding {
    let missing = "publish the reference repository with it";
    let subject = subject("gitlab.location", "the file", file, missing);
    match subject.found(looked) {
        Ok(text) if text.trim_ascii().is_empty() => subject
            .wrong(format!("the file `{file}` of `{path}` is empty"))
            .remedy(missing),
        Ok(_) => subject.ok(format!("{address}/{path}/-/blob/{branch}/{file} is there")),
        Err(finding) => finding.turn(Turn::Platform),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_that_anybody_may_push_to_is_wrong() {
        let state = |branches: &[(&str, bool)]| {
            let branches = branches.iter().map(|(name, force)| ProtectedBranch {
                name: (*name).to_owned(),
                allow_force_push: *force,
            });
            protection("a/b", "main", Looked::Found(branches.collect()))
                .state
                .name()
        };
        assert_eq!(state(&[]), "fault");
        assert_eq!(state(&[("release", false)]), "fault");
        assert_eq!(state(&[("main", true)]), "warning");
        assert_eq!(state(&[("main", false)]), "ok");
    }

    #[test]
    fn what_everybody_reads_is_told() {
        let group_of = |visibility: &str| {
            let found = Group {
                id: 1,
                full_path: "g".to_owned(),
                visibility: visibility.to_owned(),
            };
            group("g", Looked::Found(found)).state.name()
        };
        assert_eq!(
            (group_of("public"), group_of("internal")),
            ("warning", "ok")
        );
        let project = |visibility: &str| {
            let mut project = Project::default();
            project
                .settings
                .insert("visibility".to_owned(), visibility.into());
            reference("a/b", Looked::Found(project)).0[1].state.name()
        };
        assert_eq!((project("public"), project("internal")), ("fault", "ok"));
    }
}
