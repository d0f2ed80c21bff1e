//! The house's own rules, read off its source: floors, rooms, workshops, and how files begin and end.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Down the stairs: a room may use what stands on a later line, and nothing else.
///
/// Source: `src/main.rs`, "the tour".
const FLOORS: [&[&str]; 13] = [
    &["main"],
    &["dispatch"],
    &["cli"],
    &["executor", "local", "bootstrap", "runner", "doctor"],
    &[
        "agent",
        "broker",
        "image",
        "deploy",
        "auth",
        "audit",
        "template",
        "provision",
        "telemetry",
    ],
    &["cache"],
    &["docker", "aws", "registry", "gitlab", "backstage"],
    &["pipeline"],
    &["policy"],
    &["job", "settings", "rollout"],
    &["output"],
    &["interrupt", "http"],
    &[
        "error",
        "env",
        "image_ref",
        "ecr_host",
        "digest",
        "nearest",
        "yaml",
        "container_options",
    ],
];

/// A path that a file uses: where it stands, and the room it leads to.
struct Import {
    file: PathBuf,
    line: usize,
    from: String,
    to: String,
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All files of `src/`, in order.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("the source is here").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).expect("source is text")
}

/// The room a file belongs to: `executor` for `src/executor/run.rs`, `env` for `src/env.rs`.
fn room(file: &Path) -> String {
    let inner = file.strip_prefix(source()).expect("it is a file of src");
    let first = inner.components().next().expect("a path has a part");
    Path::new(first.as_os_str())
        .file_stem()
        .expect("it has a name")
        .to_string_lossy()
        .into_owned()
}

/// Every `crate::room` of the code, also within braces over several lines. Comments do not count.
fn imports() -> Vec<Import> {
    let mut found = Vec::new();
    for file in files(&source()) {
        let text: String = read(&file)
            .lines()
            .map(|line| format!("{}\n", line.split("//").next().unwrap_or_default()))
            .collect();
        for (at, _) in text.match_indices("crate::") {
            let line = text[..at].matches('\n').count() + 1;
            let rest = &text[at + "crate::".len()..];
            let rooms: Vec<String> = match rest.strip_prefix('{') {
                Some(group) => first_words(group),
                None => vec![word(rest)],
            };
            for to in rooms.into_iter().filter(|to| !to.is_empty()) {
                found.push(Import {
                    file: file.clone(),
                    line,
                    from: room(&file),
                    to,
                });
            }
        }
    }
    found
}

fn word(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The first word of each part of a group, up to its closing brace: `{a, b::{c, d}}` gives a and b.
fn first_words(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut words) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                words.push(word(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                words.push(word(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    words
}

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

#[test]
fn no_room_climbs_the_stairs_or_knows_a_neighbour() {
    let mut wrong = Vec::new();
    let imports = imports();
    assert!(imports.len() > 100, "the imports were not found");
    for import in imports.iter().filter(|import| import.from != import.to) {
        let where_ = format!("{}:{}", import.file.display(), import.line);
        match (floor_of(&import.from), floor_of(&import.to)) {
            (Some(from), Some(to)) if to > from => {}
            (Some(_), Some(_)) => wrong.push(format!(
                "{where_}: `{}` may not use `{}`",
                import.from, import.to
            )),
            (None, _) => wrong.push(format!(
                "{where_}: `{}` stands on no floor; give it one in tests/it/house.rs",
                import.from
            )),
            (_, None) => wrong.push(format!(
                "{where_}: `{}` stands on no floor; give it one in tests/it/house.rs",
                import.to
            )),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_workshop_for_docker_names_its_library() {
    let other = files(&source())
        .into_iter()
        .filter(|file| room(file) != "docker" && read(file).contains("bollard"));
    assert_eq!(other.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

#[test]
fn only_one_file_reads_the_environment() {
    let reads = |file: &PathBuf| {
        ["std::env::var", "env::vars", "env::var_os"]
            .iter()
            .any(|call| read(file).contains(call))
    };
    let found: Vec<String> = files(&source())
        .iter()
        .filter(|file| reads(file))
        .map(|file| room(file))
        .collect();
    assert_eq!(found, ["env"]);
}

#[test]
fn every_file_says_at_its_top_what_it_is_for() {
    let silent = files(&source())
        .into_iter()
        .filter(|file| !read(file).starts_with("//! "));
    assert_eq!(silent.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

#[test]
fn no_file_is_longer_than_300_lines() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let long = files(&source())
        .into_iter()
        .chain(files(&tests))
        .map(|file| (read(&file).lines().count(), file));
    let long: BTreeMap<usize, PathBuf> = long.filter(|(lines, _)| *lines > 300).collect();
    assert_eq!(long, BTreeMap::new());
}

#[test]
fn no_name_stands_for_anything_and_everything() {
    let vague = ["util", "utils", "helpers", "common", "manager", "misc"];
    let named = files(&source()).into_iter().filter(|file| {
        file.file_stem()
            .is_some_and(|stem| vague.contains(&stem.to_string_lossy().as_ref()))
    });
    assert_eq!(named.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}
