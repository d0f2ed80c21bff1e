//! What a page promises, without a browser.

use super::super::report::{Drift, DriftKind, Pipeline, Request, Row, State, example};
use super::*;

/// Tags in order, with their attributes; panics where a page is not well-formed.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap();
    while let Some((text, tail)) = rest.split_once('<') {
        assert!(!text.contains('>'), "{text}");
        let (tag, tail) = tail.split_once('>').unwrap();
        rest = tail;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "at {tag}");
            continue;
        }
        let (tag, is_closed) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
        let mut all = Vec::new();
        while !attributes.is_empty() {
            let end = attributes.find([' ', '=']).unwrap_or(attributes.len());
            let (key, tail) = attributes.split_at(end);
            let (value, tail) = match tail.strip_prefix("=\"") {
                Some(tail) => tail.split_once('"').unwrap(),
                None => ("", tail),
            };
            assert!(
                key.chars()
                    .all(|c| c.is_ascii_lowercase() || c == '-' || c == 'B'),
                "{key}"
            );
            all.push((key.to_owned(), value.to_owned()));
            attributes = tail.trim_start();
        }
        found.push((name.to_owned(), all));
        if name == "style" || name == "script" {
            let (_, tail) = rest.split_once(&format!("</{name}>")).unwrap();
            rest = tail;
        } else if !is_closed && !matches!(name, "meta" | "input") {
            open.push(name.to_owned());
        }
    }
    assert_eq!(open, Vec::<String>::new());
    found
}

/// A report in which all that comes from elsewhere is this text.
fn hostile(text: &str) -> Report {
    let own = || text.to_owned();
    let row = Row {
        project: own(),
        url: own(),
        kind: Some(own()),
        version: Some(own()),
        state: State::Failed,
        drift: vec![Drift {
            kind: DriftKind::Orphan,
            path: own(),
        }],
        pipeline: Some(Pipeline {
            status: own(),
            url: own(),
        }),
        request: Some(Request {
            iid: 1,
            title: own(),
            url: own(),
            state: own(),
        }),
        note: Some(own()),
    };
    Report {
        program: own(),
        templates: own(),
        newest: own(),
        generated_at: own(),
        gitlab: own(),
        rows: vec![row],
    }
}

fn names(page: &str) -> Vec<String> {
    tags(page).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn no_text_becomes_markup() {
    let harmless = names(&page(&hostile("x")));
    for attack in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</style></script><svg onload=alert(1)>",
        "<!-- --!> ]]> &lt;script&gt; &#60;",
        "javascript:alert(1)",
        "JavaScript://x/%0aalert(1)",
        "data:text/html,<script>1</script>",
        "java\nscript:alert(1)",
        "//evil.example",
        "https://x.example/\n\" onclick=\"x",
    ] {
        assert_eq!(names(&page(&hostile(attack))), harmless, "{attack}");
    }
    let quoted = page(&hostile("https://x.example/\"onclick='x'<b>"));
    let links = tags(&quoted).into_iter().filter(|(name, _)| name == "a");
    for (_, attributes) in links {
        assert_eq!(
            attributes,
            [(
                "href".to_owned(),
                "https://x.example/&quot;onclick=&#39;x&#39;&lt;b&gt;".to_owned()
            )]
        );
    }
}

#[test]
fn what_is_not_seen_is_shown() {
    let page = page(&hostile("a\u{0}\u{1b}[1m\r\n\u{202e}b\u{2066}\u{200b}"));
    assert_eq!(visible(&page, &['\n']), page);
    assert!(page.contains("a\\u{0}\\u{1b}[1m\\u{d}\\u{a}\\u{202e}b"));
}

#[test]
fn a_page_loads_nothing() {
    let page = page(&example::small());
    for (name, attributes) in tags(&page) {
        assert!(!matches!(
            name.as_str(),
            "img" | "link" | "iframe" | "base" | "form" | "object"
        ));
        for (key, value) in attributes {
            assert!(
                key != "src" && key != "style" && !key.starts_with("on"),
                "{name} {key}"
            );
            if key == "href" {
                assert!(name == "a" && value.starts_with("https://gitlab.example"));
            }
        }
    }
    for text in [STYLE, SCRIPT] {
        for way_out in [
            "http",
            "url(",
            "@import",
            "fetch(",
            "</",
            "<!--",
            "innerHTML",
            "eval(",
        ] {
            assert!(!text.contains(way_out), "{way_out}");
        }
        assert!(
            !text.contains('\r'),
            "a browser would read, and hash, another text"
        );
    }
    assert!(page.contains(&format!("script-src '{}'", hash(SCRIPT))));
}

#[test]
fn the_policy_names_hashes_as_browsers_compute_them() {
    // The example of the specification.
    assert_eq!(
        hash("alert('Hello, world.');"),
        "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="
    );
}

#[test]
fn states_are_counted() {
    let page = page(&example::small());
    assert!(page.contains("<h1>Template report <span>4 repositories</span></h1>"));
    assert!(page.contains("aria-label=\"1 drifted, 1 skipped, 2 current\""));
    assert!(page.contains("<span class=\"sign\" aria-hidden=\"true\">✓</span> current <b>2</b>"));
    assert_eq!(page.matches("<tr class=\"current\">").count(), 2);
    assert_eq!(page.matches(" disabled>").count(), 6);
    let widths: f64 = tags(&page)
        .iter()
        .filter(|(name, _)| name == "rect")
        .flat_map(|(_, attributes)| attributes.iter().filter(|(key, _)| key == "width"))
        .map(|(_, width)| width.trim_end_matches('%').parse::<f64>().unwrap())
        .sum();
    assert!((widths - 100.0).abs() < 0.1, "{widths}");
}

#[test]
fn the_style_knows_every_state() {
    for state in State::ALL {
        let name = state.name();
        assert!(STYLE.contains(&format!(
            ".{name} {{ --tone: var(--{name}); --sign: \"{}\"; }}",
            bar::sign(state)
        )));
        // Light and dark.
        assert_eq!(STYLE.matches(&format!(" --{name}: #")).count(), 2);
        assert!(STYLE.contains(&format!(":not(:has(#only-{name}:checked)) ~ main .{name}")));
    }
}

#[test]
fn a_row_has_all_there_is_to_know() {
    insta::assert_snapshot!(rows::row(&example::small().rows[0]), @r##"<tr class="drifted"><th scope="row"><a href="https://gitlab.example/apps/shop">apps/shop</a></th><td>ecs-service</td><td>1.3.0</td><td>drifted</td><td><details><summary>1 missing, 1 modified</summary><ul><li>modified <code>.gitlab-ci.yml</code></li><li>missing <code>deploy/task.json</code></li></ul></details></td><td><a href="https://gitlab.example/apps/shop/-/pipelines/7">success</a></td><td><a href="https://gitlab.example/apps/shop/-/merge_requests/12">!12</a> opened <q>Update templates to 1.4.0</q></td><td>two files conflict</td></tr>"##);
}

#[test]
fn no_repository_is_a_page_too() {
    let page = page(&example::report(Vec::new()));
    tags(&page);
    assert!(page.contains("<p id=\"none\">No repository.</p>"));
}

#[test]
fn five_thousand_repositories_fit() {
    let full = example::small().rows.remove(0);
    let rows = (0..5000).map(|n| Row {
        project: format!("group/subgroup/application-{n}"),
        ..full.clone()
    });
    let page = page(&example::report(rows.collect()));
    assert!(page.len() < 3_000_000, "{}", page.len());
    assert_eq!(
        names(&page).iter().filter(|name| *name == "tr").count(),
        5001
    );
}
