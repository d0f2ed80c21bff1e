//! The sources of a job's `ADD`: which are in the context, which the host fetches, which are refused.
//!
//! Source: buildkit `convert.go`, `dispatchCopy`, and `util/gitutil/git_ref.go`: after its variables are replaced, a source
//! that begins with `http://` or `https://` is fetched by the engine, in the host's network; one that looks like a git
//! URL is cloned; every other is a path in the context. `./` in front makes it a path for sure.

use crate::error::Result;

use super::directive::Escape;
use super::fault::{refused, shown};
use super::heredoc::heredoc;
use super::instruction::Instruction;
use super::lex::{Found, Marks, Variables, lex};
use super::scope::Scope;
use super::url;

/// A file that the host has to fetch into the context before the build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteAdd {
    pub(crate) line: usize,
    /// Counts the file's remote sources, from 0.
    pub(crate) index: usize,
    /// `http://…` or `https://…`, with its variables' values.
    pub(crate) url: String,
    /// Where in the context it belongs: `.baws-add/<index>/<name>`. The engine gives such files the mode 0600.
    pub(crate) path: String,
    /// `sha256:<64 hex digits>`, which the fetched bytes have to have.
    pub(crate) checksum: Option<String>,
}

/// One source of an `ADD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In the context, in the words of the engine's Dockerfile.
    Local(String),
    /// The remote source of this index.
    Remote(usize),
    /// Written in the Dockerfile.
    Heredoc(String),
}

/// Stands for what a variable may bring, where only the text around it counts.
const HOLE: char = '\u{1}';

/// What one source word is, before it has an index.
pub(super) enum Kind {
    Local(String),
    Remote { url: String, file_name: String },
    Heredoc,
}

/// # Errors
/// A job may not have it.
pub(super) fn kind(
    instruction: &Instruction,
    word: &str,
    escape: Escape,
    scope: &Scope,
) -> Result<Kind> {
    let line = instruction.line;
    if !instruction.heredocs.is_empty() && heredoc(line, word)?.is_some() {
        return Ok(Kind::Heredoc);
    }
    let plain = !word.contains(['$', '"', '\'', '\\', '`']);
    let hole = |_: &str| Found::Set(HOLE.to_string());
    let outline = match plain {
        true => word.to_owned(),
        false => match lex(word, escape, Marks::Removed, &Variables::Of(&hole)) {
            Ok(lexed) => lexed.text,
            Err(why) => return Err(no(line, word, &why)),
        },
    };
    if url::is_http(&outline) {
        return remote(line, word, &outline, scope);
    }
    let path = word.starts_with("./") || word.starts_with("../") || word.starts_with('/');
    if path {
        return Ok(Kind::Local(word.to_owned()));
    }
    if outline.contains("://")
        || outline
            .split_once('@')
            .is_some_and(|(_, behind)| behind.contains(':'))
    {
        return Err(no(
            line,
            word,
            "it is a git or ssh URL, which the engine would fetch with the host's rights",
        )
        .hint("clone the repository in a step of the job before the build, and COPY it"));
    }
    if scope.expand(word).is_ok_and(|text| text.contains("://")) {
        return Err(no(
            line,
            word,
            "its variables bring a URL, and a job's URL has to name its host in this line",
        )
        .hint("write `https://` and the host out; variables may stand behind them"));
    }
    Ok(Kind::Local(
        match plain && !word.contains(':') && !word.starts_with("github.com/") {
            true => word.to_owned(),
            false => format!("./{word}"),
        },
    ))
}

fn remote(line: usize, word: &str, outline: &str, scope: &Scope) -> Result<Kind> {
    let (scheme, rest) = outline.split_once("://").expect("an http URL has a scheme");
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains(HOLE) {
        return Err(
            no(line, word, "a variable stands in the URL's host").hint(format!(
                "write the host out: `{scheme}://host/…`; variables may stand behind it"
            )),
        );
    }
    let url = match word == outline {
        true => word.to_owned(),
        false => scope.expand(word).map_err(|why| {
            no(line, word, &why)
                .hint("declare it in this stage by `ARG NAME=value`, or write the value out")
        })?,
    };
    let fetch = url::check(&url).map_err(|why| {
        no(line, word, &why)
            .hint("fetch the file in a step of the job before the build, and COPY it")
    })?;
    Ok(Kind::Remote {
        url,
        file_name: fetch.file_name,
    })
}

fn no(line: usize, word: &str, why: &str) -> crate::error::Error {
    refused(line, format!("`ADD` of {}: {why}", shown(word)))
}

/// The value of `--checksum`.
///
/// # Errors
/// It is no SHA-256 sum, or its variables are unknown.
pub(super) fn checksum(instruction: &Instruction, scope: &Scope) -> Result<Option<String>> {
    let Some(written) = instruction.flag("checksum").filter(|sum| !sum.is_empty()) else {
        return Ok(None);
    };
    let sum = scope.expand(written).unwrap_or_default();
    let hex = sum.strip_prefix("sha256:").unwrap_or_default();
    match hex.len() == 64 && hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')) {
        true => Ok(Some(sum)),
        false => Err(refused(
            instruction.line,
            format!("`--checksum={written}` is no checksum that can be verified here"),
        )
        .hint("write `--checksum=sha256:` and 64 hex digits in lower case")),
    }
}
