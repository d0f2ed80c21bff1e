//! From the text of an ignore file to its patterns. Pure.
//!
//! Source: `ReadAll` of moby's `ignorefile/ignorefile.go`, then the head of `New` of `patternmatcher.go`; both trim and
//! clean, one after the other, and `!` is looked for in both.

use super::Verdict;

/// A line this long or longer overflows the scanner. Source: Go's `bufio.MaxScanTokenSize`.
const LONGEST_LINE: usize = 64 * 1024;

/// A pattern as written, cleaned, and what it gives to the paths it matches.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) text: Vec<u8>,
    pub(super) gives: Verdict,
}

/// Lines as Go's scanner has them: the last one may be empty and is then none.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.strip_suffix(b"\n")
        .unwrap_or(text)
        .split(|byte| *byte == b'\n')
}

/// The pattern on line `number`, counted from 1. `None`: a comment, or nothing.
pub(super) fn pattern(number: usize, line: &[u8]) -> Result<Option<Written>, String> {
    if line.len() >= LONGEST_LINE {
        return Err("the line is longer than 64 KiB".to_owned());
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = match number {
        1 => line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line),
        _ => line,
    };
    if line.starts_with(b"#") {
        return Ok(None);
    }
    let line = trim(line);
    let (mark, rest) = match line.strip_prefix(b"!") {
        Some(rest) => (&b"!"[..], trim(rest)),
        None => (&b""[..], line),
    };
    let mut read = mark.to_vec();
    if !rest.is_empty() {
        let cleaned = clean(rest);
        read.extend(match cleaned.strip_prefix(b"/") {
            Some(relative) if !relative.is_empty() => relative,
            Some(_) | None => &cleaned,
        });
    }
    let read = trim(&read);
    if read.is_empty() {
        return Ok(None);
    }
    let read = clean(read);
    match read.strip_prefix(b"!") {
        Some([]) => Err("`!` alone brings nothing back".to_owned()),
        Some(text) => Ok(Some(Written {
            text: text.to_vec(),
            gives: Verdict::Kept,
        })),
        None => Ok(Some(Written {
            text: read,
            gives: Verdict::Excluded,
        })),
    }
}

/// Go's `strings.TrimSpace`: Unicode's white space, off both ends; bytes that are no UTF-8 are none.
fn trim(mut text: &[u8]) -> &[u8] {
    let space = |c: Option<char>| c.filter(|c| c.is_whitespace()).map(char::len_utf8);
    while let Some(width) = space(first(text)) {
        text = &text[width..];
    }
    while let Some(width) = space(last(text)) {
        text = &text[..text.len() - width];
    }
    text
}

fn first(text: &[u8]) -> Option<char> {
    let chunk = text[..text.len().min(4)].utf8_chunks().next()?;
    chunk.valid().chars().next()
}

fn last(text: &[u8]) -> Option<char> {
    let start = text.iter().rposition(|byte| byte & 0xC0 != 0x80)?;
    let mut only = std::str::from_utf8(&text[start..]).ok()?.chars();
    only.next().filter(|_| only.next().is_none())
}

/// Go's `filepath.Clean`: no `.`, no inner `..`, no doubled or trailing `/`; `.` where nothing is left.
fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(&b"..") => parts.push(part),
                Some(_) => {
                    parts.pop();
                }
                None if rooted => {}
                None => parts.push(part),
            },
            name => parts.push(name),
        }
    }
    let joined = parts.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/", &joined[..]].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_cleans_them() {
        for (written, cleaned) in [
            ("", "."),
            ("a/./b", "a/b"),
            ("a//b/", "a/b"),
            ("/", "/"),
            ("//a", "/a"),
            ("/../a", "/a"),
            ("../a/..", ".."),
            ("../../a", "../../a"),
            ("a/../..", ".."),
            ("a/..", "."),
            ("**/", "**"),
        ] {
            assert_eq!(clean(written.as_bytes()), cleaned.as_bytes(), "{written}");
        }
    }

    #[test]
    fn space_is_unicodes_and_broken_bytes_are_none() {
        assert_eq!(trim("\u{a0}\t a b\u{3000}\u{85}\r".as_bytes()), b"a b");
        assert_eq!(trim(b"\xA0x\x85"), b"\xA0x\x85");
        assert_eq!(trim(b" \xE3\x80 "), b"\xE3\x80");
    }

    #[test]
    fn lines_become_patterns() {
        let read = |line: &str| {
            pattern(1, line.as_bytes()).map(|written| {
                written.map(|w| (String::from_utf8(w.text).unwrap(), w.gives == Verdict::Kept))
            })
        };
        let some = |text: &str, kept: bool| Ok(Some((text.to_owned(), kept)));
        assert_eq!(read("# x"), Ok(None));
        assert_eq!(read(" # x"), some("# x", false));
        assert_eq!(read("\u{feff}#"), Ok(None));
        assert_eq!(read("  \t"), Ok(None));
        assert_eq!(read("\u{feff}/a/ \r"), some("a", false));
        assert_eq!(read("! /a/b//c"), some("a/b/c", true));
        assert_eq!(read("/!a"), some("a", true));
        assert_eq!(read("!!a"), some("!a", true));
        assert_eq!(read("/"), some("/", false));
        assert!(read("!").is_err() && read("! ").is_err() && read("!/").is_err());
    }

    #[test]
    fn a_line_of_64_kib_is_too_long() {
        assert!(pattern(2, &[b'a'; LONGEST_LINE - 1]).is_ok());
        assert!(pattern(2, &[b'a'; LONGEST_LINE]).is_err());
    }
}
