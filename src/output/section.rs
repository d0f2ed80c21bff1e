//! A section of GitLab's job log, open for as long as its value lives.
//!
//! Source of the form: gitlab-runner `helpers/build_section.go` (`section_start:<unix seconds>:<name>\r` and erase-line).

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) struct Section {
    name: String,
}

impl Section {
    pub(super) fn open(name: &str, title: String) -> Self {
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "_");
        super::put(
            std::io::stderr().lock(),
            format_args!(
                "section_start:{}:{name}[collapsed=true]\r\u{1b}[0K{title}\n",
                now_secs()
            ),
        );
        Section { name }
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        let mut stderr = std::io::stderr().lock();
        super::put(
            &mut stderr as &mut dyn Write,
            format_args!("section_end:{}:{}\r\u{1b}[0K", now_secs(), self.name),
        );
    }
}

/// A whole section at once. GitLab shows the time between its two marks, so the first is dated back.
pub(super) fn folded(name: &str, title: &str, text: &str, took: Duration) -> String {
    let end = now_secs();
    let start = end.saturating_sub(took.as_secs());
    let text = text.trim_end_matches('\n');
    format!(
        "section_start:{start}:{name}[collapsed=true]\r\u{1b}[0K{title}\n{text}\nsection_end:{end}:{name}\r\u{1b}[0K"
    )
}

fn now_secs() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_section_is_dated_back_and_closed() {
        let text = folded("build_1", "a title", "x\ny\n", Duration::from_secs(90));
        let times: Vec<u64> = text
            .split("section_")
            .filter_map(|part| part.split(':').nth(1)?.parse().ok())
            .collect();
        assert_eq!(times[1] - times[0], 90);
        let shape = text
            .replace(&times[0].to_string(), "START")
            .replace(&times[1].to_string(), "END");
        assert_eq!(
            shape,
            "section_start:START:build_1[collapsed=true]\r\u{1b}[0Ka title\nx\ny\nsection_end:END:build_1\r\u{1b}[0K"
        );
    }
}
