//! The audit table of a test: made as the platform makes it, and read by another client than ours.

use std::collections::BTreeMap;
use std::process::Command;

use super::Site;

/// Attribute to text.
pub(crate) type Row = BTreeMap<String, String>;

const PRELUDE: &str = "import boto3, json, sys\n\
    db, ssm, name = boto3.client('dynamodb', 'eu-west-1'), boto3.client('ssm', 'eu-west-1'), sys.argv[1]\n";

impl Site {
    /// With a table of its own, whose name stands in the parameter `/NAME/Audit`. Source: the platform's
    /// `dynamodb-tables-construct.ts`, revision of May 2023.
    #[track_caller]
    pub(crate) fn audited(self) -> Self {
        self.boto(
            "key = lambda n, t: {'AttributeName': n, 'KeyType': t}\n\
             db.create_table(TableName=name, BillingMode='PAY_PER_REQUEST', KeySchema=[key('id', 'HASH'), key('createdAt', 'RANGE')],\n\
                 AttributeDefinitions=[{'AttributeName': n, 'AttributeType': 'S'} for n in ('id', 'createdAt')])\n\
             ssm.put_parameter(Name='/' + name + '/Audit', Value=name, Type='String')",
        );
        let parameter = format!("\"/{}/Audit\"", self.name);
        self.set("audit.table_parameter", &parameter)
    }

    /// Its rows as texts, oldest first.
    ///
    /// # Panics
    /// An attribute is no text.
    #[track_caller]
    pub(crate) fn audit_rows(&self) -> Vec<Row> {
        let text = self.boto(
            "rows = [row for page in db.get_paginator('scan').paginate(TableName=name) for row in page['Items']]\n\
             print(json.dumps(sorted(({n: v['S'] for n, v in row.items()} for row in rows), key=lambda row: row['createdAt'])))",
        );
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("no rows ({error}): {text}"))
    }

    /// Runs Python with `db`, `ssm` and `name`, the test's own name.
    #[track_caller]
    pub(crate) fn boto(&self, lines: &str) -> String {
        let program = format!("{PRELUDE}{lines}");
        let done = Command::new(&self.stand.bench.python)
            .args(["-c", &program, &self.name])
            .envs(
                self.stand
                    .bench
                    .aws
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .output()
            .unwrap_or_else(|error| panic!("no Python ({error}): tests/bench/bench install"));
        let err = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{err}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    }
}
