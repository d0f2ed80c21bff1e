//! The page about all repositories: whole without anything else, and alive in a browser.

use std::process::Command;

use serde_json::json;

use super::{at, change, check, edit, fleet, open, other_port, ran, sync};
use crate::support::Hub;

/// The page, and what a browser makes of it.
fn page(hub: &Hub, code: i32) -> (String, String) {
    let file = hub.room.path().join("page.html");
    let name = file.to_str().expect("it is UTF-8");
    check(hub, &["--html", name]).is(code);
    let page = std::fs::read_to_string(&file).expect("it was written");
    let browser = "/usr/bin/chromium";
    assert!(
        std::path::Path::new(browser).exists(),
        "there is no {browser}: apt-get install chromium"
    );
    let mut browser = Command::new(browser);
    browser
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--dump-dom",
        ])
        .arg(format!(
            "--user-data-dir={}",
            hub.room.path().join("browser").display()
        ))
        .arg(format!("file://{name}"))
        .env("HOME", hub.room.path());
    (page, ran(&mut browser))
}

#[test]
fn it_is_one_page_with_every_project_and_no_need_of_anything_else() {
    let hub = super::check::thirty();
    let (page, seen) = page(&hub, 14);
    let listed = check(&hub, &["--json"]).json();
    for one in listed["repositories"].as_array().expect("it is a list") {
        let project = one["project"].as_str().expect("it is a text");
        assert!(
            page.contains(&format!(">{project}<")),
            "{project} is missing"
        );
    }
    for outside in [
        " src=", "<link", "@import", "url(", "fetch(", "XMLHttp", "<iframe", "<img",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    let leads = page
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap_or_default());
    let elsewhere: Vec<&str> = leads
        .filter(|way| !way.starts_with(&hub.url) && !way.starts_with('#'))
        .collect();
    assert_eq!(elsewhere, Vec::<&str>::new());
    // What the script adds: a filter that counts, heads that sort.
    assert!(!page.contains("30 shown") && !page.contains("<button type=\"button\">Project"));
    assert!(seen.contains("30 shown"), "{seen}");
    assert!(
        seen.contains("<button type=\"button\">Project</button>"),
        "{seen}"
    );
    assert!(seen.contains("<body class=\"live\">"), "{seen}");
}

#[test]
fn names_and_notes_with_markup_stay_words() {
    let hub = fleet(&["shop", "till", "yard"]);
    let evil =
        "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>";
    other_port(&hub, "1.1.0").out(&hub);
    sync(&hub, &["--all-at-once"]).is(0);
    let title = json!({"title": evil});
    let way = format!(
        "{}/merge_requests/{}",
        at("aws-app/shop"),
        open(&hub, "aws-app/shop")["iid"]
    );
    hub.api("PUT", &way, &title);
    let lock = ".baws/templates.lock.yaml";
    edit(
        &hub,
        "aws-app/till",
        lock,
        "files:\n",
        &format!("files:\n  {}: \"0\"\n", json!(evil)),
    );
    change(
        &hub,
        "aws-app/yard",
        lock,
        &format!(
            "schema: {}\ntemplate: a\nname: b\nversion: 1.0.0\nproject: x\n",
            json!(evil)
        ),
    );
    let (page, seen) = page(&hub, 1);
    assert!(page.contains("&lt;img"), "{page}");
    for text in [&page, &seen] {
        assert!(
            !text.contains("<img") && !text.contains("<script>document"),
            "{text}"
        );
        assert!(!text.contains("<title>taken"), "{text}");
    }
    assert_eq!(seen.matches("<script").count(), 1);
}

#[test]
fn a_place_that_takes_no_file_is_told() {
    let hub = fleet(&[]);
    let told = check(&hub, &["--html", "/no/such/place/page.html"]);
    insta::assert_snapshot!(told.whole(), @r"
    4
    error: cannot write `/no/such/place/page.html`
      caused by: No such file or directory (os error 2)
    ");
}
