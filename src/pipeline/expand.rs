//! `$NAME`, `${NAME}` and `%NAME%` in what GitLab itself writes out: paths of includes, names of environments, conditions.
//!
//! Source: GitLab, `lib/expand_variables.rb`; `$$` stays as it is. What is not known stays too.

use super::expression::Lookup;

pub(crate) fn expand(text: &str, variables: Lookup<'_>) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(['$', '%']) {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, used) = if rest[at..].starts_with('%') {
            match after.split_once('%') {
                Some((name, _)) if is_name(name) => (name, name.len() + 2),
                Some(_) | None => ("", 1),
            }
        } else if after.starts_with('$') {
            ("", 2)
        } else if let Some((name, _)) = after
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
        {
            (name, name.len() + 3)
        } else {
            let end = after
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(after.len());
            (&after[..end], end + 1)
        };
        match variables(name).filter(|_| is_name(name)) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&rest[at..at + used]),
        }
        rest = &rest[at + used..];
    }
    out.push_str(rest);
    out
}

fn is_name(name: &str) -> bool {
    super::variables::is_name(name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_known_is_written_out() {
        let lookup = |name: &str| (name == "A").then(|| "1".to_owned());
        assert_eq!(
            super::expand("$A ${A} %A% $B ${B} $$A 100% $", &lookup),
            "1 1 1 $B ${B} $$A 100% $"
        );
    }
}
