//! The report as one HTML page that needs nothing else: no network, no server, and scripts only for comfort.
//!
//! Refuses to pass anything on as markup: all text is escaped, only `http` and `https` become links, and the page's own policy
//! allows exactly its own style and script.

mod bar;
mod rows;

use super::report::Report;
use crate::output::html::{escaped, hash};
use crate::output::visible;

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/page.js");
const COLUMNS: [&str; 8] = [
    "Project", "Kind", "Version", "State", "Drift", "Pipeline", "Request", "Note",
];

pub(crate) fn page(report: &Report) -> String {
    let heads: String = COLUMNS
        .iter()
        .map(|name| format!("<th scope=\"col\">{name}</th>"))
        .collect();
    let facts = [
        ("Templates", escaped(&report.templates)),
        ("Newest version", escaped(&report.newest)),
        ("GitLab", link(&report.gitlab, &report.gitlab)),
        (
            "Generated",
            format!("<time>{}</time>", escaped(&report.generated_at)),
        ),
    ];
    let facts: String = facts
        .iter()
        .map(|(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n"))
        .collect();
    format!(
        "<!DOCTYPE html>\n\
         <html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{style_hash}'; \
         script-src '{script_hash}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Template report – {templates}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>Template report <span>{size}</span></h1>\n<dl>\n{facts}</dl>\n</header>\n{bar}\
         <main>\n\
         <div class=\"tools\" hidden><label><span>Filter</span> <input type=\"search\" id=\"words\" autocomplete=\"off\" \
         placeholder=\"project, kind, path, note …\"></label> <output id=\"shown\"></output></div>\n\
         <table>\n<caption>Repositories and their templates</caption>\n\
         <thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n\
         <p id=\"none\"{none}>No repository.</p>\n\
         </main>\n\
         <footer>baws-ci {program}</footer>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        style_hash = hash(STYLE),
        script_hash = hash(SCRIPT),
        templates = escaped(&report.templates),
        size = report.size(),
        bar = bar::bar(&report.totals()),
        rows = report.rows.iter().map(rows::row).collect::<String>(),
        none = if report.rows.is_empty() {
            ""
        } else {
            " hidden"
        },
        program = escaped(&report.program),
    )
}

/// A link where `url` is one a page may lead to, else only the text.
fn link(url: &str, text: &str) -> String {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    let is_web = scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    });
    // Browsers drop some of these from an address before they read it.
    let is_plain = !url.contains(char::is_whitespace) && visible(url, &[]) == url;
    match is_web && is_plain {
        true => format!("<a href=\"{}\">{}</a>", escaped(url), escaped(text)),
        false => escaped(text),
    }
}

#[cfg(test)]
mod tests;
