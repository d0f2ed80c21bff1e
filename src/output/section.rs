//! A section of GitLab's job log, open for as long as its value lives.
//!
//! Source of the form: gitlab-runner `helpers/build_section.go` (`section_start:<unix seconds>:<name>\r` and erase-line).

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

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

fn now_secs() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
