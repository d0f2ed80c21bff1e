//! The picture of a rollout as a file: an SVG, or a page around it with facts, stopped tasks and events.
//!
//! Self-contained: no script, nothing fetched, readable in light and dark. Everything of others is escaped, and cleaned
//! before. Refuses to write: the caller does. Read next: `svg`, `html`.

mod html;
mod svg;

use std::path::Path;

use super::words;
use crate::deploy::result::Deployed;
use crate::error::{Error, Result};

/// What the file's extension says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Svg,
    Html,
}

impl Format {
    /// # Errors
    /// `Usage` for any other extension than `.svg` and `.html`.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let extension = path.extension().and_then(|one| one.to_str()).unwrap_or("");
        match extension.to_ascii_lowercase().as_str() {
            "svg" => Ok(Format::Svg),
            "html" => Ok(Format::Html),
            _ => Err(Error::usage(format!(
                "cannot tell the form of the report from `{}`",
                path.display().to_string().escape_debug()
            ))
            .hint("give `--report` a file that ends in `.html` or `.svg`")),
        }
    }
}

/// One picture below the other, in the order given.
pub(crate) fn report(all: &[Deployed], format: Format) -> String {
    match format {
        Format::Svg => svg::picture(all),
        Format::Html => html::page(all),
    }
}

/// For text and for attributes, of XML and of HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in words::line(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Source: XML 1.0, production `Char`: these two are none.
            '\u{fffe}' | '\u{ffff}' => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// How an end is coloured; the colour never stands alone.
fn tone(deployed: &Deployed) -> &'static str {
    use crate::deploy::end::Outcome;
    match deployed.outcome {
        Outcome::Ok | Outcome::NoChange => "good",
        Outcome::Started
        | Outcome::Planned
        | Outcome::NotRunning
        | Outcome::Superseded
        | Outcome::Stopped
        | Outcome::Paused
        | Outcome::Cancelled => "neutral",
        Outcome::Failed
        | Outcome::RolledBack
        | Outcome::RollbackFailed
        | Outcome::TimedOut
        | Outcome::Mismatch
        | Outcome::Unavailable
        | Outcome::TaskFailed
        | Outcome::Lost
        | Outcome::Precondition
        | Outcome::Denied
        | Outcome::Refused
        | Outcome::Usage
        | Outcome::Internal => "bad",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::end::Outcome;
    use crate::deploy::tell::samples::{OUTCOMES, broken, done, ended};

    #[test]
    fn the_extension_decides_and_another_one_is_refused() {
        assert_eq!(Format::of(Path::new("a/b.SVG")).unwrap(), Format::Svg);
        assert_eq!(Format::of(Path::new("b.html")).unwrap(), Format::Html);
        let error = Format::of(Path::new("b.pdf")).unwrap_err();
        assert_eq!(error.class(), crate::error::Class::Usage);
        insta::assert_snapshot!(
            format!("{error}\nhint: {}", error.hints().join("\n")),
            @r"
        cannot tell the form of the report from `b.pdf`
        hint: give `--report` a file that ends in `.html` or `.svg`
        "
        );
        assert!(Format::of(Path::new("report")).is_err());
    }

    /// Every tag that is opened is closed, in order; attributes are quoted; text has no bare `<` or `&`.
    fn well_formed(xml: &str) {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = xml;
        while let Some(at) = rest.find('<') {
            let end = at + rest[at..].find('>').expect("an open tag");
            let tag = &rest[at + 1..end];
            assert!(!tag.contains('<'), "{tag}");
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            let name = tag
                .trim_start_matches('/')
                .split([' ', '/'])
                .next()
                .unwrap();
            let void = matches!(name, "meta" | "!doctype" | "br");
            match tag {
                _ if tag.ends_with('/') || void => {}
                _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "{tag}"),
                _ => open.push(name),
            }
            rest = &rest[end + 1..];
        }
        assert!(open.is_empty(), "{open:?}");
    }

    #[test]
    fn every_end_makes_a_well_formed_file() {
        for outcome in OUTCOMES {
            for one in [ended(outcome), broken(outcome), Deployed::default()] {
                well_formed(&report(std::slice::from_ref(&one), Format::Svg));
                well_formed(&report(&[one.clone(), done("deploy")], Format::Html));
            }
        }
        well_formed(&report(&[], Format::Html));
    }

    #[test]
    fn nothing_of_a_stranger_becomes_markup_or_is_fetched() {
        let evil = "</text><script>alert(1)</script>\"'>&\u{1b}[0m<img src=x onerror=y>".to_owned();
        let mut hostile = broken(Outcome::Failed);
        hostile.target = evil.clone();
        hostile.verb = evil.clone();
        hostile.reason = Some(evil.clone());
        hostile.url = Some(format!("javascript:{evil}"));
        hostile.image = Some(evil.clone());
        hostile.alarms = vec![evil.clone()];
        hostile.hints = vec![evil.clone()];
        hostile.notes = vec![evil.clone()];
        hostile.digests_observed = vec![evil.clone()];
        hostile.events[0].message = evil.clone();
        hostile.phases[0].name = evil.clone();
        hostile.timeline[0].state = evil.clone();
        hostile.stopped_tasks[0].reason = evil.clone();
        hostile.stopped_tasks[0].log = vec![evil.clone()];
        hostile.task_definition_after = Some(evil);
        for format in [Format::Svg, Format::Html] {
            let text = report(std::slice::from_ref(&hostile), format);
            for word in ["<script", "<img", "\u{1b}", "href"] {
                assert!(!text.contains(word), "{word}: {text}");
            }
            well_formed(&text);
        }
    }

    #[test]
    fn the_page_holds_the_facts_the_stopped_tasks_and_their_lines() {
        let page = report(&[broken(Outcome::Failed)], Format::Html);
        for words in [
            "failed, and was not rolled back",
            "sha256:ab12ab12",
            "its image is not in the registry",
            "panic: no database",
            "app-5xx",
            "prefers-color-scheme: dark",
            "default-src &#39;none&#39;",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
    }

    #[test]
    fn the_picture_of_a_small_rollout_is_this_one() {
        let mut small = done("deploy");
        small.phases.truncate(1);
        small.timeline.truncate(1);
        let text = report(&[small], Format::Svg);
        let drawn = text.split_once("</style>").map_or("", |(_, drawn)| drawn);
        insta::assert_snapshot!(drawn.trim(), @r#"
        <rect class="paper" width="960" height="300"/>
        <g transform="translate(0 0)">
        <title>verified: digest sha256:ab12ab12ab12… runs in 2 of 2 tasks</title>
        <text class="big" x="24" y="34">prod/app</text>
        <text class="good" x="24" y="58">verified: digest sha256:ab12ab12ab12… runs in 2 of 2 tasks</text>
        <rect class="phase" x="24" y="76" width="9" height="24"><title>preflight 1.0 s</title></rect>
        <rect class="others" x="38" y="116" width="898" height="120"><title>0:01 rolling: 0 ours, 0 starting, 2 others, 0 failed</title></rect>
        <line class="wanted" x1="24" y1="116" x2="936" y2="116"><title>2 tasks wanted</title></line>
        <line class="axis" x1="24" y1="236" x2="936" y2="236"/>
        <line class="event" x1="139" y1="236" x2="139" y2="246"><title>(service app) has started 2 tasks: (task 1) (task 2).</title></line>
        <text class="faint" x="24" y="262" text-anchor="start">0:00</text>
        <text class="faint" x="252" y="262" text-anchor="middle">0:23</text>
        <text class="faint" x="480" y="262" text-anchor="middle">0:47</text>
        <text class="faint" x="708" y="262" text-anchor="middle">1:11</text>
        <text class="faint" x="936" y="262" text-anchor="end">1:35</text>
        <rect class="ours" x="24" y="276" width="12" height="12"/>
        <text x="42" y="287">this deployment</text>
        <rect class="starting" x="184" y="276" width="12" height="12"/>
        <text x="202" y="287">starting</text>
        <rect class="others" x="344" y="276" width="12" height="12"/>
        <text x="362" y="287">other deployments</text>
        <line class="event" x1="504" y1="276" x2="504" y2="288"/>
        <text x="512" y="287">event</text>
        </g>
        </svg>
        "#);
    }
}
