//! A pipeline as a picture: for a terminal, and as SVG. Pure.
//!
//! Stages are columns, in order; a job stands in its stage with what it waits for by `needs`. Whoever has no `needs` waits for
//! the columns to its left.

mod svg;

use crate::pipeline::{Job, Pipeline, When};

pub(super) use svg::svg;

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
        jobs.map(|job| card(pipeline, job)).collect()
    };
    let all = pipeline
        .stages
        .iter()
        .map(|stage| (stage.as_str(), of_stage(stage)));
    all.filter(|(_, cards)| !cards.is_empty()).collect()
}

fn card<'a>(pipeline: &Pipeline, job: &'a Job) -> Card<'a> {
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
        needs: match pipeline.needs_there(job) {
            None => Vec::new(),
            Some(needs) if needs.is_empty() => vec!["at once".to_owned()],
            Some(needs) => needs.into_iter().map(str::to_owned).collect(),
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
