//! The picture as one SVG file.

use std::collections::BTreeSet;

use super::{Card, columns};
use crate::pipeline::{Job, Pipeline, When};

const CARD_WIDTH: usize = 220;
const CARD_HEIGHT: usize = 34;
const ROW: usize = 46;
const COLUMN: usize = 290;
const LEFT: usize = 20;
const TOP: usize = 56;
/// Of a curve, in the gap between two columns.
const BEND: usize = 34;
/// Between two lines below all cards.
const LANE: usize = 8;
/// Longest title, characters.
const LONGEST: usize = 32;

/// Stages as columns, needs as lines; a need that follows from another one has no line of its own.
pub(in super::super) fn svg(pipeline: &Pipeline) -> String {
    let columns = columns(pipeline);
    let mut places: Vec<(&str, (usize, usize))> = Vec::new();
    for (x, (_, cards)) in columns.iter().enumerate() {
        for (y, card) in cards.iter().enumerate() {
            places.push((&card.job.name, (x, y)));
        }
    }
    let at = |name: &str| {
        let found = places.iter().find(|(known, _)| *known == name);
        found.map(|(_, place)| *place)
    };
    let most = columns.iter().map(|(_, cards)| cards.len()).max();
    let bottom = TOP + most.unwrap_or(1) * ROW;
    let mut lanes = 0;
    let mut lines = String::new();
    for job in &pipeline.jobs {
        for other in needed(pipeline, job) {
            let (Some(from), Some(to)) = (at(other), at(&job.name)) else {
                continue;
            };
            let path = path(from, to, bottom + lanes * LANE);
            lanes += usize::from(to.0 > from.0 + 1);
            lines.push_str(&format!(
                "<path d=\"{path}\" fill=\"none\" stroke=\"#8a8f98\"/>\n"
            ));
        }
    }
    let (width, height) = (
        LEFT + columns.len().max(1) * COLUMN,
        bottom + lanes * LANE + 12,
    );
    let mut cards = String::new();
    for (x, (stage, column)) in columns.iter().enumerate() {
        cards.push_str(&format!(
            "<text x=\"{}\" y=\"34\" font-weight=\"bold\">{}</text>\n",
            LEFT + x * COLUMN,
            escaped(stage)
        ));
        for (y, card) in column.iter().enumerate() {
            cards.push_str(&drawn(card, LEFT + x * COLUMN, TOP + y * ROW));
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{lines}{cards}</svg>\n"
    )
}

fn drawn(card: &Card<'_>, left: usize, top: usize) -> String {
    let colour = match card.job.when {
        When::Manual => "#f4f4f5",
        When::OnFailure => "#fdecea",
        When::OnSuccess | When::Always | When::Delayed | When::Never => "#e8f1fc",
    };
    let title: String = card.title.chars().take(LONGEST).collect();
    format!(
        "<rect x=\"{left}\" y=\"{top}\" width=\"{CARD_WIDTH}\" height=\"{CARD_HEIGHT}\" rx=\"6\" fill=\"{colour}\" stroke=\"#8a8f98\"/>\n\
         <text x=\"{}\" y=\"{}\">{}</text>\n",
        left + 10,
        top + 22,
        escaped(&title)
    )
}

/// From one place, column and row, to another; `lane`: where a line passes below the cards between them.
fn path(from: (usize, usize), to: (usize, usize), lane: usize) -> String {
    let (x1, y1) = (
        LEFT + from.0 * COLUMN + CARD_WIDTH,
        TOP + from.1 * ROW + CARD_HEIGHT / 2,
    );
    let (x2, y2) = (LEFT + to.0 * COLUMN, TOP + to.1 * ROW + CARD_HEIGHT / 2);
    if to.0 <= from.0 {
        // In one stage: along the right side.
        let (x2, bend) = (x2 + CARD_WIDTH, x1.max(x2 + CARD_WIDTH) + BEND / 2);
        return format!("M{x1} {y1} C{bend} {y1} {bend} {y2} {x2} {y2}");
    }
    let (right, left) = (x1 + BEND, x2 - BEND);
    match to.0 - from.0 {
        1 => format!("M{x1} {y1} C{right} {y1} {left} {y2} {x2} {y2}"),
        _ => format!(
            "M{x1} {y1} C{right} {y1} {right} {lane} {} {lane} L{} {lane} C{left} {lane} {left} {y2} {x2} {y2}",
            right + BEND,
            left - BEND
        ),
    }
}

/// The jobs that `job` needs, but for those that another of them needs already.
fn needed<'a>(pipeline: &'a Pipeline, job: &'a Job) -> Vec<&'a str> {
    let direct = |job: &'a Job| {
        let needs = job.needs.iter().flatten();
        needs.flat_map(|need| pipeline.meant_by(need))
    };
    let mut follows: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&Job> = direct(job).flat_map(direct).collect();
    while let Some(other) = open.pop() {
        if follows.insert(&other.name) {
            open.extend(direct(other));
        }
    }
    let mut all: Vec<&str> = direct(job).map(|other| other.name.as_str()).collect();
    all.retain(|name| !follows.contains(name));
    all
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
