//! Settings that are refused, and the table of keys against the settings' own fields.

use super::*;

fn refusal(text: &str) -> String {
    Settings::parse(text, Path::new("config.toml"))
        .unwrap_err()
        .to_string()
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    let text = refusal("[executor.docker]\nhelper_imgae = \"x\"\n");
    assert_eq!(
        text,
        "the settings `config.toml` hold the unknown key `executor.docker.helper_imgae`"
    );
    let error = Settings::parse("[executer]\n", Path::new("c")).unwrap_err();
    assert_eq!(error.hints()[0], "did you mean `executor`?");
}

#[test]
fn values_of_the_wrong_type_and_relative_directories_are_refused() {
    assert!(refusal("[executor]\nstop_grace_secs = \"soon\"\n").contains("are malformed"));
    assert!(refusal("[executor]\nbuilds_dir = \"builds\"\n").contains("must be an absolute path"));
    assert!(refusal("[executor\n").contains("are malformed"));
}

#[test]
fn every_key_of_the_settings_is_explained_and_nothing_else() {
    let mut full = Settings::default();
    full.docker.host = Some("unix:///run/docker.sock".to_owned());
    full.executor.state_dir = Some(PathBuf::from("/var/lib/baws-ci"));
    full.executor.job_records = Some(PathBuf::from("/x"));
    full.executor.min_free_disk = Some("1g".to_owned());
    full.cache.budget = Some("60g".to_owned());
    full.executor.docker.image = Some("x".to_owned());
    full.executor.docker.user = Some("x".to_owned());
    full.executor.docker.memory = Some("1g".to_owned());
    full.executor.docker.cpus = Some("1".to_owned());
    full.executor.docker.network_mode = Some("bridge".to_owned());
    let docker = &mut full.executor.docker;
    let text = || Some("1g".to_owned());
    (docker.memory_swap, docker.memory_reservation) = (text(), text());
    (docker.service_memory, docker.service_memory_swap) = (text(), text());
    (docker.service_memory_reservation, docker.service_cpus) = (text(), text());
    docker.services = vec![ServiceSettings::default()];
    full.grants = vec![GrantSettings {
        role_arn: Some("x".to_owned()),
        external_id: Some("x".to_owned()),
        ..GrantSettings::default()
    }];
    full.gitlab.url = Some("x".to_owned());
    full.gitlab.audience = Some("x".to_owned());
    full.gitlab.keys_url = Some("x".to_owned());
    full.gitlab.token_file = Some("x".into());
    full.gitlab.token_secret = Some("x".to_owned());
    full.gitlab.templates = Some("x".to_owned());
    full.roles = vec![RoleSettings {
        role_arn: Some("x".to_owned()),
        role_name: Some("x".to_owned()),
        table: Some("x".to_owned()),
        table_parameter: Some("x".to_owned()),
        external_id: Some("x".to_owned()),
        ..RoleSettings::default()
    }];
    full.aws.role_arn = Some("x".to_owned());
    full.aws.external_id = Some("x".to_owned());
    full.aws.ecr.kms_key = Some("x".to_owned());
    full.aws.ecr.lifecycle_policy_file = Some(PathBuf::from("/x"));
    full.audit.table = Some("x".to_owned());
    full.audit.table_parameter = Some("x".to_owned());
    full.audit.region = Some("x".to_owned());
    (full.audit.role_arn, full.audit.external_id) = (text(), text());
    full.telemetry.metrics_file = Some(PathBuf::from("/x"));
    full.telemetry.otlp_endpoint = Some("x".to_owned());
    full.telemetry.otlp_headers_file = Some(PathBuf::from("/x"));
    full.platform.revision = Some(PlatformRevision::First);
    let platform = &mut full.platform;
    (platform.prefix, platform.region) = (text(), text());
    (platform.account, platform.reference) = (text(), text());
    let mut found = Vec::new();
    collect("", &toml::Table::try_from(&full).unwrap(), &mut found);
    let mut known: Vec<String> = keys::all().map(|key| key.path.to_owned()).collect();
    found.sort();
    known.sort();
    assert_eq!(found, known);
}

fn collect(prefix: &str, table: &toml::Table, found: &mut Vec<String>) {
    for (name, value) in table {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            // A table with names of the operator's own is one key.
            toml::Value::Table(inner) if !keys::all().any(|key| key.path == path) => {
                collect(&path, inner, found);
            }
            toml::Value::Array(items) if keys::RULES.contains(&path.as_str()) => {
                let rules = items.iter().filter_map(toml::Value::as_table);
                rules.for_each(|rule| collect(&path, rule, found));
            }
            _ => found.push(path),
        }
    }
}
