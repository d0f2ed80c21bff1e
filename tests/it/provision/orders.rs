//! What is sent to the state machine, for whom, and what is refused before anything is sent.

use serde_json::{Value, json};

use super::{CATALOG, Plot, json_of};
use crate::support::Hub;
use crate::support::hub::{TOKEN, Told};

const ROLE: &str = "arn:aws:iam::123456789012:role/backstage-developers-role";

/// What the state machine was told.
#[track_caller]
fn input(plot: &Plot) -> Value {
    let executions = plot.executions();
    assert_eq!(executions.len(), 1, "{executions:?}");
    let text = executions[0]["input"].as_str().expect("it is a text");
    serde_json::from_str(text).expect("it is JSON")
}

#[test]
fn the_state_machine_is_told_what_the_portal_would_tell_it() {
    let plot = Plot::new().by_parameters();
    let values = plot.file("values.yaml");
    std::fs::write(
        &values,
        "PORT: 8080\nAPP_ENV_PLAINTEXT: {A: b}\nAWS_RESOURCE_TAGS: []\nAPP_SHORT_NAME: shop\n",
    )
    .expect("it is ours");
    let more = [
        "--values",
        &values,
        "--set",
        "EFS_ID=a=b",
        "--role-arn",
        ROLE,
        "--boilerplate",
        "aws_ecs,aws_rds",
    ];
    plot.start(&more).ends(0);
    assert_eq!(
        input(&plot),
        json!({
            "repositories": ["aws_ecs", "aws_rds"],
            "parameters": {
                "TARGET_REGION": "eu-west-1", "TARGET_ACCOUNT": "123456789012", "TARGET_VPCID": "vpc-0abc",
                "TARGET_ECS_CLUSTER_ARN": "arn:aws:ecs:eu-west-1:123456789012:cluster/dev", "TARGET_ENV_NAME": "dev",
                "TARGET_ENV_PROVIDER_NAME": "dev-pub", "USER": "ada", "ASSUMED_ROLE": ROLE, "ACTION_TYPE": "Create App",
                "APP_SHORT_NAME": "shop", "PORT": "8080", "APP_ENV_PLAINTEXT": "{\"A\":\"b\"}", "AWS_RESOURCE_TAGS": "[]", "EFS_ID": "a=b",
            },
        })
    );
}

#[test]
fn a_group_acts_as_the_role_that_the_platforms_table_gives_it() {
    let plot = Plot::new();
    plot.site.boto(&format!(
        "key = lambda n, t: {{'AttributeName': n, 'KeyType': t}}\n\
         table = name + '-mapping'\n\
         db.create_table(TableName=table, BillingMode='PAY_PER_REQUEST', KeySchema=[key('id', 'HASH'), key('createdAt', 'RANGE')],\n\
             AttributeDefinitions=[{{'AttributeName': n, 'AttributeType': 'S'}} for n in ('id', 'createdAt')])\n\
         db.put_item(TableName=table, Item={{'id': {{'S': '123456789012-developers'}}, 'createdAt': {{'S': '2023'}}, 'IAMRoleArn': {{'S': '{ROLE}'}}}})\n\
         ssm.put_parameter(Name='/' + name + '/SecurityMappingTable', Value=table, Type='String')"
    ));
    let prefix = ["--prefix", plot.site.name.as_str()];
    plot.start(&[&prefix[..], &["--group", "nobody"]].concat())
        .ends(15)
        .says("has no row `123456789012-nobody`");
    assert!(plot.executions().is_empty());
    plot.start(&[&prefix[..], &["--group", "developers"]].concat())
        .ends(0);
    assert_eq!(input(&plot)["parameters"]["ASSUMED_ROLE"], ROLE);
}

#[test]
fn an_order_never_says_who_orders_or_where() {
    let plot = Plot::new();
    for key in [
        "TARGET_REGION",
        "TARGET_ACCOUNT",
        "TARGET_VPCID",
        "TARGET_ECS_CLUSTER_ARN",
        "TARGET_ENV_NAME",
        "TARGET_ENV_PROVIDER_NAME",
        "USER",
        "ASSUMED_ROLE",
        "ACTION_TYPE",
    ] {
        plot.start(&["--set", &format!("{key}=x")])
            .ends(2)
            .says(&format!("error: `{key}` is not the order's to say"));
    }
    plot.start(&["--set", "APP_SHORT_NAME=other"]).ends(2);
    plot.start(&["--set", "A-B=x"]).ends(2);
    plot.start(&["--boilerplate", "../x"]).ends(2);
    assert!(plot.executions().is_empty());
}

#[test]
fn of_several_providers_one_has_to_be_named() {
    let plot = Plot::new();
    let second = "---\nkind: AWSEnvironmentProvider\nmetadata: {name: dev-pr, aws-account: '123456789012', aws-region: eu-west-1, vpc: vpc-9, cluster-name: c}\nspec: {dependsOn: ['awsenvironment:dev']}\n";
    plot.write_catalog(&format!("{CATALOG}{second}"));
    plot.start(&[])
        .ends(2)
        .says("error: the environment `dev` has several providers: `dev-pub`, `dev-pr`")
        .says("hint: say which by --provider");
    plot.start(&["--account", "222222222222", "--provider", "dev-pr"])
        .ends(4)
        .says("is in the account `123456789012`, and not in `222222222222`");
    assert!(plot.executions().is_empty());
    plot.start(&["--provider", "dev-pr"]).ends(0);
    assert_eq!(input(&plot)["parameters"]["TARGET_VPCID"], "vpc-9");
}

#[test]
fn entities_of_the_second_revision_are_read_from_gitlab() {
    let (plot, hub) = (Plot::new().by_parameters(), Hub::start());
    let catalog = "kind: AWSEnvironment\nmetadata: {name: lower}\nspec: {dependsOn: ['awsenvironmentprovider:default/one']}\n---\nkind: AWSEnvironmentProvider\nmetadata: {name: one, prefix: opa, awsAccount: '123456789012', awsRegion: eu-west-1, vpc: /NAME/net, clusterName: /NAME/cluster}\n";
    let catalog = catalog.replace("NAME", &plot.site.name);
    hub.control(
        "POST",
        "projects",
        &json!({"path": "baws-admin/backstage-reference", "files": {"catalog/all.yaml": catalog, "templates/x.yaml": "a: ["}}),
    );
    let begin = |more: &[&str]| {
        let mut words = vec![
            "start",
            "shop",
            "--environment",
            "awsenvironment:default/lower",
            "--boilerplate",
            "aws_ecs",
            "--prefix",
            &plot.site.name,
        ];
        words.extend(more);
        let mut command = plot.command(&words);
        command
            .env("CI_SERVER_URL", &hub.url)
            .env("GITLAB_TOKEN", TOKEN);
        Told::of(command, &hub.url)
    };
    begin(&["--catalog-path", "nowhere"]).is(4);
    begin(&["--reference", "platform/nothing"]).is(4);
    assert!(plot.executions().is_empty());
    begin(&[]).is(0);
    assert_eq!(
        input(&plot)["parameters"]["TARGET_ENV_PROVIDER_NAME"],
        "one"
    );
}

#[test]
fn what_is_missing_is_named_and_nothing_is_started() {
    let plot = Plot::new();
    plot.write_catalog("kind: Location\nmetadata: {name: dev}\n");
    plot.start(&[])
        .ends(4)
        .says("error: the catalog has no environment `dev`");
    let parameters = CATALOG.replace("vpc-0abc", "/NAME/nowhere");
    plot.write_catalog(&parameters);
    plot.start(&[])
        .ends(4)
        .says("/nowhere`, which holds the provider's network, is not there");
    plot.write_catalog(&CATALOG.replace("eu-west-1", "us-east-1"));
    plot.start(&[])
        .ends(4)
        .says("error: the state machine is in account 123456789012 and eu-west-1, and the provider `dev-pub`");
    plot.write_catalog(CATALOG);
    let other = plot.machine.replace(&plot.site.name, "it-none");
    let mut words = plot.words(&[]);
    let at = words
        .iter()
        .position(|word| *word == plot.machine)
        .expect("it is named");
    words[at] = &other;
    plot.run(&words).ends(4).says("StateMachineDoesNotExist");
    assert!(plot.executions().is_empty());
}

#[test]
fn a_plan_tells_what_would_be_sent_and_starts_nothing() {
    let plot = Plot::new();
    let planned = plot.start(&["--dry-run", "--json"]).ends(0);
    let plan = json_of(&planned);
    assert_eq!(
        (plan["would"].as_str(), plan["schema"].as_str()),
        (Some("start"), Some("baws-ci/provision-plan/1"))
    );
    assert!(plot.executions().is_empty());
    plot.start(&["--no-wait"])
        .ends(0)
        .says("its end is not waited for");
    assert_eq!(input(&plot), plan["input"]);
    assert_eq!(plot.executions()[0]["name"], plan["name"]);
}
