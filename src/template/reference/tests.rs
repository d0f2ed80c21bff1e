//! Placeholders, and what is not fit to be published.

use super::*;

fn places() -> Places {
    Places {
        gitlab_host: "git.example".to_owned(),
        account: Some("012345678901".to_owned()),
    }
}

#[test]
fn placeholders_are_filled_and_those_of_backstage_stay() {
    let text = "a: https://{{ gitlab_hostname }}/x\nb: {{aws-account}} '{{ awsAccount }}'\nc: ${{ values.name }}\nd: {{ other }} {{";
    assert_eq!(
        filled(text, &places()).unwrap(),
        "a: https://git.example/x\nb: 012345678901 '012345678901'\nc: ${{ values.name }}\nd: {{ other }} {{"
    );
    let without = Places {
        account: None,
        ..places()
    };
    assert!(filled("{{ awsAccount }}", &without).is_err());
}

#[test]
fn what_backstage_or_the_state_machine_would_stumble_over_is_told() {
    let files: Files = [
        ("catalog/all-environments.yaml", "apiVersion: a/v1\nkind: Location\nmetadata: {name: e}\nspec: {targets: [./dev.yaml, ../../x.yaml]}\n"),
        ("catalog/bad.yaml", "kind: [\n"),
        ("common/aws_ecs/buildspec.yml", "phases: {}\n---\nphases: {}\n"),
        ("common/aws_rds/readme.md", ""),
        ("templates/all-templates.yaml", "kind: Location\n"),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), Content { bytes: text.into(), executable: false }))
    .collect();
    insta::assert_snapshot!(check(&files).join("\n"), @r"
    `catalog/all-environments.yaml` names `./dev.yaml`, which is not there
    `catalog/all-environments.yaml` names `../../x.yaml`, which is not there
    `catalog/bad.yaml` is no YAML: did not find expected node content at line 2 column 1, while parsing a flow node
    `common/aws_ecs/buildspec.yml` holds 2 documents; CodeBuild reads one
    `templates/all-templates.yaml` holds an entity without apiVersion, kind or metadata.name
    `common/aws_rds` has no buildspec.yml: the state machine could not deploy it
    `catalog/all-environment-providers.yaml` is missing: Backstage reads it
    ");
}
