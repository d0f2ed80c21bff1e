//! Job logs without what differs from run to run, so that they can stand whole in a test.

use super::Job;

impl Job<'_> {
    /// The text with KEY for the job's key, STATE and ENGINE for paths, N for sizes, times and versions.
    pub(crate) fn masked(&self, text: &str) -> String {
        let id = self.id.to_string();
        let mut text = text
            .replace(&self.stand.state_dir().display().to_string(), "STATE")
            .replace(&self.stand.bench.docker_host, "ENGINE");
        text = text.replace(&self.tmp.display().to_string(), "TMPDIR");
        while let Some(at) = text
            .find(&format!("-{id}"))
            .or_else(|| text.find(&format!("_{id}")))
        {
            // Eight hexadecimal digits stand before it.
            text.replace_range(at.saturating_sub(8)..=at + id.len(), "KEY");
        }
        let mut masked = String::new();
        for line in text.split_inclusive('\n') {
            let words: Vec<&str> = line.split(' ').collect();
            let shown: Vec<String> = (0..words.len())
                .map(|index| word(words[index], words.get(index + 1).copied()))
                .collect();
            masked.push_str(&shown.join(" "));
        }
        masked
    }
}

/// One word, given the next.
fn word(word: &str, next: Option<&str>) -> String {
    let unit = next.is_some_and(|next| {
        ["s", "B", "kB", "MB", "GB"].contains(&next.trim_end_matches([':', ',', ';', '\n', '.']))
    });
    if let Some((before, digits)) = word.split_once("sha256:") {
        let rest = digits.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        // An engine with the containerd image store tells of which digest an image is that was named by its tag.
        let before = before.strip_suffix('@').filter(|_| rest.starts_with('…'));
        return match before {
            Some(name) => format!("{name}{}", rest.trim_start_matches('…')),
            None => format!("{}sha256:N{rest}", &word[..word.len() - digits.len() - 7]),
        };
    }
    let number = word.trim_end_matches([')', '\n']);
    if (unit || next == Some("")) && number.parse::<f64>().is_ok() || is_api(number) {
        return word.replacen(number, "N", 1);
    }
    word.to_owned()
}

/// `1.41`, the engine's API.
fn is_api(word: &str) -> bool {
    word.strip_prefix("1.")
        .is_some_and(|minor| minor.len() == 2 && minor.parse::<u32>().is_ok())
}
