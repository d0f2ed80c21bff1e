//! Faults planted in the platform's part of AWS.

use serde_json::json;

use super::platforms::first;
use super::wall::Then;
use super::world::World;
use crate::support::Stand;

#[test]
fn what_is_wrong_in_aws_is_found_by_code_and_kind() {
    let world = World::first();
    world.aws(&first(
        "
c('ssm').delete_parameter(Name='/baws/api-domain')
p('/baws/solution-network', 'not-a-network')
p('/baws/app-qa-network1/public-subnets', 'subnet-1')
c('kms').disable_key_rotation(KeyId=K); c('kms').disable_key(KeyId=K.split('/')[-1])
row('mapping', 'qa', ''); row('mapping', 'ops', 'a', '2023'); row('mapping', 'ops', 'b', '2024'); row('mapping', 'twice', 'a', '1'); row('mapping', 'twice', 'a', '2')
table('other', 'N'); p('/baws/Audit', 'other')
c('ecs').delete_cluster(cluster='baws-public-qa-app-runtime-cluster')
p('/baws/baws-isolated-qa-app-runtime', 'arn:aws:ecs:eu-west-1:'+A+':cluster/never')
c('stepfunctions').delete_state_machine(stateMachineArn=machine['stateMachineArn'])
c('ecr').delete_repository(repositoryName='baws-backstage'); repository('baws-backstage', kms=False, scan=False)
c('secretsmanager').put_secret_value(SecretId='baws-admin-gitlab-secrets', SecretString=json.dumps({'username':'x','password':'','apiToken':'hidden-token'}))
c('secretsmanager').put_secret_value(SecretId='baws-okta-secrets', SecretString='hidden-text')
",
    ));
    world.wall.on(
        &["Action=AssumeRole", "backstage-developers-role"],
        Then::Deny,
    );
    world
        .wall
        .on(&["GetParameter", "\"/baws/domain\""], Then::Deny);
    let role = format!(
        "arn:aws:iam::{}:role/backstage-developers-role",
        world.wall.account
    );
    let account = world.wall.account.clone();
    let id = |group: &str| format!("{account}-{group}");
    let world = world.set("platform.account", "\"123456789012\"");
    let said = world.doctor(&["aws", "--repository", "nowhere"]);
    said.has(&[
        ("aws.account", "", "wrong"),
        ("aws.parameter", "/baws/api-domain", "missing"),
        ("aws.parameter", "/baws/domain", "forbidden"),
        ("aws.parameter", "/baws/solution-network", "wrong"),
        (
            "aws.parameter",
            "/baws/app-qa-network1/public-subnets",
            "wrong",
        ),
        ("aws.key", "", "wrong"),
        ("aws.key.rotation", "", "warning"),
        ("aws.mapping-table.rows", &id("qa"), "wrong"),
        ("aws.mapping-table.rows", &id("ops"), "wrong"),
        ("aws.mapping-table.rows", &id("twice"), "warning"),
        ("aws.role", &role, "forbidden"),
        ("aws.audit-table.schema", "other", "wrong"),
        ("aws.state-machine", "", "missing"),
        ("aws.backstage-repository", "baws-backstage", "ok"),
        ("aws.repository.encryption", "baws-backstage", "wrong"),
        ("aws.repository.scan", "baws-backstage", "wrong"),
        ("aws.repository", "nowhere", "missing"),
        ("aws.secret.keys", "baws-admin-gitlab-secrets", "wrong"),
        ("aws.secret.keys", "baws-okta-secrets", "wrong"),
    ]);
    let clusters: Vec<&str> = said.json["findings"]
        .as_array()
        .expect("it is a list")
        .iter()
        .filter(|one| one["code"] == "aws.cluster" && one["state"] == "fault")
        .map(|one| one["kind"].as_str().expect("a fault has a kind"))
        .collect();
    assert_eq!(clusters.len(), 2, "{clusters:?}");
    said.told.is(14);
    assert!(
        !said.told.whole().contains("hidden-"),
        "a secret's value is told"
    );
    let documents = said.json["policies"].as_array().expect("it is a list");
    let statements = documents[0]["document"]["Statement"]
        .as_array()
        .expect("it is a list");
    let actions: Vec<&str> = statements
        .iter()
        .filter_map(|one| one["Action"].as_str())
        .collect();
    assert_eq!(actions, ["ssm:GetParameter", "sts:AssumeRole"]);
    assert_eq!(statements[1]["Resource"], json!([role]));
}

#[test]
fn a_permission_that_is_missing_is_told_as_a_statement_and_has_its_own_exit_code() {
    let world = World::first();
    world.aws(&first(""));
    for action in [
        "DescribeKey",
        "Scan",
        "DescribeTable",
        "GetSecretValue",
        "DescribeStateMachine",
        "DescribeClusters",
        "DescribeRepositories",
    ] {
        world.wall.on(&[&format!(".{action}\n")], Then::Deny);
    }
    let said = world.doctor(&["aws"]);
    said.told.is(3);
    said.has(&[
        ("aws.key", "", "forbidden"),
        ("aws.mapping-table", "", "forbidden"),
        ("aws.secret", "", "forbidden"),
        ("aws.state-machine", "", "forbidden"),
        ("aws.cluster", "", "forbidden"),
        ("aws.backstage-repository", "", "forbidden"),
    ]);
    let documents = said.json["policies"].as_array().expect("it is a list");
    assert_eq!(documents.len(), 1, "{documents:#?}");
    let statements = documents[0]["document"]["Statement"]
        .as_array()
        .expect("it is a list");
    let actions: Vec<&str> = statements
        .iter()
        .filter_map(|one| one["Action"].as_str())
        .collect();
    assert_eq!(
        actions,
        [
            "dynamodb:DescribeTable",
            "ecr:DescribeRepositories",
            "ecs:DescribeClusters",
            "kms:DescribeKey",
            "secretsmanager:GetSecretValue",
            "states:DescribeStateMachine",
        ]
    );
    let told = world.run(&["doctor", "aws"]);
    assert!(told.is(3).out.contains("lacks:\n{"), "{}", told.out);
}

#[test]
fn what_is_missing_has_another_exit_code_and_so_has_an_aws_that_is_not_there() {
    let world = World::first();
    world.aws(&first("c('ssm').delete_parameter(Name='/baws/domain')"));
    let said = world.doctor(&["aws"]);
    said.told.is(4);
    let world = world.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let said = world.doctor(&["aws"]);
    said.has(&[
        ("aws.identity", "", "unreachable"),
        ("aws.parameter", "", "not_looked_at"),
    ]);
    said.told.is(12);
    let url = world.wall.url.clone();
    let world = world
        .env("AWS_ENDPOINT_URL", &url)
        .env("AWS_ACCESS_KEY_ID", "")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let said = world.doctor(&["aws"]);
    said.has(&[("aws.identity", "", "forbidden")]);
    said.told.is(3);
}

#[test]
fn what_the_settings_need_is_worked_out_by_iam_and_told_where_it_is_lacking() {
    let world = World::on(Stand::new());
    let account = world.wall.account.clone();
    let grants = format!(
        "[{{ projects = [\"**\"], push = [\"{account}.dkr.ecr.eu-west-1.amazonaws.com/app-{{name}}\"], \
         deploy = [\"arn:aws:ecs:eu-west-1:{account}:service/lower/{{name}}\"] }}]"
    );
    let result = |action: &str, decision: &str| {
        format!(
            "<member><EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision></member>"
        )
    };
    let asks = "Action=SimulatePrincipalPolicy";
    let all = |results: String| {
        let whole = format!("<Answer><EvaluationResults>{results}</EvaluationResults></Answer>");
        Then::Answer(200, whole)
    };
    let good = all(result("x:Y", "allowed"));
    let bad = result("ecr:UploadLayerPart", "allowed") + &result("ecr:PutImage", "implicitDeny");
    world.wall.on(&[asks], good);
    world.wall.on(&[asks, "ecr%3APutImage"], all(bad));
    world.wall.on(&[asks, "dynamodb"], Then::Deny);
    let world = world.set("grants", &grants).set("audit.table", "\"rows\"");
    let said = world.doctor(&["aws"]);
    let repository = format!("arn:aws:ecr:eu-west-1:{account}:repository/app-*");
    let service = format!("arn:aws:ecs:eu-west-1:{account}:service/lower/*");
    let table = format!("arn:aws:dynamodb:eu-west-1:{account}:table/rows");
    said.has(&[
        ("aws.permission", &repository, "forbidden"),
        ("aws.permission", &service, "ok"),
        ("aws.permission", &table, "unknown"),
    ]);
    said.told.is(3);
    let statements = &said.json["policies"][0]["document"]["Statement"];
    let actions: Vec<&str> = statements
        .as_array()
        .expect("it is a list")
        .iter()
        .filter_map(|one| one["Action"].as_str())
        .collect();
    assert_eq!(actions, ["ecr:PutImage", "iam:SimulatePrincipalPolicy"]);
}
