//! The first of two documents: `spec:`.

use crate::yaml::{Kind, Node};

use super::super::fault::{Fault, Faults, Rule};
use super::declared::Declared;

/// What a file says of itself before its content.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Header {
    pub(in super::super) inputs: Vec<Declared>,
    /// `spec:include`: files whose inputs are declared here too.
    pub(in super::super) include: Option<Node>,
}

/// The documents of a file into header and content.
///
/// Source: GitLab, `lib/gitlab/ci/config/yaml/result.rb`: the first document is a header if it has the key `spec`.
pub(in super::super) fn split(documents: Vec<Node>, faults: &mut Faults) -> (Header, Option<Node>) {
    let mut documents = documents.into_iter();
    let Some(first) = documents.next() else {
        return (Header::default(), None);
    };
    let second = documents.next();
    if let Some(third) = documents.next() {
        let text = "the file has more than two documents; GitLab refuses it";
        faults.add(
            Fault::new(Rule::Yaml, third.at, text)
                .hint("a file is one document, or `spec:` and one document behind `---`"),
        );
    }
    match (first.get("spec"), second) {
        (Some(spec), content) => (header(spec, &first, faults), content),
        (None, Some(second)) if !second.is_null() => {
            let text = "what stands behind `---` is not read: the first document has no `spec`";
            faults.add(Fault::warning(Rule::Yaml, second.at, text));
            (Header::default(), Some(first))
        }
        (None, _) => (Header::default(), Some(first)),
    }
}

fn header(spec: &Node, first: &Node, faults: &mut Faults) -> Header {
    let wrong = |node: &Node, text: &str| Fault::new(Rule::Input, node.at, text);
    if let Some(top) = first.as_map() {
        for (key, _) in top.iter().filter(|(key, _)| &*key.text != "spec") {
            let text = format!("`{}` stands in the header, beside `spec`", key.text);
            faults.add(
                Fault::new(Rule::Keyword, key.at, text)
                    .hint("jobs and keywords stand in the second document, behind `---`"),
            );
        }
    }
    let map = match &spec.kind {
        Kind::Map(map) => map,
        Kind::Null => return Header::default(),
        Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::List(_) | Kind::Reference(_) => {
            faults.add(wrong(spec, "`spec` must be a mapping"));
            return Header::default();
        }
    };
    let known = ["inputs", "include", "component", "description"];
    for (key, _) in map.iter().filter(|(key, _)| !known.contains(&&*key.text)) {
        faults.add(
            Fault::new(
                Rule::Keyword,
                key.at,
                format!("unknown keyword `spec:{}`", key.text),
            )
            .near(&key.text, known),
        );
    }
    let mut inputs = Vec::new();
    match map.get("inputs") {
        None => {}
        Some(node) => match &node.kind {
            Kind::Map(declared) => {
                for (key, body) in declared.iter() {
                    let read = Declared::read(key, body, faults);
                    inputs.extend(read);
                }
            }
            Kind::Null => {}
            Kind::Bool(_)
            | Kind::Number(_)
            | Kind::Text(_)
            | Kind::List(_)
            | Kind::Reference(_) => {
                faults.add(wrong(
                    node,
                    "`spec:inputs` must be names with what they are",
                ));
            }
        },
    }
    Header {
        inputs,
        include: map.get("include").cloned(),
    }
}
