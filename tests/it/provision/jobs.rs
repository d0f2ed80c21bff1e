//! In a job: by the keys that its host gives it.

use serde_json::json;

use super::{CATALOG, Plot};
use crate::support::Site;

const ROLE: &str = "arn:aws:iam::123456789012:role/provisioner";
const RULED: &str = "arn:aws:iam::{account}:role/provisioner";
/// In an account whose keys no grant gives.
const OTHER: &str = "---\nkind: AWSEnvironmentProvider\nmetadata: {name: other, aws-account: '222222222222', aws-region: eu-west-1, vpc: v, cluster-name: c}\nspec: {dependsOn: ['awsenvironment:dev']}\n";

#[test]
fn a_job_orders_with_the_keys_of_its_role_and_without_a_grant_not_at_all() {
    let rule = format!(
        "[{{ projects = [\"it/*\"], refs = \"any\", role_arn = \"{RULED}\", narrow = false }}]"
    );
    let grant =
        format!("[{{ projects = [\"it/*\"], refs = \"any\", credentials = [\"{ROLE}\"] }}]");
    let plot = Plot::on(Site::new().set("roles", &rule).set("grants", &grant));
    plot.goes(json!([{"at": 0, "succeed": {"DeploymentOutput": {"outputs": []}}}]));
    let ca = plot
        .site
        .stand
        .bench
        .aws
        .iter()
        .find(|(name, _)| name == "SSL_CERT_FILE");
    let ca = std::fs::read_to_string(&ca.expect("the bench has one").1).expect("it can be read");
    let job = plot.site.job().plain();
    let job = job
        .file_in(
            "catalog.yaml",
            &format!("{CATALOG}{OTHER}").replace("NAME", &plot.site.name),
        )
        .file_in("ca.pem", &ca);
    let words = format!(
        "provision start shop --environment dev --catalog catalog.yaml --boilerplate aws_ecs --state-machine {}",
        plot.machine
    );
    let run = |words: &str| {
        job.start_run(
            "build_script",
            &format!("cd /builds/it/project\nexport SSL_CERT_FILE=$PWD/ca.pem\nbaws-ci {words}"),
        )
        .end()
    };
    run(&format!("{words} --provider other")).failed_with(15);
    assert!(plot.executions().is_empty());
    run(&format!("{words} --provider dev-pub")).succeeded();
    let executions = plot.executions();
    let input = executions[0]["input"].as_str().expect("it is a text");
    assert!(
        input.contains(&format!("\"ASSUMED_ROLE\":\"{ROLE}\"")),
        "{input}"
    );
    job.cleaned_up();
}
