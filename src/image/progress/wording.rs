//! The engine's words, turned back into what the user wrote.
//!
//! What is built differs from what was written: image names are pinned, an instruction of ours (`ARG BAWS_CACHE`) stands
//! in every stage, so lines and counters are off. Nobody who reads the log should have to know.

use std::collections::BTreeMap;

use super::names::{image_name, renamed};

/// The build argument of ours that keeps the caches of projects apart.
const OURS: &str = "BAWS_CACHE";
/// Longer names help nobody; a `RUN` may hold a whole script.
const NAME_CHARS: usize = 300;

/// How the engine's words become the user's.
pub(crate) struct Wording {
    /// An image's name as the engine was given it → as the user wrote it.
    pub(crate) names: BTreeMap<String, String>,
    /// A line of the Dockerfile that is built → the user's line.
    pub(crate) line: Box<dyn Fn(u32) -> u32 + Send>,
    /// How many instructions of ours stand in the stages that are built: the classic builder counts them.
    pub(crate) ours: u32,
    /// How many labels the build was given besides those in the Dockerfile: the classic builder makes steps of them.
    pub(crate) labels: u32,
}

/// Nothing was rewritten.
impl Default for Wording {
    fn default() -> Self {
        Wording {
            names: BTreeMap::new(),
            line: Box::new(|line| line),
            ours: 0,
            labels: 0,
        }
    }
}

/// Whose step it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// An instruction of the Dockerfile.
    Users,
    /// Housekeeping of the engine: told only when it is slow or fails, never counted.
    Engines,
}

impl Wording {
    /// An error's text. Also for the classic builder's answer to a Dockerfile it cannot parse, which is an HTTP error.
    pub(crate) fn message(&self, text: &str) -> String {
        let text = renamed(&self.names, unwrapped(text.trim()));
        // Source: buildkit `frontend/dockerfile/parser/errors.go` (`dockerfile parse error on line`, before 23.0 without
        // `on`). Looked for at the beginning only: further in, a message quotes the user's own command.
        for head in [
            "dockerfile parse error on line ",
            "dockerfile parse error line ",
            "Dockerfile:",
        ] {
            if let Some(rest) = text.strip_prefix(head) {
                let digits = rest.find(|c: char| !c.is_ascii_digit());
                let (number, rest) = rest.split_at(digits.unwrap_or(rest.len()));
                return match number.parse() {
                    Ok(line) => format!("{head}{}{rest}", (self.line)(line)),
                    Err(_) => text,
                };
            }
        }
        text
    }

    /// A remark of the frontend; `None` when it is about an instruction of ours.
    pub(super) fn remark(&self, text: &str, line: Option<u32>) -> Option<String> {
        let text = renamed(&self.names, text.trim());
        match line {
            _ if text.contains(OURS) => None,
            Some(line) => Some(format!("Dockerfile line {}: {text}", (self.line)(line))),
            None => Some(text),
        }
    }

    /// The name of a BuildKit vertex. Source of the forms: buildkit `frontend/dockerfile/dockerfile2llb/convert.go`
    /// (`[stage 1/2] …`, `[internal] load …`), dockerd `builder/builder-next/builder.go` for the remote context.
    pub(super) fn vertex(&self, name: &str) -> (Whose, String) {
        let name = one_line(name);
        let internal = match name.as_str() {
            "[internal] load remote build context" | "[internal] load build context" => {
                Some("read the context".to_owned())
            }
            "copy /context /" => Some("unpack the context".to_owned()),
            "exporting to image" => Some("write the image".to_owned()),
            _ => None,
        };
        if let Some(name) = internal {
            return (Whose::Engines, name);
        }
        let image = ["[internal] load metadata for ", "resolve image config for "]
            .iter()
            .find_map(|head| name.strip_prefix(head));
        if let Some(image) = image {
            return (
                Whose::Engines,
                format!("look up `{}`", image_name(&self.names, image)),
            );
        }
        match name.split_once("] ") {
            Some(("[internal" | "[auth", rest)) => (Whose::Engines, rest.to_owned()),
            Some((counter, instruction)) if counter.starts_with('[') => {
                let instruction = self.instruction(instruction);
                (Whose::Users, format!("{counter}] {instruction}"))
            }
            Some(_) | None => (Whose::Engines, renamed(&self.names, &name)),
        }
    }

    /// An instruction as the user wrote it, on one line.
    pub(super) fn instruction(&self, text: &str) -> String {
        let text = one_line(text);
        match text.strip_prefix("FROM ") {
            Some(image) => format!("FROM {}", image_name(&self.names, image)),
            None => renamed(&self.names, &text),
        }
    }
}

/// Whether an instruction is the one we put into every stage.
pub(super) fn is_ours(instruction: &str) -> bool {
    instruction
        .strip_prefix("ARG ")
        .is_some_and(|name| name.split('=').next().unwrap_or(name).trim() == OURS)
}

/// The classic builder's list of build arguments nobody used, without ours; `None` when nothing is left to say.
/// Source: dockerd `builder/dockerfile/builder.go`, `warnOnUnusedBuildArgs`.
pub(super) fn unused_arguments(text: &str) -> Option<String> {
    let (before, rest) = text.split_once('[')?;
    let (names, after) = rest.split_once(']')?;
    let names: Vec<&str> = names.split_whitespace().filter(|&n| n != OURS).collect();
    (!names.is_empty()).then(|| format!("{before}[{}]{after}", names.join(" ")))
}

/// Without what the engine's layers wrap around the one sentence that says something.
fn unwrapped(text: &str) -> &str {
    let mut text = text;
    loop {
        let inner = [
            "failed to solve: ",
            "failed to solve with frontend dockerfile.v0: ",
            "failed to create LLB definition: ",
            "rpc error: code = Unknown desc = ",
            "failed to compute cache key: ",
        ]
        .iter()
        .find_map(|head| text.strip_prefix(head));
        let checksum = text
            .strip_prefix("failed to calculate checksum of ref ")
            .and_then(|rest| rest.split_once(": "))
            .map(|(_, rest)| rest);
        match inner.or(checksum) {
            Some(inner) => text = inner,
            None => return text,
        }
    }
}

fn one_line(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(NAME_CHARS) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wording() -> Wording {
        let names = [
            ("baws.local/a:1", "node:20"),
            ("baws.local/a:12", "registry.example/team/base:3"),
        ];
        Wording {
            names: names.map(|(a, b)| (a.to_owned(), b.to_owned())).into(),
            line: Box::new(|line| line - 1),
            ours: 1,
            labels: 0,
        }
    }

    #[test]
    fn names_of_ours_become_the_users() {
        let wording = wording();
        for (engine, user) in [
            ("[1/4] FROM docker.io/library/node:20", "[1/4] FROM node:20"),
            ("[1/4] FROM baws.local/a:1", "[1/4] FROM node:20"),
            (
                "[a 1/4] FROM baws.local/a:12",
                "[a 1/4] FROM registry.example/team/base:3",
            ),
            (
                "[2/4] COPY --from=baws.local/a:1 /x /y",
                "[2/4] COPY --from=node:20 /x /y",
            ),
            (
                "[2/4] RUN x baws.local/a:123",
                "[2/4] RUN x baws.local/a:123",
            ),
            (
                "[1/2] FROM docker.io/library/node:20@sha256:5847a8892f81394a3baec19d60919a3e5a0883e5b427051d31b4b060386a4f9d",
                "[1/2] FROM node:20@sha256:5847a8892f81…",
            ),
            ("[2/2] RUN <<EOF\n\u{1b}[31mx", "[2/2] RUN <<EOF [31mx"),
        ] {
            assert_eq!(wording.vertex(engine), (Whose::Users, user.to_owned()));
        }
        let look_up = "[internal] load metadata for baws.local/a:1";
        assert_eq!(
            wording.vertex(look_up),
            (Whose::Engines, "look up `node:20`".to_owned())
        );
    }

    #[test]
    fn messages_name_the_users_lines_and_drop_the_engines_wrapping() {
        let wording = wording();
        for (engine, user) in [
            (
                "failed to solve: dockerfile parse error on line 4: unknown instruction: RUNN",
                "dockerfile parse error on line 3: unknown instruction: RUNN",
            ),
            (
                "dockerfile parse error line 12: x",
                "dockerfile parse error line 11: x",
            ),
            (
                "failed to compute cache key: failed to calculate checksum of ref 697e::prd: \"/nofile\": not found",
                "\"/nofile\": not found",
            ),
            (
                "process \"grep Dockerfile:3\" did not complete",
                "process \"grep Dockerfile:3\" did not complete",
            ),
        ] {
            assert_eq!(wording.message(engine), user);
        }
    }

    #[test]
    fn an_instruction_of_ours_is_recognized_and_no_other() {
        assert!(is_ours("ARG BAWS_CACHE") && is_ours("ARG BAWS_CACHE=x"));
        assert!(!is_ours("ARG BAWS_CACHED") && !is_ours("RUN echo ARG BAWS_CACHE"));
        assert_eq!(
            unused_arguments("One or more build-args [BAWS_CACHE A] were not consumed").as_deref(),
            Some("One or more build-args [A] were not consumed")
        );
        assert_eq!(
            unused_arguments("One or more build-args [BAWS_CACHE] were not"),
            None
        );
    }
}
