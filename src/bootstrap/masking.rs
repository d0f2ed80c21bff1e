//! Whether GitLab will take a CI variable, told before it is sent: GitLab's own answer to a value it cannot mask is
//! `value is invalid`.

use crate::gitlab::{Variable, VariableKind};

/// Source: GitLab's documentation of CI/CD variables.
const LONGEST_KEY: usize = 255;
/// Characters. Source: as above.
const LONGEST_VALUE: usize = 10_000;
/// Source: GitLab's `environment_scope`, `app/models/concerns/has_environment_scope.rb`.
const LONGEST_SCOPE: usize = 255;
/// Fewest characters of a masked value. Source: GitLab's documentation, "Mask a CI/CD variable".
const SHORTEST_MASKED: usize = 8;

/// # Errors
/// What is wrong and what to do, in a sentence or two; never the value.
pub(crate) fn check(variable: &Variable) -> Result<(), String> {
    let is_key = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let key = variable.key.escape_debug();
    if variable.key.is_empty() || !variable.key.chars().all(is_key) {
        return Err(format!(
            "`{key}` is no key of a variable; use letters, digits and `_`"
        ));
    }
    if variable.key.len() > LONGEST_KEY {
        return Err(format!(
            "the key `{key}` has more than {LONGEST_KEY} characters"
        ));
    }
    if value(variable).chars().count() > LONGEST_VALUE {
        return Err(format!(
            "the value of `{key}` has more than {LONGEST_VALUE} characters; keep it in a secrets manager and let the job fetch it"
        ));
    }
    check_scope(&variable.scope)
        .map_err(|why| format!("the environment scope of `{key}` {why}"))?;
    match (variable.masked, variable.hidden) {
        (false, true) => Err(format!(
            "`{key}` is hidden but not masked; GitLab hides only what it masks, so set both"
        )),
        (false, false) => Ok(()),
        (true, _) => check_masked(variable)
            .map_err(|why| format!("the value of `{key}` cannot be masked: {why}")),
    }
}

/// Source: GitLab's `Gitlab::Regex.environment_scope_regex`, recalled.
fn check_scope(scope: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_/${}. -*".contains(c);
    if scope.is_empty() {
        return Err("is empty; `*` means all environments".to_owned());
    }
    if scope.chars().count() > LONGEST_SCOPE {
        return Err(format!("has more than {LONGEST_SCOPE} characters"));
    }
    if !scope.chars().all(allowed) {
        return Err("has other characters than letters, digits, blanks and `_/${}.-*`".to_owned());
    }
    Ok(())
}

/// Source: GitLab's `app/models/concerns/ci/maskable.rb`; the rule for raw values is recalled.
fn check_masked(variable: &Variable) -> Result<(), String> {
    let value = value(variable);
    let instead = match variable.kind {
        VariableKind::EnvVar => {
            "encode it with base64 on one line, use a protected variable of the kind file that is not masked, or use no secret at all: the job's ID token (OIDC) gets temporary credentials"
        }
        VariableKind::File => {
            "encode it with base64 on one line, leave the protected file unmasked, or use no secret at all: the job's ID token (OIDC) gets temporary credentials"
        }
    };
    if value.contains(['\n', '\r']) {
        return Err(format!("it has more than one line; {instead}"));
    }
    if value.chars().count() < SHORTEST_MASKED {
        return Err(format!(
            "it has fewer than {SHORTEST_MASKED} characters; use a longer secret, or do not mask what is none"
        ));
    }
    if value.contains(char::is_whitespace) {
        return Err(format!("it has blanks; {instead}"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_+=/@:.~-".contains(c);
    match variable.raw || value.chars().all(plain) {
        true => Ok(()),
        false => Err(
            "it has other characters than letters, digits and `_+=/@:.~-`; set it raw, so that `$` is not expanded in it, or encode it with base64 on one line"
                .to_owned(),
        ),
    }
}

fn value(variable: &Variable) -> &str {
    variable.value.as_ref().map_or("", |value| value.reveal())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Secret;

    fn masked(value: &str) -> Variable {
        Variable {
            key: "TOKEN".to_owned(),
            value: Some(Secret::new(value)),
            kind: VariableKind::EnvVar,
            protected: true,
            masked: true,
            hidden: false,
            raw: false,
            scope: "*".to_owned(),
            description: None,
        }
    }

    #[test]
    fn what_gitlab_masks_is_accepted() {
        for value in ["abcDEF12", "_+=/@:.~-", &"a".repeat(10_000)] {
            assert_eq!(check(&masked(value)), Ok(()));
        }
        let raw = Variable {
            raw: true,
            ..masked("pa$$w{}rd'é")
        };
        assert_eq!(check(&raw), Ok(()));
        let open = Variable {
            masked: false,
            ..masked("a b\nc")
        };
        assert_eq!(check(&open), Ok(()));
    }

    #[test]
    fn what_cannot_be_masked_is_told_with_a_way_out() {
        for (value, word) in [
            ("", "fewer than 8"),
            ("short12", "fewer than 8"),
            (
                "-----BEGIN\nKEY-----",
                "more than one line; encode it with base64",
            ),
            ("one line\rof it", "more than one line"),
            ("with a blank", "blanks"),
            ("pa$$word!", "set it raw"),
        ] {
            let told = check(&masked(value)).expect_err("it cannot be masked");
            assert!(told.contains(word), "{told}");
            assert!(value.is_empty() || !told.contains(value), "{told}");
        }
        let raw = Variable {
            raw: true,
            ..masked("with\ta tab")
        };
        assert!(check(&raw).is_err());
        let file = Variable {
            kind: VariableKind::File,
            ..masked("-----BEGIN\nKEY-----")
        };
        let told = check(&file).expect_err("it cannot be masked");
        assert!(told.contains("leave the protected file unmasked"));
    }

    #[test]
    fn keys_values_and_scopes_have_their_form() {
        let good = masked("abcDEF12");
        let bad = [
            Variable {
                key: String::new(),
                ..good.clone()
            },
            Variable {
                key: "A-B".to_owned(),
                ..good.clone()
            },
            Variable {
                key: "É".to_owned(),
                ..good.clone()
            },
            Variable {
                key: "A".repeat(256),
                ..good.clone()
            },
            Variable {
                value: Some(Secret::new("a".repeat(10_001))),
                ..good.clone()
            },
            Variable {
                hidden: true,
                masked: false,
                ..good.clone()
            },
            Variable {
                scope: String::new(),
                ..good.clone()
            },
            Variable {
                scope: "a".repeat(256),
                ..good.clone()
            },
            Variable {
                scope: "dev;prod".to_owned(),
                ..good.clone()
            },
        ];
        for variable in bad {
            assert!(check(&variable).is_err(), "{variable:?}");
        }
        let review = Variable {
            scope: "review/feature-1/*".to_owned(),
            ..good
        };
        assert_eq!(check(&review), Ok(()));
        let long = Variable {
            value: Some(Secret::new("é".repeat(10_000))),
            masked: false,
            ..review
        };
        assert_eq!(check(&long), Ok(()));
    }

    #[test]
    fn the_value_is_never_shown() {
        let shown = format!("{:?}", masked("planted-secret"));
        assert!(!shown.contains("planted-secret"), "{shown}");
        assert!(shown.contains("TOKEN"));
    }
}
