//! Whether a tree fits a JSON schema: as much of draft 7 as GitLab's schema uses, said with places.
//!
//! A library for all of it made the program a quarter larger. Source of the meanings: json-schema.org, "JSON Schema
//! Validation", draft 7. Not read: `pattern`, `format`, `minLength`, `maxLength`, `minItems`, `uniqueItems` (see above);
//! `oneOf` is as `anyOf`.

use regex::Regex;
use serde_json::{Map as Object, Value};

use crate::nearest::nearest;
use crate::yaml::{Kind, Map, Node, Place};

use super::super::print;
use super::super::value::flattened;
use super::words::{asks_for_a_value, is_of, list_of, objects, types_in_words, words};

#[derive(Clone, Copy)]
pub(super) struct Schema<'a> {
    whole: &'a Value,
}

/// Something that does not fit.
#[derive(Clone, Debug)]
pub(super) struct Misfit {
    pub(super) at: Place,
    pub(super) text: String,
    pub(super) hint: Option<String>,
    /// The keys that lead there.
    pub(super) path: Vec<String>,
    pub(super) kind: Of,
}

/// What does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Type,
    /// A key that the schema does not know.
    Key,
    Other,
}

impl Misfit {
    /// Of several forms that do not fit, the one with the greatest is what was meant.
    fn nearness(&self) -> (usize, bool) {
        (self.path.len(), self.kind != Of::Type)
    }
}

/// Where a value stands.
#[derive(Clone)]
struct Spot {
    path: Vec<String>,
    at: Place,
}

impl Spot {
    fn of(&self, name: &str, at: Place) -> Self {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        Spot { path, at }
    }

    fn name(&self) -> String {
        match self.path.is_empty() {
            true => "the pipeline".to_owned(),
            false => format!("`{}`", self.path.join(":")),
        }
    }

    fn misfit(&self, text: String) -> Misfit {
        Misfit {
            at: self.at,
            text,
            hint: None,
            path: self.path.clone(),
            kind: Of::Other,
        }
    }
}

impl<'a> Schema<'a> {
    pub(super) fn new(whole: &'a Value) -> Self {
        Schema { whole }
    }

    /// Everything in the tree that does not fit.
    pub(super) fn misfits(&self, node: &Node) -> Vec<Misfit> {
        let spot = Spot {
            path: Vec::new(),
            at: node.at,
        };
        let mut found = Vec::new();
        self.visit(self.whole, node, &spot, &mut found);
        found
    }

    fn fits(&self, schema: &Value, node: &Node, spot: &Spot) -> bool {
        let mut found = Vec::new();
        self.visit(schema, node, spot, &mut found);
        found.is_empty()
    }

    fn visit(&self, schema: &Value, node: &Node, spot: &Spot, found: &mut Vec<Misfit>) {
        let schema = match schema {
            Value::Object(schema) => schema,
            Value::Bool(false) => {
                found.push(spot.misfit(format!("{} is not allowed here", spot.name())));
                return;
            }
            Value::Bool(true)
            | Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => return,
        };
        // A reference that was not resolved has been told as such.
        if matches!(node.kind, Kind::Reference(_)) {
            return;
        }
        if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
            if let Some(meant) = self.whole.pointer(path.trim_start_matches('#')) {
                self.visit(meant, node, spot, found);
            }
            return;
        }
        if let Some(types) = schema.get("type")
            && !is_of(types, node)
        {
            let text = format!(
                "{} must be {}, and is {}",
                spot.name(),
                types_in_words(types),
                node.sort()
            );
            found.push(Misfit {
                kind: Of::Type,
                ..spot.misfit(text)
            });
            return;
        }
        value(schema, node, spot, found);
        match &node.kind {
            Kind::Map(map) => self.map(schema, map, spot, found),
            Kind::List(items) => self.list(schema, items, spot, found),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Reference(_) => {}
        }
        self.combined(schema, node, spot, found);
    }

    fn map(&self, schema: &Object<String, Value>, map: &Map, spot: &Spot, found: &mut Vec<Misfit>) {
        let there = |name: &str| map.get(name).is_some_and(|node| !node.is_null());
        for name in words(schema.get("required")).filter(|name| !there(name)) {
            found.push(spot.misfit(format!("{} has no `{name}`", spot.name())));
        }
        for (name, wanted) in objects(schema.get("dependencies")).filter(|(name, _)| there(name)) {
            for other in words(Some(wanted)).filter(|other| !there(other)) {
                found.push(spot.misfit(format!("{} has `{name}` without `{other}`", spot.name())));
            }
        }
        let patterns: Vec<(Regex, &Value)> = objects(schema.get("patternProperties"))
            .filter_map(|(pattern, inner)| Some((Regex::new(pattern).ok()?, inner)))
            .collect();
        for (key, node) in map.iter().filter(|(_, node)| !node.is_null()) {
            let inner = spot.of(&key.text, key.at);
            let named = schema
                .get("properties")
                .and_then(|named| named.get(&*key.text));
            let fitting = patterns
                .iter()
                .filter(|(pattern, _)| pattern.is_match(&key.text));
            let mut is_known = false;
            for wanted in named.into_iter().chain(fitting.map(|(_, inner)| *inner)) {
                is_known = true;
                self.visit(wanted, node, &inner, found);
            }
            match schema.get("additionalProperties") {
                Some(Value::Bool(false)) if !is_known => {
                    let known = objects(schema.get("properties")).map(|(name, _)| name);
                    found.push(Misfit {
                        kind: Of::Key,
                        hint: nearest(&key.text, known)
                            .map(|near| format!("did you mean `{near}`?")),
                        ..inner.misfit(format!("GitLab's schema does not know {}", inner.name()))
                    });
                }
                Some(wanted) if !is_known => self.visit(wanted, node, &inner, found),
                Some(_) | None => {}
            }
        }
    }

    fn list(
        &self,
        schema: &Object<String, Value>,
        items: &[Node],
        spot: &Spot,
        found: &mut Vec<Misfit>,
    ) {
        let items = flattened(items);
        let most = schema.get("maxItems").and_then(Value::as_u64);
        if let Some(most) = most.filter(|most| items.len() as u64 > *most) {
            found.push(spot.misfit(format!(
                "{} has {} entries; GitLab takes {most}",
                spot.name(),
                items.len()
            )));
        }
        if let Some(wanted) = schema.get("items") {
            for (n, item) in items.iter().enumerate() {
                self.visit(wanted, item, &spot.of(&(n + 1).to_string(), item.at), found);
            }
        }
    }

    /// `allOf`, `anyOf`, `oneOf`, `not`, `if`.
    fn combined(
        &self,
        schema: &Object<String, Value>,
        node: &Node,
        spot: &Spot,
        found: &mut Vec<Misfit>,
    ) {
        for all in list_of(schema.get("allOf")) {
            self.visit(all, node, spot, found);
        }
        for forms in ["anyOf", "oneOf"] {
            let mut misfits = Vec::new();
            let mut fits = false;
            let mut asked = false;
            for form in list_of(schema.get(forms)) {
                let mut own = Vec::new();
                self.visit(form, node, spot, &mut own);
                asked = true;
                fits |= own.is_empty();
                misfits.extend(own);
            }
            if asked && !fits {
                // Of the form that fits furthest.
                let nearest = misfits.into_iter().max_by_key(|one| one.nearness());
                found.extend(
                    nearest.map(|one| match one.nearness() > (spot.path.len(), false) {
                        true => one,
                        false => {
                            spot.misfit(format!("{} must not be {}", spot.name(), node.sort()))
                        }
                    }),
                );
            }
        }
        if let Some(never) = schema.get("not")
            && self.fits(never, node, spot)
        {
            found.push(spot.misfit(format!("GitLab's schema refuses {}", spot.name())));
        }
        if let Some(condition) = schema.get("if") {
            let branch = if self.fits(condition, node, spot) {
                "then"
            } else {
                "else"
            };
            if let Some(wanted) = schema.get(branch) {
                self.visit(wanted, node, spot, found);
            }
        }
    }
}

/// `enum`, `const`, `minimum`, `maximum`.
fn value(schema: &Object<String, Value>, node: &Node, spot: &Spot, found: &mut Vec<Misfit>) {
    if !asks_for_a_value(schema) {
        return;
    }
    let own = print::json(node);
    let allowed: Vec<&Value> = list_of(schema.get("enum"))
        .chain(schema.get("const"))
        .collect();
    if !allowed.is_empty() && !allowed.contains(&&own) {
        let words: Vec<String> = allowed
            .iter()
            .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
            .collect();
        found.push(spot.misfit(format!(
            "{} must be one of {}",
            spot.name(),
            words.join(", ")
        )));
    }
    if let Some(number) = own.as_f64() {
        let limit = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
        if limit("minimum").is_some_and(|least| number < least)
            || limit("maximum").is_some_and(|most| number > most)
        {
            found.push(spot.misfit(format!(
                "{} is {number}, which GitLab does not take",
                spot.name()
            )));
        }
    }
}
