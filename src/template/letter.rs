//! What people read about an update: the title of its commit and merge request, and the description.
//!
//! The platform's older pipelines act on words in titles of commits: none of ours may be among them, which a test sees to.

use super::edition::Edition;
use super::lock::{Lock, PATH};
use super::marker::Marker;
use super::update::{Note, Update};
use super::version::Version;

const TITLES: [&str; 2] = ["Bring the templates to ", "Take the templates back to "];
const MOST_CONFLICTS: usize = 10;
/// Letters of one side of a conflict.
const LONGEST_SIDE: usize = 2000;

pub(super) fn title(from: Version, to: Version) -> String {
    let words = match to < from {
        true => TITLES[1],
        false => TITLES[0],
    };
    format!("{words}{to}")
}

pub(super) fn is_ours(title: &str) -> bool {
    TITLES.iter().any(|words| title.starts_with(words))
}

/// In Markdown.
pub(super) fn letter(lock: &Lock, target: &Edition, update: &Update, marker: &Marker) -> String {
    let mut text = format!(
        "Brings `{}` from version {} to **{}** of the templates in `{}`.\n",
        lock.template,
        lock.version(),
        target.version,
        lock.project
    );
    let news = news(target, lock.version());
    if !news.is_empty() {
        text.push_str(&format!("\n{news}\n"));
    }
    text.push_str("\n| file | |\n|---|---|\n");
    for change in &update.changes {
        let what = match (&change.before, &change.after, change.merged) {
            (None, _, _) => "new",
            (Some(_), None, _) => {
                "removed: it is no part of the templates any more, and was not changed here"
            }
            (Some(_), Some(_), true) => "changed, beside what was changed here",
            (Some(_), Some(_), false) => "changed; it had not been touched here",
        };
        text.push_str(&format!("| `{}` | {what} |\n", change.path));
    }
    text.push_str(&format!("| `{PATH}` | the new version |\n"));
    if !update.notes.is_empty() {
        text.push_str("\n**To look at:**\n\n");
        for note in &update.notes {
            text.push_str(&format!("- {}\n", note.text()));
            if let Note::Conflict { conflicts, .. } = note {
                for one in conflicts.iter().take(MOST_CONFLICTS) {
                    text.push_str(&fenced(&one.ours, &one.theirs));
                }
            }
        }
    }
    text.push_str(&format!(
        "\nClosing this declines version {}; `hold: true` or `pin:` in `{PATH}` keeps later ones away. Commit to this branch if something is missing: it is not written over then.\n\n{}\n",
        target.version,
        marker.write()
    ));
    text
}

/// Lines of the repository and of the templates, as a diff. A fence longer than any in them.
fn fenced(ours: &str, theirs: &str) -> String {
    let longest = [ours, theirs]
        .into_iter()
        .flat_map(|text| text.split(|c| c != '`'))
        .map(str::len)
        .max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let (ours, theirs) = (cut(ours), cut(theirs));
    let lines = |mark: char, text: &str| {
        text.lines()
            .map(|line| format!("  {mark}{line}\n"))
            .collect::<String>()
    };
    format!(
        "\n  {fence}diff\n{}{}  {fence}\n",
        lines('-', &ours),
        lines('+', &theirs)
    )
}

/// Not more of it than people read there.
fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_SIDE).collect();
    if short.len() < text.len() {
        short.push_str("…\n");
    }
    short
}

/// The sections of the templates' change log that are newer than `from`.
fn news(target: &Edition, from: Version) -> String {
    let log = target.files.get("CHANGELOG.md");
    let log = log
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .unwrap_or_default();
    let mut out = String::new();
    let mut is_news = false;
    for line in log.lines() {
        if let Some(head) = line.strip_prefix("## ") {
            let version = head.trim().parse::<Version>();
            is_news = version.is_ok_and(|version| version > from && version <= target.version);
        }
        if is_news {
            out.push_str(&line.replace("## ", "### "));
            out.push('\n');
        }
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: the platform's `.gitlab-ci-aws-base.yml` and scripts, second revision; they match anywhere in a title.
    const CONTROL: [&str; 11] = [
        "initial commit",
        "generate CICD stages",
        "Added CICD environment stage",
        "Added multiple environment stages",
        "Reprocessed CICD jobs. No new stages added.",
        "Bind Resource",
        "UnBind Resource",
        "updating entity details",
        "Destroy TF Infrastructure",
        "Update Environment Provider",
        "Reference Commit",
    ];

    #[test]
    fn no_title_is_a_control_word_of_the_platform() {
        let (old, new) = ("1.0.0".parse().unwrap(), "1.1.0".parse().unwrap());
        for title in [title(old, new), title(new, old)] {
            assert!(is_ours(&title));
            for word in CONTROL {
                assert!(
                    !title.to_lowercase().contains(&word.to_lowercase()),
                    "{title}"
                );
            }
        }
    }

    #[test]
    fn fences_hold_whatever_is_between_them() {
        assert!(fenced("````\n", "x\n").contains("\n  `````diff\n"));
    }
}
