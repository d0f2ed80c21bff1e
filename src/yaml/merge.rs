//! The merge key `<<`, as Ruby applies it: where it stands, over what was written before it.

use super::read::Oddity;
use super::{Kind, Map, Node};

/// Merges `value` into `map`. `Err`: it holds no mapping, and `<<` is a key like any other.
pub(super) fn apply(
    map: &mut Map,
    value: &Node,
    odd: &mut Vec<Oddity>,
    own: &std::collections::HashSet<std::rc::Rc<str>>,
) -> Result<(), ()> {
    let mut joined = Map::default();
    match &value.kind {
        Kind::Map(one) => join(&mut joined, one),
        // Source: Psych `to_ruby.rb`, `revive_hash`: the first of a list wins over those behind it.
        Kind::List(items) => {
            for item in items.iter().rev() {
                match &item.kind {
                    Kind::Map(one) => join(&mut joined, one),
                    Kind::Null
                    | Kind::Bool(_)
                    | Kind::Number(_)
                    | Kind::Text(_)
                    | Kind::List(_)
                    | Kind::Reference(_) => return Err(()),
                }
            }
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Reference(_) => {
            return Err(());
        }
    }
    for (key, merged) in joined.iter() {
        if own.contains(&key.text)
            && let Some((written, _)) = map.entry(&key.text)
        {
            odd.push(Oddity::Overridden {
                key: key.text.to_string(),
                at: written.at,
                by: value.at,
            });
        }
        map.set(key.clone(), merged.clone());
    }
    Ok(())
}

fn join(into: &mut Map, from: &Map) {
    for (key, value) in from.iter() {
        into.set(key.clone(), value.clone());
    }
}
