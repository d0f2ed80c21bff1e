//! The platform's secrets: that they can be read and are filled in. No value of one is ever told, printed or kept.

use serde_json::Value;

use super::Known;
use crate::doctor::finding::{Finding, Kind, Turn};
use crate::doctor::looked::{Looked, Subject, look};
use crate::doctor::names::SecretShape;
use crate::job::Secret;

pub(super) async fn secret(known: &Known<'_>, shape: SecretShape) -> Vec<Finding> {
    let looked = look(known.account.aws.secret_value(&shape.name)).await;
    let subject = known.subject("aws.secret", "the secret", &shape.name);
    decide(&subject, &shape, looked)
}

fn decide(subject: &Subject<'_>, shape: &SecretShape, looked: Looked<Secret>) -> Vec<Finding> {
    let secret = match subject.found(looked) {
        Ok(secret) => secret,
        Err(finding) => return vec![finding],
    };
    let name = &shape.name;
    let told = subject.ok(format!("the secret `{name}` can be read"));
    let wrong = |what: String| {
        let fault = Finding::fault("aws.secret.keys", Kind::Wrong, what);
        fault.about(name).turn(Turn::Platform)
    };
    let Ok(Value::Object(keys)) = serde_json::from_str::<Value>(secret.reveal()) else {
        let what = format!("the secret `{name}` is no JSON object");
        let remedy = "write it as the platform does: one object, each key with a text";
        return vec![told, wrong(what).remedy(remedy)];
    };
    let all = || shape.filled.iter().chain(shape.there).copied();
    let missing: Vec<&str> = all().filter(|key| !keys.contains_key(*key)).collect();
    let text = |key: &str| keys.get(key).and_then(Value::as_str).unwrap_or_default();
    let filled = shape.filled.iter().copied();
    let empty: Vec<&str> = filled
        .filter(|key| keys.contains_key(*key) && text(key).trim().is_empty())
        .collect();
    let list = |keys: &[&str]| {
        let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        quoted.join(", ")
    };
    let keys = match (missing.as_slice(), empty.as_slice()) {
        ([], []) => Finding::ok(
            "aws.secret.keys",
            format!("the secret `{name}` is filled in"),
        )
        .about(name),
        (missing, empty) => {
            let lacks = (!missing.is_empty()).then(|| format!("lacks {}", list(missing)));
            let holds = (!empty.is_empty()).then(|| format!("holds nothing in {}", list(empty)));
            let why: Vec<String> = lacks.into_iter().chain(holds).collect();
            wrong(format!("the secret `{name}` {}", why.join(", and ")))
                .remedy("fill them in; everything else in it stays as it is")
        }
    };
    vec![told, keys]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (Option<Kind>, String) {
        let shape = SecretShape {
            name: "s".to_owned(),
            filled: &["username", "apiToken"],
            there: &["runnerId"],
        };
        let subject = Subject {
            code: "aws.secret",
            about: "s",
            what: "the secret",
            turn: Turn::Platform,
            missing: "",
            identity: "",
        };
        let found = Looked::Found(Secret::new(text));
        let finding = decide(&subject, &shape, found).remove(1);
        (finding.kind(), finding.told)
    }

    #[test]
    fn a_key_may_be_missing_or_empty_and_no_value_is_told() {
        let good = r#"{"username":"root","apiToken":"hidden-1","runnerId":""}"#;
        assert_eq!(told(good).0, None);
        let (kind, text) = told(r#"{"username":" ","apiToken":"hidden-1"}"#);
        assert_eq!(kind, Some(Kind::Wrong));
        assert_eq!(
            text,
            "the secret `s` lacks `runnerId`, and holds nothing in `username`"
        );
        for text in ["hidden-2", "[\"hidden-2\"]", ""] {
            assert_eq!(told(text).1, "the secret `s` is no JSON object");
        }
    }
}
