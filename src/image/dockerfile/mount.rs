//! The fields of `RUN --mount=…`.
//!
//! Source: buildkit `instructions/commands_runmount.go`: comma-separated values, keys in any letter case. 0.8 reads them
//! with `encoding/csv`, 0.20 with `csvvalue`; both agree on fields that are quoted as a whole or not at all. Newer
//! versions replace variables and escapes in values.

use crate::error::Result;

use super::fault::{invalid, shown};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// Key in lower case, and the value behind `=`.
    fields: Vec<(String, Option<String>)>,
}

const KINDS: [&str; 5] = ["bind", "cache", "tmpfs", "secret", "ssh"];

impl Mount {
    pub(super) fn parse(line: usize, text: &str) -> Result<Self> {
        let mut fields: Vec<(String, Option<String>)> = Vec::new();
        for field in split(line, text)? {
            let (key, value) = match field.split_once('=') {
                Some((key, value)) => (key, Some(value.to_owned())),
                None => (field.as_str(), None),
            };
            let key = key.to_ascii_lowercase();
            if matches!(key.as_str(), "type" | "from")
                && fields.iter().any(|(other, _)| *other == key)
            {
                return Err(invalid(line, format!("`--mount` names `{key}` twice")));
            }
            fields.push((key, value));
        }
        Ok(Mount { fields })
    }

    fn value(&self, key: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(own, _)| own == key)?;
        Some(field.1.as_deref().unwrap_or_default())
    }

    /// Such as `cache`, in lower case; `None`: what is written is none of the kinds, perhaps a variable.
    pub(super) fn kind(&self) -> Option<&'static str> {
        let written = self.value("type").unwrap_or("bind");
        KINDS
            .into_iter()
            .find(|kind| kind.eq_ignore_ascii_case(written))
    }

    pub(super) fn from(&self) -> Option<&str> {
        self.value("from").filter(|from| !from.is_empty())
    }

    /// The same mount from another image, as text.
    pub(super) fn with_image(&self, image: &str) -> String {
        let field = |(key, value): &(String, Option<String>)| match (key.as_str(), value) {
            ("from", _) => format!("from={image}"),
            (key, Some(value)) => format!("{key}={value}"),
            (key, None) => key.to_owned(),
        };
        let fields: Vec<String> = self
            .fields
            .iter()
            .map(field)
            .map(|text| quoted(&text))
            .collect();
        fields.join(",")
    }
}

fn quoted(field: &str) -> String {
    match field.contains(['"', ',']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

fn split(line: usize, text: &str) -> Result<Vec<String>> {
    let broken = || {
        invalid(
            line,
            format!("`--mount={text}`: its quotes are read in different ways"),
        )
        .hint("leave the quotes out, or put them around a whole field: `\"target=/a,b\"`")
    };
    let (mut fields, mut rest) = (Vec::new(), Some(text));
    while let Some(text) = rest {
        let field;
        (field, rest) = match text.strip_prefix('"') {
            Some(text) => quoted_field(text).ok_or_else(broken)?,
            None => match text.split_once(',') {
                Some((field, rest)) => (field.to_owned(), Some(rest)),
                None => (text.to_owned(), None),
            },
        };
        if !text.starts_with('"') && field.contains('"') {
            return Err(broken());
        }
        if field.is_empty() {
            return Err(invalid(
                line,
                format!("{} holds an empty field", shown(&format!("--mount={text}"))),
            ));
        }
        fields.push(field);
    }
    Ok(fields)
}

/// Behind the opening quote: the field, and what follows its comma.
fn quoted_field(text: &str) -> Option<(String, Option<&str>)> {
    let (mut field, mut rest) = (String::new(), text);
    loop {
        let (inside, behind) = rest.split_once('"')?;
        field.push_str(inside);
        match behind.chars().next() {
            None => return Some((field, None)),
            Some(',') => return Some((field, Some(&behind[1..]))),
            Some('"') => {
                field.push('"');
                rest = &behind[1..];
            }
            Some(_) => return None,
        }
    }
}
