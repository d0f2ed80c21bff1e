//! A pipeline as a picture: for a terminal, and as SVG. Pure.
//!
//! Stages are columns, in order; a job stands in its stage with what it waits for by `needs`. Whoever has no `needs` waits for
//! the columns to its left.

use std::fmt::Write;

use crate::pipeline::{Job, Pipeline, When};

/// One job as it is drawn.
struct Card<'a> {
    job: &'a Job,
    /// Without its needs.
    title: String,
    needs: Vec<String>,
}

/// The columns that hold jobs.
fn columns(pipeline: &Pipeline) -> Vec<(&str, Vec<Card<'_>>)> {
    let of_stage = |stage: &str| -> Vec<Card<'_>> {
        let jobs = pipeline.jobs.iter().filter(|job| job.stage == stage);
        jobs.map(card).collect()
    };
    let all = pipeline
        .stages
        .iter()
        .map(|stage| (stage.as_str(), of_stage(stage)));
    all.filter(|(_, cards)| !cards.is_empty()).collect()
}

fn card(job: &Job) -> Card<'_> {
    let sign = match (&job.trigger, job.when) {
        (Some(_), _) => '◆',
        (None, When::Manual) => '▷',
        (None, When::Delayed) => '◷',
        (None, When::OnFailure) => '✗',
        (None, When::OnSuccess | When::Always | When::Never) => '●',
    };
    let place = job
        .environment
        .as_ref()
        .map_or(String::new(), |one| format!(" → {}", one.name));
    let name: String = job
        .name
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    Card {
        job,
        title: format!("{sign} {name}{place}"),
        needs: match &job.needs {
            None => Vec::new(),
            Some(needs) if needs.is_empty() => vec!["at once".to_owned()],
            Some(needs) => needs.iter().map(|need| need.job.clone()).collect(),
        },
    }
}

/// Widest line of a picture, in characters.
const WIDEST: usize = 100;
/// Between two columns.
const GAP: &str = "──▶";

/// For a terminal.
pub(super) fn text(pipeline: &Pipeline) -> String {
    let blocks: Vec<Vec<String>> = columns(pipeline)
        .iter()
        .map(|(stage, cards)| {
            let mut lines: Vec<String> = Vec::new();
            for card in cards {
                lines.push(card.title.clone());
                lines.extend(card.needs.iter().map(|need| format!("  ↖ {need}")));
            }
            boxed(stage, &lines)
        })
        .collect();
    let mut out = String::new();
    let mut row: Vec<&Vec<String>> = Vec::new();
    let mut width = 0;
    for block in &blocks {
        let own = block[0].chars().count();
        if !row.is_empty() && width + GAP.chars().count() + own > WIDEST {
            out.push_str(&beside(&row));
            row.clear();
            width = 0;
        }
        width += own + GAP.chars().count();
        row.push(block);
    }
    out.push_str(&beside(&row));
    if !blocks.is_empty() {
        out.push_str("● runs  ▷ when somebody starts it  ◷ later  ✗ after a failure  ◆ starts a pipeline  ↖ needs\n");
    }
    out
}

/// Lines in a box with a title.
fn boxed(title: &str, lines: &[String]) -> Vec<String> {
    let width = lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0)
        .max(title.chars().count());
    let rest = "─".repeat(width - title.chars().count());
    let mut out = vec![format!("╭ {title} {rest}╮")];
    out.extend(
        lines
            .iter()
            .map(|line| format!("│ {line}{} │", " ".repeat(width - line.chars().count()))),
    );
    out.push(format!("╰{}╯", "─".repeat(width + 2)));
    out
}

/// Boxes beside each other, an arrow between their first lines.
fn beside(blocks: &[&Vec<String>]) -> String {
    let height = blocks.iter().map(|block| block.len()).max().unwrap_or(0);
    let mut out = String::new();
    for n in 0..height {
        let mut line = String::new();
        for (at, block) in blocks.iter().enumerate() {
            if at > 0 {
                line.push_str(if n == 1 { GAP } else { "   " });
            }
            match block.get(n) {
                Some(text) => line.push_str(text),
                None => line.push_str(&" ".repeat(block[0].chars().count())),
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

const CARD_WIDTH: usize = 220;
const CARD_HEIGHT: usize = 34;
const ROW: usize = 46;
const COLUMN: usize = 290;
const LEFT: usize = 20;
const TOP: usize = 56;

/// As one SVG file.
pub(super) fn svg(pipeline: &Pipeline) -> String {
    let columns = columns(pipeline);
    let mut places: Vec<(&str, usize, usize)> = Vec::new();
    for (x, (_, cards)) in columns.iter().enumerate() {
        for (y, card) in cards.iter().enumerate() {
            places.push((&card.job.name, LEFT + x * COLUMN, TOP + y * ROW));
        }
    }
    let at = |name: &str| {
        places
            .iter()
            .find(|(known, ..)| *known == name)
            .map(|(_, x, y)| (*x, *y))
    };
    let most = columns
        .iter()
        .map(|(_, cards)| cards.len())
        .max()
        .unwrap_or(0);
    let (width, height) = (
        LEFT + columns.len().max(1) * COLUMN,
        TOP + most.max(1) * ROW + 12,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    let mut put = |line: String| {
        if writeln!(out, "{line}").is_err() {
            // Writing to a string does not fail.
        }
    };
    for job in &pipeline.jobs {
        let Some((to_x, to_y)) = at(&job.name) else {
            continue;
        };
        let needed = job
            .needs
            .iter()
            .flatten()
            .flat_map(|need| pipeline.meant_by(need));
        for (from_x, from_y) in needed.filter_map(|other| at(&other.name)) {
            let (x1, y1) = (from_x + CARD_WIDTH, from_y + CARD_HEIGHT / 2);
            let (x2, y2) = (to_x, to_y + CARD_HEIGHT / 2);
            let bend = 34;
            put(format!(
                "<path d=\"M{x1} {y1} C{} {y1} {} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#8a8f98\"/>",
                x1 + bend,
                x2.saturating_sub(bend)
            ));
        }
    }
    for (x, (stage, cards)) in columns.iter().enumerate() {
        let left = LEFT + x * COLUMN;
        put(format!(
            "<text x=\"{left}\" y=\"34\" font-weight=\"bold\">{}</text>",
            escaped(stage)
        ));
        for (y, card) in cards.iter().enumerate() {
            let top = TOP + y * ROW;
            let colour = match card.job.when {
                When::Manual => "#f4f4f5",
                When::OnFailure => "#fdecea",
                When::OnSuccess | When::Always | When::Delayed | When::Never => "#e8f1fc",
            };
            put(format!(
                "<rect x=\"{left}\" y=\"{top}\" width=\"{CARD_WIDTH}\" height=\"{CARD_HEIGHT}\" rx=\"6\" fill=\"{colour}\" stroke=\"#8a8f98\"/>"
            ));
            let title: String = card.title.chars().take(32).collect();
            put(format!(
                "<text x=\"{}\" y=\"{}\">{}</text>",
                left + 10,
                top + 22,
                escaped(&title)
            ));
        }
    }
    out.push_str("</svg>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
build: {stage: build, script: x}
unit: {script: x, needs: [build]}
lint: {script: x, needs: []}
prod: {stage: deploy, script: x, when: manual, environment: production}
";

    #[test]
    fn stages_stand_beside_each_other() {
        let pipeline = Pipeline::parse(TEXT, "ci.yml").unwrap();
        insta::assert_snapshot!(text(&pipeline), @r"
        ╭ build ──╮   ╭ test ───────╮   ╭ deploy ─────────────╮
        │ ● build │──▶│ ● unit      │──▶│ ▷ prod → production │
        ╰─────────╯   │   ↖ build   │   ╰─────────────────────╯
                      │ ● lint      │
                      │   ↖ at once │
                      ╰─────────────╯
        ● runs  ▷ when somebody starts it  ◷ later  ✗ after a failure  ◆ starts a pipeline  ↖ needs
        ");
    }

    #[test]
    fn the_picture_is_one_file_of_svg() {
        let svg = svg(&Pipeline::parse(TEXT, "ci.yml").unwrap());
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert_eq!(svg.matches("<path ").count(), 1);
        assert_eq!(svg.matches("<rect ").count(), 5);
    }
}
