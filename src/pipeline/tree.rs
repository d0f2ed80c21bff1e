//! Mappings over mappings, as GitLab merges files and templates. Source: GitLab's `deep_merge` (ActiveSupport).

use crate::yaml::{Kind, Map, Node};

/// `over` on top of `base`: mappings are merged key by key, all else is replaced.
pub(super) fn merged(base: &Map, over: &Map) -> Map {
    let mut result = base.clone();
    for (key, value) in over.iter() {
        let value = match (result.get(&key.text).map(|node| &node.kind), &value.kind) {
            (Some(Kind::Map(below)), Kind::Map(above)) => Node::map(merged(below, above), value.at),
            _ => value.clone(),
        };
        result.set(key.clone(), value);
    }
    result
}

/// A copy of the tree in which each node is what `change` makes of it; `None` leaves it, and its inside is looked at.
pub(super) fn changed(node: &Node, change: &mut dyn FnMut(&Node) -> Option<Node>) -> Node {
    if let Some(new) = change(node) {
        return new;
    }
    let kind = match &node.kind {
        Kind::Map(map) if map.iter().any(|(_, value)| has_inside(value)) => {
            let mut copy = Map::default();
            for (key, value) in map.iter() {
                copy.set(key.clone(), changed(value, change));
            }
            Kind::Map(copy.into())
        }
        Kind::List(items) if items.iter().any(has_inside) => Kind::List(
            items
                .iter()
                .map(|item| changed(item, change))
                .collect::<Vec<_>>()
                .into(),
        ),
        Kind::Map(_)
        | Kind::List(_)
        | Kind::Null
        | Kind::Bool(_)
        | Kind::Number(_)
        | Kind::Text(_)
        | Kind::Reference(_) => return node.clone(),
    };
    Node { kind, at: node.at }
}

fn has_inside(node: &Node) -> bool {
    match node.kind {
        Kind::Map(_) | Kind::List(_) | Kind::Reference(_) | Kind::Text(_) => true,
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => false,
    }
}
