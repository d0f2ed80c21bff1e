//! Steps that take from the network what nothing pins: the same words may come to something else tomorrow.
//!
//! By words, for people: what is not seen here is still bounded by the age that an image may have.

use super::keyword::Keyword;
use super::model::Dockerfile;

/// What is looked for, and what makes it sound.
const WORDS: [(&str, &[&str]); 24] = [
    ("apt-get update", &[]),
    ("apt update", &[]),
    ("apt-get install", &[]),
    ("apt install", &[]),
    ("apk add", &[]),
    ("apk upgrade", &[]),
    ("yum install", &[]),
    ("yum update", &[]),
    ("dnf install", &[]),
    ("dnf upgrade", &[]),
    ("microdnf install", &[]),
    ("pip install", &["--require-hashes", "--no-index"]),
    ("pip3 install", &["--require-hashes", "--no-index"]),
    ("npm install", &[]),
    ("npm i ", &[]),
    ("yarn install", &["--frozen-lockfile", "--immutable"]),
    ("pnpm install", &["--frozen-lockfile", "--offline"]),
    ("gem install", &[]),
    ("cargo install", &["--locked"]),
    ("go install", &[]),
    ("go get", &[]),
    ("git clone", &[]),
    ("curl ", &["sha256sum", "sha512sum", "gpg --verify"]),
    ("wget ", &["sha256sum", "sha512sum", "gpg --verify"]),
];

impl Dockerfile {
    /// The line of each such step, and the word it is known by.
    pub(crate) fn unpinned(&self) -> Vec<(usize, &'static str)> {
        let runs = self
            .instructions()
            .filter(|one| one.acting().keyword == Keyword::Run);
        runs.filter_map(|run| {
            let mut text = run.text.clone();
            for heredoc in &run.heredocs {
                text.push('\n');
                text.push_str(&heredoc.text);
            }
            let text = plain(&text);
            let found = WORDS.iter().find(|(word, sound)| {
                has_word(&text, word) && !sound.iter().any(|sound| text.contains(sound))
            });
            found.map(|(word, _)| (run.line, word.trim_end()))
        })
        .collect()
    }
}

/// In lower case, each run of blanks one blank, and quotes and brackets of the exec form blanks too.
fn plain(text: &str) -> String {
    let letters = text.to_lowercase();
    let blank = |c: char| c.is_whitespace() || "\"'[],;&|()\\".contains(c);
    let words: Vec<&str> = letters
        .split(blank)
        .filter(|word| !word.is_empty())
        // Flags may stand between a program and its verb.
        .filter(|word| !matches!(*word, "-y" | "-q" | "-qq" | "--yes" | "--no-cache" | "-g"))
        .collect();
    format!(" {} ", words.join(" "))
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let is_end = word.ends_with(' ') || after.is_none_or(char::is_whitespace);
        before.is_none_or(|c| c.is_whitespace() || c == '/') && is_end
    })
}

#[cfg(test)]
mod tests {
    use super::super::dialect::Dialect;
    use super::*;

    fn found(text: &str) -> Vec<(usize, &'static str)> {
        let dialect = Dialect::buildkit(41);
        let file = Dockerfile::parse(text.as_bytes(), &dialect).unwrap();
        file.unpinned()
    }

    #[test]
    fn steps_that_nothing_pins_are_named_with_their_lines() {
        let text = "FROM a\nRUN apt-get -y update && \\\n  apt-get install -y x\nRUN npm ci\nRUN [\"npm\", \"install\"]\nRUN curl -fsSL https://x\nRUN /usr/bin/pip install x\n";
        assert_eq!(
            found(text),
            [
                (2, "apt-get update"),
                (5, "npm install"),
                (6, "curl"),
                (7, "pip install")
            ]
        );
    }

    #[test]
    fn what_is_pinned_is_none_of_them() {
        let text = "FROM a\nRUN pip install --require-hashes -r r.txt\nRUN yarn install --frozen-lockfile\nRUN curl -o x https://x && echo 12 x | sha256sum -c\nRUN ./curling.sh && echo capt update\nCOPY curl /x\n";
        assert_eq!(found(text), []);
    }
}
