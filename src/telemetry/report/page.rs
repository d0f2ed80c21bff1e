//! The report as one HTML page that needs nothing else: no network, no server, no script.
//!
//! Refuses to pass anything on as markup: all text is escaped, nothing becomes a link, and the page's own policy allows exactly
//! its own style.

use super::chart;
use super::summary::{Failures, PARTS, Told};
use super::tally::Counted;
use super::words::{at, share, took};
use crate::output::html::{escaped, hash};

const STYLE: &str = include_str!("style.css");

pub(super) fn page(told: &Told) -> String {
    let facts = [
        ("Host", escaped(&told.host)),
        ("From", format!("{} UTC", at(told.from_ms))),
        ("To", format!("{} UTC", at(told.until_ms))),
        ("Records", told.records.to_string()),
        ("Jobs", told.jobs.to_string()),
        ("Time", took(told.total_ms)),
        ("Lines left out", told.broken_lines.to_string()),
    ];
    let facts: String = facts
        .iter()
        .map(|(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n"))
        .collect();
    let body = match told.records {
        0 => "<p>No job ended in this time.</p>\n".to_owned(),
        _ => sections(told),
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Jobs on {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>Jobs on {}</h1>\n<dl>\n{facts}</dl>\n</header>\n<main>\n{body}</main>\n\
         <footer>baws-ci {}</footer>\n</body>\n</html>\n",
        hash(STYLE),
        escaped(&told.host),
        escaped(&told.host),
        env!("CARGO_PKG_VERSION")
    )
}

fn sections(told: &Told) -> String {
    let failures: String = told.failures.iter().map(failures).collect();
    let failures = match failures.is_empty() {
        true => "<p>None.</p>\n".to_owned(),
        false => failures,
    };
    format!(
        "<section><h2>How jobs ended</h2>\n{}{}</section>\n\
         <section><h2>Where time went</h2>\n{}{}</section>\n\
         <section><h2>Failures</h2>\n{failures}</section>\n\
         <section><h2>Slowest jobs</h2>\n{}</section>\n\
         <section><h2>Projects by time</h2>\n{}</section>\n\
         <section><h2>Images pulled most</h2>\n{}</section>\n",
        chart::over_time(told),
        outcomes(told),
        chart::of_parts(&all_parts(told), "bar"),
        parts(told),
        slowest(told),
        counted(&told.projects, ["Project", "Jobs"]),
        counted(&told.images, ["Image", "Pulls"]),
    )
}

fn all_parts(told: &Told) -> [u64; PARTS.len()] {
    let mut ms = [0; PARTS.len()];
    for (ms, part) in ms.iter_mut().zip(&told.parts) {
        *ms = part.ms;
    }
    ms
}

fn outcomes(told: &Told) -> String {
    let there = told.outcomes.iter().filter(|one| one.count > 0);
    let items: String = there
        .map(|one| {
            let name = one.outcome.name();
            format!(
                "<li class=\"{name}\"><b>{}</b> {} <i>{}</i></li>\n",
                one.count,
                name.replace('_', " "),
                share(one.count, told.records)
            )
        })
        .collect();
    format!("<ul class=\"legend\">\n{items}</ul>\n")
}

fn parts(told: &Told) -> String {
    let rows = told.parts.iter().filter(|part| part.jobs > 0);
    let rows: String = rows
        .map(|part| {
            row(
                &format!("<span class=\"{} sign\"></span>{}", part.name, part.name),
                &[
                    took(part.ms),
                    share(part.ms, told.total_ms),
                    part.jobs.to_string(),
                    took(part.ms / part.jobs.max(1)),
                ],
            )
        })
        .collect();
    table(&["Part", "Time", "Share", "Jobs", "Mean"], &rows)
}

fn failures(class: &Failures) -> String {
    let rows: String = class
        .latest
        .iter()
        .map(|one| {
            row(
                &one.job_id.to_string(),
                &[
                    at(one.ended_ms),
                    escaped(&one.project),
                    escaped(&one.job),
                    escaped(&one.stage),
                    escaped(&one.sentence),
                ],
            )
        })
        .collect();
    let more = class.count - (class.latest.len() as u64).min(class.count);
    let more = match more {
        0 => String::new(),
        more => format!("<p>And {more} older ones.</p>\n"),
    };
    format!(
        "<details open><summary><b>{}</b> {}</summary>\n{}{more}</details>\n",
        class.count,
        escaped(&class.class),
        table(
            &["Job", "Ended", "Project", "Name", "Stage", "First sentence"],
            &rows
        )
    )
}

fn slowest(told: &Told) -> String {
    let rows: String = told
        .slowest
        .iter()
        .map(|one| {
            row(
                &one.job_id.to_string(),
                &[
                    took(one.ms),
                    chart::of_parts(&one.parts, "small"),
                    escaped(&one.project),
                    escaped(&one.job),
                    one.outcome.name().replace('_', " "),
                ],
            )
        })
        .collect();
    table(
        &["Job", "Time", "Where it went", "Project", "Name", "End"],
        &rows,
    )
}

fn counted(all: &[Counted], names: [&str; 2]) -> String {
    let rows: String = all
        .iter()
        .map(|one| {
            row(
                &escaped(&one.name),
                &[
                    one.count.to_string(),
                    took(one.ms),
                    took(one.ms / one.count.max(1)),
                ],
            )
        })
        .collect();
    match rows.is_empty() {
        true => "<p>None.</p>\n".to_owned(),
        false => table(&[names[0], names[1], "Time", "Mean"], &rows),
    }
}

fn table(heads: &[&str], rows: &str) -> String {
    let heads: String = heads
        .iter()
        .map(|head| format!("<th scope=\"col\">{head}</th>"))
        .collect();
    format!(
        "<div class=\"wide\"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
    )
}

/// Cells that are markup already.
fn row(head: &str, cells: &[String]) -> String {
    let cells: String = cells
        .iter()
        .map(|cell| format!("<td>{cell}</td>"))
        .collect();
    format!("<tr><th scope=\"row\">{head}</th>{cells}</tr>\n")
}
