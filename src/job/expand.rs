//! `$NAME` and `${NAME}` in image, service and user names, one pass, as the runner does it.

use std::collections::BTreeMap;

/// Nothing that a process can be given is longer than 128 KiB (Linux, `MAX_ARG_STRLEN`); what variables would make longer
/// than this is cut, so that a few of a job's that multiply each other do not fill this host's memory.
const LONGEST: usize = 128 << 10;

/// Replaces variables once; an unknown one becomes empty, `$$` becomes `$`.
///
/// Source: gitlab-runner `common/variables.go`, `os.Expand` over the job's variables.
pub(crate) fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$')
        && out.len() < LONGEST
    {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
        {
            out.push_str(variables.get(name).map_or("", String::as_str));
            rest = after;
        } else {
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            match end {
                0 => out.push('$'),
                _ => out.push_str(variables.get(&rest[..end]).map_or("", String::as_str)),
            }
            rest = &rest[end..];
        }
    }
    if out.len() < LONGEST {
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pass_over_unexpanded_values() {
        let variables = [("A", "1"), ("NEST", "$A")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
        let text = expand("$A-${A}x-$NEST-$$A-$-$(A)-${A", &variables);
        assert_eq!(text, "1-1x-$A-$A-$-$(A)-${A");
    }

    #[test]
    fn values_that_multiply_end() {
        let variables = [("A".to_owned(), "x".repeat(100_000))].into();
        let long = expand(&"$A".repeat(50_000), &variables);
        assert!(long.len() < LONGEST + 100_001);
    }

    proptest::proptest! {
        #[test]
        fn fuzz_expansion(text in "([$]|[{]|[}]|A|B|\\PC){0,30}", a in "([$]|[{]|A|x){0,9}") {
            let variables = [("A".to_owned(), a)].into();
            let once = expand(&text, &variables);
            if !text.contains('$') {
                proptest::prop_assert_eq!(once, text);
            }
        }
    }
}
