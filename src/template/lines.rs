//! Where two texts differ, by lines: patience first, Myers in what it leaves.
//!
//! Myers alone takes minutes for long texts with nothing in common; unique lines split those into small pieces, and a large
//! piece without any is one change. So the time is bounded by the length, and no clock decides about a result.

use std::collections::HashMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Lines of both sides together that Myers gets at most.
const SMALL: usize = 2048;

/// The lines `old` of one text became the lines `new` of the other; one of them may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

/// Equal lines get equal numbers.
#[derive(Default)]
pub(super) struct Numbers<'a>(HashMap<&'a str, u32>);

impl<'a> Numbers<'a> {
    pub(super) fn of(&mut self, lines: impl Iterator<Item = &'a str>) -> Vec<u32> {
        let mut next = self.0.len() as u32;
        let numbers = lines.map(|line| {
            *self.0.entry(line).or_insert_with(|| {
                next += 1;
                next
            })
        });
        numbers.collect()
    }
}

/// In order; between two changes stands at least one equal line.
pub(super) fn changes(old: &[u32], new: &[u32]) -> Vec<Change> {
    let mut found = Vec::new();
    let (mut old_at, mut new_at) = (0, 0);
    let mut close = |old_end: usize, new_end: usize| {
        if old_at < old_end || new_at < new_end {
            found.push(Change {
                old: old_at..old_end,
                new: new_at..new_end,
            });
        }
        (old_at, new_at) = (old_end + 1, new_end + 1);
    };
    for (place, partner) in partners(old, new).into_iter().enumerate() {
        if let Some(partner) = partner {
            close(place, partner);
        }
    }
    close(old.len(), new.len());
    found
}

/// For each line of `old` the line of `new` that it is; rising.
fn partners(old: &[u32], new: &[u32]) -> Vec<Option<usize>> {
    let mut partners = vec![None; old.len()];
    let mut open = vec![(0..old.len(), 0..new.len())];
    while let Some((mut left, mut right)) = open.pop() {
        while !left.is_empty() && !right.is_empty() && old[left.start] == new[right.start] {
            partners[left.start] = Some(right.start);
            left.start += 1;
            right.start += 1;
        }
        while !left.is_empty() && !right.is_empty() && old[left.end - 1] == new[right.end - 1] {
            left.end -= 1;
            right.end -= 1;
            partners[left.end] = Some(right.end);
        }
        if left.is_empty() || right.is_empty() {
            continue;
        }
        let anchors = anchors(old, left.clone(), new, right.clone());
        if !anchors.is_empty() {
            for (place, partner) in anchors {
                partners[place] = Some(partner);
                open.push((left.start..place, right.start..partner));
                (left.start, right.start) = (place + 1, partner + 1);
            }
            open.push((left, right));
        } else if left.len() + right.len() <= SMALL {
            let (before, after) = (left.start, right.start);
            for op in capture_diff_slices(Algorithm::Myers, &old[left], &new[right]) {
                match op {
                    DiffOp::Equal {
                        old_index,
                        new_index,
                        len,
                    } => {
                        for n in 0..len {
                            partners[before + old_index + n] = Some(after + new_index + n);
                        }
                    }
                    DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {}
                }
            }
        }
    }
    partners
}

/// The longest rising row of lines that either side has once.
fn anchors(
    old: &[u32],
    left: Range<usize>,
    new: &[u32],
    right: Range<usize>,
) -> Vec<(usize, usize)> {
    let mut places: HashMap<u32, (Once, Once)> = HashMap::new();
    for place in left.clone() {
        let seen = places.entry(old[place]).or_default();
        seen.0 = seen.0.and(place);
    }
    for place in right {
        let seen = places.entry(new[place]).or_default();
        seen.1 = seen.1.and(place);
    }
    let pairs: Vec<(usize, usize)> = left
        .filter_map(|place| match places.get(&old[place]) {
            Some((Once::At(_), Once::At(partner))) => Some((place, *partner)),
            Some(_) | None => None,
        })
        .collect();
    rising(&pairs)
}

/// How often a line was seen.
#[derive(Clone, Copy, Default)]
enum Once {
    #[default]
    Never,
    At(usize),
    More,
}

impl Once {
    fn and(self, place: usize) -> Self {
        match self {
            Once::Never => Once::At(place),
            Once::At(_) | Once::More => Once::More,
        }
    }
}

/// The longest part of `pairs`, whose first halves rise, in which the second halves rise too.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // `ends[n]`: the pair with the lowest second half that ends a row of n + 1.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|&end| pairs[end].1 < pair.1);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let first = ends.last().copied();
    let mut row: Vec<_> = std::iter::successors(first, |&at| before[at])
        .map(|at| pairs[at])
        .collect();
    row.reverse();
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(old: &str, new: &str) -> Vec<(Range<usize>, Range<usize>)> {
        let mut numbers = Numbers::default();
        let (old, new) = (numbers.of(old.split(' ')), numbers.of(new.split(' ')));
        let found = changes(&old, &new);
        found.into_iter().map(|one| (one.old, one.new)).collect()
    }

    #[test]
    fn changes_are_found_between_equal_lines() {
        assert_eq!(of("a b c", "a b c"), []);
        assert_eq!(of("a b c", "a x c"), [(1..2, 1..2)]);
        assert_eq!(of("a b c", "x a b c y z"), [(0..0, 0..1), (3..3, 4..6)]);
        assert_eq!(of("f { } g { }", "f { } h { } g { }"), [(3..3, 3..6)]);
        // What has moved is found at one of the two places.
        assert_eq!(of("a b c d e", "d a b c e"), [(0..0, 0..1), (3..4, 4..4)]);
        assert_eq!(of("x x y y x", "x y x y x"), [(1..2, 1..1), (3..3, 2..3)]);
    }

    #[test]
    fn long_texts_take_no_time() {
        let count = 100_000;
        let (low, high): (Vec<u32>, Vec<u32>) =
            ((0..count).collect(), (count..2 * count).collect());
        assert_eq!(changes(&low, &high).len(), 1);
        let turned: Vec<u32> = low.iter().rev().copied().collect();
        assert_eq!(changes(&low, &turned).len(), 2);
        // Two letters in no order have nothing unique in them.
        let noise = |seed: u32| -> Vec<u32> {
            let mut state = seed;
            let bits = (0..count).map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state >> 31
            });
            bits.collect()
        };
        assert!(!changes(&noise(1), &noise(2)).is_empty());
    }
}
