//! Exit codes, the table, and what stands below it.

use super::*;
use crate::doctor::finding::{Statement, Turn};

fn report(findings: Vec<Finding>) -> Report {
    Report {
        findings,
        fixed: Vec::new(),
        revision: None,
        host: "this host".to_owned(),
        took: Duration::from_secs(2),
    }
}

fn code(kinds: &[Kind]) -> u8 {
    let faults = kinds.iter().map(|kind| Finding::fault("host.x", *kind, ""));
    report(faults.collect()).class().map_or(0, Class::code)
}

#[test]
fn faults_of_one_kind_have_their_code_and_of_several_14() {
    assert_eq!(code(&[]), 0);
    assert_eq!(code(&[Kind::Forbidden, Kind::Forbidden]), 3);
    assert_eq!(code(&[Kind::Missing]), 4);
    assert_eq!(code(&[Kind::Unreachable]), 12);
    assert_eq!(code(&[Kind::Wrong]), 14);
    assert_eq!(code(&[Kind::Missing, Kind::Forbidden]), 14);
    let warning = report(vec![
        Finding::warning("host.x", ""),
        Finding::unknown("host.y", ""),
    ]);
    assert_eq!(warning.class(), None);
}

#[test]
fn the_table_has_a_line_for_each_check_that_is_not_good_and_the_words_below() {
    let statement = Statement {
        identity: "arn:x".to_owned(),
        action: "ssm:GetParameter".to_owned(),
        resource: "arn:p".to_owned(),
    };
    let fault = Finding::fault("aws.parameter", Kind::Forbidden, "it may not be looked at")
        .turn(Turn::Iam)
        .remedy("allow it")
        .statement(Some(statement));
    let report = report(vec![
        Finding::ok("host.engine", "it answers"),
        Finding::warning("host.proxy", "half of it").remedy("add `x`"),
        fault,
    ]);
    let text = report.table(Show::NotGood, Colour::Never);
    insta::assert_snapshot!(text, @r#"
        host: 1 warning, 1 ok
          warning  host.proxy  half of it
        aws: 1 fault
          FAULT forbidden  aws.parameter  it may not be looked at

        warning: host.proxy
          half of it
          to do: add `x`

        FAULT forbidden: aws.parameter
          it may not be looked at
          whose turn: whoever writes the policies in IAM
          to do: allow it

        The policy of `arn:x` lacks:
        {
          "Statement": [
            {
              "Action": "ssm:GetParameter",
              "Effect": "Allow",
              "Resource": [
                "arn:p"
              ]
            }
          ],
          "Version": "2012-10-17"
        }
        "#);
    assert!(
        report
            .table(Show::All, Colour::Never)
            .contains("ok       host.engine  it answers")
    );
    assert_eq!(report.summary(), "1 fault, 1 warning, 1 ok; 2.0 s");
}
