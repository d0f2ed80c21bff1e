//! The pictures of the page: jobs over the time, and where time went. Each has its numbers as words, too.

use super::super::story::Outcome;
use super::summary::{PARTS, SLOTS, Slot, Told};
use super::words::{at, share, took};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 150.0;
/// Below the columns, for hours.
const FOOT: f64 = 18.0;
/// Slots from one hour's word to the next.
const EVERY: usize = 6;
/// Least share of a bar, in per cent: a small part is still seen.
const LEAST: f64 = 0.4;

/// Columns of the time, stacked by outcome.
pub(super) fn over_time(told: &Told) -> String {
    let sum = |slot: &Slot| slot.counts.iter().sum::<u64>();
    let most = told.slots.iter().map(sum).max().unwrap_or(0).max(1);
    let step = WIDTH / SLOTS as f64;
    let mut out = format!(
        "<svg class=\"time\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"Jobs over the time, at most {most} in one of {SLOTS} slots\">\
         <line x1=\"0\" y1=\"{HEIGHT}\" x2=\"{WIDTH}\" y2=\"{HEIGHT}\"/>\n",
        HEIGHT + FOOT
    );
    for (index, slot) in told.slots.iter().enumerate() {
        let left = index as f64 * step;
        if index % EVERY == 0 {
            out.push_str(&format!(
                "<text x=\"{left:.1}\" y=\"{:.1}\">{}</text>\n",
                HEIGHT + FOOT - 3.0,
                at(slot.from_ms).get(5..).unwrap_or_default()
            ));
        }
        if sum(slot) > 0 {
            out.push_str(&column(slot, left, step, most));
        }
    }
    out.push_str(&format!("<text x=\"0\" y=\"11\">{most}</text>\n</svg>\n"));
    out
}

fn column(slot: &Slot, left: f64, step: f64, most: u64) -> String {
    let mut words = vec![at(slot.from_ms)];
    let mut rectangles = String::new();
    let mut top = HEIGHT;
    for (outcome, count) in Outcome::ALL.iter().zip(slot.counts) {
        if count == 0 {
            continue;
        }
        let height = (HEIGHT - 16.0) * count as f64 / most as f64;
        top -= height;
        words.push(format!("{count} {}", outcome.name()));
        rectangles.push_str(&format!(
            "<rect class=\"{}\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{height:.1}\"/>",
            outcome.name(),
            left + 1.0,
            step - 2.0
        ));
    }
    format!("<g><title>{}</title>{rectangles}</g>\n", words.join(", "))
}

/// One bar of the given milliseconds, in the order of [`PARTS`].
pub(super) fn of_parts(ms: &[u64; PARTS.len()], kind: &str) -> String {
    let all: u64 = ms.iter().sum();
    let widths = ms.map(|ms| match ms {
        0 => 0.0,
        ms => (100.0 * ms as f64 / all as f64).max(LEAST),
    });
    let sum: f64 = widths.iter().sum();
    let mut words = Vec::new();
    let mut rectangles = String::new();
    let mut left = 0.0;
    for ((name, ms), width) in PARTS.iter().zip(ms).zip(widths) {
        if width == 0.0 {
            continue;
        }
        let width = 100.0 * width / sum;
        let word = format!("{name} {} ({})", took(*ms), share(*ms, all));
        rectangles.push_str(&format!(
            "<rect class=\"{name}\" x=\"{left:.2}%\" width=\"{width:.2}%\" height=\"100%\"><title>{word}</title></rect>"
        ));
        words.push(word);
        left += width;
    }
    format!(
        "<svg class=\"{kind}\" role=\"img\" aria-label=\"{}\">{rectangles}</svg>",
        words.join(", ")
    )
}
